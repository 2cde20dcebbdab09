/*
 * A set of 32-bit numbers as sorted, disjoint ranges: UIDs, sequence numbers.
 * Starts as { 0 }. Grows without limit of its own: bound what you add.
 */
#ifndef BASE_NUMSET_H
#define BASE_NUMSET_H

#include "base/buf.h"

struct numrange {
    uint32_t first, last; /* both belong to it; first <= last */
};

struct numset {
    struct numrange *r;
    size_t n;
    size_t cap;
};

/* Adds first..last (swapped where first > last), merging what touches. Quick
 * when numbers come in ascending order. */
void numset_add(struct numset *s, uint32_t first, uint32_t last);
void numset_add_set(struct numset *s, const struct numset *more);
bool numset_has(const struct numset *s, uint32_t n);

/* How many numbers it holds. */
uint64_t numset_count(const struct numset *s);

/* Keep only what is also in other. */
void numset_keep(struct numset *s, const struct numset *other);

/* "1:3,7,9:12", the sequence-set of RFC 3501 section 9; "" when empty. */
void numset_print(const struct numset *s, struct buf *out);

/* Walk the numbers in order: *at starts at { 0, 0 }. */
struct numset_walk {
    size_t range;
    uint64_t next;
};
bool numset_next(const struct numset *s, struct numset_walk *at, uint32_t *n);

void numset_clear(struct numset *s); /* keeps the memory */
void numset_free(struct numset *s);

#endif
