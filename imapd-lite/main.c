/*
 * imapd-lite: serves IMAP (143, 993). Started by the supervisor, which binds
 * the ports and hands them down.
 */
#include "base/arena.h"
#include "imapd-lite/command.h"
#include "imapd-lite/events.h"
#include "mail/charset.h"
#include "net/daemon.h"

#include <stdlib.h>

static const struct front_port ports[] = {
    { "imap", false },
    { "imaps", true }, /* RFC 8314 section 3.2 */
    { NULL, false },
};

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
    front_listen_inherited(front, ports, imap_protocol(), &shared);
    charsets = charset_load(); /* for SEARCH */
    front_enter_sandbox(front, settings->listen.sockets);
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
