#include "base/clock.h"
#include "base/mem.h"
#include "mailstore/gone.h"

#include <stdlib.h>

#define LOOK_MS 5
#define MOST_MS 3000 /* a folder being scanned takes its time */

struct waiting {
    struct home *home;
    struct timer *timer;
    int64_t since; /* monotonic ms */
    core_done_fn *fn;
    void *arg;
};

static void
look(void *arg)
{
    struct waiting *w = arg;
    int64_t waited = clock_monotonic_ms() - w->since;

    if (gone_is_keeping(w->home) && waited < MOST_MS &&
        !w->home->core->stopping) {
        gone_tick(w->home->core);
        return;
    }
    timer_free(&w->timer);
    w->fn(w->arg, NULL);
    free(w);
}

void
gone_wait(struct home *h, core_done_fn *fn, void *arg)
{
    struct waiting *w = mem_take(sizeof *w);

    *w = (struct waiting){
        .home = h, .since = clock_monotonic_ms(), .fn = fn, .arg = arg
    };
    w->timer = timer_new(h->core->loop, look, w);
    timer_repeat(w->timer, LOOK_MS);
}
