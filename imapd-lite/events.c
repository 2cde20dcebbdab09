#include "imapd-lite/events.h"

#include "base/log.h"
#include "imapd-lite/command.h"
#include "imapd-lite/limits.h"

static struct log_field
session_of(const struct imap *s)
{
    return log_text("session", conn_id(s->conn));
}

void
imap_event_connect(const struct imap *s)
{
    log_event(LOG_INFO, "connect", session_of(s),
              log_text("peer", conn_peer(s->conn)),
              log_text("listener", conn_listener(s->conn)),
              log_text("tls", conn_tls_version(s->conn)));
}

void
imap_event_disconnect(const struct imap *s, const char *why)
{
    log_event(LOG_INFO, "disconnect", session_of(s),
              log_text("user", s->user == NULL ? "" : s->user),
              log_text("why", why));
}

void
imap_event_login(const struct imap *s, const char *how)
{
    log_event(LOG_INFO, "login", session_of(s), log_text("user", s->user),
              log_text("how", how), log_text("peer", conn_peer(s->conn)),
              log_text("tls", conn_tls_version(s->conn)));
}

void
imap_event_login_failed(const struct imap *s, const char *how,
                        enum auth_outcome outcome)
{
    log_event(LOG_INFO, "login-failed", session_of(s),
              log_text("peer", conn_peer(s->conn)), log_text("how", how),
              log_text("outcome", auth_outcome_name(outcome)));
}

void
imap_event_refused(const struct imap *s)
{
    const struct error *e = &s->run.error;

    if (e->kind != FAIL_IO && e->kind != FAIL_CORRUPT &&
        e->kind != FAIL_UNAVAILABLE && e->kind != FAIL_FULL)
        return;
    log_event(LOG_WARNING, "command-failed", session_of(s),
              log_text("user", s->user == NULL ? "" : s->user),
              log_text("command", s->run.row == NULL ? "" : s->run.row->name),
              log_text("kind", fail_name(e->kind)), log_text("text", e->text));
}

void
imap_event_client(const struct imap *s, struct span name, struct span version)
{
    log_event(LOG_INFO, "client", session_of(s),
              log_span("name", span_sub(name, 0, IMAP_ID_LOGGED_MAX)),
              log_span("version", span_sub(version, 0, IMAP_ID_LOGGED_MAX)));
}

void
imap_event_append(const struct imap *s, uint64_t size, uint32_t uid)
{
    log_event(LOG_INFO, "append", session_of(s), log_text("user", s->user),
              log_number("size", size), log_number("uid", uid));
}
