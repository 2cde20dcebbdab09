/* Requests of the command line: check, rebuild, numbers. */
#include "base/mem.h"
#include "mailstore/check.h"
#include "mailstore/dispose.h"
#include "mailstore/events.h"
#include "mailstore/reconcile.h"
#include "mailstore/tour.h"

#include <inttypes.h>
#include <stdlib.h>

static void
check_one(void *arg, struct folder *f, core_done_fn *fn, void *fn_arg)
{
    check_folder(f, tour_report, arg, fn, fn_arg);
}

/* The account's sums are its folders'. */
static void
check_account(struct tour *t, struct home *h)
{
    struct buf text = { 0 };
    struct error e;

    if (!quota_compare_account(h, &t->off, &e)) {
        tour_fail(t, &e);
        return;
    }
    if (t->off.bytes != 0 || t->off.messages != 0) {
        buf_printf(&text,
                   "counts are off by %" PRId64 " octets, %" PRId64 " messages",
                   t->off.bytes, t->off.messages);
        tour_report(t, span_of(h->name), buf_span(&text));
    }
    buf_free(&text);
}

static const struct tour_work checking = { check_one, check_account };

void
request_index_check(struct reply *r, struct span body)
{
    struct wire_user x;

    if (!wire_get_user(&body, &x))
        reply_invalid(r, "index_check");
    else
        tour_begin(r, x.user, &checking);
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
    tour_report(b->tour, buf_span(&path), buf_span(&text));
    if (e != NULL)
        tour_fail(b->tour, e);
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

static void
account_rebuilt(struct tour *t, struct home *h)
{
    (void)t;
    event_rebuilt(span_of(h->name));
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
        tour_begin(r, x.user, &rebuilding_work);
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
