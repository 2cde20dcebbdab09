/*
 * What time it is for deciding that something is old enough to go.
 *
 * Clocks jump: one without a battery starts in 1970 and is set right minutes
 * later, another is set years ahead by mistake, and back. Nothing may be let go
 * for that. So a clock is trusted once it has stood still against the time
 * since the start for a while (an hour, or a quarter of mail.keep_deleted if
 * that is less); and nothing is stamped with a time before the last one that
 * was trusted, which the index remembers.
 */
#ifndef MAILSTORE_AGE_H
#define MAILSTORE_AGE_H

#include "mailstore/core.h"

struct age;

struct age *age_new(struct core *c);
void age_free(struct age **a);

/* Once a second or so. */
void age_tick(struct age *a);

/* The time to stamp what will be let go by its age. */
int64_t age_stamp(const struct age *a);

/* False: nobody knows, nothing is old. */
bool age_known(const struct age *a, int64_t *now);

#endif
