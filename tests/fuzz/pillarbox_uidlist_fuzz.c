/* What is read of a UID list is, printed, read as the same once more. */
#include "base/error.h"
#include "pillarbox/uidlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct uidlist u;
    struct uidlist v;
    struct buf once = { 0 };
    struct buf twice = { 0 };
    struct error e;

    if (uidlist_parse(span_from(data, size), &u, &e)) {
        for (size_t i = 0; i < u.count; i++)
            if (u.entries[i].uid == 0 || u.entries[i].base.n == 0)
                bug("an entry that is none");
        uidlist_print(&u, &once);
        if (!uidlist_parse(buf_span(&once), &v, &e) || v.count != u.count)
            bug("what was printed is read otherwise");
        uidlist_print(&v, &twice);
        if (!span_eq(buf_span(&once), buf_span(&twice)))
            bug("what was printed is printed otherwise");
        uidlist_free(&v);
    }
    uidlist_free(&u);
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
