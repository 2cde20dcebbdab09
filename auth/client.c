#include "auth/client_line.h"

#include "auth/wire.h"
#include "base/arena.h"
#include "base/mem.h"
#include "net/crypto.h"

#include <stdlib.h>
#include <unistd.h>

/* --- questions ------------------------------------------------------------- */

uint32_t
auth_client_ask(const struct auth_ask *ask, uint16_t op, struct span first,
                struct span second, const struct ipc_answer *answer)
{
    struct auth_wire_pair pair = { first, second };
    struct auth_ask *made = mem_take(sizeof *made);
    struct auth *a = ask->auth;
    struct buf body = { .max = IPC_BODY_MAX + 1 };

    *made = *ask;
    made->next = a->asks;
    if (a->asks != NULL)
        a->asks->prev = made;
    a->asks = made;
    auth_wire_put_pair(&body, &pair);
    made->request = ipc_request(a->line, op, buf_span(&body), -1, answer, made);
    crypto_wipe(body.p, body.n);
    buf_free(&body);
    return made->request;
}

void
auth_client_detach(struct auth_ask *ask)
{
    if (ask->prev != NULL)
        ask->prev->next = ask->next;
    else
        ask->auth->asks = ask->next;
    if (ask->next != NULL)
        ask->next->prev = ask->prev;
}

void
auth_client_drop(struct auth_ask *ask)
{
    buf_free(&ask->targets);
    free(ask);
}

/* --- addresses ------------------------------------------------------------- */

static void
on_target(void *arg, struct span body, int fd)
{
    struct auth_ask *ask = arg;
    struct span rest = body;
    struct auth_target t;

    if (fd != -1)
        close(fd);
    if (!auth_wire_get_target(&rest, &t) || rest.n != 0)
        return;
    buf_put(&ask->targets, body);
    ask->target_count++;
}

static void
tell_resolved(struct auth_ask *ask, enum auth_address what)
{
    struct auth_resolved r = { .what = what };
    struct span rest = buf_span(&ask->targets);
    struct arena arena = { 0 };
    struct auth_target *targets =
        arena_take(&arena, (ask->target_count + 1) * sizeof *targets);

    while (rest.n > 0 && auth_wire_get_target(&rest, &targets[r.count]))
        r.count++;
    r.targets = targets;
    ask->resolved(ask->arg, &r);
    arena_clear(&arena);
}

static void
on_resolved(void *arg, struct span body, int fd, const struct error *e)
{
    struct auth_ask *ask = arg;
    enum auth_address what = AUTH_UNDECIDED;

    if (fd != -1)
        close(fd);
    auth_client_detach(ask);
    if (e != NULL || !auth_wire_get_verdict(body, &what))
        what = AUTH_UNDECIDED;
    tell_resolved(ask, what);
    auth_client_drop(ask);
}

uint32_t
auth_resolve(struct auth *a, struct span address, auth_resolved_fn *fn,
             void *arg)
{
    const struct ipc_answer answer = { on_target, on_resolved };
    const struct auth_ask ask = { .auth = a, .resolved = fn, .arg = arg };

    return auth_client_ask(&ask, AUTH_OP_RESOLVE, address, span_of(""),
                           &answer);
}

uint32_t
auth_may_send_as(struct auth *a, struct span user, struct span address,
                 auth_resolved_fn *fn, void *arg)
{
    const struct ipc_answer answer = { on_target, on_resolved };
    const struct auth_ask ask = { .auth = a, .resolved = fn, .arg = arg };

    return auth_client_ask(&ask, AUTH_OP_MAY_SEND_AS, user, address, &answer);
}

void
auth_forget(struct auth *a, uint32_t request)
{
    struct auth_ask *ask = a->asks;

    while (ask != NULL && ask->request != request)
        ask = ask->next;
    if (ask == NULL)
        return;
    ipc_forget(a->line, request);
    auth_client_detach(ask);
    auth_client_drop(ask);
}

/* --- the line -------------------------------------------------------------- */

static void
on_down(void *arg)
{
    struct auth *a = arg;

    a->life++;
}

static const struct ipc_client_calls calls = { .down = on_down };

struct auth *
auth_client_new(struct loop *l, const char *socket_path)
{
    struct auth *a = mem_take(sizeof *a);

    a->loop = l;
    a->line = ipc_client_new(l, socket_path, &calls, a, auth_ops);
    return a;
}

struct auth *
auth_client_on_fd(struct loop *l, int fd)
{
    struct auth *a = mem_take(sizeof *a);

    a->loop = l;
    a->line = ipc_client_on_fd(l, fd, &calls, a, auth_ops);
    return a;
}

void
auth_client_free(struct auth **a)
{
    struct auth *all = *a;

    if (all == NULL)
        return;
    while (all->exchanges != NULL) {
        struct auth_exchange *x = all->exchanges;

        auth_exchange_abort(&x);
    }
    while (all->asks != NULL)
        auth_forget(all, all->asks->request);
    ipc_client_free(&all->line);
    free(all);
    *a = NULL;
}
