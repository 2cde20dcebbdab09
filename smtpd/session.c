/*
 *                 HELO, EHLO        MAIL            RCPT           DATA
 *  CONNECTED --> GREETED --> READY -----> SENDER -----> RCPTS ----------> TEXT
 *   220 sent                  ^ |           |             |   354 sent      |
 *     by run()                | +-> SASL    |             |                 |
 *                      235 or |   AUTH      |             |                 |
 *                      refusal+-----+-------+-- RSET, ----+-----------------+
 *                                             HELO, EHLO     end of message
 *
 *  S1  Outside SENDER, RCPTS and TEXT there is no transaction: entering GREETED
 *      or READY forgets sender, recipients and message.
 *  S2  In TEXT nothing is a command until CR LF "." CR LF, also when the message
 *      is refused already: it gets one reply, at its end.
 *  S3  While `waiting`, nothing is read.
 *  S4  After STARTTLS only the counters of errors survive.
 *
 *  MAIL, RCPT, DATA, the end of a message and AUTH wait for an answer; the state
 *  changes when it has come.
 */
#include "smtpd/session.h"

#include "base/mem.h"
#include "net/protocol.h"
#include "smtpd/auth.h"
#include "smtpd/data.h"
#include "smtpd/events.h"
#include "smtpd/limits.h"
#include "smtpd/mail.h"
#include "smtpd/verbs.h"

#include <stdlib.h>

void
smtp_enter(struct smtp *s, enum smtp_state state)
{
    if ((state & (SMTP_GREETED | SMTP_READY)) != 0) { /* S1 */
        smtp_data_clear(s);
        smtp_mail_clear(s);
    }
    if (state == SMTP_TEXT && s->mail.target_count == 0)
        bug("smtp: text without recipients");
    smtp_event_state(s, state);
    s->state = state;
}

static void
send_reply(struct smtp *s, const struct smtp_reply *r)
{
    struct buf out = { 0 };

    /* RFC 5321 section 4.2.3: the greeting and 421 begin with our name. */
    if (r->code == 421 || r == smtp_say(SAY_GREETING)) {
        struct smtp_reply named = *r;

        named.text = arena_printf(&s->command, "%s %s",
                                  s->service->settings->hostname, r->text);
        smtp_reply_put(&named, &out);
    } else {
        smtp_reply_put(r, &out);
    }
    conn_put(s->conn, buf_span(&out));
    buf_free(&out);
}

void
smtp_answer(struct smtp *s, const struct smtp_reply *r)
{
    send_reply(s, r);
    if (r->code >= 500)
        s->errors++;
    s->out_of_step = r->code >= 400 && s->in_step_only;
    s->in_step_only = false;
    s->closing = s->closing || r->hang_up;
    if (s->errors >= SMTP_ERRORS_MAX && !s->closing) {
        send_reply(s, smtp_say(SAY_TOO_MANY_ERRORS));
        s->closing = true;
    }
}

/* Answers to what came before in the same piece leave with the next one (RFC
 * 2920 section 3.2). */
const struct smtp_reply *
smtp_wait(struct smtp *s)
{
    s->waiting = true;
    conn_gather(s->conn);
    return NULL;
}

void
smtp_resume(struct smtp *s, const struct smtp_reply *r)
{
    s->waiting = false;
    smtp_answer(s, r);
    conn_wake(s->conn);
}

/* A line that is none of the protocol's: AUTH's exchange, if one is going on,
 * ends with it. */
static const struct smtp_reply *
bad_line(struct smtp *s, enum smtp_say what)
{
    if (s->state == SMTP_SASL)
        smtp_auth_abandon(s);
    return smtp_say(what);
}

/* One line in, whatever it is: a command, or a line of AUTH's exchange. True
 * when there was one. */
static bool
run_line(struct smtp *s, struct span *in)
{
    const struct smtp_reply *r = NULL;
    struct span line;

    arena_clear(&s->command);
    switch (line_take(&s->line, in, SMTP_AUTH_LINE_MAX, &line)) {
    case LINE_MORE:
        return false;
    case LINE_TOO_LONG:
        r = bad_line(s, s->state == SMTP_SASL ? SAY_AUTH_TOO_LONG
                                              : SAY_LINE_TOO_LONG);
        break;
    case LINE_BARE:
        r = bad_line(s, SAY_BAD_LINE);
        break;
    case LINE_OK:
        r = s->state == SMTP_SASL ? smtp_auth_line(s, line)
                                  : smtp_dispatch(s, line);
        break;
    }
    if (r != NULL)
        smtp_answer(s, r);
    return true;
}

/*
 * A client that did not wait for our answer to EHLO, AUTH or DATA believes that
 * it is somewhere it is not when that answer was a refusal: what it sent ahead
 * may be message text or a secret, and is no command (RFC 2920 section 3.1).
 */
static bool
is_in_step(struct smtp *s, const struct span *in)
{
    bool sent_ahead = s->out_of_step && in->n > 0;

    s->out_of_step = false;
    if (!sent_ahead)
        return true;
    smtp_answer(s, smtp_say(SAY_OUT_OF_STEP));
    return false;
}

static enum next
smtp_run(void *session, struct span *in)
{
    struct smtp *s = session;

    if (s->state == SMTP_CONNECTED) {
        smtp_enter(s, SMTP_GREETED);
        smtp_answer(s, smtp_say(SAY_GREETING));
    }
    for (;;) {
        bool went_on;

        if (s->closing)
            return NEXT_CLOSE;
        if (s->waiting)
            return NEXT_WAIT;
        if (s->start_tls)
            return NEXT_STARTTLS;
        if (conn_queued(s->conn) > CONN_OUTPUT_HIGH)
            return NEXT_DRAIN;
        if (!is_in_step(s, in))
            continue;
        went_on =
            s->state == SMTP_TEXT ? smtp_data_run(s, in) : run_line(s, in);
        if (!went_on)
            return NEXT_INPUT;
    }
}

static void *
smtp_open(struct conn *c, const void *conf)
{
    struct smtp *s = mem_take(sizeof *s);

    s->conn = c;
    s->service = conf;
    s->state = SMTP_CONNECTED;
    s->text.fd = -1;
    if (!span_is(span_of(conn_listener(c)), "smtp"))
        s->port = SMTP_PORT_SUBMISSION;
    conn_idle_limit(c, s->service->settings->limits.smtp_timeout);
    return s;
}

/* RFC 3207 section 4.2: forget what was learnt in clear (S4). */
static enum next
smtp_secured(void *session)
{
    struct smtp *s = session;

    s->start_tls = false;
    s->line = (struct line){ 0 };
    buf_clear(&s->client);
    buf_clear(&s->user);
    s->extended = false;
    smtp_enter(s, SMTP_GREETED);
    return NEXT_INPUT;
}

static void
smtp_closed(void *session, const char *why)
{
    struct smtp *s = session;

    smtp_event_closed(s, why);
    auth_exchange_abort(&s->exchange);
    if (s->request != 0)
        auth_forget(s->service->auth, s->request);
    if (s->check != 0)
        store_forget_check(s->service->store, s->check);
    smtp_data_clear(s);
    smtp_mail_clear(s);
    arena_clear(&s->command);
    buf_free(&s->client);
    buf_free(&s->user);
    free(s);
}

static void
smtp_expired(void *session)
{
    send_reply(session, smtp_say(SAY_IDLE));
}

static void
smtp_stopping(void *session)
{
    send_reply(session, smtp_say(SAY_STOPPING));
}

const struct protocol smtp_protocol = {
    .name = "smtp",
    .open = smtp_open,
    .run = smtp_run,
    .secured = smtp_secured,
    .closed = smtp_closed,
    .expired = smtp_expired,
    .stopping = smtp_stopping,
};
