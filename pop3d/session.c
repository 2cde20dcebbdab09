/*
 *               +-------- refused, in use --------+
 *               v            PASS, AUTH           |
 *  CONNECTED -> AUTHORIZATION --------> authd --> mailstored --> TRANSACTION
 *   greeting     |  ^   |  ^            login     INBOX, locked     |
 *                v  |   v  |                                        | QUIT
 *               USER    SASL                                        v
 *                                                       UPDATE: remove, +OK
 *
 *  P1  Numbers and sizes are those of the moment of login; a message that went
 *      away meanwhile is an error, never another message.
 *  P2  Nothing is removed but in UPDATE: a connection that ends in any other way
 *      leaves the maildrop as it was (RFC 1939 section 6).
 *  P3  While `waiting`, or while `more` has something to send, nothing is read.
 */
#include "pop3d/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/protocol.h"
#include "pop3d/commands.h"
#include "pop3d/events.h"
#include "pop3d/limits.h"
#include "pop3d/login.h"
#include "pop3d/message.h"

#include <stdlib.h>

void
pop3_enter(struct pop3 *s, enum pop3_state state)
{
    if (state == POP3_TRANSACTION && s->store == NULL)
        bug("pop3: a transaction without a maildrop");
    if ((state & POP3_NO_LOGIN) != 0 && s->store != NULL)
        bug("pop3: a maildrop without a transaction");
    s->state = state;
}

void
pop3_answer(struct pop3 *s, const struct pop3_reply *r)
{
    struct buf out = { 0 };

    pop3_reply_put(r, &out);
    conn_put(s->conn, buf_span(&out));
    buf_free(&out);
    if (!r->ok && (s->state & POP3_NO_LOGIN) != 0)
        s->errors++;
    s->closing = s->closing || r->hang_up || s->errors >= POP3_ERRORS_MAX;
}

const struct pop3_reply *
pop3_wait(struct pop3 *s)
{
    s->waiting = true;
    return NULL;
}

void
pop3_resume(struct pop3 *s, const struct pop3_reply *r)
{
    s->waiting = false;
    pop3_answer(s, r);
    conn_wake(s->conn);
}

/* A line that is none of the protocol's: AUTH's exchange, if one is going on,
 * ends with it. */
static const struct pop3_reply *
bad_line(struct pop3 *s, enum pop3_say what)
{
    if (s->state == POP3_SASL)
        pop3_login_abandon(s);
    return pop3_say(what);
}

/* Who has not logged in has so many seconds in all, however busy it is: behind
 * each line, what is left of them becomes the idle limit. */
static void
hurry(struct pop3 *s)
{
    int64_t left = s->login_deadline - clock_monotonic_ms();

    if (s->store != NULL || s->waiting)
        return;
    if (left > 0)
        conn_idle_limit(s->conn, (unsigned)(left / 1000 + 1));
    else
        s->closing = true;
}

/* One line in: a command, or a line of AUTH's exchange. True when there was
 * one. */
static bool
run_line(struct pop3 *s, struct span *in)
{
    const struct pop3_reply *r = NULL;
    struct span line;

    arena_clear(&s->command);
    switch (line_take(&s->line, in, POP3_AUTH_LINE_MAX, &line)) {
    case LINE_MORE:
        return false;
    case LINE_TOO_LONG:
        r = bad_line(s, SAY_LINE_TOO_LONG);
        break;
    case LINE_BARE:
        r = bad_line(s, SAY_BAD_LINE);
        break;
    case LINE_OK:
        r = s->state == POP3_SASL ? pop3_login_line(s, line)
                                  : pop3_dispatch(s, line);
        break;
    }
    if (r != NULL)
        pop3_answer(s, r);
    hurry(s);
    return true;
}

static void
send_more(struct pop3 *s)
{
    struct buf out = { 0 };

    if (!s->more(s, &out))
        s->more = NULL;
    conn_put(s->conn, buf_span(&out));
    buf_free(&out);
}

static enum next
pop3_run(void *session, struct span *in)
{
    struct pop3 *s = session;

    if (s->state == POP3_CONNECTED) {
        pop3_enter(s, POP3_AUTHORIZATION);
        pop3_answer(s, pop3_say(SAY_GREETING));
    }
    for (;;) {
        if (s->closing)
            return NEXT_CLOSE;
        if (s->waiting)
            return NEXT_WAIT;
        if (s->start_tls)
            return NEXT_STARTTLS;
        if (conn_queued(s->conn) > CONN_OUTPUT_HIGH)
            return NEXT_DRAIN;
        if (s->more != NULL)
            send_more(s);
        else if (!run_line(s, in))
            return NEXT_INPUT;
    }
}

static void *
pop3_open(struct conn *c, const void *conf)
{
    struct pop3 *s = mem_take(sizeof *s);

    s->conn = c;
    s->service = conf;
    s->login_deadline =
        clock_monotonic_ms() +
        (int64_t)s->service->settings->limits.login_timeout * 1000;
    s->state = POP3_CONNECTED;
    s->user.max = POP3_COMMAND_MAX;
    s->reader.fd = -1;
    return s;
}

/* RFC 2595 section 4: still AUTHORIZATION; what was said in clear is nothing. */
static enum next
pop3_secured(void *session)
{
    struct pop3 *s = session;

    s->start_tls = false;
    s->line = (struct line){ 0 };
    buf_clear(&s->user);
    pop3_enter(s, POP3_AUTHORIZATION);
    return NEXT_INPUT;
}

static void
pop3_closed(void *session, const char *why)
{
    struct pop3 *s = session;

    pop3_event_closed(s, why);
    auth_exchange_abort(&s->exchange);
    pop3_message_close(s);
    store_logout(&s->store);
    pop3_drop_clear(&s->drop);
    arena_clear(&s->command);
    buf_free(&s->user);
    free(s);
}

/* A client that waits for an answer gets this one; inside a long answer it
 * would only be taken for a part of it. */
static void
pop3_stopping(void *session)
{
    struct pop3 *s = session;

    if (s->more == NULL && s->state != POP3_CONNECTED)
        pop3_answer(s, pop3_say(SAY_STOPPING));
}

/* No expired(): "the server should NOT enter the UPDATE state -- the server
 * should close the TCP connection without removing any messages or sending any
 * response to the client" (RFC 1939 section 3). */
const struct protocol pop3_protocol = {
    .name = "pop3",
    .open = pop3_open,
    .run = pop3_run,
    .secured = pop3_secured,
    .closed = pop3_closed,
    .stopping = pop3_stopping,
};
