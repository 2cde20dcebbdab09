/* A name and, behind a line end, a pattern. */
#include "base/error.h"
#include "mail/charset.h"
#include "mail/mailbox_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_wire(struct span wire)
{
    struct buf name = { 0 }, again = { 0 };

    if (mailbox_name_from_utf7(wire, &name)) {
        mailbox_name_to_utf7(buf_span(&name), &again);
        if (!utf8_is_valid(buf_span(&name)) || !span_eq(buf_span(&again), wire))
            bug("two spellings of one name");
    }
    buf_free(&name);
    buf_free(&again);
}

static void
check_folder(struct span folder)
{
    struct buf name = { 0 }, again = { 0 };

    if (mailbox_name_from_folder(folder, &name)) {
        mailbox_name_to_folder(buf_span(&name), &again);
        if (!mailbox_name_is_valid(buf_span(&name)) ||
            !span_eq(buf_span(&again), folder))
            bug("not the name's own folder");
    }
    buf_free(&name);
    buf_free(&again);
}

static void
check_name(struct span name)
{
    struct buf out = { 0 }, back = { 0 }, canonical = { 0 };

    if (!mailbox_name_is_valid(name))
        return;
    mailbox_name_canonical(name, &canonical);
    mailbox_name_to_utf7(name, &out);
    if (!mailbox_name_from_utf7(buf_span(&out), &back) ||
        !span_eq(buf_span(&back), name))
        bug("lost on the wire");
    buf_clear(&out);
    buf_clear(&back);
    mailbox_name_to_folder(name, &out);
    if (!mailbox_name_from_folder(buf_span(&out), &back) ||
        !span_eq(buf_span(&back), buf_span(&canonical)))
        bug("lost on disk");
    if (span_has(buf_span(&out), '/') || span_is(buf_span(&out), "..") ||
        out.n > 255)
        bug("no folder");
    if (!mailbox_name_matches(name, span_of("*")) ||
        !mailbox_name_matches(name, name))
        bug("does not match itself");
    buf_free(&out);
    buf_free(&back);
    buf_free(&canonical);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(data, size), name, rest = text;

    if (!span_cut(&rest, '\n', &name))
        return 0;
    check_wire(name);
    check_folder(name);
    check_name(name);
    mailbox_name_matches(name, rest);
    return 0;
}
