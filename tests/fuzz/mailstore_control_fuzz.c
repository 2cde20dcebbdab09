/* Any control file: refused, or printed and read again it is the same. */
#include "mailstore/control.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct control a;
    static struct control b;
    struct buf text = { 0 };
    struct error e;

    if (!control_parse(span_from(data, size), &a, &e))
        return 0;
    control_print(&a, &text);
    if (!control_parse(buf_span(&text), &b, &e) ||
        a.uid_validity != b.uid_validity || a.uid_floor != b.uid_floor ||
        a.special_use != b.special_use || memcmp(a.id, b.id, 16) != 0)
        bug("not the same again");
    for (unsigned i = 0; i < a.keyword_count; i++)
        if (a.keywords[i][0] != '\0' &&
            strcmp(a.keywords[i], b.keywords[i]) != 0)
            bug("keyword %u", i);
    buf_free(&text);
    return 0;
}
