/* Requests of the command line: check, rebuild, numbers. */
#include "base/mem.h"
#include "mailstore/check.h"
#include "mailstore/dispose.h"
#include "mailstore/events.h"
#include "mailstore/reconcile.h"
#include "mailstore/session.h"
#include "mailstore/sweep.h"

#include <inttypes.h>
#include <stdlib.h>

/* Work on one account after the other. */
struct tour {
    struct pool_job job; /* lists the accounts */
    struct reply *reply;
    struct core *core;
    struct sweep_accounts accounts;
    size_t at;
    sweep_each_fn *each;
    bool rebuild;
    bool failed;
    struct error e; /* the first */
};

static void
put_report(void *arg, struct span path, struct span text)
{
    struct tour *t = arg;
    struct wire_report x = { .path = path, .text = text };
    struct buf body = { 0 };

    wire_put_report(&body, &x);
    reply_row(t->reply, &body);
    buf_free(&body);
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

    if (e != NULL && !t->failed) {
        t->failed = true;
        t->e = *e;
    }
    core_defer(t->core, next_account, t);
}

static void
account_swept(void *arg, const struct error *e)
{
    struct tour *t = arg;

    if (e == NULL && t->rebuild)
        event_rebuilt(span_of(t->accounts.names[t->at - 1]));
    account_done(arg, e);
}

static void
account_found(void *arg, struct home *h, const struct error *e)
{
    struct tour *t = arg;

    if (e != NULL)
        account_done(t, e);
    else
        sweep_home(h, t->each, t, account_swept, t);
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

static void
begin_tour(struct reply *r, struct span user, sweep_each_fn *each, bool rebuild)
{
    struct tour *t = mem_take(sizeof *t);
    struct buf name = { 0 };

    *t = (struct tour){ .job = { .run = run_list, .done = listed },
                        .reply = r,
                        .core = r->line->core,
                        .each = each,
                        .rebuild = rebuild };
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

static void
check_one(void *arg, struct folder *f, core_done_fn *fn, void *fn_arg)
{
    check_folder(f, put_report, arg, fn, fn_arg);
}

void
request_index_check(struct reply *r, struct span body)
{
    struct wire_user x;

    if (!wire_get_user(&body, &x))
        reply_invalid(r, "index_check");
    else
        begin_tour(r, x.user, check_one, false);
}

/* --- rebuild ------------------------------------------------------------------------- */

struct rebuilding {
    struct tour *tour;
    struct folder *folder;
    core_done_fn *fn;
    void *arg;
};

static void
rebuilt(void *arg, const struct error *e)
{
    struct rebuilding *b = arg;
    struct folder *f = b->folder;
    struct buf path = { 0 };
    struct buf text = { 0 };

    buf_printf(&path, "%s/%s", f->home->name, f->record.name);
    if (e != NULL)
        buf_put_text(&text, e->text);
    else
        buf_printf(&text, "%" PRIu32 " messages", f->record.exists);
    put_report(b->tour, buf_span(&path), buf_span(&text));
    if (e != NULL && !b->tour->failed) {
        b->tour->failed = true;
        b->tour->e = *e;
    }
    buf_free(&path);
    buf_free(&text);
    b->fn(b->arg, NULL);
    free(b);
}

static void
rebuild_now(void *arg, const struct error *e)
{
    struct rebuilding *b = arg;

    if (e != NULL)
        rebuilt(b, e);
    else
        reconcile_rebuild(b->folder, rebuilt, b);
}

static void
rebuild_one(void *arg, struct folder *f, core_done_fn *fn, void *fn_arg)
{
    struct rebuilding *b = mem_take(sizeof *b);

    *b = (struct rebuilding){ arg, f, fn, fn_arg };
    /* What others have changed gets its UIDs first, in order. */
    reconcile_ready(f, RECONCILE_FRESH, rebuild_now, b);
}

void
request_index_rebuild(struct reply *r, struct span body)
{
    struct wire_user x;

    if (!wire_get_user(&body, &x))
        reply_invalid(r, "index_rebuild");
    else
        begin_tour(r, x.user, rebuild_one, true);
}

/* --- numbers --------------------------------------------------------------------------- */

struct adding {
    struct index_txn *txn;
    struct store_stats sums;
};

static bool
add_folder(void *arg, const struct index_folder *f)
{
    struct adding *a = arg;

    if (dispose_is_disposed(f))
        return true;
    a->sums.mailboxes++;
    a->sums.messages += f->exists;
    a->sums.bytes += f->bytes;
    return true;
}

static bool
add_account(void *arg, const struct index_account *account)
{
    struct adding *a = arg;
    struct error e;

    a->sums.accounts++;
    return index_each_folder(a->txn, account->id, add_folder, a, &e);
}

void
request_stats(struct reply *r, struct span body)
{
    struct core *c = r->line->core;
    struct adding a = { .txn = core_begin(c) };
    struct buf out = { 0 };
    struct error e;

    (void)body;
    if (!index_each_account(a.txn, add_account, &a, &e)) {
        core_abort(c, &a.txn, &e);
        reply_failed(r, &e);
        return;
    }
    index_abort(&a.txn);
    a.sums.sessions = c->sessions;
    a.sums.views = c->views;
    a.sums.delivered = c->delivered;
    a.sums.disk_free = core_disk_free(c);
    wire_put_stats(&out, &a.sums);
    reply_done(r, &out);
    buf_free(&out);
}
