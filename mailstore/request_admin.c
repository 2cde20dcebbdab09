/* Requests of the command line: check, rebuild, numbers. */
#include "base/mem.h"
#include "mailstore/check.h"
#include "mailstore/dispose.h"
#include "mailstore/events.h"
#include "mailstore/reconcile.h"
#include "mailstore/tour.h"
#include "mailstore/wire_check.h"

#include <inttypes.h>
#include <stdlib.h>

static void
check_one(void *arg, struct folder *f, core_done_fn *fn, void *fn_arg)
{
    check_folder(arg, f, fn, fn_arg);
}

static const struct tour_work checking = { check_one, check_account };

void
request_index_check(struct reply *r, struct span body)
{
    struct wire_check x;

    if (!wire_get_check(&body, &x))
        reply_invalid(r, "index_check");
    else
        tour_begin(r, x.user, &checking, x.how);
}

/* --- rebuild ------------------------------------------------------------------------- */

#define LOOK_MS 50

struct rebuilding {
    struct tour *tour;
    struct folder *folder;
    struct timer *look; /* how far it is */
    uint64_t before;    /* messages of the tour that were through */
    core_done_fn *fn;
    void *arg;
};

static void
look(void *arg)
{
    const struct rebuilding *b = arg;

    if (b->folder->rebuilding)
        tour_progress(b->tour, b->before + b->folder->record.exists);
}

static void
rebuilt(void *arg, const struct error *e)
{
    struct rebuilding *b = arg;
    struct folder *f = b->folder;
    struct buf text = { 0 };
    struct store_report x = { .kind = STORE_REPORT_FIXED,
                              .account = span_of(f->home->name),
                              .mailbox = folder_name(f) };

    if (e != NULL) {
        x.kind = STORE_REPORT_DIFFERS;
        buf_put_text(&text, e->text);
        tour_fail(b->tour, e);
    } else {
        buf_printf(&text, "%" PRIu32 " messages", f->record.exists);
    }
    x.text = buf_span(&text);
    tour_report(b->tour, &x);
    tour_progress(b->tour, b->before + f->record.exists);
    timer_free(&b->look);
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
    struct tour *t = arg;

    *b = (struct rebuilding){
        .tour = t, .folder = f, .before = t->done, .fn = fn, .arg = fn_arg
    };
    b->look = timer_new(f->core->loop, look, b);
    timer_repeat(b->look, LOOK_MS);
    /* What others have changed gets its UIDs first, in order. */
    reconcile_ready(f, RECONCILE_FRESH, rebuild_now, b);
}

static void
account_rebuilt(struct tour *t, struct home *h, core_done_fn *fn, void *fn_arg)
{
    (void)t;
    event_rebuilt(span_of(h->name));
    fn(fn_arg, NULL);
}

static const struct tour_work rebuilding_work = { rebuild_one,
                                                  account_rebuilt };

void
request_index_rebuild(struct reply *r, struct span body)
{
    struct wire_user x;

    if (!wire_get_user(&body, &x))
        reply_invalid(r, "index_rebuild");
    else
        tour_begin(r, x.user, &rebuilding_work, 0);
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
