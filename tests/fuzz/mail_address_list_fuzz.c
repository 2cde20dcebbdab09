#include "base/error.h"
#include "mail/address_list.h"
#include "mail/limits.h"
#include "mail/mime_field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_addresses(struct span text)
{
    struct address_list_reader r;
    enum address_kind kind;
    size_t count = 0;
    bool in_group = false;

    address_list_begin(&r, text);
    while ((kind = address_list_next(&r)) != ADDRESS_END) {
        if (++count > 2 * text.n + 2)
            bug("more addresses than text");
        if (kind == ADDRESS_GROUP && in_group)
            bug("a group inside a group");
        if (kind == ADDRESS_GROUP_END && !in_group)
            bug("the end of no group");
        if (kind != ADDRESS_MAILBOX)
            in_group = kind == ADDRESS_GROUP;
        if (r.name.n > ADDRESS_TEXT_MAX || r.local.n > ADDRESS_TEXT_MAX)
            bug("longer than allowed");
    }
    if (in_group)
        bug("an open group");
    address_list_end(&r);
}

static void
check_field(struct span text)
{
    struct mime_field f;
    struct arena a = { 0 };

    if (mime_field_read(&f, &a, text)) {
        if (f.count > MIME_PARAMETERS_MAX)
            bug("too many parameters");
        for (size_t i = 0; i < f.count; i++)
            if (mime_field_find(&f, "").p != NULL)
                bug("a parameter without a name");
    }
    arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_addresses(span_from(data, size));
    check_field(span_from(data, size));
    return 0;
}
