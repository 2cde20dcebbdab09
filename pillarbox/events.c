#include "pillarbox/events.h"

#include "base/log.h"

#include <sys/wait.h>

void
super_event_listening(const char *name, const char *address)
{
    log_event(LOG_INFO, "listening", log_text("listener", name),
              log_text("address", address));
}

void
super_event_started(const char *program, int pid)
{
    log_event(LOG_INFO, "started", log_text("program", program),
              log_number("pid", (uint64_t)pid));
}

void
super_event_serving(unsigned programs)
{
    log_event(LOG_INFO, "serving", log_number("programs", programs),
              log_text("version", PILLARBOX_VERSION));
}

void
super_event_ended(const char *program, int pid, int wait_status)
{
    bool signalled = WIFSIGNALED(wait_status);

    log_event(
        LOG_ERROR, "ended", log_text("program", program),
        log_number("pid", (uint64_t)pid),
        log_text("by", signalled ? "signal" : "exit"),
        log_number("code", (uint64_t)(signalled ? WTERMSIG(wait_status)
                                                : WEXITSTATUS(wait_status))));
}

void
super_event_not_started(const char *program, const struct error *e)
{
    log_event(LOG_ERROR, "not-started", log_text("program", program),
              log_text("reason", e->text));
}

void
super_event_sockets_made(const char *program, const char *dir)
{
    log_event(LOG_WARNING, "sockets-made-again", log_text("program", program),
              log_text("dir", dir),
              log_text("remedy", "nobody but pillarbox may remove them"));
}

void
super_event_stopping(void)
{
    log_write(LOG_INFO, "stopping", NULL, 0);
}

void
super_event_stopped(void)
{
    log_write(LOG_INFO, "stopped", NULL, 0);
}

void
super_event_killed(const char *program, int pid)
{
    log_event(LOG_WARNING, "killed", log_text("program", program),
              log_number("pid", (uint64_t)pid),
              log_text("reason", "did not stop in time"));
}

void
super_event_certificate(const char *file, const char *fingerprint)
{
    log_event(LOG_INFO, "certificate-made", log_text("file", file),
              log_text("sha256", fingerprint));
}
