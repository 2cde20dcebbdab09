#include "mailstore/tour.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailstore/wire_check.h"

#include <stdlib.h>

void
tour_report(struct tour *t, const struct store_report *x)
{
    struct buf body = { 0 };

    wire_put_report(&body, x);
    reply_row(t->reply, &body);
    buf_free(&body);
}

void
tour_progress(struct tour *t, uint64_t done)
{
    int64_t now = clock_monotonic_ms();
    struct store_report x = { .kind = STORE_REPORT_PROGRESS };

    t->done = done;
    if (t->total < done)
        t->total = done; /* mail came meanwhile */
    if (now - t->told < TOUR_TELL_MS)
        return;
    t->told = now;
    x.done = t->done;
    x.total = t->total;
    tour_report(t, &x);
}

bool
tour_is_over(const struct tour *t)
{
    return t->core->stopping || t->reply->line->peer == NULL;
}

void
tour_fail(struct tour *t, const struct error *e)
{
    if (!t->failed)
        t->e = *e;
    t->failed = true;
}

static void
tour_end(struct tour *t)
{
    reply_end(t->reply, t->failed ? &t->e : NULL);
    sweep_accounts_free(&t->accounts);
    free(t);
}

static void next_account(void *arg);

static void
account_done(void *arg, const struct error *e)
{
    struct tour *t = arg;

    if (e != NULL)
        tour_fail(t, e);
    core_defer(t->core, next_account, t);
}

static void
account_swept(void *arg, const struct error *e)
{
    struct tour *t = arg;

    if (e != NULL)
        account_done(t, e);
    else
        t->work->account(t, t->home, account_done, t);
}

static void
account_found(void *arg, struct home *h, const struct error *e)
{
    struct tour *t = arg;

    if (e != NULL) {
        tour_fail(t, e);
        core_defer(t->core, next_account, t);
        return;
    }
    t->home = h;
    t->off = (struct quota_off){ 0 };
    sweep_home(h, t->work->each, t, account_swept, t);
}

static void
next_account(void *arg)
{
    struct tour *t = arg;

    if (t->at == t->accounts.count || tour_is_over(t))
        tour_end(t);
    else
        home_use(t->core, span_of(t->accounts.names[t->at++]), HOME_FRESH,
                 account_found, t);
}

static void
run_list(struct pool_job *job)
{
    struct tour *t = (struct tour *)job;

    sweep_list_accounts(t->core, &t->accounts);
}

static void
listed(struct pool_job *job)
{
    next_account(job);
}

static bool
add_account(void *arg, const struct index_account *a)
{
    struct tour *t = arg;

    t->total += a->messages;
    return true;
}

/* For people to see how far it is: need not be exact. */
static void
estimate(struct tour *t, struct span user)
{
    struct index_txn *txn = core_begin(t->core);
    struct index_account a;
    struct error e;
    bool done;

    if (user.n == 0)
        done = index_each_account(txn, add_account, t, &e);
    else
        done = index_find_account(txn, user, &a, &e) && add_account(t, &a);
    if (!done)
        core_abort(t->core, &txn, &e);
    index_abort(&txn);
}

void
tour_begin(struct reply *r, struct span user, const struct tour_work *work,
           unsigned how)
{
    struct tour *t = mem_take(sizeof *t);
    struct buf name = { 0 };

    *t = (struct tour){ .job = { .run = run_list, .done = listed },
                        .reply = r,
                        .core = r->line->core,
                        .work = work,
                        .how = how };
    estimate(t, user);
    if (user.n == 0) {
        pool_add(t->core->pool, &t->job);
        return;
    }
    buf_put(&name, user);
    t->accounts.names = mem_take(sizeof *t->accounts.names);
    t->accounts.names[0] = mem_text(buf_text(&name));
    t->accounts.count = 1;
    buf_free(&name);
    next_account(t);
}
