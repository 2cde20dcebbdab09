/*
 * A round an hour, one account after the other:
 *
 *   timer -> ids of accounts -> its Trash and Junk -> verified -> UIDs that are
 *   due -> expunged -> the next
 */
#include "mailstore/expire.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailstore/dispose.h"
#include "mailstore/events.h"
#include "mailstore/expunge.h"
#include "mailstore/reconcile.h"

#include <stdlib.h>

#define ROUND_MS        3600000
#define FIRST_MS        5000
#define SOONEST_SECONDS 4
#define JUMP_MS         60000
#define EXPIRE_SANE     1704067200 /* 2024-01-01 */

struct numbers {
    uint32_t *ids;
    size_t count, at;
};

struct expire {
    struct core *core;
    struct timer *timer;
    struct numbers accounts, folders; /* folders: of the present account */
    struct folder *folder;            /* the present one, held */
    struct numset due;
    int64_t before; /* for the present folder */
    int64_t offset; /* of the wall clock to the monotonic one, ms */
};

/* --- rounds ------------------------------------------------------------------------ */

static void
add_number(struct numbers *n, uint32_t id)
{
    n->ids = mem_grow(n->ids, (n->count + 1) * sizeof *n->ids);
    n->ids[n->count++] = id;
}

static void
free_numbers(struct numbers *n)
{
    free(n->ids);
    *n = (struct numbers){ 0 };
}

static unsigned
keep_of(const struct expire *x, uint32_t flags)
{
    if ((flags & STORE_TRASH) != 0)
        return x->core->options->trash_keep;
    return (flags & STORE_JUNK) != 0 ? x->core->options->junk_keep : 0;
}

/* Short times are for tests: then a round is short, too. */
static int64_t
pause_of(unsigned keep)
{
    if (keep == 0 || keep >= ROUND_MS / 1000 * SOONEST_SECONDS)
        return ROUND_MS;
    return (int64_t)keep * 1000 / SOONEST_SECONDS;
}

static void
end_round(struct expire *x)
{
    int64_t trash = pause_of(x->core->options->trash_keep);
    int64_t junk = pause_of(x->core->options->junk_keep);

    free_numbers(&x->accounts);
    free_numbers(&x->folders);
    if (!x->core->stopping)
        timer_start(x->timer, trash < junk ? trash : junk);
}

/* --- one mailbox ------------------------------------------------------------------- */

static void next_folder(void *arg);

static void
leave_folder(struct expire *x)
{
    folder_release(x->folder);
    x->folder = NULL;
    numset_free(&x->due);
    core_defer(x->core, next_folder, x);
}

static void
expunged(void *arg, const struct error *e)
{
    struct expire *x = arg;

    if (e == NULL)
        event_expired(x->folder, numset_count(&x->due));
    leave_folder(x);
}

static bool
add_due(void *arg, const struct index_message *m)
{
    struct expire *x = arg;

    if (m->save_date < x->before && m->save_date >= EXPIRE_SANE)
        numset_add(&x->due, m->uid, m->uid);
    return true;
}

static bool
find_due(struct expire *x, struct error *e)
{
    struct index_txn *t = core_begin(x->core);

    if (!index_each_message(t, x->folder->record.id, 1, UINT32_MAX, add_due, x,
                            e)) {
        core_abort(x->core, &t, e);
        return false;
    }
    index_abort(&t);
    return true;
}

static void
verified(void *arg, const struct error *e)
{
    struct expire *x = arg;
    struct folder *f = x->folder;
    struct expunge_request q = { .folder = f,
                                 .uids = &x->due,
                                 .who = span_of("mailstored") };
    unsigned keep = keep_of(x, f->record.flags);
    struct error mine;

    x->before = clock_seconds() - keep;
    if (e != NULL || keep == 0 || f->deleted || f->guarded ||
        x->core->stopping || !find_due(x, &mine) || x->due.n == 0)
        leave_folder(x);
    else
        expunge_messages(&q, expunged, x);
}

/* --- one account ------------------------------------------------------------------- */

static void next_account(void *arg);

static bool
add_folder(void *arg, const struct index_folder *f)
{
    struct expire *x = arg;

    if (f->exists > 0 && keep_of(x, f->flags) != 0 && !dispose_is_disposed(f))
        add_number(&x->folders, f->id);
    return true;
}

static void
next_folder(void *arg)
{
    struct expire *x = arg;
    struct error e;

    while (x->folders.at < x->folders.count && !x->core->stopping) {
        uint32_t id = x->folders.ids[x->folders.at++];

        if (!folder_use_id(x->core, id, &x->folder, &e))
            continue;
        reconcile_ready(x->folder, RECONCILE_VERIFIED, verified, x);
        return;
    }
    next_account(x);
}

static void
next_account(void *arg)
{
    struct expire *x = arg;
    struct index_txn *t;
    struct error e;

    free_numbers(&x->folders);
    if (x->accounts.at >= x->accounts.count || x->core->stopping) {
        end_round(x);
        return;
    }
    t = core_begin(x->core);
    if (!index_each_folder(t, x->accounts.ids[x->accounts.at++], add_folder, x,
                           &e))
        core_abort(x->core, &t, &e);
    index_abort(&t);
    core_defer(x->core, next_folder, x);
}

/* --- all --------------------------------------------------------------------------- */

static bool
add_account(void *arg, const struct index_account *a)
{
    struct expire *x = arg;

    add_number(&x->accounts, a->id);
    return true;
}

/* A clock that jumped has to stay where it is until the next round. */
static bool
clock_is_steady(struct expire *x)
{
    int64_t offset = clock_micros() / 1000 - clock_monotonic_ms();
    int64_t moved = offset - x->offset;

    x->offset = offset;
    return moved < JUMP_MS && moved > -JUMP_MS;
}

static void
begin_round(void *arg)
{
    struct expire *x = arg;
    struct index_txn *t;
    struct error e;

    if (x->core->stopping)
        return;
    if (!clock_is_steady(x)) {
        end_round(x);
        return;
    }
    t = core_begin(x->core);
    if (!index_each_account(t, add_account, x, &e))
        core_abort(x->core, &t, &e);
    index_abort(&t);
    next_account(x);
}

struct expire *
expire_new(struct core *c)
{
    struct expire *x;

    if (c->options->trash_keep == 0 && c->options->junk_keep == 0)
        return NULL;
    x = mem_take(sizeof *x);
    x->core = c;
    x->timer = timer_new(c->loop, begin_round, x);
    clock_is_steady(x);
    timer_start(x->timer, FIRST_MS);
    return x;
}

void
expire_free(struct expire **expire)
{
    struct expire *x = *expire;

    if (x == NULL)
        return;
    timer_free(&x->timer);
    free_numbers(&x->accounts);
    free_numbers(&x->folders);
    numset_free(&x->due);
    free(x);
    *expire = NULL;
}
