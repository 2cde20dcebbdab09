/* More to do with sets of UIDs. */
#ifndef MAILSTORE_UIDSET_H
#define MAILSTORE_UIDSET_H

#include "base/numset.h"

/* Moves the first n numbers from one set to another. */
void uidset_take(struct numset *from, struct numset *to, uint64_t n);

#endif
