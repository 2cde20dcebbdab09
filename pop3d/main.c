/*
 * pop3d: hands out INBOX over POP3 (110 with STLS, 995). Started by the
 * supervisor, which binds the ports and hands them down.
 */
#include "base/arena.h"
#include "net/daemon.h"
#include "net/sandbox.h"
#include "pop3d/events.h"

#include <stdlib.h>

static const struct {
    const char *name; /* in PILLARBOX_FDS, and conn_listener() */
    bool tls;
} ports[] = {
    { "pop3", false }, { "pop3s", true }, /* RFC 8314 section 3.2 */
};

static void
listen_on(struct front *f, int fd, const char *name,
          const struct pop3_service *service)
{
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (span_is(span_of(name), ports[i].name)) {
            front_listen(f, fd, name, ports[i].tls, &pop3_protocol, service);
            return;
        }
    die("pop3d knows no listener \"%s\"", name);
}

static void
listen_on_all(struct front *f, const struct pop3_service *service)
{
    const char *name;
    size_t at = 0;
    int fd;
    bool any = false;

    while (daemon_next_inherited(&at, &name, &fd)) {
        listen_on(f, fd, name, service);
        any = true;
    }
    if (!any)
        die("pop3d got no port to listen on; `pillarbox run` starts it");
}

static void
new_front(struct front **f, struct loop *loop, const struct settings *settings)
{
    struct daemon_options options = {
        .cert_file = settings->tls.cert,
        .key_file = settings->tls.key,
        .alpn = "pop3",
        .connections = settings->limits.connections,
        .per_address = settings->limits.per_address,
        .login_seconds = settings->limits.login_timeout,
        .busy_text =
            "-ERR [SYS/TEMP] Too many connections, try again later\r\n",
    };
    struct error e;

    if (!front_new(f, loop, &options, &e))
        die("pop3d: %s", e.text);
}

/* "/etc/tls/cert.pem" is "/etc/tls": the file may be replaced (SIGHUP). */
static const char *
directory_of(struct arena *a, const char *file)
{
    struct span path = span_of(file);

    while (path.n > 1 && path.p[path.n - 1] != '/')
        path.n--;
    return arena_text(a, path);
}

/* After this only the certificate's files can be opened. */
static void
enter_sandbox(const struct settings *settings)
{
    struct arena a = { 0 };
    struct sandbox_path paths[4] = { { settings->listen.sockets, false } };
    int in_force = 0;
    struct error e;

    if (settings->tls.cert != NULL && *settings->tls.cert != '\0') {
        paths[1].path = directory_of(&a, settings->tls.cert);
        paths[2].path = directory_of(&a, settings->tls.key);
    }
    if (!sandbox_enter(paths, &in_force, &e))
        die("pop3d: %s", e.text);
    pop3_event_sandbox(in_force);
    arena_clear(&a);
}

int
main(int argc, char **argv)
{
    struct settings *settings = settings_from_arguments(&argc, argv, "pop3d");
    struct pop3_service service = { .settings = settings };
    struct arena a = { 0 };
    struct front *front;
    struct loop *loop;

    daemon_prepare();
    loop = loop_new();
    new_front(&front, loop, settings);
    service.has_tls = front_has_tls(front);
    service.auth = auth_client_new(
        loop, arena_printf(&a, "%s/auth-pop3", settings->listen.sockets));
    service.store = store_client_new(
        loop, arena_printf(&a, "%s/store-pop3", settings->listen.sockets));
    listen_on_all(front, &service);
    enter_sandbox(settings);
    daemon_ready();
    front_run(front);
    front_free(&front);
    store_client_free(&service.store);
    auth_client_free(&service.auth);
    loop_free(&loop);
    arena_clear(&a);
    settings_free(&settings);
    return EXIT_SUCCESS;
}
