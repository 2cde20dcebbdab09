/*
 *   offset = clock - time since the machine's start
 *
 *   unsure --the same offset for sure_ms--> sure: `last` follows the clock
 *      ^                                      |
 *      +-------the offset jumped--------------+
 *
 * Time since the start goes on while the machine sleeps (CLOCK_BOOTTIME): else
 * each morning were a jump.
 */
#include "mailstore/age.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <time.h>

#define SURE_MS      INT64_C(3600000)
#define JUMP_SECONDS 120
#define FIRST_TIME   INT64_C(1767225600) /* 2026: nobody ran this before */

struct age {
    struct core *core;
    int64_t sure_ms;
    int64_t since_ms; /* the offset is what it is */
    int64_t offset;   /* seconds */
    int64_t last;     /* the last time that was trusted */
};

static int64_t
since_start_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
is_sure(const struct age *a)
{
    return since_start_ms() - a->since_ms >= a->sure_ms;
}

static void
load(struct age *a)
{
    struct index_txn *t = core_begin(a->core);
    uint64_t last;
    struct error e;

    a->last = FIRST_TIME;
    if (index_get_number(t, INDEX_CLOCK, &last, &e) &&
        last > (uint64_t)FIRST_TIME && last < (uint64_t)INT64_MAX)
        a->last = (int64_t)last;
    index_abort(&t);
}

/* A failure is no harm: the one before stays. */
static void
save(struct age *a, int64_t now)
{
    struct index_txn *t = core_begin(a->core);
    struct error e;

    a->last = now;
    if (index_put_number(t, INDEX_CLOCK, (uint64_t)now, &e))
        core_commit(a->core, &t, &e);
    else
        core_abort(a->core, &t, &e);
}

struct age *
age_new(struct core *c)
{
    struct age *a = mem_take(sizeof *a);
    int64_t quarter = (int64_t)c->options->keep_deleted * 1000 / 4;

    a->core = c;
    a->sure_ms = quarter > 0 && quarter < SURE_MS ? quarter : SURE_MS;
    a->since_ms = since_start_ms();
    a->offset = clock_seconds() - a->since_ms / 1000;
    load(a);
    return a;
}

void
age_free(struct age **a)
{
    free(*a);
    *a = NULL;
}

void
age_tick(struct age *a)
{
    int64_t now = clock_seconds();
    int64_t ms = since_start_ms();
    int64_t offset = now - ms / 1000;
    bool jumped =
        offset > a->offset + JUMP_SECONDS || offset < a->offset - JUMP_SECONDS;

    a->offset = offset; /* a clock that is slowly set right does not jump */
    if (jumped)
        a->since_ms = ms;
    if (now < FIRST_TIME || !is_sure(a))
        return;
    if (now < a->last || (now - a->last) * 1000 > a->sure_ms)
        save(a, now);
}

int64_t
age_stamp(const struct age *a)
{
    int64_t now = clock_seconds();

    return now > a->last ? now : a->last;
}

bool
age_known(const struct age *a, int64_t *now)
{
    *now = clock_seconds();
    return is_sure(a) && *now >= FIRST_TIME;
}
