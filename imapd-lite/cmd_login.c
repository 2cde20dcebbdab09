/* From a stranger to a user: STARTTLS, AUTHENTICATE, LOGIN. */
#include "base/mem.h"
#include "imapd-lite/command.h"
#include "imapd-lite/events.h"
#include "imapd-lite/limits.h"

/* starttls = "STARTTLS"                            RFC 3501 section 6.2.1 */
enum run
imap_cmd_starttls(struct imap *s, struct cursor *c, struct error *e)
{
    (void)e;
    if (!take_end(c))
        return RUN_BAD;
    if (!s->shared->has_tls) {
        s->run.text = "TLS is not available";
        return RUN_BAD;
    }
    s->run.text = "Begin TLS now";
    s->run.then = NEXT_STARTTLS;
    return RUN_OK;
}

/* --- what authd says --------------------------------------------------------- */

/* Kept from the answer until the session is called again. */
struct login {
    const char *how;
    enum auth_outcome outcome;
    struct span challenge, user, ticket;
    bool hang_up;
};

struct login_reply {
    enum run run;
    const char *code, *text;
    bool counts; /* as a bad login */
};

/* One answer for all that is wrong with user or password; the rest by
 * RFC 5530 section 3. */
/* clang-format off */
static const struct login_reply login_replies[AUTH_OUTCOMES] = {
    [AUTH_FAILED] =       { RUN_NO, "AUTHENTICATIONFAILED",
                            "Wrong user or password", true },
    [AUTH_NOAUTHZ] =      { RUN_NO, "AUTHORIZATIONFAILED",
                            "You may not act for that user", true },
    [AUTH_LIMIT] =        { RUN_NO, "LIMIT",
                            "Too many failed logins, try later", true },
    [AUTH_TEMPFAIL] =     { RUN_NO, "UNAVAILABLE",
                            "Logins cannot be checked now, try again", false },
    [AUTH_NEED_TLS] =     { RUN_NO, "PRIVACYREQUIRED",
                            "Use STARTTLS first", false },
    [AUTH_NO_MECH] =      { RUN_NO, "CANNOT",
                            "This mechanism is not offered", false },
    [AUTH_BAD_BASE64] =   { RUN_BAD, NULL,
                            "This is not base64", false },
    [AUTH_BAD_PROTOCOL] = { RUN_BAD, NULL,
                            "This makes no sense for the mechanism", false },
    [AUTH_CANCELLED] =    { RUN_BAD, NULL,
                            "Cancelled", false },
    [AUTH_DISABLED] =     { RUN_NO, "CONTACTADMIN",
                            "This account is switched off", true },
    [AUTH_EXPIRED] =      { RUN_NO, "EXPIRED",
                            "This password has ended", true },
};
/* clang-format on */

static void
authd_said(void *arg, const struct auth_result *r)
{
    struct imap *s = arg;
    struct login *l = s->run.own;

    if (r->outcome != AUTH_CONTINUE)
        s->exchange = NULL;
    l->outcome = r->outcome;
    l->challenge = arena_copy(&s->run.arena, r->challenge);
    l->user = arena_copy(&s->run.arena, r->user);
    l->ticket = arena_copy(&s->run.arena, r->ticket);
    l->hang_up = r->hang_up;
    imap_answer(s, NULL);
}

static enum run
refuse_login(struct imap *s, const struct login *l)
{
    const struct login_reply *r = &login_replies[l->outcome];

    imap_event_login_failed(s, l->how, l->outcome);
    s->run.code = r->code;
    s->run.text = r->text;
    if (r->counts)
        s->bad_logins++;
    if (l->hang_up || s->bad_logins >= IMAP_BAD_LOGINS_MAX)
        s->run.bye = "Too many failed logins";
    return r->run;
}

/* --- logged in ------------------------------------------------------------------ */

static enum run
store_is_ready(struct imap *s, struct error *e)
{
    struct login *l = s->run.own;
    struct buf code = { 0 };

    if (imap_outcome(s, e) != RUN_OK) {
        store_logout(&s->store);
        s->run.code = "UNAVAILABLE";
        s->run.text = "The mail store is away, try again";
        return RUN_NO;
    }
    s->user = mem_text(arena_text(&s->run.arena, l->user));
    imap_enter(s, IMAP_LOGGED);
    imap_event_login(s, l->how);
    if (store_fullness(s->store) != 0) /* ALERT: RFC 3501 section 7.1 */
        buf_printf(&s->out, "* OK [ALERT] Your mailbox is %u %% full\r\n",
                   store_fullness(s->store));
    buf_put_text(&code, "CAPABILITY ");
    imap_put_capabilities(s, &code);
    s->run.code = arena_text(&s->run.arena, buf_span(&code));
    s->run.text = "Logged in";
    buf_free(&code);
    return RUN_OK;
}

static enum run send_challenge(struct imap *s, struct login *l);

static enum run
judge(struct imap *s, struct error *e)
{
    struct login *l = s->run.own;

    (void)e;
    if (l->outcome == AUTH_CONTINUE)
        return send_challenge(s, l);
    if (l->outcome != AUTH_OK)
        return refuse_login(s, l);
    s->store = store_login(s->shared->store, l->ticket, conn_id(s->conn),
                           conn_peer(s->conn), imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER, store_is_ready);
}

/* A line of base64, or "*" to cancel; authd looks at it. */
static enum run
take_response(struct imap *s, struct error *e)
{
    struct span line;

    (void)e;
    switch (imap_take_line(s, IMAP_SASL_LINE_MAX, &line)) {
    case LINE_MORE:
        return imap_wait(s, IMAP_FOR_INPUT, take_response);
    case LINE_OK:
        auth_exchange_line(s->exchange, line);
        return imap_wait(s, IMAP_FOR_ANSWER, judge);
    case LINE_TOO_LONG:
    case LINE_BARE:
        break;
    }
    auth_exchange_abort(&s->exchange);
    s->run.text = "This line is too long or broken";
    return RUN_BAD;
}

/* continue-req = "+" SP (resp-text / base64) CRLF: the space is there even
 * where the challenge is empty (RFC 4959 section 4). */
static enum run
send_challenge(struct imap *s, struct login *l)
{
    buf_put_text(&s->out, "+ ");
    buf_put(&s->out, l->challenge);
    buf_put_text(&s->out, "\r\n");
    imap_flush(s);
    return imap_wait(s, IMAP_FOR_INPUT, take_response);
}

static struct login *
begin_login(struct imap *s, const char *how)
{
    struct login *l = arena_take(&s->run.arena, sizeof *l);

    l->how = how;
    s->run.own = l;
    return l;
}

static struct auth_who
who_is(const struct imap *s)
{
    return (struct auth_who){
        .session = conn_id(s->conn),
        .peer = conn_peer(s->conn),
        .tls = conn_is_tls(s->conn),
    };
}

/* login = "LOGIN" SP userid SP password            RFC 3501 section 6.2.3 */
enum run
imap_cmd_login(struct imap *s, struct cursor *c, struct error *e)
{
    struct auth_who who = who_is(s);
    struct span user;
    struct span password;

    (void)e;
    if (!take(c, ' ') || !imap_take_astring(c, &s->run.arena, &user) ||
        !take(c, ' ') || !imap_take_astring(c, &s->run.arena, &password) ||
        !take_end(c))
        return RUN_BAD;
    begin_login(s, "LOGIN");
    s->exchange =
        auth_password(s->shared->auth, &who, user, password, authd_said, s);
    return imap_wait(s, IMAP_FOR_ANSWER, judge);
}

/*
 * authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")] *(CRLF base64)
 *                                                  RFC 4959 section 7
 *
 * Some clients put more than one space before the initial response.
 */
enum run
imap_cmd_authenticate(struct imap *s, struct cursor *c, struct error *e)
{
    struct auth_who who = who_is(s);
    struct span initial = { NULL, 0 };
    struct span mechanism;

    (void)e;
    if (!take(c, ' ') || !imap_take_atom(c, &mechanism))
        return RUN_BAD;
    if (take(c, ' ') && (!take_spaces(c) || !take_word(c, &initial)))
        return RUN_BAD;
    if (!take_end(c))
        return RUN_BAD;
    begin_login(s, "AUTHENTICATE");
    s->exchange = auth_exchange_begin(s->shared->auth, &who, mechanism, initial,
                                      authd_said, s);
    return imap_wait(s, IMAP_FOR_ANSWER, judge);
}
