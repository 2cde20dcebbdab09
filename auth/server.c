#include "auth/events.h"
#include "auth/limits.h"
#include "auth/resolve.h"
#include "auth/server_private.h"
#include "auth/ticket.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHECKPOINT_MS (60 * 60 * 1000)

/* --- peers ----------------------------------------------------------------- */

static void *
on_open(void *arg, struct ipc_peer *ipc, const char *service)
{
    struct authd_peer *p = mem_take(sizeof *p);

    p->authd = arg;
    p->ipc = ipc;
    p->service = service;
    p->holds = 1;
    return p;
}

static void
on_closed(void *state)
{
    struct authd_peer *p = state;

    p->ipc = NULL;
    attempt_cancel_all(p);
    authd_peer_release(p);
}

void
authd_peer_hold(struct authd_peer *p)
{
    p->holds++;
}

void
authd_peer_release(struct authd_peer *p)
{
    if (--p->holds == 0)
        free(p);
}

void
authd_answer(const struct authd_ask *ask, struct span body)
{
    if (ask->peer->ipc != NULL)
        ipc_done(ask->peer->ipc, ask->request, ask->op, body, -1);
}

void
authd_answer_row(const struct authd_ask *ask, struct span body)
{
    if (ask->peer->ipc != NULL)
        ipc_row(ask->peer->ipc, ask->request, ask->op, body, -1);
}

void
authd_refuse(const struct authd_ask *ask, const struct error *e)
{
    if (ask->peer->ipc != NULL)
        ipc_failed(ask->peer->ipc, ask->request, ask->op, e);
}

void
authd_put_ticket(const struct authd_peer *p, struct span user, struct buf *out)
{
    ticket_make(p->authd->options.key, span_of(p->service), user,
                clock_seconds() + TICKET_SECONDS, out);
}

/* --- addresses --------------------------------------------------------------- */

static void
answer_verdict(const struct authd_ask *ask, enum auth_address what)
{
    struct buf body = { .max = 16 };

    auth_wire_put_verdict(&body, what);
    authd_answer(ask, buf_span(&body));
    buf_free(&body);
}

/* False: the database cannot say; the client hears AUTH_UNDECIDED. */
static bool
look_up(const struct authd_ask *ask, struct span address, struct arena *arena,
        struct resolved *r)
{
    struct error e;

    if (resolve_address(ask->peer->authd->accounts, address, arena, r, &e))
        return true;
    auth_event_database("resolve", &e);
    r->what = AUTH_UNDECIDED;
    r->count = 0;
    return false;
}

static void
run_resolve(const struct authd_ask *ask, const struct auth_wire_pair *pair)
{
    struct arena arena = { 0 };
    struct buf row = { .max = IPC_BODY_MAX };
    struct resolved r;

    look_up(ask, pair->first, &arena, &r);
    for (size_t i = 0; i < r.count; i++) {
        buf_clear(&row);
        auth_wire_put_target(&row, &r.targets[i]);
        authd_answer_row(ask, buf_span(&row));
    }
    answer_verdict(ask, r.what);
    buf_free(&row);
    arena_clear(&arena);
}

static void
run_may_send_as(const struct authd_ask *ask, const struct auth_wire_pair *pair)
{
    struct arena arena = { 0 };
    struct resolved r;
    enum auth_address may = AUTH_UNKNOWN;

    if (!look_up(ask, pair->second, &arena, &r))
        may = AUTH_UNDECIDED;
    for (size_t i = 0; i < r.count; i++)
        if (span_eq(r.targets[i].user, pair->first))
            may = AUTH_LOCAL;
    answer_verdict(ask, may);
    arena_clear(&arena);
}

/* --- ops --------------------------------------------------------------------- */

static void
run_address(const struct authd_ask *ask, struct span body)
{
    struct auth_wire_pair pair;
    struct error e;

    if (!auth_wire_get_pair(body, &pair)) {
        fail(&e, FAIL_INVALID, "malformed question");
        authd_refuse(ask, &e);
    } else if (ask->op == AUTH_OP_RESOLVE) {
        run_resolve(ask, &pair);
    } else {
        run_may_send_as(ask, &pair);
    }
}

typedef void op_fn(const struct authd_ask *ask, struct span body);

static op_fn *const ops[] = {
    [AUTH_OP_BEGIN] = attempt_begin,     [AUTH_OP_STEP] = attempt_step,
    [AUTH_OP_CANCEL] = attempt_cancel,   [AUTH_OP_RESOLVE] = run_address,
    [AUTH_OP_MAY_SEND_AS] = run_address,
};

static void
run_admin(const struct authd_ask *ask, struct span body)
{
    struct error e;

    if (span_is(span_of(ask->peer->service), "admin")) {
        admin_run(ask, body);
        return;
    }
    fail(&e, FAIL_DENIED, "only on auth-admin");
    authd_refuse(ask, &e);
}

static void
on_request(void *state, uint32_t request, uint16_t op, struct span body, int fd)
{
    const struct authd_ask ask = { state, request, op };
    struct error e;

    if (fd != -1)
        close(fd);
    if (op >= AUTH_OP_USER_ADD && op < AUTH_OPS) {
        run_admin(&ask, body);
    } else if (op < sizeof ops / sizeof *ops && ops[op] != NULL) {
        ops[op](&ask, body);
    } else {
        fail(&e, FAIL_INVALID, "no such question");
        authd_refuse(&ask, &e);
    }
}

/* --- the server ---------------------------------------------------------------- */

static void
work_checkpoint(struct job *j)
{
    struct authd *d =
        (struct authd *)((char *)j - offsetof(struct authd, checkpoint_job));
    struct error e;

    if (!accounts_checkpoint(d->accounts, &e))
        auth_event_database("checkpoint", &e);
}

static void
done_checkpoint(struct job *j)
{
    struct authd *d =
        (struct authd *)((char *)j - offsetof(struct authd, checkpoint_job));

    d->checkpoint_runs = false;
}

static void
on_checkpoint(void *arg)
{
    struct authd *d = arg;

    if (!d->checkpoint_runs)
        d->checkpoint_runs = workers_submit(d->workers, &d->checkpoint_job);
}

bool
authd_new(struct authd **d, struct loop *l, const struct authd_options *options,
          struct error *e)
{
    static const struct ipc_server_calls calls = { on_open, on_request,
                                                   on_closed };
    struct authd *made = mem_take(sizeof *made);

    if (!accounts_open(&made->accounts, options->settings, e)) {
        free(made);
        return false;
    }
    made->loop = l;
    made->options = *options;
    made->checker.accounts = made->accounts;
    made->checker.cache = verify_cache_new();
    made->checker.throttle =
        throttle_new(options->settings->auth.failure_delay);
    made->turns = turns_new();
    made->workers = workers_new(l, options->threads);
    made->ipc = ipc_server_new(l, &calls, made, auth_ops);
    made->checkpoint_job =
        (struct job){ .work = work_checkpoint, .done = done_checkpoint };
    made->checkpoint = timer_new(l, on_checkpoint, made);
    timer_repeat(made->checkpoint, CHECKPOINT_MS);
    *d = made;
    return true;
}

static const char *
service_named(struct span name)
{
    static const char *const services[] = { "smtp", "pop3", "imap", "admin" };

    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (span_is(name, services[i]))
            return services[i];
    return NULL;
}

bool
authd_serve(struct authd *d, int fd, struct span service, struct error *e)
{
    const char *name = service_named(service);
    int listens = 0;
    socklen_t n = sizeof listens;

    if (name == NULL)
        return fail(e, FAIL_INVALID, "authd serves no \"%.*s\"", SPAN(service));
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == -1)
        return fail_sys(e, "socket of %s", name);
    if (listens)
        ipc_server_listen(d->ipc, fd, name);
    else
        ipc_server_adopt(d->ipc, fd, name);
    return true;
}

void
authd_free(struct authd **d)
{
    struct authd *all = *d;

    if (all == NULL)
        return;
    ipc_server_free(&all->ipc);
    timer_free(&all->checkpoint);
    workers_free(
        &all->workers); /* the last jobs' done() frees what they hold */
    turns_free(&all->turns);
    throttle_free(&all->checker.throttle);
    verify_cache_free(&all->checker.cache);
    accounts_close(&all->accounts);
    free(all);
    *d = NULL;
}
