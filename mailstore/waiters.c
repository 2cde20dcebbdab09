#include "mailstore/waiters.h"

#include "base/mem.h"

#include <stdlib.h>

struct waiter {
    core_done_fn *fn;
    void *arg;
    struct waiter *next;
};

void
waiters_add(struct waiters *w, core_done_fn *fn, void *arg)
{
    struct waiter *one = mem_take(sizeof *one);

    *one = (struct waiter){ .fn = fn, .arg = arg };
    if (w->first == NULL)
        w->first = one;
    else
        w->last->next = one;
    w->last = one;
}

void
waiters_call(struct waiters *w, const struct error *e)
{
    struct waiter *one = w->first;

    *w = (struct waiters){ 0 };
    while (one != NULL) {
        struct waiter *next = one->next;

        one->fn(one->arg, e);
        free(one);
        one = next;
    }
}

bool
waiters_call_first(struct waiters *w)
{
    struct waiter *one = w->first;

    if (one == NULL)
        return false;
    w->first = one->next;
    one->fn(one->arg, NULL);
    free(one);
    return true;
}
