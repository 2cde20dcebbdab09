#include "net/tls.h"

#include "tests/net/toy.h"

/* --- the files ------------------------------------------------------------ */

static void
check_files_wanted(const char *dir, const char *cert, const char *key)
{
    char other[256];
    char other_key[256];
    const char *sub = check_dir();
    struct tls_server *t = NULL;
    struct error e = { 0 };

    CHECK(!tls_server_new(&t, "/nowhere/cert", key, NULL, &e), "no file");
    CHECK(e.kind == FAIL_NOT_FOUND && t == NULL, "%s", e.text);
    CHECK(!tls_server_new(&t, key, key, NULL, &e), "not a certificate");
    CHECK(e.kind == FAIL_INVALID, "%s", e.text);
    CHECK(!tls_server_new(&t, cert, dir, NULL, &e), "a directory as key");
    CHECK(e.kind == FAIL_INVALID, "%s", e.text);
    CHECK(server_certificate(sub, other, other_key), "another pair");
    CHECK(!tls_server_new(&t, cert, other_key, NULL, &e), "key of another");
    CHECK(e.kind == FAIL_INVALID, "%s", e.text);
    CHECK(tls_server_new(&t, cert, key, "imap", &e), "a pair");
    CHECK(tls_server_reload(t, &e), "and again");
    tls_server_free(&t);
    CHECK(t == NULL, "cleared");
}

static void
check_pass_phrase(const char *dir, const char *cert, const char *key)
{
    char command[1024];
    char locked[256];
    struct tls_server *t = NULL;
    struct error e = { 0 };

    snprintf(locked, sizeof locked, "%s/locked.pem", dir);
    snprintf(command, sizeof command,
             "openssl ec -in %s -out %s -aes128 -passout pass:x 2>/dev/null",
             key, locked);
    CHECK(system(command) == 0, "a key with a pass phrase");
    CHECK(!tls_server_new(&t, cert, locked, NULL, &e), "is not asked for");
    CHECK(e.kind == FAIL_INVALID, "%s", e.text);
}

/* --- handshakes ----------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *why;
    const char *alpn; /* wire form */
    int version;
    bool ok;
} handshakes[] = {
    { "TLS 1.3", NULL, TLS1_3_VERSION, true },
    { "TLS 1.2", NULL, TLS1_2_VERSION, true },
    { "TLS 1.1 is too old", NULL, TLS1_1_VERSION, false },
    { "TLS 1.0 is too old", NULL, TLS1_VERSION, false },
    { "our protocol", "\4imap", TLS1_3_VERSION, true },
    { "ours among others", "\2h2\4imap", TLS1_2_VERSION, true },
    { "another protocol's bytes (ALPACA)", "\2h2\10http/1.1", TLS1_3_VERSION,
      false },
    { "the same in TLS 1.2", "\10http/1.1", TLS1_2_VERSION, false },
};
/* clang-format on */

static void
check_handshakes(const struct server *s)
{
    for (size_t i = 0; i < sizeof handshakes / sizeof *handshakes; i++) {
        struct client c = client_connect(s->tls_port);
        bool ok =
            client_shake_hands(&c, handshakes[i].alpn, handshakes[i].version);

        CHECK(ok == handshakes[i].ok, "%s", handshakes[i].why);
        if (ok)
            CHECK(client_hears(&c, "hello toys\r\n"), "%s", handshakes[i].why);
        client_close(&c);
    }
}

static void
check_ciphers(const struct server *s)
{
    static const char *const weak[] = { "ECDHE-ECDSA-AES128-SHA", "AES128-SHA",
                                        "aNULL", "NULL" };

    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
        struct client c = client_connect(s->tls_port);

        c.ctx = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_max_proto_version(c.ctx, TLS1_2_VERSION);
        SSL_CTX_set_security_level(c.ctx, 0);
        CHECK(SSL_CTX_set_cipher_list(c.ctx, weak[i]) == 1, "%s", weak[i]);
        c.ssl = SSL_new(c.ctx);
        SSL_set_fd(c.ssl, c.fd);
        CHECK(SSL_connect(c.ssl) != 1, "%s is refused", weak[i]);
        client_close(&c);
    }
}

static void
check_renegotiation(const struct server *s)
{
    struct client c = client_connect(s->tls_port);
    char ch;

    CHECK(client_shake_hands(&c, NULL, TLS1_2_VERSION), "handshake");
    CHECK(client_hears(&c, "hello toys\r\n"), "greeting");
    SSL_renegotiate(c.ssl);
    CHECK(SSL_do_handshake(c.ssl) != 1 || SSL_read(c.ssl, &ch, 1) <= 0,
          "no renegotiation");
    client_close(&c);
}

/* Clear text on the TLS port: perhaps an alert, no session, and an end in good
 * order. */
static void
check_clear_text(const struct server *s, const char *text)
{
    struct client c = client_connect(s->tls_port);
    char answer[64];
    ssize_t n;

    client_send(&c, text);
    while ((n = recv(c.fd, answer, sizeof answer, 0)) > 0)
        CHECK(answer[0] == 21, "an alert (RFC 8446 section 5.1): %s", text);
    CHECK(n == 0, "an end without RST: %s", text);
    client_close(&c);
}

/* --- STARTTLS ------------------------------------------------------------- */

static void
check_starttls(const struct server *s, int version)
{
    struct client c = client_connect(s->port);

    CHECK(client_hears(&c, "hello toy\r\n"), "in clear");
    client_send(&c, "starttls\r\n");
    CHECK(client_hears(&c, "go\r\n"), "ready");
    CHECK(client_shake_hands(&c, NULL, version), "handshake");
    client_send(&c, "tls\r\necho x\r\n");
    CHECK(client_hears(&c, "yes\r\nx\r\n"), "the session goes on inside");
    client_send(&c, "starttls\r\necho y\r\n");
    CHECK(client_hears(&c, "go\r\n"), "our toy has no manners");
    CHECK(client_hears_end(&c), "no TLS within TLS");
    client_close(&c);
}

/* Bytes in the same packet as STARTTLS, said in clear by somebody on the line,
 * never run (CVE-2011-0411); a half line of them is not glued to what the
 * client says inside. */
static void
check_injection(const struct server *s, const char *packet)
{
    struct client c = client_connect(s->port);

    CHECK(client_hears(&c, "hello toy\r\n"), "in clear");
    client_send(&c, packet);
    CHECK(client_hears(&c, "go\r\n"), "ready");
    CHECK(client_shake_hands(&c, NULL, TLS1_3_VERSION), "handshake");
    client_send(&c, "tls\r\n");
    CHECK(client_hears(&c, "yes\r\n"), "the first thing answered inside");
    client_close(&c);
}

/* In a packet of their own they are what TLS chokes on. */
static void
check_late_injection(const struct server *s)
{
    struct client c = client_connect(s->port);

    CHECK(client_hears(&c, "hello toy\r\n"), "in clear");
    client_send(&c, "starttls\r\n");
    CHECK(client_hears(&c, "go\r\n"), "ready");
    client_send(&c, "echo injected\r\n");
    CHECK(!client_shake_hands(&c, NULL, TLS1_3_VERSION), "no handshake");
    client_close(&c);
}

/* One record with more lines than fit in one read: nothing stays behind inside
 * OpenSSL, where no event would tell of it. */
static void
check_big_record(const struct server *s)
{
    struct client c = client_connect(s->tls_port);
    struct buf commands = { 0 };
    struct buf answers = { 0 };
    char *got;

    CHECK(client_shake_hands(&c, NULL, TLS1_3_VERSION), "handshake");
    CHECK(client_hears(&c, "hello toys\r\n"), "greeting");
    for (int i = 0; i < 1000; i++) {
        buf_printf(&commands, "echo %d\r\n", i);
        buf_printf(&answers, "%d\r\n", i);
    }
    client_send_bytes(&c, buf_span(&commands));
    got = mem_take(answers.n);
    CHECK(client_read_all(&c, got, answers.n) == answers.n &&
              memcmp(got, answers.p, answers.n) == 0,
          "a thousand answers");
    free(got);
    buf_free(&commands);
    buf_free(&answers);
    client_close(&c);
}

/* TCP cut without close_notify: an end, and no answer is lost. */
static void
check_truncation(const struct server *s)
{
    struct client c = client_connect(s->tls_port);

    CHECK(client_shake_hands(&c, NULL, TLS1_3_VERSION), "handshake");
    CHECK(client_hears(&c, "hello toys\r\n"), "greeting");
    client_send(&c, "echo a\r\n");
    shutdown(c.fd, SHUT_WR);
    CHECK(client_hears(&c, "a\r\n"), "answered");
    CHECK(client_hears_end(&c), "and ended");
    client_close(&c);
}

int
main(void)
{
    struct daemon_options o = server_options();
    struct server s;

    o.alpn = "imap";
    s = server_start(o, false);
    if (s.tls_port != 0) {
        const char *dir = check_dir();

        check_files_wanted(dir, s.cert, s.key);
        check_pass_phrase(dir, s.cert, s.key);
        check_handshakes(&s);
        check_ciphers(&s);
        check_renegotiation(&s);
        check_clear_text(&s, "GET / HTTP/1.0\r\n\r\n");
        check_clear_text(&s, "EHLO client.example\r\nMAIL FROM:<>\r\n");
        check_starttls(&s, TLS1_3_VERSION);
        check_starttls(&s, TLS1_2_VERSION);
        check_injection(&s, "starttls\r\necho injected\r\n");
        check_injection(&s, "starttls\r\necho inj");
        check_late_injection(&s);
        check_big_record(&s);
        check_truncation(&s);
    }
    CHECK(server_stop(&s) == 0, "the server ends well");
    return check_report();
}
