/*
 * smtpd: takes mail from other servers (port 25) and from our own users (587,
 * 465). Started by the supervisor, which binds the ports and hands them down.
 */
#include "base/arena.h"
#include "net/daemon.h"
#include "smtpd/events.h"

#include <stdlib.h>

static const struct front_port ports[] = {
    { "smtp", false },
    { "submission", false },
    { "submissions", true }, /* RFC 8314 section 3.3 */
    { NULL, false },
};

static void
new_front(struct front **f, struct loop *loop, const struct settings *settings)
{
    struct daemon_options options = {
        .cert_file = settings->tls.cert,
        .key_file = settings->tls.key,
        .connections = settings->limits.connections,
        .per_address = settings->limits.per_address,
        .login_seconds = settings->limits.smtp_timeout,
        .busy_text = "421 4.3.2 Too many connections, try again later\r\n",
    };
    struct error e;

    if (!front_new(f, loop, &options, &e))
        die("smtpd: %s", e.text);
}

int
main(int argc, char **argv)
{
    struct settings *settings = settings_from_arguments(&argc, argv, "smtpd");
    struct smtp_service service = { .settings = settings };
    struct arena a = { 0 };
    struct front *front;
    struct loop *loop;

    daemon_prepare();
    loop = loop_new();
    new_front(&front, loop, settings);
    service.has_tls = front_has_tls(front);
    service.auth = auth_client_new(
        loop, arena_printf(&a, "%s/auth-smtp", settings->listen.sockets));
    service.store = store_client_new(
        loop, arena_printf(&a, "%s/store-smtp", settings->listen.sockets));
    front_listen_inherited(front, ports, &smtp_protocol, &service);
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
