/*
 * The session's life. One step at a time: run the command that waits, or
 * collect the next one; the first step that has to wait for something ends
 * the turn.
 *
 *     collect() --a command--> begin_command() --RUN_OK, NO, BAD--+
 *        ^                          | RUN_MORE                    |
 *        |                          v                             v
 *        |                     go_on() --------------------> news, tagged
 *        +-------------------------------------------------------- line
 */
#include "base/clock.h"
#include "base/mem.h"
#include "imapd-lite/command.h"
#include "imapd-lite/events.h"
#include "imapd-lite/limits.h"

#include <stdlib.h>

/* --- small things ------------------------------------------------------------ */

void
imap_flush(struct imap *s)
{
    conn_put(s->conn, buf_span(&s->out));
    buf_clear(&s->out);
}

bool
imap_is_full(const struct imap *s)
{
    return conn_queued(s->conn) > CONN_OUTPUT_HIGH;
}

void
imap_bye(struct imap *s, const char *code, const char *text)
{
    if (!s->closing && code != NULL)
        conn_printf(s->conn, "* BYE [%s] %s\r\n", code, text);
    else if (!s->closing)
        conn_printf(s->conn, "* BYE %s\r\n", text);
    s->closing = true;
}

static void
leave_mailbox(struct imap *s)
{
    if (s->view != NULL)
        store_close(s->store);
    imap_view_free(&s->view);
    free(s->mailbox);
    s->mailbox = NULL;
    s->mailbox_gone = false;
    s->idling = false;
}

void
imap_enter(struct imap *s, enum imap_state state)
{
    if (state != IMAP_SELECTED)
        leave_mailbox(s);
    else if (s->view == NULL)
        bug("imap: selected without a view");
    if (s->state == IMAP_FRESH && state == IMAP_LOGGED)
        conn_idle_limit(s->conn, s->shared->settings->limits.idle_timeout);
    s->state = state;
}

/* --- between commands ---------------------------------------------------------- */

static struct imap_input_limits
limits_of(const struct imap *s)
{
    bool fresh = s->state == IMAP_FRESH;

    return (struct imap_input_limits){
        .line_max = fresh ? IMAP_LINE_MAX_BEFORE : IMAP_LINE_MAX,
        .literals_max = fresh ? IMAP_LITERALS_MAX_BEFORE : IMAP_LITERALS_MAX,
        .swallow_max = fresh ? IMAP_LITERALS_MAX_BEFORE
                             : s->shared->settings->limits.message_size +
                                   IMAP_LITERALS_MAX,
    };
}

/* Who has not logged in has so many seconds in all, however busy it is... */
static void
check_deadline(struct imap *s)
{
    if (s->state == IMAP_FRESH && clock_monotonic_ms() >= s->login_deadline)
        imap_bye(s, NULL, "You did not log in in time");
}

/* ...so behind each command what is left of them becomes the idle limit. */
static void
hurry(struct imap *s)
{
    int64_t left = s->login_deadline - clock_monotonic_ms();

    if (s->state == IMAP_FRESH && left > 0)
        conn_idle_limit(s->conn, (unsigned)(left / 1000 + 1));
}

static void
greet(struct imap *s)
{
    s->greeted = true;
    buf_put_text(&s->out, "* OK [CAPABILITY ");
    imap_put_capabilities(s, &s->out);
    buf_printf(&s->out, "] %s IMAP is ready\r\n",
               s->shared->settings->hostname);
    imap_flush(s);
}

static void
count_bad(struct imap *s)
{
    if (s->run.outcome == RUN_OK && s->state != IMAP_FRESH)
        s->bad_commands = 0;
    if (s->run.outcome == RUN_BAD)
        s->bad_commands++;
    if (s->bad_commands >= IMAP_BAD_COMMANDS_MAX)
        imap_bye(s, NULL, "Too many bad commands");
}

/* The handler is done and what was pending is written. True: *next says how
 * the turn ends. */
static bool
end_command(struct imap *s, enum next *next)
{
    enum next then = s->run.then;

    imap_put_tagged(s);
    if (s->run.bye != NULL)
        imap_bye(s, NULL, s->run.bye);
    if (imap_input_is_inside(&s->input)) /* never read it as commands */
        imap_bye(s, NULL, "The command ended before its literal");
    count_bad(s);
    imap_end_command(s);
    hurry(s);
    *next = then;
    return then != NEXT_INPUT;
}

/* --- running a command ------------------------------------------------------------ */

static bool
wait_more(struct imap *s, enum next *next)
{
    switch (s->run.wait) {
    case IMAP_FOR_ANSWER:
        *next = NEXT_WAIT;
        return true;
    case IMAP_FOR_DRAIN:
        *next = NEXT_DRAIN;
        return true;
    case IMAP_FOR_INPUT:
        break;
    }
    *next = NEXT_INPUT;
    if (s->in->n == 0 || s->run.seen == s->in->n)
        return true;
    s->run.seen = s->in->n; /* it has not seen these yet */
    return false;
}

/* What a handler or resume function returned. */
static bool
settle(struct imap *s, enum run r, const struct error *e, enum next *next)
{
    struct error unused;

    if (r != RUN_MORE && !s->run.reporting) {
        s->run.reporting = true;
        s->run.outcome = r;
        if (r == RUN_NO)
            s->run.error = *e;
        r = imap_report_news(s, &unused);
    }
    if (r == RUN_MORE)
        return wait_more(s, next);
    return end_command(s, next);
}

static bool
begin_command(struct imap *s, enum next *next)
{
    struct error e = { 0 };
    enum run r = imap_dispatch(s, &e);

    return settle(s, r, &e, next);
}

static bool
go_on(struct imap *s, enum next *next)
{
    struct error e = { 0 };
    enum run r;

    if (s->run.wait == IMAP_FOR_ANSWER && !s->run.answered) {
        *next = NEXT_WAIT;
        return true;
    }
    if (s->run.wait == IMAP_FOR_DRAIN && imap_is_full(s)) {
        *next = NEXT_DRAIN;
        return true;
    }
    s->run.answered = false;
    r = s->run.resume(s, &e);
    return settle(s, r, &e, next);
}

/* A command that was too much to be kept; its tag can be told all the same. */
static bool
refuse_command(struct imap *s, enum next *next)
{
    struct cursor c = cursor_on(buf_span(&s->input.text));
    struct span tag;

    if (imap_take_tag(&c, &tag) && take(&c, ' '))
        s->run.tag = arena_copy(&s->run.arena, tag);
    s->run.text = s->input.refused;
    s->run.code = s->input.refused_code;
    s->run.outcome = s->run.code == NULL ? RUN_BAD : RUN_NO;
    return end_command(s, next);
}

static bool
collect(struct imap *s, enum next *next)
{
    struct imap_input_limits limits = limits_of(s);

    switch (imap_input_take(&s->input, s->in, &limits)) {
    case INPUT_MORE:
        *next = NEXT_INPUT;
        return true;
    case INPUT_COMMAND:
        if (s->input.refused != NULL)
            return refuse_command(s, next);
        return begin_command(s, next);
    case INPUT_LITERAL:
        if (imap_is_append_literal(s))
            return begin_command(s, next);
        if (imap_input_accept(&s->input, &limits))
            conn_text(s->conn, "+ Go on\r\n");
        return false;
    case INPUT_HOPELESS:
        imap_bye(s, NULL, s->input.refused);
        return false;
    }
    return false;
}

static bool
step(struct imap *s, enum next *next)
{
    if (s->mailbox_gone && (s->run.resume == NULL || s->idling))
        imap_bye(s, NULL, "The mailbox is gone");
    if (s->closing) {
        *next = NEXT_CLOSE;
        return true;
    }
    if (s->run.resume != NULL)
        return go_on(s, next);
    if (imap_is_full(s)) {
        *next = NEXT_DRAIN;
        return true;
    }
    return collect(s, next);
}

/* --- the protocol's functions ------------------------------------------------------- */

static void *
session_open(struct conn *c, const void *conf)
{
    struct imap *s = mem_take(sizeof *s);

    s->conn = c;
    s->shared = conf;
    s->state = IMAP_FRESH;
    s->run.then = NEXT_INPUT;
    s->login_deadline =
        clock_monotonic_ms() +
        (int64_t)s->shared->settings->limits.login_timeout * 1000;
    imap_event_connect(s);
    return s;
}

static enum next
session_run(void *session, struct span *in)
{
    struct imap *s = session;
    enum next next;

    s->in = in;
    if (!s->greeted)
        greet(s);
    check_deadline(s);
    while (!step(s, &next))
        continue;
    s->in = NULL;
    return next;
}

/* RFC 3501 section 6.2.1: the client knows nothing any more, neither do we. */
static enum next
session_secured(void *session)
{
    struct imap *s = session;

    imap_end_command(s);
    s->input.line = (struct line){ 0 };
    return NEXT_INPUT;
}

static void
session_closed(void *session, const char *why)
{
    struct imap *s = session;

    imap_event_disconnect(s, why);
    auth_exchange_abort(&s->exchange);
    store_delivery_abort(&s->delivery);
    store_logout(&s->store);
    imap_end_command(s);
    imap_input_free(&s->input);
    imap_view_free(&s->view);
    buf_free(&s->out);
    free(s->mailbox);
    free(s->user);
    free(s);
}

static void
session_expired(void *session)
{
    struct imap *s = session;

    imap_bye(s, NULL,
             s->state == IMAP_FRESH ? "You did not log in in time"
                                    : "Idle for too long");
}

static void
session_stopping(void *session)
{
    imap_bye(session, "UNAVAILABLE", "The server is stopping");
}

static const struct protocol protocol = {
    .name = "imap",
    .open = session_open,
    .run = session_run,
    .secured = session_secured,
    .closed = session_closed,
    .expired = session_expired,
    .stopping = session_stopping,
};

const struct protocol *
imap_protocol(void)
{
    return &protocol;
}
