#include "mailstore/tour.h"

#include "base/mem.h"

#include <stdlib.h>

void
tour_report(void *arg, struct span path, struct span text)
{
    struct tour *t = arg;
    struct wire_report x = { .path = path, .text = text };
    struct buf body = { 0 };

    wire_put_report(&body, &x);
    reply_row(t->reply, &body);
    buf_free(&body);
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
account_swept(void *arg, const struct error *e)
{
    struct tour *t = arg;

    if (e != NULL)
        tour_fail(t, e);
    else if (t->work->account != NULL)
        t->work->account(t, t->home);
    core_defer(t->core, next_account, t);
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

    if (t->at == t->accounts.count || t->core->stopping ||
        t->reply->line->peer == NULL)
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

void
tour_begin(struct reply *r, struct span user, const struct tour_work *work)
{
    struct tour *t = mem_take(sizeof *t);
    struct buf name = { 0 };

    *t = (struct tour){ .job = { .run = run_list, .done = listed },
                        .reply = r,
                        .core = r->line->core,
                        .work = work };
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
