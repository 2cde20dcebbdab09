/* Any file name: parsed within its bounds; printed and parsed again, the same
 * flags and keywords come back. */
#include "base/error.h"
#include "mailstore/maildir_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = span_from(data, size);
    struct buf again = { 0 };
    struct maildir_name n;
    struct maildir_name m;

    if (!maildir_name_parse(file, &n))
        return 0;
    if (n.base.n == 0 || n.base.n > size || n.letters.n > size)
        bug("outside of the name");
    maildir_name_put(n.base, n.flags, n.keywords, n.letters, &again);
    if (!maildir_name_parse(buf_span(&again), &m) || m.flags != n.flags ||
        m.keywords != n.keywords || !span_eq(m.base, n.base) ||
        m.uid != n.uid || m.tag != n.tag)
        bug("not the same again");
    buf_free(&again);
    return 0;
}
