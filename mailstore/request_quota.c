/* Requests about quota. */
#include "base/mem.h"
#include "mailstore/quota.h"
#include "mailstore/tour.h"
#include "mailstore/wire_quota.h"

#include <stdlib.h>

void
request_quota(struct reply *r, struct span body)
{
    struct wire_session x;
    struct store_quota q;
    struct buf out = { 0 };
    struct error e;

    if (!wire_get_session(&body, &x)) {
        reply_invalid(r, "quota");
        return;
    }
    if (!reply_take_session(r, x.session))
        return;
    if (!quota_of(r->session->home, &q, &e)) {
        reply_failed(r, &e);
        return;
    }
    wire_put_quota(&out, &q);
    reply_done(r, &out);
    buf_free(&out);
}

/* --- quota_list ----------------------------------------------------------------- */

static void
row_quota(struct reply *r, const struct store_quota *q)
{
    struct buf out = { 0 };

    wire_put_quota(&out, q);
    reply_row(r, &out);
    buf_free(&out);
}

static bool
list_one(void *arg, const struct index_account *a)
{
    struct reply *r = arg;
    struct store_quota q = quota_of_record(r->line->core, a);

    row_quota(r, &q);
    return true;
}

static void
list_all(struct reply *r)
{
    struct core *c = r->line->core;
    struct index_txn *t = core_begin(c);
    struct error e;

    if (!index_each_account(t, list_one, r, &e)) {
        core_abort(c, &t, &e);
        reply_failed(r, &e);
        return;
    }
    index_abort(&t);
    reply_done(r, NULL);
}

struct listing {
    struct reply *reply;
    struct buf user;
};

static void
list_found(void *arg, struct home *h, const struct error *e)
{
    struct listing *l = arg;
    struct reply *r = l->reply;
    struct store_quota q = quota_of_nobody(r->line->core, buf_span(&l->user));
    struct error mine;

    if (h != NULL && !quota_of(h, &q, &mine))
        e = &mine;
    if (e != NULL && e->kind == FAIL_NOT_FOUND)
        e = NULL; /* no mail yet */
    if (e == NULL)
        row_quota(r, &q);
    reply_end(r, e);
    buf_free(&l->user);
    free(l);
}

void
request_quota_list(struct reply *r, struct span body)
{
    struct wire_user x;
    struct listing *l;

    if (!wire_get_user(&body, &x)) {
        reply_invalid(r, "quota_list");
        return;
    }
    if (x.user.n == 0) {
        list_all(r);
        return;
    }
    l = mem_take(sizeof *l);
    l->reply = r;
    buf_put(&l->user, x.user);
    home_use(r->line->core, x.user, HOME_FRESH, list_found, l);
}

/* --- quota_set ------------------------------------------------------------------- */

struct limits {
    struct reply *reply;
    struct quota_own own;
};

static void
set_found(void *arg, struct home *h, const struct error *e)
{
    struct limits *l = arg;

    if (e != NULL)
        reply_failed(l->reply, e);
    else
        quota_set(h, &l->own, reply_end, l->reply);
    free(l);
}

void
request_quota_set(struct reply *r, struct span body)
{
    struct wire_quota_set x;
    struct limits *l;

    if (!wire_get_quota_set(&body, &x)) {
        reply_invalid(r, "quota_set");
        return;
    }
    l = mem_take(sizeof *l);
    *l = (struct limits){ r,
                          { x.limit_bytes, x.limit_messages, x.keep_deleted } };
    home_use(r->line->core, x.user, HOME_CREATE, set_found, l);
}

/* --- quota_check ------------------------------------------------------------------ */

struct checking {
    struct reply *reply;
    struct buf recipients; /* all */
    struct span rest;      /* still to be looked at */
    uint64_t size;
    struct store_recipient now;
};

/* Copies for the same user, up to and with the present one. */
static uint64_t
copies(const struct checking *c)
{
    struct span rest = buf_span(&c->recipients);
    struct store_recipient r;
    uint64_t n = 0;

    rest.n -= c->rest.n;
    while (rest.n > 0 && wire_next_recipient(&rest, &r))
        if (span_eq(r.user, c->now.user))
            n++;
    return n;
}

static void
end_check(struct checking *c, const struct error *e)
{
    reply_end(c->reply, e);
    buf_free(&c->recipients);
    free(c);
}

static void next_check(void *arg);

static void
check_found(void *arg, struct home *h, const struct error *e)
{
    struct checking *c = arg;
    struct core *core = c->reply->line->core;
    struct store_quota nobody = quota_of_nobody(core, c->now.user);
    uint64_t n = copies(c);
    struct error mine;
    bool fits;

    if (e != NULL && e->kind != FAIL_NOT_FOUND) {
        end_check(c, e);
        return;
    }
    fits = h == NULL ? quota_fits(&nobody, c->size * n, n, &mine)
                     : quota_has_room(h, c->size * n, n, &mine);
    if (!fits)
        end_check(c, &mine);
    else
        core_defer(core, next_check, c);
}

static void
next_check(void *arg)
{
    struct checking *c = arg;

    if (!wire_next_recipient(&c->rest, &c->now))
        end_check(c, NULL);
    else
        home_use(c->reply->line->core, c->now.user, 0, check_found, c);
}

void
request_quota_check(struct reply *r, struct span body)
{
    struct wire_quota_check x;
    struct checking *c;

    if (!wire_get_quota_check(&body, &x) ||
        x.recipient_count > STORE_RECIPIENTS_MAX ||
        x.size > INT64_MAX / STORE_RECIPIENTS_MAX) {
        reply_invalid(r, "quota_check");
        return;
    }
    c = mem_take(sizeof *c);
    *c = (struct checking){ .reply = r, .size = x.size };
    buf_put(&c->recipients, x.recipients);
    c->rest = buf_span(&c->recipients);
    next_check(c);
}

/* --- quota_recount ---------------------------------------------------------------- */

static void
recount_one(void *arg, struct folder *f, core_done_fn *fn, void *fn_arg)
{
    struct tour *t = arg;

    quota_recount_folder(f, &t->off, fn, fn_arg);
}

static void
recount_account(struct tour *t, struct home *h, core_done_fn *fn, void *fn_arg)
{
    struct store_recount x = { .user = span_of(h->name) };
    struct store_quota q;
    struct buf body = { 0 };
    struct error e;

    if (!quota_recount_account(h, &t->off, &e) || !quota_of(h, &q, &e)) {
        fn(fn_arg, &e);
        return;
    }
    x.bytes = q.bytes;
    x.messages = q.messages;
    x.off_bytes = t->off.bytes;
    x.off_messages = t->off.messages;
    wire_put_recount(&body, &x);
    reply_row(t->reply, &body);
    buf_free(&body);
    fn(fn_arg, NULL);
}

static const struct tour_work recounting = { recount_one, recount_account };

void
request_quota_recount(struct reply *r, struct span body)
{
    struct wire_user x;

    if (!wire_get_user(&body, &x))
        reply_invalid(r, "quota_recount");
    else
        tour_begin(r, x.user, &recounting, 0);
}
