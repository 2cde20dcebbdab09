#include "auth/client_line.h"

#include "auth/limits.h"
#include "auth/wire.h"
#include "base/base64.h"
#include "base/mem.h"
#include "net/crypto.h"

#include <stdlib.h>
#include <unistd.h>

/*
 *              CONTINUE               line
 *   ASKED ------------------> TURN ----------> ASKED
 *     |                        | "*", bad base64, authd was away
 *     | any other outcome      v
 *     +-------> gone <------- SAYING (from the loop)
 *
 * An exchange that ends here and not in authd is cancelled there.
 */
struct auth_exchange {
    struct auth *auth;
    struct auth_exchange *prev, *next;
    uint32_t number;
    uint32_t life;    /* of the line when authd last spoke */
    uint32_t request; /* outstanding; 0: none */
    bool is_begun;
    struct timer *soon;
    enum auth_outcome verdict; /* SAYING: what */
    auth_result_fn *fn;
    void *arg;
};

static const char *const outcome_names[AUTH_OUTCOMES] = {
    [AUTH_OK] = "ok",
    [AUTH_CONTINUE] = "continue",
    [AUTH_FAILED] = "failed",
    [AUTH_NOAUTHZ] = "noauthz",
    [AUTH_LIMIT] = "limit",
    [AUTH_TEMPFAIL] = "tempfail",
    [AUTH_NEED_TLS] = "need-tls",
    [AUTH_NO_MECH] = "no-mechanism",
    [AUTH_BAD_BASE64] = "bad-base64",
    [AUTH_BAD_PROTOCOL] = "bad-protocol",
    [AUTH_CANCELLED] = "cancelled",
    [AUTH_DISABLED] = "disabled",
    [AUTH_EXPIRED] = "expired",
};

const char *
auth_outcome_name(enum auth_outcome o)
{
    return o < AUTH_OUTCOMES ? outcome_names[o] : "unknown";
}

const char *
auth_mechanisms(bool tls)
{
    return tls ? "SCRAM-SHA-256 PLAIN LOGIN" : "";
}

static void
exchange_free(struct auth_exchange *x)
{
    if (x->prev != NULL)
        x->prev->next = x->next;
    else
        x->auth->exchanges = x->next;
    if (x->next != NULL)
        x->next->prev = x->prev;
    timer_free(&x->soon);
    free(x);
}

static void
cancel_at_authd(struct auth_exchange *x)
{
    struct auth_wire_step step = { .exchange = x->number };
    struct buf body = { .max = 64 };

    if (!x->is_begun)
        return;
    auth_wire_put_step(&body, &step);
    ipc_request(x->auth->line, AUTH_OP_CANCEL, buf_span(&body), -1, NULL, NULL);
    buf_free(&body);
}

void
auth_exchange_abort(struct auth_exchange **x)
{
    struct auth_exchange *all = *x;

    if (all == NULL)
        return;
    if (all->request != 0)
        ipc_forget(all->auth->line, all->request);
    cancel_at_authd(all);
    exchange_free(all);
    *x = NULL;
}

/* The answer that ends the exchange: it is gone before anybody is told. */
static void
finish(struct auth_exchange *x, const struct auth_result *r)
{
    auth_result_fn *fn = x->fn;
    void *arg = x->arg;

    exchange_free(x);
    fn(arg, r);
}

static void
on_soon(void *arg)
{
    struct auth_exchange *x = arg;
    struct auth_result r = { .outcome = x->verdict };

    finish(x, &r);
}

/* An answer that needs no authd still comes from the loop. */
static void
say_soon(struct auth_exchange *x, enum auth_outcome verdict)
{
    cancel_at_authd(x);
    x->verdict = verdict;
    timer_start(x->soon, 0);
}

static void
on_challenge(struct auth_exchange *x, struct span challenge)
{
    struct auth_result r = { .outcome = AUTH_CONTINUE };
    struct buf text = { .max = AUTH_LINE_MAX };

    x->life = x->auth->life;
    base64_encode(&text, challenge);
    r.challenge = buf_span(&text);
    x->fn(x->arg, &r);
    buf_free(&text);
}

static void
on_answer(void *arg, struct span body, int fd, const struct error *e)
{
    struct auth_exchange *x = arg;
    struct auth_result r = { .outcome = AUTH_TEMPFAIL };
    struct auth_wire_answer answer;

    if (fd != -1)
        close(fd);
    x->request = 0;
    if (e == NULL && auth_wire_get_answer(body, &answer)) {
        if (answer.outcome == AUTH_CONTINUE) {
            on_challenge(x, answer.challenge);
            return;
        }
        r.outcome = answer.outcome;
        r.user = answer.user;
        r.ticket = answer.ticket;
        r.hang_up = answer.hang_up;
    }
    finish(x, &r);
}

static void
send_op(struct auth_exchange *x, enum auth_op op, struct buf *body)
{
    const struct ipc_answer answer = { NULL, on_answer };

    x->is_begun = true;
    x->request = ipc_request(x->auth->line, (uint16_t)op, buf_span(body), -1,
                             &answer, x);
    crypto_wipe(body->p, body->n);
    buf_free(body);
}

static void
send_begin(struct auth_exchange *x, const struct auth_who *who,
           struct span mechanism, struct span initial)
{
    struct auth_wire_begin begin = {
        .exchange = x->number,
        .tls = who->tls,
        .session = span_of(who->session),
        .peer = span_of(who->peer),
        .mechanism = mechanism,
        .has_initial = initial.p != NULL,
        .initial = initial,
    };
    struct buf body = { .max = IPC_BODY_MAX };

    auth_wire_put_begin(&body, &begin);
    send_op(x, AUTH_OP_BEGIN, &body);
}

static struct auth_exchange *
exchange_new(struct auth *a, auth_result_fn *fn, void *arg)
{
    struct auth_exchange *x = mem_take(sizeof *x);

    x->auth = a;
    x->number = ++a->last_exchange;
    x->fn = fn;
    x->arg = arg;
    x->soon = timer_new(a->loop, on_soon, x);
    x->next = a->exchanges;
    if (a->exchanges != NULL)
        a->exchanges->prev = x;
    a->exchanges = x;
    return x;
}

/* Strict: RFC 4648 section 3; an answer that guesses would let two readers of
 * one line disagree. *verdict is written on failure. */
static bool
decode(struct span text, struct buf *out, enum auth_outcome *verdict)
{
    *verdict = AUTH_BAD_PROTOCOL;
    if (text.n > AUTH_LINE_MAX)
        return false;
    *verdict = AUTH_BAD_BASE64;
    if (!base64_decode(out, text))
        return false;
    *verdict = AUTH_BAD_PROTOCOL;
    return !out->full;
}

static void
forget_secret(struct buf *b)
{
    if (b->p != NULL)
        crypto_wipe(b->p, b->cap);
    buf_free(b);
}

/*
 * initial-response = base64 / "="                    RFC 4954 section 4
 */
static bool
decode_initial(struct span initial, struct buf *out, enum auth_outcome *verdict)
{
    if (span_is(initial, "="))
        return true;
    *verdict = AUTH_BAD_BASE64;
    return initial.n > 0 && decode(initial, out, verdict);
}

struct auth_exchange *
auth_exchange_begin(struct auth *a, const struct auth_who *who,
                    struct span mechanism, struct span initial,
                    auth_result_fn *fn, void *arg)
{
    struct auth_exchange *x = exchange_new(a, fn, arg);
    struct buf first = { .max = AUTH_MESSAGE_MAX };
    enum auth_outcome verdict;

    if (mechanism.n > 20) /* sasl-mech: RFC 4422 section 3.1 */
        say_soon(x, AUTH_NO_MECH);
    else if (initial.p == NULL)
        send_begin(x, who, mechanism, initial);
    else if (!decode_initial(initial, &first, &verdict))
        say_soon(x, verdict);
    else
        send_begin(x, who, mechanism,
                   span_from(first.n > 0 ? first.p : "", first.n));
    forget_secret(&first);
    return x;
}

static void
send_step(struct auth_exchange *x, struct span line)
{
    struct auth_wire_step step = { .exchange = x->number, .line = line };
    struct buf body = { .max = IPC_BODY_MAX };

    auth_wire_put_step(&body, &step);
    send_op(x, AUTH_OP_STEP, &body);
}

void
auth_exchange_line(struct auth_exchange *x, struct span line)
{
    struct buf bytes = { .max = AUTH_MESSAGE_MAX };
    enum auth_outcome verdict;

    if (x->life != x->auth->life)
        say_soon(x, AUTH_TEMPFAIL);
    else if (span_is(line, "*"))
        say_soon(x, AUTH_CANCELLED);
    else if (!decode(line, &bytes, &verdict))
        say_soon(x, verdict);
    else
        send_step(x, buf_span(&bytes));
    forget_secret(&bytes);
}

static bool
has_control(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

/*
 * message = [authzid] UTF8NUL authcid UTF8NUL passwd   RFC 4616 section 2
 */
struct auth_exchange *
auth_password(struct auth *a, const struct auth_who *who, struct span user,
              struct span password, auth_result_fn *fn, void *arg)
{
    struct auth_exchange *x = exchange_new(a, fn, arg);
    struct buf message = { .max = AUTH_MESSAGE_MAX };

    buf_put_ch(&message, '\0');
    buf_put(&message, user);
    buf_put_ch(&message, '\0');
    buf_put(&message, password);
    if (user.n == 0 || password.n == 0 || message.full || has_control(user) ||
        has_control(password))
        say_soon(x, AUTH_FAILED);
    else
        send_begin(x, who, span_of("PLAIN"), buf_span(&message));
    forget_secret(&message);
    return x;
}
