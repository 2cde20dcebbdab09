/*
 * A session, and how it comes back when mailstored was away:
 *
 *   LOGIN --taken--> READY --line lost--> LOST --up, or wanted--> AGAIN
 *     |                ^                   ^ ^                    | | |
 *     |                |                   | +----- UNAVAILABLE --+ | |
 *     |                |                   +--+                     | |
 *     |                +------- REOPEN <------|------- taken -------+ |
 *     |                         (where something was open)            |
 *     +--refused--> REFUSED <-----------------------------refused-----+
 *
 * A request that comes meanwhile is held until READY; it fails when AGAIN or
 * REOPEN fails (net/ipc.h waits two seconds for the line).
 */
#include "mailstore/client_private.h"

#include "base/mem.h"
#include "mailstore/wire_import.h"
#include "mailstore/wire_quota.h"

#include <stdlib.h>
#include <unistd.h>

/* --- life ----------------------------------------------------------------- */

void
store_enter(struct store_session *x)
{
    x->busy++;
}

static void
free_buried(struct store_session *x)
{
    while (x->buried != NULL) {
        struct store_opened *o = x->buried;

        x->buried = o->below;
        store_opened_free(o);
    }
}

void
store_leave(struct store_session *x)
{
    if (--x->busy > 0)
        return;
    free_buried(x);
    if (!x->dead)
        return;
    timer_free(&x->soon);
    buf_free(&x->ticket);
    buf_free(&x->session_id);
    buf_free(&x->peer);
    buf_free(&x->opening);
    free(x);
}

bool
store_is_ready(const struct store_session *x)
{
    return x->state == SESSION_READY && ipc_client_is_up(x->store->ipc);
}

static void
unlist(struct store_session *x)
{
    struct store *s = x->store;

    map_remove(s->by_number, span_from(&x->number, sizeof x->number));
    if (x->prev != NULL)
        x->prev->next = x->next;
    else
        s->sessions = x->next;
    if (x->next != NULL)
        x->next->prev = x->prev;
}

/* --- logging in ----------------------------------------------------------- */

static void on_login(void *arg, struct span body, int fd,
                     const struct error *e);
static void on_reopen(void *arg, struct span body, int fd,
                      const struct error *e);

static const struct ipc_answer login_answer = { NULL, on_login };
static const struct ipc_answer reopen_answer = { NULL, on_reopen };

/* A number that this line has not seen. */
static void
take_number_for(struct store_session *x)
{
    struct store *s = x->store;
    struct span key = span_from(&x->number, sizeof x->number);

    if (x->number != 0)
        map_remove(s->by_number, key);
    do
        x->number = ++s->last_session;
    while (x->number == 0 || map_get(s->by_number, key) != NULL);
    map_put(s->by_number, key, x);
}

static void
log_in(struct store_session *x)
{
    struct wire_login w = { .ticket = buf_span(&x->ticket),
                            .session_id = buf_span(&x->session_id),
                            .peer = buf_span(&x->peer) };
    struct buf b = { 0 };

    take_number_for(x);
    w.session = x->number;
    if (x->is_as)
        wire_put_login_as(
            &b, &(struct wire_login_as){ x->number, w.ticket, w.session_id });
    else
        wire_put_login(&b, &w);
    x->own_request =
        ipc_request(x->store->ipc, x->is_as ? WIRE_LOGIN_AS : WIRE_LOGIN,
                    buf_span(&b), -1, &login_answer, x);
    buf_free(&b);
}

static void
log_in_again(struct store_session *x)
{
    x->state = SESSION_AGAIN;
    log_in(x);
}

static void
reopen(struct store_session *x)
{
    struct wire_open w = { .session = x->number,
                           .name = buf_span(&x->opened->name),
                           .how = x->opened->how };
    struct buf b = { 0 };

    x->state = SESSION_REOPEN;
    wire_put_open(&b, &w);
    x->own_request = ipc_request(x->store->ipc, WIRE_OPEN, buf_span(&b), -1,
                                 &reopen_answer, x);
    buf_free(&b);
}

/* The line may have gone while the answer was on its way. */
static void
become_ready(struct store_session *x)
{
    if (x->dead)
        return;
    x->state = SESSION_READY;
    if (store_is_ready(x))
        store_request_send(x);
    else if (x->request.kind != NULL)
        log_in_again(x);
    else
        x->state = SESSION_LOST;
}

static bool
is_final(const struct error *e)
{
    return e->kind == FAIL_DENIED || e->kind == FAIL_INVALID ||
           e->kind == FAIL_NOT_FOUND;
}

static void
come_back(struct store_session *x, const struct error *e)
{
    if (e != NULL) {
        x->state = is_final(e) ? SESSION_REFUSED : SESSION_LOST;
        if (x->state == SESSION_REFUSED)
            store_opened_gone(x);
        if (!x->dead)
            store_request_fail(x, e);
    } else if (x->opened != NULL && !x->opened->gone &&
               ipc_client_is_up(x->store->ipc)) {
        reopen(x);
    } else {
        become_ready(x);
    }
}

static void
on_login(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_session *x = arg;

    struct wire_fullness full = { 0 };

    if (fd != -1)
        close(fd);
    x->own_request = 0;
    if (e == NULL && wire_get_fullness(&body, &full))
        x->fullness = full.percent;
    if (x->state == SESSION_LOGIN && !x->login_again && e != NULL &&
        e->kind == FAIL_UNAVAILABLE) {
        x->login_again = true; /* the line broke under it: once more */
        log_in(x);
        return;
    }
    store_enter(x);
    if (x->state == SESSION_LOGIN) {
        x->state = e == NULL ? SESSION_READY : SESSION_REFUSED;
        x->done(x->arg, e);
        if (!x->dead && e != NULL)
            store_request_fail(x, e);
        else if (!x->dead && x->state == SESSION_READY)
            become_ready(x);
    } else {
        come_back(x, e);
    }
    store_leave(x);
}

static void
send_close(struct store_session *x)
{
    struct buf b = { 0 };

    wire_put_session(&b, &(struct wire_session){ x->number });
    ipc_request(x->store->ipc, WIRE_CLOSE, buf_span(&b), -1, NULL, NULL);
    buf_free(&b);
}

/* The caller may have closed it meanwhile, or may now. */
static void
on_reopen(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_session *x = arg;

    x->own_request = 0;
    store_enter(x);
    if (e != NULL && e->kind == FAIL_UNAVAILABLE) {
        x->state = SESSION_LOST;
        store_request_fail(x, e);
        store_leave(x);
        return;
    }
    if (x->opened == NULL || e != NULL) {
        if (fd != -1)
            close(fd);
        store_opened_gone(x);
    } else if (!store_resync(x, body, fd)) {
        store_opened_gone(x);
    }
    if (!x->dead && e == NULL && (x->opened == NULL || x->opened->gone) &&
        ipc_client_is_up(x->store->ipc))
        send_close(x);
    become_ready(x);
    store_leave(x);
}

void
store_session_up(struct store_session *x)
{
    if (x->state == SESSION_LOST)
        log_in_again(x);
}

/* AGAIN and REOPEN have a request of their own, which fails by itself. */
void
store_session_down(struct store_session *x)
{
    if (x->state == SESSION_READY)
        x->state = SESSION_LOST;
}

void
store_session_want(struct store_session *x)
{
    if (store_is_ready(x))
        store_request_send(x);
    else if (x->state == SESSION_READY || x->state == SESSION_LOST)
        log_in_again(x);
}

static struct store_session *
new_session(struct store *s, struct span ticket, const char *session_id,
            store_done_fn *done, void *arg)
{
    struct store_session *x = mem_take(sizeof *x);

    x->store = s;
    x->state = SESSION_LOGIN;
    x->done = done;
    x->arg = arg;
    buf_put(&x->ticket, ticket);
    buf_put_text(&x->session_id, session_id);
    x->next = s->sessions;
    if (x->next != NULL)
        x->next->prev = x;
    s->sessions = x;
    return x;
}

struct store_session *
store_login(struct store *s, struct span ticket, const char *session_id,
            const char *peer, store_done_fn *done, void *arg)
{
    struct store_session *x = new_session(s, ticket, session_id, done, arg);

    buf_put_text(&x->peer, peer);
    log_in(x);
    return x;
}

struct store_session *
store_login_as(struct store *s, struct span user, const char *session_id,
               store_done_fn *done, void *arg)
{
    struct store_session *x = new_session(s, user, session_id, done, arg);

    x->is_as = true;
    log_in(x);
    return x;
}

unsigned
store_fullness(const struct store_session *x)
{
    return x->fullness;
}

void
store_logout(struct store_session **xp)
{
    struct store_session *x = *xp;

    *xp = NULL;
    if (x == NULL)
        return;
    store_enter(x);
    store_forget(x);
    if (x->own_request != 0)
        ipc_forget(x->store->ipc, x->own_request);
    if (ipc_client_is_up(x->store->ipc)) {
        struct buf b = { 0 };

        wire_put_session(&b, &(struct wire_session){ x->number });
        ipc_request(x->store->ipc, WIRE_LOGOUT, buf_span(&b), -1, NULL, NULL);
        buf_free(&b);
    }
    store_deliveries_orphan(x);
    store_bury(x);
    unlist(x);
    x->dead = true;
    store_leave(x);
}
