#include "base/numset.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Index of the first range that ends at n or behind it. */
static size_t
lower_bound(const struct numset *s, uint32_t n)
{
    size_t low = 0;
    size_t high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->r[middle].last < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
insert_at(struct numset *s, size_t at, struct numrange r)
{
    if (s->n == s->cap) {
        s->cap = s->cap == 0 ? 8 : s->cap * 2;
        s->r = mem_grow(s->r, s->cap * sizeof *s->r);
    }
    memmove(&s->r[at + 1], &s->r[at], (s->n - at) * sizeof *s->r);
    s->r[at] = r;
    s->n++;
}

void
numset_add(struct numset *s, uint32_t first, uint32_t last)
{
    struct numrange r = { first < last ? first : last,
                          first < last ? last : first };
    size_t at = lower_bound(s, r.first == 0 ? 0 : r.first - 1);
    size_t upto = at;

    while (upto < s->n &&
           (r.last == UINT32_MAX || s->r[upto].first <= r.last + 1)) {
        if (s->r[upto].first < r.first)
            r.first = s->r[upto].first;
        if (s->r[upto].last > r.last)
            r.last = s->r[upto].last;
        upto++;
    }
    if (upto == at) {
        insert_at(s, at, r);
        return;
    }
    s->r[at] = r;
    memmove(&s->r[at + 1], &s->r[upto], (s->n - upto) * sizeof *s->r);
    s->n -= upto - at - 1;
}

void
numset_add_set(struct numset *s, const struct numset *more)
{
    for (size_t i = 0; i < more->n; i++)
        numset_add(s, more->r[i].first, more->r[i].last);
}

bool
numset_has(const struct numset *s, uint32_t n)
{
    size_t at = lower_bound(s, n);

    return at < s->n && s->r[at].first <= n;
}

uint64_t
numset_count(const struct numset *s)
{
    uint64_t count = 0;

    for (size_t i = 0; i < s->n; i++)
        count += (uint64_t)s->r[i].last - s->r[i].first + 1;
    return count;
}

void
numset_keep(struct numset *s, const struct numset *other)
{
    struct numset both = { 0 };
    size_t i = 0;
    size_t k = 0;

    while (i < s->n && k < other->n) {
        struct numrange a = s->r[i];
        struct numrange b = other->r[k];
        uint32_t first = a.first > b.first ? a.first : b.first;
        uint32_t last = a.last < b.last ? a.last : b.last;

        if (first <= last)
            numset_add(&both, first, last);
        if (a.last < b.last)
            i++;
        else
            k++;
    }
    numset_free(s);
    *s = both;
}

void
numset_print(const struct numset *s, struct buf *out)
{
    for (size_t i = 0; i < s->n; i++) {
        if (i > 0)
            buf_put_ch(out, ',');
        buf_put_number(out, s->r[i].first);
        if (s->r[i].last == s->r[i].first)
            continue;
        buf_put_ch(out, ':');
        buf_put_number(out, s->r[i].last);
    }
}

bool
numset_next(const struct numset *s, struct numset_walk *at, uint32_t *n)
{
    while (at->range < s->n) {
        struct numrange r = s->r[at->range];

        if (at->next < r.first)
            at->next = r.first;
        if (at->next <= r.last) {
            *n = (uint32_t)at->next++;
            return true;
        }
        at->range++;
    }
    return false;
}

void
numset_clear(struct numset *s)
{
    s->n = 0;
}

void
numset_free(struct numset *s)
{
    free(s->r);
    *s = (struct numset){ 0 };
}
