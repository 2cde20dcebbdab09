#include "smtpd/events.h"

static const char *
state_name(enum smtp_state state)
{
    switch (state) {
    case SMTP_CONNECTED:
        return "connected";
    case SMTP_GREETED:
        return "greeted";
    case SMTP_READY:
        return "ready";
    case SMTP_SENDER:
        return "sender";
    case SMTP_RCPTS:
        return "rcpts";
    case SMTP_TEXT:
        return "text";
    case SMTP_SASL:
        return "sasl";
    }
    return "none";
}

static struct log_field
session_of(const struct smtp *s)
{
    return log_text("session", conn_id(s->conn));
}

void
smtp_event_state(const struct smtp *s, enum smtp_state to)
{
    log_event(LOG_DEBUG, "state", session_of(s),
              log_text("from", state_name(s->state)),
              log_text("to", state_name(to)));
}

void
smtp_event_login(const struct smtp *s, const struct auth_result *r)
{
    log_event(LOG_INFO, r->outcome == AUTH_OK ? "login" : "login-failed",
              session_of(s), log_text("peer", conn_peer(s->conn)),
              log_span("user", r->user),
              log_text("outcome", auth_outcome_name(r->outcome)));
}

void
smtp_event_foreign(const struct smtp *s)
{
    log_event(LOG_INFO, "foreign-protocol", session_of(s),
              log_text("peer", conn_peer(s->conn)));
}

void
smtp_event_sender_refused(const struct smtp *s)
{
    log_event(LOG_INFO, "mail-refused", session_of(s),
              log_span("user", buf_span(&s->user)),
              log_span("from", s->mail.from));
}

void
smtp_event_recipient_refused(const struct smtp *s, const struct smtp_reply *r)
{
    log_event(LOG_INFO, "rcpt-refused", session_of(s),
              log_text("peer", conn_peer(s->conn)),
              log_span("from", s->mail.from),
              log_span("to", buf_span(&s->mail.asked)),
              log_number("code", r->code), log_text("status", r->status));
}

void
smtp_event_accepted(const struct smtp *s, uint32_t uid)
{
    log_event(LOG_INFO, "accepted", session_of(s),
              log_text("peer", conn_peer(s->conn)), log_span("id", s->mail.id),
              log_span("from", s->mail.from), log_span("to", s->mail.to),
              log_number("recipients", s->mail.addresses),
              log_number("mailboxes", s->mail.target_count),
              log_number("size", s->text.written), log_number("uid", uid));
}

void
smtp_event_refused(const struct smtp *s, const struct smtp_reply *r)
{
    log_event(LOG_INFO, "refused", session_of(s),
              log_text("peer", conn_peer(s->conn)), log_span("id", s->mail.id),
              log_span("from", s->mail.from), log_span("to", s->mail.to),
              log_number("size", s->text.received), log_number("code", r->code),
              log_text("status", r->status));
}

void
smtp_event_store_failed(const struct smtp *s, const char *doing,
                        const struct error *e)
{
    log_event(LOG_WARNING, "store-failed", session_of(s),
              log_text("doing", doing), log_text("kind", fail_name(e->kind)),
              log_text("text", e->text));
}

void
smtp_event_closed(const struct smtp *s, const char *why)
{
    log_event(LOG_INFO, "closed", session_of(s),
              log_text("peer", conn_peer(s->conn)), log_text("why", why),
              log_number("messages", s->messages),
              log_number("errors", s->errors));
}
