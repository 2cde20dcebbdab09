#include "auth/events.h"

#include "base/log.h"

void
auth_event_started(const char *dir)
{
    log_event(LOG_INFO, "started", log_text("accounts", dir));
}

void
auth_event_stopped(void)
{
    log_write(LOG_INFO, "stopped", NULL, 0);
}

void
auth_event_attempt(const struct auth_event *v)
{
    struct span user = v->user_exists ? v->user : span_of("?");
    /* A client that is out of step sends its password here. */
    struct span mechanism =
        v->outcome == AUTH_NO_MECH ? span_of("?") : v->mechanism;

    log_event(LOG_INFO, "auth", log_span("session", v->session),
              log_text("service", v->service), log_span("user", user),
              log_span("peer", v->peer), log_span("mechanism", mechanism),
              log_text("outcome", auth_outcome_name(v->outcome)),
              log_number("delay-ms", (uint64_t)v->delay_ms));
}

void
auth_event_database(const char *doing, const struct error *e)
{
    log_event(LOG_ERROR, "database", log_text("doing", doing),
              log_text("kind", fail_name(e->kind)), log_text("why", e->text));
}

void
auth_event_admin(const char *what, struct span first, const struct error *e)
{
    log_event(LOG_INFO, "admin", log_text("what", what),
              log_span("name", first),
              log_text("outcome", e == NULL ? "done" : fail_name(e->kind)));
}
