#include "pop3d/events.h"

static struct log_field
session_of(const struct pop3 *s)
{
    return log_text("session", conn_id(s->conn));
}

static struct log_field
user_of(const struct pop3 *s)
{
    return log_span("user", buf_span(&s->user));
}

void
pop3_event_login(const struct pop3 *s, const struct auth_result *r)
{
    bool ok = r->outcome == AUTH_OK;

    log_event(LOG_INFO, ok ? "login" : "login-failed", session_of(s),
              log_text("peer", conn_peer(s->conn)),
              ok ? log_span("user", r->user) : user_of(s),
              log_text("outcome", auth_outcome_name(r->outcome)));
}

void
pop3_event_opened(const struct pop3 *s)
{
    log_event(LOG_INFO, "opened", session_of(s), user_of(s),
              log_number("messages", s->drop.count),
              log_number("octets", s->drop.left_bytes));
}

void
pop3_event_removed(const struct pop3 *s)
{
    log_event(LOG_INFO, "updated", session_of(s), user_of(s),
              log_number("removed", s->drop.count - s->drop.left));
}

void
pop3_event_read_failed(const struct pop3 *s, uint32_t uid)
{
    log_event(LOG_ERROR, "read-failed", session_of(s), user_of(s),
              log_number("uid", uid));
}

void
pop3_event_store_failed(const struct pop3 *s, const char *doing,
                        const struct error *e)
{
    log_event(LOG_WARNING, "store-failed", session_of(s), user_of(s),
              log_text("doing", doing), log_text("kind", fail_name(e->kind)),
              log_text("text", e->text));
}

void
pop3_event_closed(const struct pop3 *s, const char *why)
{
    log_event(LOG_INFO, "closed", session_of(s),
              log_text("peer", conn_peer(s->conn)), user_of(s),
              log_text("why", why), log_number("retrieved", s->retrieved));
}
