/*
 *  PASS, AUTH --> authd_said() --> store_login --> ticket_taken()
 *                  |       ^                          |
 *           "+ ..." v       | line                    v
 *                  SASL ----+              store_open INBOX, locked
 *                                                     |
 *                                     store_uidls <-- drop_opened()
 *                                         |
 *                       TRANSACTION <-- drop_filled()
 *
 *  A refusal anywhere on the way leads back to AUTHORIZATION.
 */
#include "pop3d/login.h"

#include "pop3d/commands.h"
#include "pop3d/events.h"
#include "pop3d/limits.h"

#include <inttypes.h>

/* RFC 3206 section 4; "[AUTH]" means that trying again with the same does not
 * help. */
/* clang-format off */
static const enum pop3_say say_for[AUTH_OUTCOMES] = {
    [AUTH_OK]           = SAY_OK,
    [AUTH_CONTINUE]     = SAY_OK,
    [AUTH_FAILED]       = SAY_LOGIN_FAILED,
    [AUTH_NOAUTHZ]      = SAY_LOGIN_FAILED,
    [AUTH_LIMIT]        = SAY_LOGIN_LIMIT,
    [AUTH_TEMPFAIL]     = SAY_TRY_LATER,
    [AUTH_NEED_TLS]     = SAY_NEED_TLS,
    [AUTH_NO_MECH]      = SAY_NO_MECHANISM,
    [AUTH_BAD_BASE64]   = SAY_BAD_BASE64,
    [AUTH_BAD_PROTOCOL] = SAY_BAD_EXCHANGE,
    [AUTH_CANCELLED]    = SAY_CANCELLED,
    [AUTH_DISABLED]     = SAY_LOGIN_DISABLED,
    [AUTH_EXPIRED]      = SAY_LOGIN_EXPIRED,
};
/* clang-format on */

/* Passwords in clear only where the owner allows it (RFC 2595 section 2.2). */
const struct pop3_reply *
pop3_may_login(const struct pop3 *s)
{
    if (!conn_is_tls(s->conn) && s->service->settings->auth.require_tls)
        return pop3_say(SAY_NEED_TLS);
    return NULL;
}

/* Back to where a login may be tried again. */
static void
turn_away(struct pop3 *s, const struct pop3_reply *r)
{
    store_logout(&s->store);
    buf_clear(&s->user);
    pop3_enter(s, POP3_AUTHORIZATION);
    pop3_resume(s, r);
}

static void
uidl_came(void *arg, const struct store_uidl *u)
{
    struct pop3 *s = arg;

    pop3_drop_uidl(&s->drop, u);
}

/* With wrong unique-ids the client would fetch everything again: rather none. */
static void
drop_filled(void *arg, const struct error *e)
{
    struct pop3 *s = arg;

    if (e != NULL) {
        pop3_event_store_failed(s, "uidls", e);
        pop3_drop_clear(&s->drop);
        turn_away(s, pop3_reply_for(e));
        return;
    }
    conn_idle_limit(s->conn, s->service->settings->limits.pop3_timeout);
    pop3_enter(s, POP3_TRANSACTION);
    pop3_event_opened(s);
    pop3_resume(s, pop3_say_ok(&s->command, "%zu messages (%" PRIu64 " octets)",
                               s->drop.left, s->drop.left_bytes));
}

static void
drop_opened(void *arg, struct store_view *view, const struct error *e)
{
    struct pop3 *s = arg;
    const struct settings *settings = s->service->settings;

    if (e != NULL) {
        pop3_event_store_failed(s, "open", e);
        turn_away(s, pop3_reply_for(e));
        return;
    }
    pop3_drop_fill(&s->drop, view, settings->pop3.remove == POP3_DELETE_KEEP);
    store_uidls(s->store, uidl_came, drop_filled, s);
}

/* The maildrop is what it was at login (P1): news from the mailbox is nothing to
 * us, and who asks for what is gone is told so by the store. */
static void
rows_added(void *arg, const struct store_row *rows, size_t count)
{
    (void)arg;
    (void)rows;
    (void)count;
}

static void
rows_expunged(void *arg, const struct numset *uids)
{
    (void)arg;
    (void)uids;
}

static void
nothing_to_do(void *arg)
{
    (void)arg;
}

static const struct store_view_calls view_calls = {
    .added = rows_added,
    .expunged = rows_expunged,
    .flagged = rows_added,
    .gone = nothing_to_do,
    .resync = nothing_to_do,
};

static void
ticket_taken(void *arg, const struct error *e)
{
    struct pop3 *s = arg;

    if (e != NULL) {
        pop3_event_store_failed(s, "login", e);
        turn_away(s, pop3_reply_for(e));
        return;
    }
    store_open(s->store, span_of("INBOX"), STORE_EXCLUSIVE, &view_calls,
               drop_opened, s);
}

static bool
is_failure(enum auth_outcome o)
{
    return o == AUTH_FAILED || o == AUTH_NOAUTHZ || o == AUTH_LIMIT ||
           o == AUTH_DISABLED || o == AUTH_EXPIRED;
}

/* "+ " challenge CRLF                           RFC 5034 section 4 */
static void
go_on(struct pop3 *s, struct span challenge)
{
    conn_text(s->conn, "+ ");
    conn_put(s->conn, challenge);
    conn_text(s->conn, "\r\n");
    pop3_enter(s, POP3_SASL);
    s->waiting = false;
    conn_wake(s->conn);
}

static void
authd_said(void *arg, const struct auth_result *r)
{
    struct pop3 *s = arg;

    if (r->outcome == AUTH_CONTINUE) {
        go_on(s, r->challenge);
        return;
    }
    s->exchange = NULL;
    pop3_event_login(s, r);
    if (r->outcome == AUTH_OK) {
        buf_clear(&s->user);
        buf_put(&s->user, r->user);
        s->store = store_login(s->service->store, r->ticket, conn_id(s->conn),
                               conn_peer(s->conn), ticket_taken, s);
        return;
    }
    if (is_failure(r->outcome))
        s->login_failures++;
    s->closing = r->hang_up || s->login_failures >= POP3_LOGIN_FAILURES_MAX;
    turn_away(s, pop3_say(say_for[r->outcome]));
}

static struct auth_who
who_is(const struct pop3 *s)
{
    return (struct auth_who){
        .session = conn_id(s->conn),
        .peer = conn_peer(s->conn),
        .tls = conn_is_tls(s->conn),
    };
}

/* USER name: any; whether it exists is not told  RFC 1939 section 13 */
const struct pop3_reply *
pop3_run_user(struct pop3 *s, struct cursor *c)
{
    if (!take(c, ' ') || cursor_at_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    buf_clear(&s->user);
    buf_put(&s->user, cursor_rest(c));
    pop3_enter(s, POP3_USER);
    return pop3_say(SAY_USER_OK);
}

/* PASS string: all behind the space is the password, spaces too
 *                                               RFC 1939 section 7 */
const struct pop3_reply *
pop3_run_pass(struct pop3 *s, struct cursor *c)
{
    const struct auth_who who = who_is(s);

    if (!take(c, ' '))
        return pop3_say(SAY_BAD_SYNTAX);
    s->exchange = auth_password(s->service->auth, &who, buf_span(&s->user),
                                cursor_rest(c), authd_said, s);
    return pop3_wait(s);
}

/* AUTH mechanism [initial-response]             RFC 5034 section 4 */
const struct pop3_reply *
pop3_run_auth(struct pop3 *s, struct cursor *c)
{
    const struct auth_who who = who_is(s);
    struct span mechanism;
    struct span initial = { 0 };

    if (!take(c, ' ') || !take_word(c, &mechanism) ||
        (take(c, ' ') && !take_word(c, &initial)) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    s->exchange = auth_exchange_begin(s->service->auth, &who, mechanism,
                                      initial, authd_said, s);
    return pop3_wait(s);
}

const struct pop3_reply *
pop3_login_line(struct pop3 *s, struct span line)
{
    auth_exchange_line(s->exchange, line);
    return pop3_wait(s);
}

void
pop3_login_abandon(struct pop3 *s)
{
    auth_exchange_abort(&s->exchange);
    pop3_enter(s, POP3_AUTHORIZATION);
}
