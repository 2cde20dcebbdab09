/*
 * New messages.
 *
 *   BEGINNING --descriptor--> OPEN --commit--> COMMITTING --answer--> OVER
 *       +---------------- refused, or the line broke -------------------^
 *
 * A delivery ends with its line: mailstored forgets it then, and so what had
 * not been answered is UNAVAILABLE. delivery_abort() frees it in every state.
 */
#include "mailstore/client_private.h"

#include "base/mem.h"
#include "mailstore/wire_import.h"

#include <stdlib.h>
#include <unistd.h>

enum delivery_state {
    DELIVERY_BEGINNING,
    DELIVERY_OPEN,
    DELIVERY_COMMITTING,
    DELIVERY_OVER
};

struct store_delivery {
    struct store *store;           /* NULL: its session has ended */
    struct store_session *session; /* NULL: no append             */
    struct store_delivery *next;   /* of the session              */
    enum delivery_state state;
    uint32_t number;
    uint32_t session_number; /* 0: no append */
    uint32_t line;           /* that it began on */
    uint32_t request;        /* outstanding in ipc; 0: none */
    int fd;
    store_begun_fn *begun;
    store_committed_fn *committed;
    void *arg;
    struct timer *soon;
    enum fail fault; /* told from the loop */
    const char *why;
    unsigned busy;
    bool dead;
};

static struct store_delivery *
new_delivery(struct store *s, store_begun_fn *fn, void *arg)
{
    struct store_delivery *d = mem_take(sizeof *d);

    d->store = s;
    d->fd = -1;
    d->begun = fn;
    d->arg = arg;
    do
        d->number = ++s->last_delivery;
    while (d->number == 0);
    return d;
}

static void
free_delivery(struct store_delivery *d)
{
    if (d->fd != -1)
        close(d->fd);
    timer_free(&d->soon);
    free(d);
}

static void
leave(struct store_delivery *d)
{
    if (--d->busy == 0 && d->dead)
        free_delivery(d);
}

/* --- beginning ------------------------------------------------------------ */

static void
begun(struct store_delivery *d, int fd, const struct error *e)
{
    struct error mine;

    if (e == NULL && fd == -1)
        e = store_malformed(&mine);
    if (e != NULL && fd != -1) {
        close(fd);
        fd = -1;
    }
    d->fd = fd;
    d->line = d->store->line;
    d->state = e == NULL ? DELIVERY_OPEN : DELIVERY_OVER;
    d->busy++;
    d->begun(d->arg, fd, e);
    leave(d);
}

static void
on_begun(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_delivery *d = arg;

    (void)body;
    d->request = 0;
    begun(d, fd, e);
}

static const struct ipc_answer begin_answer = { NULL, on_begun };

struct store_delivery *
store_delivery_begin(struct store *s, uint64_t size, store_begun_fn *fn,
                     void *arg)
{
    struct store_delivery *d = new_delivery(s, fn, arg);
    struct buf b = { 0 };

    wire_put_delivery_begin(&b,
                            &(struct wire_delivery_begin){ d->number, size });
    d->request = ipc_request(s->ipc, WIRE_DELIVERY_BEGIN, buf_span(&b), -1,
                             &begin_answer, d);
    buf_free(&b);
    return d;
}

static void
end_append(struct store_session *x, const struct store_request *r,
           struct span body, int fd, const struct error *e)
{
    (void)body;
    r->delivery->session_number = x->number;
    begun(r->delivery, fd, e);
}

static const struct store_kind append_kind = { .op = WIRE_APPEND_BEGIN,
                                               .has_descriptor = true,
                                               .end = end_append };

struct store_delivery *
store_append_begin(struct store_session *x, struct span mailbox, uint64_t size,
                   store_begun_fn *fn, void *arg)
{
    struct store_delivery *d = new_delivery(x->store, fn, arg);
    struct store_request r = { .kind = &append_kind, .delivery = d };

    d->session = x;
    d->next = x->deliveries;
    x->deliveries = d;
    wire_put_append_begin(&r.body, &(struct wire_append_begin){
                                       x->number, d->number, mailbox, size });
    store_ask(x, &r);
    return d;
}

/* --- ending --------------------------------------------------------------- */

static void
end_commit(struct store_delivery *d, uint32_t uid_validity, uint32_t uid,
           const struct error *e)
{
    d->state = DELIVERY_OVER;
    d->busy++;
    d->committed(d->arg, uid_validity, uid, e);
    leave(d);
}

static void
on_committed(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_delivery *d = arg;
    struct wire_committed w = { 0 };
    struct error mine;

    if (fd != -1)
        close(fd);
    if (e == NULL && !wire_get_committed(&body, &w))
        e = store_malformed(&mine);
    d->request = 0;
    end_commit(d, w.uid_validity, w.uid, e);
}

static const struct ipc_answer commit_answer = { NULL, on_committed };

static void
on_soon(void *arg)
{
    struct store_delivery *d = arg;
    struct error e;

    fail(&e, d->fault, "%s", d->why);
    end_commit(d, 0, 0, &e);
}

static void
fail_soon(struct store_delivery *d, enum fail kind, const char *why)
{
    d->fault = kind;
    d->why = why;
    if (d->soon == NULL)
        d->soon = timer_new(d->store->loop, on_soon, d);
    timer_start(d->soon, 0);
}

/* Sends *b and frees it. */
static void
send_commit(struct store_delivery *d, uint16_t op, struct buf *b)
{
    struct span body = buf_span(b);
    struct error e;
    int fd;

    if (b->full || !wire_pack(&body, &fd, &e)) {
        fail_soon(d, b->full ? FAIL_LIMIT : e.kind,
                  "what is to be delivered cannot be told");
    } else {
        d->request =
            ipc_request(d->store->ipc, op, body, fd, &commit_answer, d);
        if (fd != -1)
            close(fd);
    }
    buf_free(b);
}

static void
begin_commit(struct store_delivery *d, store_committed_fn *fn, void *arg)
{
    if (d->state != DELIVERY_OPEN)
        bug("commit of a delivery that is not open");
    d->state = DELIVERY_COMMITTING;
    d->committed = fn;
    d->arg = arg;
}

static bool
line_is_there(struct store_delivery *d)
{
    if (d->line == d->store->line && ipc_client_is_up(d->store->ipc))
        return true;
    fail_soon(d, FAIL_UNAVAILABLE, "mailstored went away meanwhile");
    return false;
}

static struct span
text_of(const char *text)
{
    return span_of(text == NULL ? "" : text);
}

void
store_delivery_commit(struct store_delivery *d, const struct store_new *n,
                      const struct store_recipient *recipients, size_t count,
                      store_committed_fn *fn, void *arg)
{
    struct buf to = { 0 };
    struct buf b = { 0 };
    struct wire_commit w = { .session = d->session_number,
                             .delivery = d->number,
                             .size = n->size,
                             .date = n->date,
                             .summary = n->summary,
                             .session_id = span_of(n->session),
                             .peer = text_of(n->peer),
                             .tls = text_of(n->tls) };
    struct buf id = { 0 };
    bool fits = wire_take_flags(&w.flags, &n->flags) && count <= UINT32_MAX;

    if (d->store == NULL)
        return; /* nobody waits for the end of a session that has ended */
    begin_commit(d, fn, arg);
    store_message_id(n->summary, &id);
    w.message_id = buf_span(&id);
    for (size_t i = 0; i < count; i++)
        wire_put_recipient(&to, &recipients[i]);
    w.recipient_count = (uint32_t)count;
    w.recipients = buf_span(&to);
    if (line_is_there(d)) {
        if (!fits || to.full) {
            fail_soon(d, FAIL_LIMIT, "too many keywords or recipients");
        } else {
            wire_put_commit(&b, &w);
            send_commit(d, WIRE_COMMIT, &b);
        }
    }
    buf_free(&to);
    buf_free(&id);
}

void
store_import_commit(struct store_delivery *d, struct store_session *x,
                    const struct store_import *i, const struct store_new *n,
                    store_committed_fn *fn, void *arg)
{
    struct wire_import w = { .session = x->number,
                             .delivery = d->number,
                             .mailbox = i->mailbox,
                             .uid = i->uid,
                             .mark = i->mark,
                             .is_old = i->is_old,
                             .size = n->size,
                             .date = n->date,
                             .summary = n->summary };
    struct buf b = { 0 };

    begin_commit(d, fn, arg);
    if (!line_is_there(d))
        return;
    if (!wire_take_flags(&w.flags, &n->flags)) {
        fail_soon(d, FAIL_LIMIT, "too many keywords");
        return;
    }
    wire_put_import(&b, &w);
    send_commit(d, WIRE_IMPORT_COMMIT, &b);
}

static void
tell_abort(const struct store_delivery *d)
{
    struct buf b = { 0 };

    if (d->state == DELIVERY_OVER || !ipc_client_is_up(d->store->ipc) ||
        (d->state != DELIVERY_BEGINNING && d->line != d->store->line))
        return;
    wire_put_abort(
        &b, &(struct wire_abort){ d->session != NULL ? d->session->number : 0,
                                  d->number });
    ipc_request(d->store->ipc, WIRE_ABORT, buf_span(&b), -1, NULL, NULL);
    buf_free(&b);
}

static void
leave_session(struct store_delivery *d)
{
    struct store_session *x = d->session;
    struct store_delivery **at;

    if (x == NULL)
        return;
    if (x->request.delivery == d)
        store_forget(x);
    for (at = &x->deliveries; *at != d;)
        at = &(*at)->next;
    *at = d->next;
    d->session = NULL;
}

void
store_delivery_abort(struct store_delivery **dp)
{
    struct store_delivery *d = *dp;

    *dp = NULL;
    if (d == NULL)
        return;
    if (d->store != NULL) {
        if (d->request != 0)
            ipc_forget(d->store->ipc, d->request);
        tell_abort(d);
        leave_session(d);
    }
    d->dead = true;
    d->busy++;
    leave(d);
}

/* mailstored ends them with the session; the caller still frees them. */
void
store_deliveries_orphan(struct store_session *x)
{
    while (x->deliveries != NULL) {
        struct store_delivery *d = x->deliveries;

        x->deliveries = d->next;
        if (d->request != 0)
            ipc_forget(d->store->ipc, d->request);
        d->request = 0;
        timer_free(&d->soon);
        d->state = DELIVERY_OVER;
        d->session = NULL;
        d->store = NULL;
    }
}
