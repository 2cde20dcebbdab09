/*
 * sequence-set  = (seq-number / seq-range) *("," sequence-set)
 * seq-range     = seq-number ":" seq-number
 * seq-number    = nz-number / "*"                   RFC 3501 section 9
 *
 * Clients send thousands of elements in any order. They are gathered first
 * and sorted, so that adding them to the set is always adding at its end.
 */
#include "base/mem.h"
#include "imapd-lite/limits.h"
#include "imapd-lite/parse.h"

#include <stdlib.h>

struct elements {
    struct numrange *r;
    size_t n, cap;
};

struct number {
    uint32_t n;
    bool star;
};

static bool
take_seq_number(struct cursor *c, struct imap_set_bounds bounds,
                struct number *out)
{
    const char *start = c->at;

    if (take(c, '*')) {
        *out = (struct number){ bounds.star, true };
        return true;
    }
    *out = (struct number){ 0 };
    if (!take_number(c, &out->n))
        return false;
    if (out->n != 0)
        return true;
    c->at = start;
    return want(c, "a number other than 0");
}

static bool
is_beyond(struct number n, struct imap_set_bounds bounds)
{
    return bounds.has_limit && !n.star && n.n > bounds.star;
}

static bool
take_element(struct cursor *c, struct imap_set_bounds bounds,
             struct elements *out)
{
    struct number first;
    struct number last;

    if (!take_seq_number(c, bounds, &first))
        return false;
    last = first;
    if (take(c, ':') && !take_seq_number(c, bounds, &last))
        return false;
    if (bounds.star == 0 && (first.star || last.star))
        return true;
    if (is_beyond(first, bounds) || is_beyond(last, bounds))
        return want(c, "the number of a message that is there");
    if (out->n == out->cap) {
        out->cap = out->cap == 0 ? 16 : out->cap * 2;
        out->r = mem_grow(out->r, out->cap * sizeof *out->r);
    }
    out->r[out->n++] = first.n < last.n ? (struct numrange){ first.n, last.n }
                                        : (struct numrange){ last.n, first.n };
    return true;
}

static int
by_first(const void *a, const void *b)
{
    const struct numrange *x = a;
    const struct numrange *y = b;

    return (x->first > y->first) - (x->first < y->first);
}

static bool
take_elements(struct cursor *c, struct imap_set_bounds bounds,
              struct elements *out)
{
    size_t count = 0;

    do {
        if (!take_element(c, bounds, out))
            return false;
        if (++count > IMAP_SET_MAX)
            return want(c, "a shorter set");
    } while (take(c, ','));
    return true;
}

bool
imap_take_sequence_set(struct cursor *c, struct imap_set_bounds bounds,
                       struct numset *out)
{
    const char *start = c->at;
    struct elements found = { 0 };
    bool ok = take_elements(c, bounds, &found);

    if (!ok)
        c->at = start;
    if (ok && found.n > 0)
        qsort(found.r, found.n, sizeof *found.r, by_first);
    for (size_t i = 0; ok && i < found.n; i++)
        numset_add(out, found.r[i].first, found.r[i].last);
    free(found.r);
    return ok;
}
