/* authd: knows who has an account here, and keeps it to itself. */
#include "auth/events.h"
#include "auth/sasl.h"
#include "auth/server.h"
#include "net/daemon.h"

#include <signal.h>
#include <unistd.h>

#define THREADS_MAX 8

static unsigned
thread_count(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (processors < 2)
        return 2;
    return processors > THREADS_MAX ? THREADS_MAX : (unsigned)processors;
}

static void
on_term(void *arg)
{
    loop_stop(arg);
}

/* The sockets are called auth-smtp, auth-pop3, auth-imap, auth-admin. */
static void
serve_inherited(struct authd *d)
{
    const char *name;
    struct error e;
    unsigned served = 0;
    int fd;

    for (size_t at = 0; daemon_next_inherited(&at, &name, &fd);) {
        struct span service = span_of(name);

        if (!span_starts(service, "auth-"))
            continue;
        if (!authd_serve(d, fd, span_after(service, 5), &e))
            die("%s: %s", name, e.text);
        served++;
    }
    if (served == 0)
        die("no socket was handed down (pillarbox run starts authd)");
}

int
main(int argc, char **argv)
{
    struct settings *s = settings_from_arguments(&argc, argv, "authd");
    struct authd_options options = { .settings = s, .threads = thread_count() };
    struct loop *l;
    struct authd *d;
    struct error e;

    daemon_prepare();
    options.key = daemon_key();
    l = loop_new();
    if (!sasl_library_start(&e) || !authd_new(&d, l, &options, &e))
        die("%s", e.text);
    serve_inherited(d);
    loop_on_signal(l, SIGTERM, on_term, l);
    loop_on_signal(l, SIGINT, on_term, l);
    auth_event_started(s->auth.dir);
    daemon_ready();
    loop_run(l);
    authd_free(&d);
    sasl_library_stop();
    loop_free(&l);
    auth_event_stopped();
    settings_free(&s);
    return 0;
}
