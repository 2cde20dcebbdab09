/*
 * Files without names, made ahead: a delivery that begins takes one and waits
 * for no thread. Nobody sees them, and a crash leaves nothing of them. How many
 * there are follows how many are asked for at once.
 */
#ifndef MAILSTORE_SPARE_H
#define MAILSTORE_SPARE_H

#include "mailstore/core.h"

struct spare;

struct spare *spare_new(struct core *c);

/* After the pool has ended. */
void spare_free(struct spare **s);

/* An empty file in the caller's hands; false: make one. */
bool spare_take(struct spare *s, int *fd);

#endif
