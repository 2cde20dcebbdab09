#include "mailstore/uidset.h"

#include <string.h>

void
uidset_take(struct numset *from, struct numset *to, uint64_t n)
{
    size_t whole = 0;

    while (whole < from->n && n > 0) {
        struct numrange *r = &from->r[whole];
        uint64_t size = (uint64_t)r->last - r->first + 1;

        if (size > n) {
            numset_add(to, r->first, (uint32_t)(r->first + n - 1));
            r->first = (uint32_t)(r->first + n);
            n = 0;
            break;
        }
        numset_add(to, r->first, r->last);
        n -= size;
        whole++;
    }
    if (whole == 0)
        return;
    memmove(from->r, from->r + whole, (from->n - whole) * sizeof *from->r);
    from->n -= whole;
}
