/*
 * imapd-lite: serves IMAP (143, 993). Started by the supervisor, which binds
 * the ports and hands them down.
 */
#include "base/arena.h"
#include "imapd-lite/command.h"
#include "imapd-lite/events.h"
#include "mail/charset.h"
#include "net/daemon.h"
#include "net/sandbox.h"

#include <stdlib.h>

static const struct {
    const char *name; /* in PILLARBOX_FDS, and conn_listener() */
    bool tls;
} ports[] = {
    { "imap", false }, { "imaps", true }, /* RFC 8314 section 3.2 */
};

static void
listen_on(struct front *f, int fd, const char *name,
          const struct imap_shared *shared)
{
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (span_is(span_of(name), ports[i].name)) {
            front_listen(f, fd, name, ports[i].tls, imap_protocol(), shared);
            return;
        }
    die("imapd-lite knows no listener \"%s\"", name);
}

static void
listen_on_all(struct front *f, const struct imap_shared *shared)
{
    const char *name;
    size_t at = 0;
    int fd;
    bool any = false;

    while (daemon_next_inherited(&at, &name, &fd)) {
        listen_on(f, fd, name, shared);
        any = true;
    }
    if (!any)
        die("imapd-lite got no port to listen on; `pillarbox run` starts it");
}

static void
new_front(struct front **f, struct loop *loop, const struct settings *settings)
{
    struct daemon_options options = {
        .cert_file = settings->tls.cert,
        .key_file = settings->tls.key,
        .alpn = "imap",
        .connections = settings->limits.connections,
        .per_address = settings->limits.per_address,
        .login_seconds = settings->limits.login_timeout,
        .busy_text = "* BYE [UNAVAILABLE] Too many connections\r\n",
    };
    struct error e;

    if (!front_new(f, loop, &options, &e))
        die("imapd-lite: %s", e.text);
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
        die("imapd-lite: %s", e.text);
    imap_event_sandbox(in_force);
    arena_clear(&a);
}

int
main(int argc, char **argv)
{
    struct settings *settings =
        settings_from_arguments(&argc, argv, "imapd-lite");
    struct imap_shared shared = { .settings = settings };
    struct charset_shelf *charsets;
    struct arena a = { 0 };
    struct front *front;
    struct loop *loop;

    daemon_prepare();
    loop = loop_new();
    new_front(&front, loop, settings);
    shared.has_tls = front_has_tls(front);
    shared.auth = auth_client_new(
        loop, arena_printf(&a, "%s/auth-imap", settings->listen.sockets));
    shared.store = store_client_new(
        loop, arena_printf(&a, "%s/store-imap", settings->listen.sockets));
    listen_on_all(front, &shared);
    charsets = charset_load(); /* for SEARCH */
    enter_sandbox(settings);
    daemon_ready();
    front_run(front);
    front_free(&front);
    store_client_free(&shared.store);
    auth_client_free(&shared.auth);
    loop_free(&loop);
    charset_unload(&charsets);
    arena_clear(&a);
    settings_free(&settings);
    return EXIT_SUCCESS;
}
