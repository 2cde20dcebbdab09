#include "auth/events.h"
#include "auth/limits.h"
#include "auth/sasl.h"
#include "auth/server_private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * One exchange of one client.
 *
 *   BEGIN                                        wrong
 *     |     its turn          the thread's   +----------> DELAYED --+
 *     v                       outcome        |                      |
 *   QUEUED --------> WORKING ----------------+---- any other -------+-> answered,
 *     ^                                      |                          gone
 *     +------- STEP ------- CLIENTS <--------+ CONTINUE (answered)
 *                              | three minutes, CANCEL: gone
 *
 * A turn is held from QUEUED's end to the answer. What is cancelled is answered
 * at once, but keeps its turn to the end and counts as what it was: else who
 * hangs up instead of waiting for a NO could guess without delay.
 */
enum attempt_state { QUEUED, WORKING, DELAYED, CLIENTS };

#define SHORT_TEXT 64

struct attempt {
    struct authd_peer *peer;
    struct attempt *prev, *next;
    enum attempt_state state;
    bool cancelled;
    uint32_t exchange;
    struct authd_ask ask; /* not yet answered, but for CLIENTS */
    struct turn turn;
    struct job job;
    struct timer *timer;
    struct sasl_exchange *sasl;
    bool has_message;
    struct buf message, challenge;
    enum auth_outcome outcome;
    bool hang_up;
    int64_t delay_ms;
    char session[SHORT_TEXT], address[SHORT_TEXT], mechanism[SHORT_TEXT];
};

static struct attempt *
of_turn(struct turn *t)
{
    return (struct attempt *)((char *)t - offsetof(struct attempt, turn));
}

static struct attempt *
of_job(struct job *j)
{
    return (struct attempt *)((char *)j - offsetof(struct attempt, job));
}

static void
forget_message(struct attempt *a)
{
    if (a->message.p != NULL)
        crypto_wipe(a->message.p, a->message.cap);
    buf_clear(&a->message);
}

/* Not while WORKING. */
static void
attempt_free(struct attempt *a)
{
    struct authd_peer *p = a->peer;

    if (a->prev != NULL)
        a->prev->next = a->next;
    else
        p->attempts = a->next;
    if (a->next != NULL)
        a->next->prev = a->prev;
    p->attempt_count--;
    timer_free(&a->timer);
    sasl_exchange_free(&a->sasl);
    forget_message(a);
    buf_free(&a->message);
    buf_free(&a->challenge);
    turns_give_up(p->authd->turns, &a->turn);
    free(a);
    authd_peer_release(p);
}

static void
answer(const struct authd_ask *ask, const struct auth_wire_answer *w)
{
    struct buf body = { .max = IPC_BODY_MAX };

    auth_wire_put_answer(&body, w);
    authd_answer(ask, buf_span(&body));
    buf_free(&body);
}

static void
answer_at_once(const struct authd_ask *ask, enum auth_outcome outcome)
{
    struct auth_wire_answer w = { .outcome = outcome,
                                  .hang_up = outcome == AUTH_LIMIT };

    answer(ask, &w);
}

/* --- the end ----------------------------------------------------------------- */

static void
answer_and_free(struct attempt *a)
{
    struct auth_wire_answer w = { .outcome = a->outcome,
                                  .hang_up = a->hang_up };
    struct buf ticket = { .max = 1024 };

    if (a->cancelled) {
        attempt_free(a);
        return;
    }
    if (a->outcome == AUTH_OK) {
        w.user = sasl_exchange_user(a->sasl);
        authd_put_ticket(a->peer, w.user, &ticket);
        w.ticket = buf_span(&ticket);
    }
    answer(&a->ask, &w);
    buf_free(&ticket);
    attempt_free(a);
}

static struct throttle_who
who_of(const struct attempt *a)
{
    return (struct throttle_who){
        .peer = span_of(a->address),
        .service = span_of(a->peer->service),
        .session = span_of(a->session),
        .user = a->sasl == NULL ? span_of("") : sasl_exchange_user(a->sasl),
    };
}

static void
count(struct attempt *a)
{
    struct throttle *t = a->peer->authd->checker.throttle;
    struct throttle_who who = who_of(a);
    struct throttle_verdict v;

    if (a->outcome == AUTH_OK)
        throttle_succeeded(t, &who, clock_monotonic_ms());
    a->hang_up = a->outcome == AUTH_LIMIT;
    if (a->outcome != AUTH_FAILED)
        return;
    v = throttle_failed(t, &who, sasl_exchange_is_repeated(a->sasl),
                        clock_monotonic_ms());
    a->hang_up = v.hang_up;
    a->delay_ms = v.delay_ms;
}

static void
log_attempt(const struct attempt *a)
{
    struct auth_event v = {
        .service = a->peer->service,
        .session = span_of(a->session),
        .peer = span_of(a->address),
        .mechanism = span_of(a->mechanism),
        .outcome = a->outcome,
        .delay_ms = a->delay_ms,
    };

    if (a->sasl != NULL) {
        v.user = sasl_exchange_user(a->sasl);
        v.user_exists = sasl_exchange_user_exists(a->sasl);
    }
    auth_event_attempt(&v);
}

/* --- between ----------------------------------------------------------------- */

static void
wait_for_client(struct attempt *a)
{
    struct auth_wire_answer w = { .outcome = AUTH_CONTINUE,
                                  .challenge = buf_span(&a->challenge) };

    a->state = CLIENTS;
    timer_start(a->timer, AUTH_EXCHANGE_MS);
    answer(&a->ask, &w);
    turns_give_up(a->peer->authd->turns, &a->turn);
}

static void
finish(struct attempt *a)
{
    count(a);
    log_attempt(a);
    if (a->delay_ms == 0 || a->peer->ipc == NULL) {
        answer_and_free(a);
        return;
    }
    a->state = DELAYED;
    timer_start(a->timer, a->delay_ms);
}

/* The delay is over, or the client never said another word. */
static void
on_timer(void *arg)
{
    struct attempt *a = arg;

    if (a->state == DELAYED)
        answer_and_free(a);
    else
        attempt_free(a);
}

/* --- the work ---------------------------------------------------------------- */

static bool
start_sasl(struct attempt *a)
{
    const struct authd *d = a->peer->authd;
    const struct sasl_peer peer = { .service = a->peer->service,
                                    .hostname = d->options.settings->hostname,
                                    .address = span_of(a->address) };

    a->sasl = sasl_exchange_new(&d->checker, &peer);
    return a->sasl != NULL;
}

/* In a thread: touches the attempt only, and of the server what is shared. */
static void
work(struct job *j)
{
    struct attempt *a = of_job(j);
    struct span message = { 0 };

    if (a->has_message)
        message = a->message.n > 0 ? buf_span(&a->message) : span_of("");
    if (a->sasl != NULL)
        a->outcome = sasl_exchange_step(a->sasl, message, &a->challenge);
    else if (start_sasl(a))
        a->outcome = sasl_exchange_start(a->sasl, span_of(a->mechanism),
                                         message, &a->challenge);
    else
        a->outcome = AUTH_TEMPFAIL;
    forget_message(a);
}

static void
work_done(struct job *j)
{
    struct attempt *a = of_job(j);

    if (a->outcome != AUTH_CONTINUE)
        finish(a);
    else if (a->cancelled)
        attempt_free(a);
    else
        wait_for_client(a);
}

static void
go(struct turn *t)
{
    struct attempt *a = of_turn(t);

    a->state = WORKING;
    if (workers_submit(a->peer->authd->workers, &a->job))
        return;
    a->outcome = AUTH_TEMPFAIL;
    log_attempt(a);
    a->state = DELAYED; /* whoever gave us the turn is still at work */
    timer_start(a->timer, 0);
}

static void
enqueue(struct attempt *a, const struct authd_ask *ask, struct span message)
{
    a->state = QUEUED;
    a->ask = *ask;
    buf_clear(&a->challenge);
    buf_put(&a->message, message);
    if (turns_ask(a->peer->authd->turns, &a->turn))
        return;
    a->outcome = AUTH_LIMIT;
    finish(a);
}

/* --- ops --------------------------------------------------------------------- */

static struct attempt *
find(const struct authd_peer *p, uint32_t exchange)
{
    struct attempt *a = p->attempts;

    while (a != NULL && (a->exchange != exchange || a->cancelled))
        a = a->next;
    return a;
}

static void
copy(char to[SHORT_TEXT], struct span from)
{
    snprintf(to, SHORT_TEXT, "%.*s", SPAN(from));
}

static struct attempt *
attempt_new(struct authd_peer *p, const struct auth_wire_begin *b)
{
    struct attempt *a = mem_take(sizeof *a);

    a->peer = p;
    authd_peer_hold(p);
    a->exchange = b->exchange;
    a->has_message = b->has_initial;
    a->message.max = a->challenge.max = AUTH_MESSAGE_MAX;
    a->timer = timer_new(p->authd->loop, on_timer, a);
    a->job = (struct job){ .work = work, .done = work_done };
    a->turn.go = go;
    throttle_address_key(b->peer, a->turn.address);
    copy(a->session, b->session);
    copy(a->address, b->peer);
    copy(a->mechanism, b->mechanism);
    a->next = p->attempts;
    if (a->next != NULL)
        a->next->prev = a;
    p->attempts = a;
    p->attempt_count++;
    return a;
}

/* AUTH_CONTINUE: nothing is against it. */
static enum auth_outcome
check_begin(const struct authd_peer *p, const struct auth_wire_begin *b)
{
    const struct authd *d = p->authd;

    if (!b->tls && d->options.settings->auth.require_tls)
        return AUTH_NEED_TLS;
    if (b->initial.n > AUTH_MESSAGE_MAX || find(p, b->exchange) != NULL)
        return AUTH_BAD_PROTOCOL;
    if (b->mechanism.n >= SHORT_TEXT)
        return AUTH_NO_MECH;
    if (!throttle_allows_peer(d->checker.throttle, b->peer,
                              clock_monotonic_ms()))
        return AUTH_LIMIT;
    return p->attempt_count < AUTH_EXCHANGES_MAX ? AUTH_CONTINUE
                                                 : AUTH_TEMPFAIL;
}

static void
log_refused(const struct authd_peer *p, const struct auth_wire_begin *b,
            enum auth_outcome outcome)
{
    struct auth_event v = { .service = p->service,
                            .session = b->session,
                            .peer = b->peer,
                            .mechanism = b->mechanism,
                            .outcome = outcome };

    auth_event_attempt(&v);
}

void
attempt_begin(const struct authd_ask *ask, struct span body)
{
    struct auth_wire_begin b;
    enum auth_outcome against;

    if (!auth_wire_get_begin(body, &b)) {
        answer_at_once(ask, AUTH_BAD_PROTOCOL);
        return;
    }
    against = check_begin(ask->peer, &b);
    if (against != AUTH_CONTINUE) {
        log_refused(ask->peer, &b, against);
        answer_at_once(ask, against);
        return;
    }
    enqueue(attempt_new(ask->peer, &b), ask, b.initial);
}

void
attempt_step(const struct authd_ask *ask, struct span body)
{
    struct auth_wire_step s;
    struct attempt *a;

    if (!auth_wire_get_step(body, &s) || s.line.n > AUTH_MESSAGE_MAX) {
        answer_at_once(ask, AUTH_BAD_PROTOCOL);
        return;
    }
    a = find(ask->peer, s.exchange);
    if (a == NULL) {
        answer_at_once(ask, AUTH_TEMPFAIL); /* of an earlier life, or late */
        return;
    }
    if (a->state != CLIENTS) {
        answer_at_once(ask, AUTH_BAD_PROTOCOL);
        return;
    }
    timer_stop(a->timer);
    a->has_message = true;
    enqueue(a, ask, s.line);
}

static void
cancel(struct attempt *a)
{
    if (a->state != CLIENTS)
        answer_at_once(&a->ask, AUTH_CANCELLED);
    a->cancelled = true;
    if (a->state == CLIENTS || a->state == QUEUED)
        attempt_free(a);
}

void
attempt_cancel(const struct authd_ask *ask, struct span body)
{
    struct auth_wire_step s;
    struct attempt *a;

    if (auth_wire_get_step(body, &s)) {
        a = find(ask->peer, s.exchange);
        if (a != NULL)
            cancel(a);
    }
    authd_answer(ask, span_of(""));
}

/* The line is gone. A thread that works on one finishes first. */
void
attempt_cancel_all(struct authd_peer *p)
{
    struct attempt *next;

    for (struct attempt *a = p->attempts; a != NULL; a = next) {
        next = a->next;
        a->cancelled = true;
        if (a->state != WORKING)
            attempt_free(a);
    }
}
