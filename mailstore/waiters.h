/* Those who wait for one thing to be over. Starts as { 0 }. */
#ifndef MAILSTORE_WAITERS_H
#define MAILSTORE_WAITERS_H

#include "base/error.h"

/* e is NULL where the thing was done. */
typedef void core_done_fn(void *arg, const struct error *e);

struct waiter;

struct waiters {
    struct waiter *first, *last;
};

void waiters_add(struct waiters *w, core_done_fn *fn, void *arg);

/* Calls and forgets all that wait now; those may wait again. */
void waiters_call(struct waiters *w, const struct error *e);

/* Calls and forgets the one that has waited longest; false: nobody. */
bool waiters_call_first(struct waiters *w);

#endif
