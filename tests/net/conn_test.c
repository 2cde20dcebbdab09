#include "tests/net/toy.h"

#define BIG  ((size_t)8 << 20)
#define MANY 200

/* Sanitizers keep freed memory for a while. 2 GB are asked for. */
#define NEVER_READ_KIB (64 << 10)

/* --- without a socket ----------------------------------------------------- */

/* Whole and byte by byte: where the network cuts must not matter. */
/* clang-format off */
static const struct {
    const char *why, *in, *out;
    enum next last;
} dialogues[] = {
    { "the greeting needs no input", "", "hello t\r\n", NEXT_INPUT },
    { "pipelined commands", "echo a\r\necho b\r\n", "hello t\r\na\r\nb\r\n",
      NEXT_INPUT },
    { "half a line waits", "echo a\r\nech", "hello t\r\na\r\n", NEXT_INPUT },
    { "nothing after the end", "quit\r\necho b\r\n", "hello t\r\nbye\r\n",
      NEXT_CLOSE },
    { "conn_close() inside run()", "close\r\necho b\r\n", "hello t\r\n",
      NEXT_CLOSE },
    { "STARTTLS: TLS at once", "tls\r\nstarttls\r\n",
      "hello t\r\nno\r\ngo\r\n", NEXT_INPUT },
};
/* clang-format on */

static void
check_dialogue(size_t i, size_t step)
{
    struct span in = span_of(dialogues[i].in);
    struct buf out = { 0 };
    enum next last = NEXT_INPUT;
    struct conn *c = conn_new_for_test(&toy_protocol, NULL, "t", false, &out);

    for (size_t at = 0; at < in.n; at += step)
        last = conn_test_input(c, span_sub(in, at, step));
    CHECK(span_is(buf_span(&out), dialogues[i].out), "%s (step %zu): %s",
          dialogues[i].why, step, buf_text(&out));
    CHECK(last == dialogues[i].last, "%s (step %zu)", dialogues[i].why, step);
    conn_test_free(&c);
    CHECK(c == NULL, "freed");
    buf_free(&out);
}

static void
check_injection_without_socket(void)
{
    struct buf out = { 0 };
    struct conn *c = conn_new_for_test(&toy_protocol, NULL, "t", false, &out);

    conn_test_input(c, span_of("starttls\r\necho injected\r\n"));
    conn_test_input(c, span_of("tls\r\n"));
    CHECK(span_is(buf_span(&out), "hello t\r\ngo\r\nyes\r\n"),
          "what stood behind STARTTLS is gone: %s", buf_text(&out));
    conn_test_free(&c);
    buf_free(&out);
}

static void
check_drain_without_socket(void)
{
    struct buf out = { 0 };
    struct conn *c = conn_new_for_test(&toy_protocol, NULL, "t", true, &out);

    conn_test_input(c, span_of("stream 3\r\necho x\r\n"));
    CHECK(out.n == 9 + 3 * TOY_STREAM + 3, "all of it: %zu", out.n);
    CHECK(strlen(conn_id(c)) == 16, "sixteen digits: %s", conn_id(c));
    CHECK(conn_is_tls(c), "as the test asked");
    conn_test_free(&c);
    buf_free(&out);
}

/* A session that asks for more and uses nothing is hung up. */
static void
check_hoard_without_socket(void)
{
    char *much = mem_take(CONN_INPUT_MAX);
    struct buf out = { 0 };
    struct conn *c = conn_new_for_test(&toy_protocol, NULL, "t", false, &out);

    conn_test_input(c, span_of("hoard\r\n"));
    CHECK(conn_test_input(c, span_from(much, CONN_INPUT_MAX - 1)) == NEXT_INPUT,
          "still below the limit");
    CHECK(conn_test_input(c, span_from(much, 1)) == NEXT_CLOSE,
          "the limit is reached");
    conn_test_free(&c);
    buf_free(&out);
    free(much);
}

/* --- over loopback, in clear and over TLS ---------------------------------- */

static struct client
meet(const struct server *s, bool tls)
{
    struct client c = client_connect(tls ? s->tls_port : s->port);

    if (tls)
        CHECK(client_shake_hands(&c, NULL, TLS1_3_VERSION), "handshake");
    CHECK(client_hears(&c, tls ? "hello toys\r\n" : "hello toy\r\n"),
          "greeting");
    return c;
}

static void
check_echo(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);

    client_send(&c, "echo a\r\n");
    CHECK(client_hears(&c, "a\r\n"), "an answer");
    client_send(&c, "tls\r\nwait 20\r\necho b\r\nlater 20\r\n");
    CHECK(client_hears(&c, tls ? "yes\r\n" : "no\r\n"), "conn_is_tls");
    CHECK(client_hears(&c, "waited\r\nb\r\n"), "input waits for the wait");
    CHECK(client_hears(&c, "later\r\n"), "conn_put() outside run()");
    client_send(&c, "quit\r\necho c\r\n");
    CHECK(client_hears(&c, "bye\r\n"), "the last answer comes");
    CHECK(client_hears_end(&c), "and then the end, no reset");
    client_close(&c);
}

/* One write of ours is one read of the peer's. */
static void
check_gather(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);
    char got[64];
    ssize_t n;

    client_send(&c, "echo a\r\ngather 200\r\n");
    n = client_read(&c, got, sizeof got);
    CHECK(n == 11 && memcmp(got, "a\r\nwaited\r\n", 11) == 0,
          "what came before a wait leaves with what comes after it: %zd", n);
    client_send(&c, "quit\r\n");
    CHECK(client_hears(&c, "bye\r\n"), "and all goes on");
    client_close(&c);
}

static void
check_byte_by_byte(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);
    struct span all = span_of("echo slow\r\nclose\r\n");

    for (size_t i = 0; i < all.n; i++)
        client_send_bytes(&c, span_sub(all, i, 1));
    CHECK(client_hears(&c, "slow\r\n"), "one byte at a time");
    CHECK(client_hears_end(&c), "conn_close() in run()");
    client_close(&c);
}

static void
check_pattern(struct client *c, size_t n, const char *why)
{
    char *got = mem_take(n);
    char *want = mem_take(n);

    toy_fill(want, n);
    CHECK(client_read_all(c, got, n) == n, "%s: all of %zu bytes", why, n);
    CHECK(memcmp(got, want, n) == 0, "%s: and the right ones", why);
    free(got);
    free(want);
}

/* 8 MB, then many commands in one burst, read by somebody who takes his time:
 * every answer comes, in order. */
static void
check_slow_reader(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);
    struct buf commands = { 0 };
    struct buf answers = { 0 };

    buf_printf(&commands, "big %zu\r\n", BIG);
    for (int i = 0; i < MANY; i++) {
        buf_printf(&commands, "echo number %d\r\n", i);
        buf_printf(&answers, "number %d\r\n", i);
    }
    client_send_bytes(&c, buf_span(&commands));
    usleep(200000);
    check_pattern(&c, BIG, "big");
    buf_put_ch(&answers, '\0');
    answers.n--;
    for (size_t at = 0; at < answers.n;) {
        char piece[16];
        size_t n =
            answers.n - at < sizeof piece ? answers.n - at : sizeof piece;

        CHECK(client_read_all(&c, piece, n) == n &&
                  memcmp(piece, answers.p + at, n) == 0,
              "answers at %zu", at);
        at += n;
    }
    buf_free(&commands);
    buf_free(&answers);
    client_close(&c);
}

/* A client that asks for 2 GB and does not read: memory stays where it was,
 * and others are served. */
static long
resident_kib(int pid)
{
    char path[64];
    char line[256];
    long kib = -1;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    }
    if (f != NULL)
        fclose(f);
    return kib;
}

static void
check_never_reads(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);
    long before = resident_kib(s->pid);
    long after;

    client_send(&c, "stream 32768\r\n");
    usleep(300000);
    check_echo(s, tls);
    after = resident_kib(s->pid);
    CHECK(before > 0 && after - before < NEVER_READ_KIB, "%ld KiB became %ld",
          before, after);
    client_close(&c);
}

static void
check_stream(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);

    client_send(&c, "stream 40\r\necho done\r\n");
    for (int i = 0; i < 40; i++)
        check_pattern(&c, TOY_STREAM, "NEXT_DRAIN");
    CHECK(client_hears(&c, "done\r\n"), "goes on after NEXT_DRAIN");
    client_close(&c);
}

static void
check_files(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);

    client_send(&c, "echo a\r\nfile 300000\r\nfile 0\r\necho b\r\nfile 5\r\n");
    CHECK(client_hears(&c, "a\r\n"), "before the file");
    check_pattern(&c, TOY_FILE, "a file");
    CHECK(client_hears(&c, "b\r\n"), "behind the file");
    check_pattern(&c, 5, "some of a file");
    client_close(&c);
}

/* The count was announced: what is missing cannot be made up for. */
static void
check_short_file(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);
    char ch;

    client_send(&c, "file 300001\r\necho b\r\n");
    check_pattern(&c, TOY_FILE, "what there is");
    CHECK(client_read(&c, &ch, 1) <= 0, "then the connection is cut");
    client_close(&c);
}

/* Who still talks when we hang up gets our last words all the same: closing a
 * socket with unread input would send RST after them. */
static void
check_last_words(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);
    socklen_t len = sizeof(int);
    int fault = 0;
    size_t n = 40000;
    char *much = mem_take(n);

    memset(much, 'x', n);
    memcpy(much, "quit\r\n", 6);
    client_send_bytes(&c, span_from(much, n));
    usleep(100000);
    CHECK(client_hears(&c, "bye\r\n"), "the last words");
    CHECK(client_hears_end(&c), "then the end");
    CHECK(getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &fault, &len) == 0 &&
              fault == 0,
          "no reset behind them");
    free(much);
    client_close(&c);
}

/* Everything asked before the client ended its half is answered. */
static void
check_half_closed(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);

    client_send(&c, "wait 50\r\necho a\r\nbig 1000000\r\necho b\r\necho");
    if (tls)
        SSL_shutdown(c.ssl);
    shutdown(c.fd, SHUT_WR);
    CHECK(client_hears(&c, "waited\r\na\r\n"), "answers after the end");
    check_pattern(&c, 1000000, "half closed");
    CHECK(client_hears(&c, "b\r\n"), "the last one too");
    CHECK(client_hears_end(&c), "then the other half ends");
    client_close(&c);
}

static void
check_idle(const struct server *s, bool tls)
{
    struct client c = meet(s, tls);

    client_send(&c, "idle 1\r\nwait 1500\r\n");
    CHECK(client_hears(&c, "waited\r\n"), "waiting is not idling");
    for (int i = 0; i < 4; i++) {
        usleep(400000);
        client_send(&c, "x"); /* part of a line is no activity */
    }
    CHECK(client_hears(&c, "expired\r\n"), "a farewell");
    CHECK(client_hears_end(&c), "and the end");
    client_close(&c);
}

static void
check_resets(const struct server *s, bool tls)
{
    const struct linger cut = { .l_onoff = 1, .l_linger = 0 };

    for (int i = 0; i < 50; i++) {
        struct client c = meet(s, tls);

        client_send(&c, "stream 100\r\nwait 10\r\necho a\r\n");
        setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
        close(c.fd);
        c.fd = -1;
        client_close(&c);
    }
    check_echo(s, tls);
}

static void
check_all(const struct server *s, bool tls)
{
    check_echo(s, tls);
    check_gather(s, tls);
    check_byte_by_byte(s, tls);
    check_slow_reader(s, tls);
    check_never_reads(s, tls);
    check_stream(s, tls);
    check_files(s, tls);
    check_short_file(s, tls);
    check_last_words(s, tls);
    check_half_closed(s, tls);
    check_idle(s, tls);
    check_resets(s, tls);
}

int
main(void)
{
    static const size_t steps[] = { 1, 3, 64 };
    struct server s;

    for (size_t i = 0; i < sizeof dialogues / sizeof *dialogues; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
            check_dialogue(i, steps[k]);
    }
    check_injection_without_socket();
    check_drain_without_socket();
    check_hoard_without_socket();
    s = server_start(server_options(), false);
    check_all(&s, false);
    if (s.tls_port != 0)
        check_all(&s, true);
    CHECK(server_stop(&s) == 0, "the server ends well, with no leak");
    return check_report();
}
