/*
 * pop3d: hands out INBOX over POP3 (110 with STLS, 995). Started by the
 * supervisor, which binds the ports and hands them down.
 */
#include "base/arena.h"
#include "net/daemon.h"
#include "pop3d/events.h"

#include <stdlib.h>

static const struct front_port ports[] = {
    { "pop3", false },
    { "pop3s", true }, /* RFC 8314 section 3.2 */
    { NULL, false },
};

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
    front_listen_inherited(front, ports, &pop3_protocol, &service);
    front_enter_sandbox(front, settings->listen.sockets);
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
