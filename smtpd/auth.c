/*
 *  READY -- AUTH --> asks authd --> 334 --> SASL -- line --> asks authd --+
 *                        |           ^                                    |
 *                        v           +------------------------------------+
 *                235 or refusal: READY
 */
#include "smtpd/auth.h"

#include "smtpd/events.h"
#include "smtpd/limits.h"
#include "smtpd/verbs.h"

/* RFC 4954 sections 4 and 6. */
/* clang-format off */
static const enum smtp_say say_for[AUTH_OUTCOMES] = {
    [AUTH_OK]           = SAY_AUTH_OK,
    [AUTH_CONTINUE]     = SAY_CHALLENGE,
    [AUTH_FAILED]       = SAY_AUTH_FAILED,
    [AUTH_NOAUTHZ]      = SAY_AUTH_FAILED,
    [AUTH_LIMIT]        = SAY_AUTH_LIMIT,
    [AUTH_TEMPFAIL]     = SAY_AUTH_LATER,
    [AUTH_NEED_TLS]     = SAY_NEED_TLS,
    [AUTH_NO_MECH]      = SAY_AUTH_NO_MECHANISM,
    [AUTH_BAD_BASE64]   = SAY_AUTH_BAD_BASE64,
    [AUTH_BAD_PROTOCOL] = SAY_AUTH_BAD_EXCHANGE,
    [AUTH_CANCELLED]    = SAY_AUTH_CANCELLED,
    [AUTH_DISABLED]     = SAY_AUTH_DISABLED,
    [AUTH_EXPIRED]      = SAY_AUTH_EXPIRED,
};
/* clang-format on */

/* Only our own users' ports, once, and in clear only where the owner allows it
 * (RFC 4954 section 4, RFC 6409 section 4.3). */
const struct smtp_reply *
smtp_may_auth(const struct smtp *s)
{
    if (s->port == SMTP_PORT_RELAY)
        return smtp_say(SAY_NOT_IMPLEMENTED);
    if (!conn_is_tls(s->conn) && s->service->settings->auth.require_tls)
        return smtp_say(SAY_NEED_TLS);
    return s->user.n > 0 ? smtp_say(SAY_AUTH_DONE) : NULL;
}

void
smtp_put_auth(const struct smtp *s, struct buf *out)
{
    bool secure =
        conn_is_tls(s->conn) || !s->service->settings->auth.require_tls;

    buf_put_text(out, "AUTH ");
    buf_put_text(out, auth_mechanisms(secure));
}

/* Somebody tried a password that was not right, or not his. */
static bool
is_failure(enum auth_outcome o)
{
    return o == AUTH_FAILED || o == AUTH_NOAUTHZ || o == AUTH_LIMIT ||
           o == AUTH_DISABLED || o == AUTH_EXPIRED;
}

static void
go_on(struct smtp *s, struct span challenge)
{
    smtp_enter(s, SMTP_SASL);
    smtp_resume(s, smtp_say_text(&s->command, SAY_CHALLENGE, challenge));
}

static void
authd_said(void *arg, const struct auth_result *r)
{
    struct smtp *s = arg;

    if (r->outcome == AUTH_CONTINUE) {
        go_on(s, r->challenge);
        return;
    }
    s->exchange = NULL;
    smtp_event_login(s, r);
    if (r->outcome == AUTH_OK)
        buf_put(&s->user, r->user);
    if (is_failure(r->outcome))
        s->auth_failures++;
    s->closing = r->hang_up;
    smtp_enter(s, SMTP_READY);
    smtp_resume(s, s->auth_failures < SMTP_AUTH_FAILURES_MAX
                       ? smtp_say(say_for[r->outcome])
                       : smtp_say(SAY_TOO_MANY_LOGINS));
}

/*
 * auth = "AUTH" SP sasl-mech [SP initial-response] CRLF
 *                                             RFC 4954 section 4
 *
 * The initial response, "=" for an empty one included, is authd's client's to
 * read.
 */
const struct smtp_reply *
smtp_run_auth(struct smtp *s, struct cursor *c)
{
    struct span mechanism;
    struct span initial = { 0 };
    struct auth_who who = {
        .session = conn_id(s->conn),
        .peer = conn_peer(s->conn),
        .tls = conn_is_tls(s->conn),
    };

    if (!take(c, ' ') || !take_word(c, &mechanism) ||
        (take(c, ' ') && !take_word(c, &initial)) || !take_end(c))
        return smtp_say(SAY_BAD_SYNTAX);
    s->exchange = auth_exchange_begin(s->service->auth, &who, mechanism,
                                      initial, authd_said, s);
    return smtp_wait(s);
}

const struct smtp_reply *
smtp_auth_line(struct smtp *s, struct span line)
{
    auth_exchange_line(s->exchange, line);
    return smtp_wait(s);
}

void
smtp_auth_abandon(struct smtp *s)
{
    auth_exchange_abort(&s->exchange);
    smtp_enter(s, SMTP_READY);
}
