/* Requests about which mailboxes there are, and opening one. */
#include "base/mem.h"
#include "mailstore/history.h"
#include "mailstore/mailboxes.h"
#include "mailstore/reconcile.h"
#include "mailstore/session.h"
#include "mailstore/sweep.h"

#include <stdlib.h>

static void
put_row(void *arg, const struct store_mailbox *m)
{
    struct buf body = { 0 };

    wire_put_mailbox(&body, m);
    reply_row(arg, &body);
    buf_free(&body);
}

static void
list(void *arg, const struct error *e)
{
    struct reply *r = arg;
    struct error mine;

    if (e != NULL)
        reply_failed(r, e);
    else if (mailboxes_list(r->session->home, put_row, r, &mine))
        reply_done(r, NULL);
    else
        reply_failed(r, &mine);
}

static void
verify(void *arg, struct folder *f, core_done_fn *fn, void *fn_arg)
{
    (void)arg;
    reconcile_ready(f, RECONCILE_VERIFIED, fn, fn_arg);
}

/* Counts that others' changes are in, as long as that is cheap; counts that
 * are right, always. */
static void
list_freshly(struct reply *r)
{
    struct home *h = r->session->home;
    bool verified;
    size_t count = mailboxes_count(h, &verified);

    if (count <= STORE_LIST_FRESH)
        sweep_home(h, NULL, NULL, list, r);
    else if (!verified)
        sweep_home(h, verify, NULL, list, r);
    else
        list(r, NULL);
}

void
request_list(struct reply *r, struct span body)
{
    struct wire_session x;

    if (!wire_get_session(&body, &x))
        reply_invalid(r, "list");
    else if (reply_take_session(r, x.session))
        list_freshly(r);
}

/* The status of one mailbox, which is held. */
struct asking {
    struct reply *reply;
    struct folder *folder;
};

static void
status(void *arg, const struct error *e)
{
    struct asking *q = arg;
    struct reply *r = q->reply;
    struct error mine;

    if (e != NULL)
        reply_failed(r, e);
    else if (mailboxes_status(r->session->home, folder_name(q->folder), put_row,
                              r, &mine))
        reply_done(r, NULL);
    else
        reply_failed(r, &mine);
    folder_release(q->folder);
    free(q);
}

void
request_status(struct reply *r, struct span body)
{
    struct wire_name x;
    struct asking *q;
    struct folder *f;
    struct error e;

    if (!wire_get_name(&body, &x)) {
        reply_invalid(r, "status");
        return;
    }
    if (!reply_take_session(r, x.session) || !reply_check_name(r, x.name))
        return;
    if (!folder_use(r->session->home, x.name, &f, &e)) {
        reply_failed(r, &e);
        return;
    }
    q = mem_take(sizeof *q);
    *q = (struct asking){ r, f };
    reconcile_ready(f, RECONCILE_FRESH, status, q);
}

void
request_create(struct reply *r, struct span body)
{
    struct wire_create x;

    if (!wire_get_create(&body, &x) ||
        (x.special_use & ~(uint32_t)STORE_ALL_SPECIAL) != 0 ||
        (x.special_use & (x.special_use - 1)) != 0)
        reply_invalid(r, "create");
    else if (reply_take_session(r, x.session) && reply_check_name(r, x.name))
        mailboxes_create(r->session->home, x.name, x.special_use, reply_end, r);
}

struct deleting {
    struct reply *reply;
    struct index_folder record; /* as it was */
};

static void
deleted(void *arg, const struct error *e)
{
    struct deleting *d = arg;
    struct reply *r = d->reply;
    const struct history_note note = { .kind = HISTORY_DELETED,
                                       .who = span_of(r->session->who) };

    if (e == NULL)
        history_note_mailbox(r->line->core, &d->record, &note);
    free(d);
    reply_end(r, e);
}

static void delete (struct reply *r, struct span name)
{
    struct deleting *d = mem_take(sizeof *d);
    struct error e;

    d->reply = r;
    if (mailboxes_find(r->session->home, name, &d->record, &e)) {
        mailboxes_delete(r->session->home, name, deleted, d);
        return;
    }
    free(d);
    reply_failed(r, &e);
}

void
request_delete(struct reply *r, struct span body)
{
    struct wire_name x;

    if (!wire_get_name(&body, &x))
        reply_invalid(r, "delete");
    else if (reply_take_session(r, x.session) && reply_check_name(r, x.name))
        delete (r, x.name);
}

void
request_rename(struct reply *r, struct span body)
{
    struct wire_rename x;

    if (!wire_get_rename(&body, &x))
        reply_invalid(r, "rename");
    else if (reply_take_session(r, x.session) && reply_check_name(r, x.from) &&
             reply_check_name(r, x.to))
        mailboxes_rename(r->session->home, x.from, x.to, reply_end, r);
}

void
request_subscribe(struct reply *r, struct span body)
{
    struct wire_subscribe x;

    if (!wire_get_subscribe(&body, &x))
        reply_invalid(r, "subscribe");
    else if (reply_take_session(r, x.session) && reply_check_name(r, x.name))
        mailboxes_subscribe(r->session->home, x.name, x.on, reply_end, r);
}

/* --- opening ------------------------------------------------------------------------ */

static struct wire_rows
changes_of(const struct snapshot_taken *t)
{
    return (struct wire_rows){
        .count = t->change_count,
        .bytes = span_from(t->changes, t->change_count * sizeof *t->changes)
    };
}

static void
put_view(struct reply *r, const struct opened *o)
{
    const struct folder *f = o->view->folder;
    struct wire_view x = { .uid_validity = f->record.uid_validity,
                           .uid_next = o->uid_next,
                           .modseq = o->modseq,
                           .count = o->rows.count,
                           .changes = changes_of(&o->rows),
                           .recent = o->recent,
                           .first_unseen = o->first_unseen,
                           .read_only = (o->view->how & STORE_EXAMINE) != 0 ||
                                        f->guarded };
    struct buf body = { 0 };

    session_fill_keywords(&f->record, &x.keywords);
    wire_put_view(&body, &x);
    reply_done_fd(r, &body, o->rows.fd);
    buf_free(&body);
}

static void
opened(void *arg, const struct opened *o, const struct error *e)
{
    struct reply *r = arg;
    struct session *s = r->session;
    struct view *view;

    if (e != NULL) {
        reply_failed(r, e);
        return;
    }
    view = o->view;
    session_close_view(s);
    if (s->alive) {
        s->view = view;
        put_view(r, o);
    } else {
        view_close(&view);
        reply_invalid(r, "the session has ended");
    }
}

void
request_open(struct reply *r, struct span body)
{
    struct open_request q = { .calls = &session_view_calls };
    struct wire_open x;

    if (!wire_get_open(&body, &x)) {
        reply_invalid(r, "open");
        return;
    }
    if (!reply_take_session(r, x.session) || !reply_check_name(r, x.name))
        return;
    session_close_view(r->session);
    q.home = r->session->home;
    q.name = x.name;
    q.how = x.how;
    q.view_arg = r->session;
    view_open(&q, opened, r);
}
