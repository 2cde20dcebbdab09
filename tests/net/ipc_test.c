#include "tests/net/ipc_bench.h"

#include "base/numset.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* --- bodies --------------------------------------------------------------- */

static void
check_bodies(void)
{
    struct numset set = { 0 };
    struct numset back = { 0 };
    struct buf b = { 0 };
    struct span body;
    struct span s;
    uint8_t n8;
    uint16_t n16;
    uint32_t n32;
    uint64_t n64;

    numset_add(&set, 1, 3);
    numset_add(&set, 7, UINT32_MAX);
    put_u8(&b, 200);
    put_u16(&b, 60000);
    put_u32(&b, 4000000000u);
    put_u64(&b, UINT64_MAX - 1);
    put_span(&b, span_of("text"));
    put_numset(&b, &set);
    body = buf_span(&b);
    CHECK(get_u8(&body, &n8) && n8 == 200, "u8");
    CHECK(get_u16(&body, &n16) && n16 == 60000, "u16");
    CHECK(get_u32(&body, &n32) && n32 == 4000000000u, "u32");
    CHECK(get_u64(&body, &n64) && n64 == UINT64_MAX - 1, "u64");
    CHECK(get_span(&body, &s) && span_is(s, "text"), "span");
    numset_add(&back, 50, 60);
    CHECK(get_numset(&body, &back) && back.n == 2 &&
              back.r[1].last == UINT32_MAX,
          "a numset replaces what was there");
    CHECK(body.n == 0, "all of it was read");
    for (size_t n = 0; n < 20; n++) {
        struct span cut = span_sub(span_after(buf_span(&b), b.n - 20), 0, n);
        struct span before = cut;

        CHECK(!get_numset(&cut, &back) && cut.n == before.n,
              "a numset cut after %zu bytes", n);
    }
    buf_free(&b);
    numset_free(&set);
    numset_free(&back);
}

/* clang-format off */
static const struct {
    const char *why;
    uint32_t count, first, last, first2, last2;
} bad_sets[] = {
    { "ends before it starts",  2, 5, 4,  8, 9 },
    { "not sorted",             2, 8, 9,  1, 2 },
    { "overlapping",            2, 1, 5,  5, 9 },
    { "count of more than is there", 3, 1, 2, 4, 5 },
    { "count of very many",     UINT32_MAX, 1, 2, 4, 5 },
};
/* clang-format on */

static void
check_bad_sets(void)
{
    for (size_t i = 0; i < sizeof bad_sets / sizeof *bad_sets; i++) {
        struct numset s = { 0 };
        struct buf b = { 0 };
        struct span body;

        put_u32(&b, bad_sets[i].count);
        put_u32(&b, bad_sets[i].first);
        put_u32(&b, bad_sets[i].last);
        put_u32(&b, bad_sets[i].first2);
        put_u32(&b, bad_sets[i].last2);
        body = buf_span(&b);
        CHECK(!get_numset(&body, &s) && s.n == 0, "%s", bad_sets[i].why);
        buf_free(&b);
        numset_free(&s);
    }
}

/* --- answers -------------------------------------------------------------- */

static void
check_answers(struct loop *l, struct client *c)
{
    struct asked a = { .fd = -1 };
    struct asked r = { .fd = -1 };
    struct asked f = { .fd = -1 };
    struct asked h = { .fd = -1 };
    struct buf b = { 0 };

    for (int i = 0; i < 1000; i++)
        ipc_request(c->c, ECHO, span_of("hello"), -1, &answer, &a);
    CHECK(a.dones == 0, "no answer from inside the call");
    put_u32(&b, 300);
    put_u32(&b, 60000);
    ipc_request(c->c, ROWS, buf_span(&b), -1, &answer, &r);
    ipc_request(c->c, REFUSE, span_of("x"), -1, &answer, &f);
    ipc_request(c->c, HUGE_END, span_of(""), -1, &answer, &h);
    ipc_request(c->c, PUSH_BACK, span_of("news"), -1, NULL, NULL);
    run_until(l, &c->pushes, 1, 5000);
    CHECK(a.dones == 1000 && a.failures == 0, "%d echoes", a.dones);
    CHECK(span_is(buf_span(&a.body), "hello"), "the body comes back");
    CHECK(r.rows == 300 && r.dones == 1, "18 MB of rows: %d", r.rows);
    CHECK(f.failures == 1 && f.e.kind == FAIL_BUSY &&
              strcmp(f.e.text, "not now: x") == 0,
          "a failure has kind and text: %s", f.e.text);
    CHECK(h.failures == 1 && h.e.kind == FAIL_LIMIT,
          "an answer that fits no frame is a failure");
    CHECK(c->pushes == 1, "the pushed frame came");
    b.max = IPC_BODY_MAX + 1;
    memset(buf_room(&b, IPC_BODY_MAX + 1 - b.n), 'x', IPC_BODY_MAX + 1 - b.n);
    b.n = IPC_BODY_MAX + 1;
    ipc_request(c->c, ECHO, buf_span(&b), -1, &answer, &h);
    CHECK(h.failures == 1, "not told from inside the call");
    run_until(l, &h.failures, 2, 1000);
    CHECK(h.failures == 2 && h.e.kind == FAIL_LIMIT,
          "a request that fits no frame");
    b.n = IPC_BODY_MAX;
    ipc_request(c->c, ECHO, buf_span(&b), -1, &answer, &a);
    run_until(l, &a.dones, 1001, 1000);
    CHECK(a.body.n == IPC_BODY_MAX, "the largest frame");
    buf_free(&b);
    buf_free(&a.body);
}

static void
check_descriptors(struct loop *l, struct client *c)
{
    int before = open_descriptors();
    struct asked a = { .fd = -1 };
    int fd = memfd_create("test", MFD_CLOEXEC);
    uint32_t forgotten;
    char text[8] = { 0 };

    CHECK(write(fd, "inside", 6) == 6, "fill the memfd");
    ipc_request(c->c, ECHO, span_of("fd"), fd, &answer, &a);
    run_until(l, &a.dones, 1, 2000);
    CHECK(a.fd != -1 && a.fd != fd, "a descriptor comes back");
    CHECK(pread(a.fd, text, 7, 0) == 6 && strcmp(text, "inside") == 0,
          "and it is the same file");
    CHECK((fcntl(a.fd, F_GETFD) & FD_CLOEXEC) != 0, "it is close-on-exec");
    close(a.fd);
    forgotten = ipc_request(c->c, ECHO, span_of("fd"), fd, &answer, &a);
    ipc_forget(c->c, forgotten);
    ipc_request(c->c, ECHO, span_of("fd"), fd, NULL, NULL);
    run_for(l, 50);
    CHECK(a.dones == 1, "a forgotten request is not answered");
    close(fd);
    CHECK(open_descriptors() == before, "no descriptor is left open");
    buf_free(&a.body);
}

/* --- the line breaks ------------------------------------------------------ */

static void
check_reconnect(struct loop *l, struct client *c, struct served *s)
{
    struct asked held = { .fd = -1 };
    struct asked waiting = { .fd = -1 };
    int before = open_descriptors();
    int64_t start;
    int fd;

    ipc_request(c->c, HOLD, span_of(""), -1, &answer, &held);
    run_for(l, 20);
    ipc_server_free(&s->server);
    run_until(l, &c->downs, 1, 1000);
    CHECK(held.failures == 1 && held.e.kind == FAIL_UNAVAILABLE,
          "what was asked fails at once");
    fd = memfd_create("test", MFD_CLOEXEC);
    ipc_request(c->c, ECHO, span_of("later"), fd, &answer, &waiting);
    close(fd);
    run_for(l, 200);
    CHECK(waiting.dones == 0 && waiting.failures == 0, "it waits");
    serve(s, l, socket_path());
    run_until(l, &waiting.dones, 1, 1000);
    CHECK(c->ups == 2 && c->downs == 1, "up again");
    CHECK(waiting.dones == 1 && waiting.fd != -1, "sent with its descriptor");
    close(waiting.fd);
    ipc_server_free(&s->server);
    unlink(socket_path());
    run_until(l, &c->downs, 2, 1000);
    start = clock_monotonic_ms();
    ipc_request(c->c, ECHO, span_of("too late"), -1, &answer, &waiting);
    run_until(l, &waiting.failures, 1, 4000);
    CHECK(waiting.e.kind == FAIL_UNAVAILABLE, "patience ends");
    CHECK(clock_monotonic_ms() - start >= 1990 &&
              clock_monotonic_ms() - start < 3500,
          "after two seconds: %d", (int)(clock_monotonic_ms() - start));
    serve(s, l, socket_path());
    run_until(l, &c->ups, 3, 1000);
    CHECK(c->ups == 3, "and back it is");
    CHECK(open_descriptors() == before, "no descriptor is left open");
    buf_free(&waiting.body);
}

static pid_t
serve_in_child(const char *path)
{
    int fd = listen_at(path);
    pid_t pid = fork();

    if (pid == 0) {
        struct served s = { .loop = loop_new() };

        s.server = ipc_server_new(s.loop, &server_calls, &s, ops);
        ipc_server_listen(s.server, fd, "test");
        loop_run(s.loop);
        _exit(0);
    }
    close(fd);
    return pid;
}

/* Two processes, and the owner is killed. */
static void
check_killed(struct loop *l)
{
    struct client c = { 0 };
    struct asked a = { .fd = -1 };
    struct asked held = { .fd = -1 };
    char path[108];
    pid_t pid;

    snprintf(path, sizeof path, "%s/killed", check_dir());
    c.c = ipc_client_new(l, path, &client_calls, &c, ops);
    ipc_request(c.c, ECHO, span_of("early"), -1, &answer, &a);
    pid = serve_in_child(path);
    run_until(l, &a.dones, 1, 2000);
    CHECK(a.dones == 1, "a client that started first waits");
    ipc_request(c.c, HOLD, span_of(""), -1, &answer, &held);
    run_for(l, 50);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    run_until(l, &held.failures, 1, 2000);
    CHECK(held.failures == 1, "killed: the outstanding request fails");
    ipc_request(c.c, ECHO, span_of("again"), -1, &answer, &a);
    pid = serve_in_child(path);
    run_until(l, &a.dones, 2, 2000);
    CHECK(a.dones == 2, "its successor answers what waited");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ipc_client_free(&c.c);
    buf_free(&a.body);
}

static void
check_pair(struct loop *l)
{
    struct served s = { .loop = l };
    struct client c = { 0 };
    struct asked a = { .fd = -1 };
    int64_t start;
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0,
          "a socket pair");
    s.server = ipc_server_new(l, &server_calls, &s, ops);
    ipc_server_adopt(s.server, pair[0], "test");
    c.c = ipc_client_on_fd(l, pair[1], &client_calls, &c, ops);
    ipc_request(c.c, ECHO, span_of("pair"), -1, &answer, &a);
    run_until(l, &a.dones, 1, 1000);
    CHECK(a.dones == 1, "a pair needs no listener");
    ipc_request(c.c, END_ALL, span_of(""), -1, &answer, &a);
    run_until(l, &c.downs, 1, 1000);
    CHECK(s.closed == 1 && a.failures == 1,
          "a server freed in its own callback takes its peers along");
    start = clock_monotonic_ms();
    ipc_request(c.c, ECHO, span_of("pair"), -1, &answer, &a);
    run_until(l, &a.failures, 2, 3000);
    CHECK(a.failures == 2 && clock_monotonic_ms() - start < 500,
          "nothing comes back on a pair, so nothing waits");
    ipc_client_free(&c.c);
    buf_free(&a.body);
}

static void
check_free_inside(struct loop *l)
{
    struct client c = { 0 };
    struct asked a = { .fd = -1, .end = &c.c };
    struct asked b = { .fd = -1 };

    c.c = ipc_client_new(l, socket_path(), &client_calls, &c, ops);
    ipc_request(c.c, ECHO, span_of("1"), -1, &answer, &a);
    ipc_request(c.c, ECHO, span_of("2"), -1, &answer, &b);
    run_until(l, &a.dones, 1, 1000);
    run_for(l, 20);
    CHECK(a.dones == 1 && c.c == NULL && b.dones == 0,
          "a client freed in its own callback makes no more calls");
    buf_free(&a.body);
}

int
main(void)
{
    struct loop *l = loop_new();
    struct served s = { 0 };
    struct client c = { 0 };

    check_bodies();
    check_bad_sets();
    check_killed(l);
    check_pair(l);
    serve(&s, l, socket_path());
    c.c = ipc_client_new(l, socket_path(), &client_calls, &c, ops);
    run_until(l, &c.ups, 1, 1000);
    CHECK(c.ups == 1, "up");
    check_answers(l, &c);
    check_descriptors(l, &c);
    check_free_inside(l);
    check_reconnect(l, &c, &s);
    ipc_client_free(&c.c);
    ipc_server_free(&s.server);
    CHECK(s.opened == s.closed, "every peer was closed");
    loop_free(&l);
    return check_report();
}
