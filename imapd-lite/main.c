/* imapd-lite: serves IMAP on the sockets that the supervisor hands down. */
#include "base/buf.h"
#include "imapd-lite/command.h"
#include "imapd-lite/events.h"
#include "net/daemon.h"
#include "net/sandbox.h"

#include <stdio.h>

#define PATH_ROOM 4096

/* "<listen.sockets>/<name>"; out must have PATH_ROOM bytes. */
static const char *
socket_path(const struct settings *conf, const char *name, char *out)
{
    int n = snprintf(out, PATH_ROOM, "%s/%s", conf->listen.sockets, name);

    if (n < 0 || n >= PATH_ROOM)
        die("listen.sockets: the path is too long");
    return out;
}

static struct front *
make_front(struct loop *l, const struct settings *conf)
{
    const struct daemon_options options = {
        .cert_file = conf->tls.cert,
        .key_file = conf->tls.key,
        .alpn = "imap",
        .connections = conf->limits.connections,
        .per_address = conf->limits.per_address,
        .login_seconds = conf->limits.login_timeout,
        .busy_text = "* BYE [UNAVAILABLE] Too many connections\r\n",
    };
    struct front *front;
    struct error e;

    if (!front_new(&front, l, &options, &e))
        die("%s", e.text);
    return front;
}

static void
listen_where_inherited(struct front *front, const struct imap_shared *shared)
{
    int clear = daemon_inherited("imap");
    int tls = daemon_inherited("imaps");

    if (clear == -1 && tls == -1)
        die("no listening socket: start me through pillarbox");
    if (clear != -1)
        front_listen(front, clear, "imap", false, imap_protocol(), shared);
    if (tls != -1)
        front_listen(front, tls, "imaps", true, imap_protocol(), shared);
}

/* Sockets of the two owners are connected to again when one was restarted;
 * TLS files are read again on SIGHUP. */
static void
enter_sandbox(const struct settings *conf)
{
    const struct sandbox_path paths[] = {
        { conf->listen.sockets, true },
        { conf->tls.cert, false },
        { conf->tls.key, false },
        { NULL, false },
    };
    int in_force;
    struct error e;

    if (!sandbox_enter(paths, &in_force, &e))
        die("%s", e.text);
    imap_event_start(in_force);
}

int
main(int argc, char **argv)
{
    struct settings *conf = settings_from_arguments(&argc, argv, "imapd-lite");
    struct imap_shared shared = { .settings = conf };
    char path[PATH_ROOM];
    struct loop *l;
    struct front *front;

    daemon_prepare();
    l = loop_new();
    shared.auth = auth_client_new(l, socket_path(conf, "auth-imap", path));
    shared.store = store_client_new(l, socket_path(conf, "store-imap", path));
    front = make_front(l, conf);
    shared.has_tls = front_has_tls(front);
    listen_where_inherited(front, &shared);
    enter_sandbox(conf);
    daemon_ready();
    front_run(front);
    imap_event_stop();
    front_free(&front);
    store_client_free(&shared.store);
    auth_client_free(&shared.auth);
    loop_free(&l);
    settings_free(&conf);
    return 0;
}
