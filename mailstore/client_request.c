/*
 * The one outstanding request of a session: held while the session is logged
 * in (again), sent, answered. One that only reads, and has had no row yet, is
 * sent once more when the line broke under it: mailstored is back in a moment.
 */
#include "mailstore/client_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- answers -------------------------------------------------------------- */

/* Takes the request out first: its end may make the next one. */
static void
finish(struct store_session *x, struct span body, int fd, const struct error *e)
{
    struct store_request r = x->request;

    x->request = (struct store_request){ 0 };
    store_enter(x);
    r.kind->end(x, &r, body, fd, e);
    store_leave(x);
    buf_free(&r.body);
}

static void
on_row(void *arg, struct span body, int fd)
{
    struct store_session *x = arg;
    struct store_request r = x->request;
    struct buf room = { 0 };
    struct error e;

    x->request.is_again = true;
    store_enter(x);
    if (wire_unpack(&body, fd, &room, &e) && r.kind->row != NULL)
        r.kind->row(&r, body);
    store_leave(x);
    buf_free(&room);
}

/* The line broke, and asking again does no harm. */
static bool
is_sent_again(struct store_session *x, const struct error *e)
{
    struct store_request *r = &x->request;

    if (e == NULL || e->kind != FAIL_UNAVAILABLE || !r->kind->only_reads ||
        r->is_again)
        return false;
    r->is_again = true;
    r->number = 0;
    store_session_want(x);
    return true;
}

static void
on_end(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_session *x = arg;
    struct buf room = { 0 };
    struct error mine;

    if (is_sent_again(x, e))
        return;
    if (!x->request.kind->has_descriptor) {
        if (!wire_unpack(&body, fd, &room, &mine))
            e = store_malformed(&mine);
        fd = -1;
    }
    finish(x, body, fd, e);
    buf_free(&room);
}

static const struct ipc_answer answer = { on_row, on_end };

static void
on_soon(void *arg)
{
    struct store_session *x = arg;
    struct error e;

    if (x->request.kind == NULL || x->request.fault == 0)
        return;
    fail(&e, x->request.fault, "%s", x->request.why);
    finish(x, (struct span){ 0 }, -1, &e);
}

/* Never from inside the call that asks. */
static void
fail_soon(struct store_session *x, enum fail kind, const char *why)
{
    x->request.fault = kind;
    x->request.why = why;
    if (x->soon == NULL)
        x->soon = timer_new(x->store->loop, on_soon, x);
    timer_start(x->soon, 0);
}

/* --- asking --------------------------------------------------------------- */

void
store_request_send(struct store_session *x)
{
    struct store_request *r = &x->request;
    struct span body;
    struct error e;
    int fd;

    if (r->kind == NULL || r->number != 0 || r->fault != 0)
        return;
    if (r->kind->of_mailbox && (x->opened == NULL || x->opened->gone)) {
        fail_soon(x, FAIL_NOT_FOUND, "the mailbox is not open any more");
        return;
    }
    memcpy(r->body.p, &x->number, sizeof x->number);
    body = buf_span(&r->body);
    if (!wire_pack(&body, &fd, &e)) {
        fail_soon(x, e.kind, "the request is too large");
        return;
    }
    r->number = ipc_request(x->store->ipc, r->kind->op, body, fd, &answer, x);
    if (fd != -1)
        close(fd);
    if (!r->kind->only_reads)
        buf_free(&r->body);
}

void
store_request_fail(struct store_session *x, const struct error *e)
{
    if (x->request.kind != NULL && x->request.number == 0)
        finish(x, (struct span){ 0 }, -1, e);
}

void
store_ask(struct store_session *x, struct store_request *r)
{
    if (x->request.kind != NULL)
        bug("a session asks for %u while it waits for %u", r->kind->op,
            x->request.kind->op);
    x->request = *r;
    if (r->body.full)
        fail_soon(x, FAIL_LIMIT, "the request is too large");
    else if (x->state == SESSION_REFUSED)
        fail_soon(x, FAIL_DENIED, "the session is not logged in");
    else
        store_session_want(x);
}

void
store_forget(struct store_session *x)
{
    if (x->request.number != 0)
        ipc_forget(x->store->ipc, x->request.number);
    buf_free(&x->request.body);
    x->request = (struct store_request){ 0 };
}

void
store_tell(struct store_session *x, uint16_t op, struct buf *body)
{
    struct span bytes = buf_span(body);
    struct error e;
    int fd;

    if (store_is_ready(x) && !body->full && wire_pack(&bytes, &fd, &e)) {
        ipc_request(x->store->ipc, op, bytes, fd, NULL, NULL);
        if (fd != -1)
            close(fd);
    }
    buf_free(body);
}
