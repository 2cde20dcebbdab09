#include "tests/net/toy.h"

#define TOTAL       8
#define PER_ADDRESS 5

/* From another address of the loopback net. */
static struct client
connect_from(const struct server *s, const char *address)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(s->port) };
    struct sockaddr_in from = { .sin_family = AF_INET };
    struct timeval patience = { .tv_sec = TOY_PATIENCE };
    struct client c = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    inet_pton(AF_INET, address, &from.sin_addr);
    setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (bind(c.fd, (struct sockaddr *)&from, sizeof from) == -1 ||
        connect(c.fd, (struct sockaddr *)&to, sizeof to) == -1)
        die("cannot connect from %s", address);
    return c;
}

static void
check_caps(void)
{
    struct daemon_options o = server_options();
    struct server s;
    struct client held[TOTAL];
    struct client more;

    o.connections = TOTAL;
    o.per_address = PER_ADDRESS;
    s = server_start(o, false);
    for (int i = 0; i < TOTAL; i++) {
        held[i] = connect_from(&s, i < PER_ADDRESS ? "127.0.0.1" : "127.0.0.2");
        CHECK(client_hears(&held[i], "hello toy\r\n"), "number %d", i);
        if (i != PER_ADDRESS - 1)
            continue;
        more = connect_from(&s, "127.0.0.1");
        CHECK(client_hears(&more, "too many\r\n"), "one from an address");
        CHECK(client_hears_end(&more), "is one too many");
        client_close(&more);
    }
    more = connect_from(&s, "127.0.0.3");
    CHECK(client_hears(&more, "too many\r\n"), "one too many at all");
    client_close(&more);
    client_send(&held[0], "quit\r\n");
    CHECK(client_hears(&held[0], "bye\r\n"), "one leaves");
    CHECK(client_hears_end(&held[0]), "in good order");
    client_close(&held[0]);
    usleep(100000);
    held[0] = connect_from(&s, "127.0.0.1");
    CHECK(client_hears(&held[0], "hello toy\r\n"), "its place is free");
    for (int i = 0; i < TOTAL; i++)
        client_close(&held[i]);
    CHECK(server_stop(&s) == 0, "the server ends well");
}

/* --- reasons -------------------------------------------------------------- */

static void
check_reasons(void)
{
    const struct linger cut = { .l_onoff = 1, .l_linger = 0 };
    struct server s = server_start(server_options(), false);
    struct client c = client_connect(s.port);
    char word[64];

    CHECK(client_hears(&c, "hello toy\r\n"), "greeting");
    client_close(&c);
    CHECK(strcmp(server_why(&s, word), "eof") == 0, "%s", word);
    c = client_connect(s.port);
    client_send(&c, "quit\r\n");
    CHECK(strcmp(server_why(&s, word), "closed") == 0, "%s", word);
    client_close(&c);
    c = client_connect(s.port);
    CHECK(client_hears(&c, "hello toy\r\n"), "greeting");
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
    client_close(&c);
    CHECK(strcmp(server_why(&s, word), "reset") == 0, "%s", word);
    c = client_connect(s.port);
    client_send(&c, "idle 1\r\n");
    CHECK(strcmp(server_why(&s, word), "idle") == 0, "%s", word);
    client_close(&c);
    c = client_connect(s.port);
    client_send(&c, "file 300001\r\n");
    CHECK(strcmp(server_why(&s, word), "file-short") == 0, "%s", word);
    client_close(&c);
    CHECK(server_stop(&s) == 0, "the server ends well");
}

/* Before login little time is given, and bytes that make no line are no sign
 * of life. */
static void
check_login_limit(void)
{
    struct daemon_options o = server_options();
    struct server s;
    struct client c;

    o.login_seconds = 1;
    s = server_start(o, false);
    c = client_connect(s.port);
    CHECK(client_hears(&c, "hello toy\r\n"), "greeting");
    for (int i = 0; i < 3; i++) {
        usleep(250000);
        client_send(&c, "x");
    }
    CHECK(client_hears(&c, "expired\r\n"), "a farewell");
    CHECK(client_hears_end(&c), "and the end");
    client_close(&c);
    CHECK(server_stop(&s) == 0, "the server ends well");
}

/* --- stopping and reloading ----------------------------------------------- */

static void
check_stop(void)
{
    struct server s = server_start(server_options(), false);
    struct client idle = client_connect(s.port);
    struct client waiting = client_connect(s.port);
    struct client stuck = client_connect(s.port);
    struct client reading = client_connect(s.port);
    char *got = mem_take(TOY_STREAM);
    int status;

    CHECK(client_hears(&idle, "hello toy\r\n"), "greeting");
    CHECK(client_hears(&reading, "hello toy\r\n"), "greeting");
    client_send(&reading, "big 65536\r\n");
    client_send(&waiting, "wait 500\r\n");
    client_send(&stuck, "wait 60000\r\n");
    CHECK(client_hears(&waiting, "hello toy\r\n"), "greeting");
    CHECK(client_hears(&stuck, "hello toy\r\n"), "greeting");
    usleep(100000);
    kill(s.pid, SIGTERM);
    CHECK(client_hears(&idle, "stopping\r\n"), "told at once");
    CHECK(client_hears_end(&idle), "and ended");
    CHECK(client_read_all(&reading, got, TOY_STREAM) == TOY_STREAM &&
              client_hears(&reading, "stopping\r\n"),
          "output leaves before");
    CHECK(client_hears(&waiting, "waited\r\nstopping\r\n"),
          "who waits for an answer gets it first");
    CHECK(client_hears(&stuck, "stopping\r\n"), "but not for ever");
    waitpid(s.pid, &status, 0);
    CHECK(status == 0, "the server ends well");
    close(s.log);
    client_close(&idle);
    client_close(&waiting);
    client_close(&stuck);
    client_close(&reading);
    free(got);
}

/* The name in the certificate that is served. */
static bool
is_served(const struct server *s, const char *subject)
{
    struct client c = client_connect(s->tls_port);
    char name[128] = "";
    X509 *cert;

    CHECK(client_shake_hands(&c, NULL, TLS1_3_VERSION), "handshake");
    cert = SSL_get1_peer_certificate(c.ssl);
    X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof name);
    X509_free(cert);
    client_close(&c);
    return strcmp(name, subject) == 0;
}

static void
replace_certificate(const struct server *s)
{
    char command[1024];

    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
             "-nodes -keyout %s -out %s -days 2 -subj /CN=second 2>/dev/null",
             s->key, s->cert);
    CHECK(system(command) == 0, "a second certificate");
}

static void
check_reload(void)
{
    struct server s = server_start(server_options(), false);
    struct client old;

    if (s.tls_port == 0) {
        server_stop(&s);
        return;
    }
    old = client_connect(s.tls_port);
    CHECK(client_shake_hands(&old, NULL, TLS1_3_VERSION), "handshake");
    CHECK(client_hears(&old, "hello toys\r\n"), "greeting");
    CHECK(is_served(&s, "/CN=localhost"), "the first certificate");
    replace_certificate(&s);
    CHECK(is_served(&s, "/CN=localhost"), "until it is told");
    kill(s.pid, SIGHUP);
    usleep(200000);
    CHECK(is_served(&s, "/CN=second"), "the second certificate");
    CHECK(truncate(s.key, 0) == 0, "a broken key");
    kill(s.pid, SIGHUP);
    usleep(200000);
    CHECK(is_served(&s, "/CN=second"), "the old one stays in force");
    client_send(&old, "echo a\r\n");
    CHECK(client_hears(&old, "a\r\n"), "running sessions are not touched");
    client_close(&old);
    CHECK(server_stop(&s) == 0, "the server ends well");
}

/* Many who connect and leave at once; half handshakes; then a guest. */
static void
check_churn(void)
{
    struct server s = server_start(server_options(), false);
    struct client c;

    for (int i = 0; i < 300; i++) {
        c = client_connect(i % 3 == 0 && s.tls_port != 0 ? s.tls_port : s.port);
        if (i % 2 == 0)
            client_send(&c, "\x16\x03\x01");
        client_close(&c);
    }
    c = client_connect(s.port);
    CHECK(client_hears(&c, "hello toy\r\n"), "still served");
    client_close(&c);
    CHECK(server_stop(&s) == 0, "the server ends well");
}

/* --- what the supervisor hands down --------------------------------------- */

static void
check_inherited(void)
{
    const char *name;
    char text[64];
    size_t at = 0;
    int fd;
    int pair[2];

    CHECK(pipe(pair) == 0, "a pipe");
    snprintf(text, sizeof text, "smtp=%d imap=%d", pair[0], pair[1]);
    CHECK(daemon_inherited("smtp") == -1, "nothing without the variable");
    setenv("PILLARBOX_FDS", text, 1);
    CHECK(daemon_inherited("imap") == pair[1], "by name");
    CHECK(daemon_inherited("pop3") == -1, "not handed down");
    CHECK(fcntl(pair[0], F_GETFD) == FD_CLOEXEC, "close-on-exec");
    CHECK(daemon_next_inherited(&at, &name, &fd) && fd == pair[0] &&
              strcmp(name, "smtp") == 0,
          "the first");
    CHECK(daemon_next_inherited(&at, &name, &fd) && fd == pair[1] &&
              strcmp(name, "imap") == 0,
          "the second");
    CHECK(!daemon_next_inherited(&at, &name, &fd), "the end");
    close(pair[0]);
    close(pair[1]);
}

static void
check_key_and_ready(void)
{
    unsigned char key[DAEMON_KEY_SIZE];
    char text[64];
    int pair[2];

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)(i * 7);
    CHECK(pipe(pair) == 0, "a pipe");
    CHECK(write(pair[1], key, sizeof key) == sizeof key, "the key");
    snprintf(text, sizeof text, "%d", pair[0]);
    setenv("PILLARBOX_KEY_FD", text, 1);
    CHECK(memcmp(daemon_key(), key, sizeof key) == 0, "the same bytes");
    CHECK(memcmp(daemon_key(), key, sizeof key) == 0, "and again");
    close(pair[0]);
    close(pair[1]);
    daemon_ready();
    CHECK(pipe(pair) == 0, "a pipe");
    snprintf(text, sizeof text, "%d", pair[1]);
    setenv("PILLARBOX_READY_FD", text, 1);
    daemon_ready();
    daemon_ready();
    CHECK(read(pair[0], text, sizeof text) == 6 &&
              memcmp(text, "ready\n", 6) == 0,
          "one line");
    CHECK(read(pair[0], text, sizeof text) == 0, "and no more");
    close(pair[0]);
}

int
main(void)
{
    check_caps();
    check_reasons();
    check_login_limit();
    check_stop();
    check_reload();
    check_churn();
    check_inherited();
    check_key_and_ready();
    return check_report();
}
