/* What the tests of net/ipc.h share: a server that does what the op says, a
 * client that counts, and the loop run until something came to pass. */
#ifndef TESTS_NET_IPC_BENCH_H
#define TESTS_NET_IPC_BENCH_H

#include "tests/check.h"

#include "base/clock.h"
#include "net/ipc.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ECHO = 1, ROWS, REFUSE, HOLD, FLOOD, HUGE_END, PUSH_BACK, END_ALL };

/* clang-format off */
static const struct ipc_op ops[] = {
    { ECHO, "echo" }, { ROWS, "rows" }, { REFUSE, "refuse" }, { HOLD, "hold" },
    { FLOOD, "flood" }, { HUGE_END, "huge-end" }, { PUSH_BACK, "push-back" },
    { END_ALL, "end-all" }, { 0, NULL },
};
/* clang-format on */

/* --- a server that does what the op says ---------------------------------- */

struct served {
    struct loop *loop;
    struct ipc_server *server;
    int opened, closed, requests;
};

struct served_peer {
    struct served *s;
    struct ipc_peer *p;
};

static void *
on_open(void *arg, struct ipc_peer *p, const char *service)
{
    struct served_peer *sp = calloc(1, sizeof *sp);

    sp->s = arg;
    sp->p = p;
    sp->s->opened++;
    CHECK(strcmp(service, "test") == 0, "the service is the listener's");
    return sp;
}

static void
send_rows(struct ipc_peer *p, uint32_t request, uint16_t op, struct span body)
{
    uint32_t count = 0;
    uint32_t size = 0;
    struct buf b = { 0 };

    CHECK(get_u32(&body, &count) && get_u32(&body, &size), "count and size");
    for (uint32_t i = 0; i < count; i++) {
        buf_clear(&b);
        put_u32(&b, i);
        memset(buf_room(&b, size), 'x', size);
        b.n += size;
        ipc_row(p, request, op, buf_span(&b), -1);
    }
    buf_free(&b);
    ipc_done(p, request, op, (struct span){ 0 }, -1);
}

static void
on_request(void *state, uint32_t request, uint16_t op, struct span body, int fd)
{
    struct served_peer *sp = state;
    struct error e;
    char *big;

    sp->s->requests++;
    switch (op) {
    case ECHO:
        ipc_done(sp->p, request, op, body, fd);
        break;
    case ROWS:
    case FLOOD:
        send_rows(sp->p, request, op, body);
        break;
    case REFUSE:
        fail(&e, FAIL_BUSY, "not now: %.*s", SPAN(body));
        ipc_failed(sp->p, request, op, &e);
        break;
    case HUGE_END:
        big = calloc(1, IPC_BODY_MAX + 1);
        ipc_done(sp->p, request, op, span_from(big, IPC_BODY_MAX + 1), -1);
        free(big);
        break;
    case PUSH_BACK:
        ipc_push(sp->p, op, body);
        ipc_done(sp->p, request, op, (struct span){ 0 }, -1);
        break;
    case END_ALL:
        ipc_server_free(&sp->s->server);
        break;
    }
    if (fd != -1)
        close(fd);
}

static void
on_closed(void *state)
{
    struct served_peer *sp = state;

    sp->s->closed++;
    free(sp);
}

static const struct ipc_server_calls server_calls = { on_open, on_request,
                                                      on_closed };

static int
listen_at(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    unlink(path);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              listen(fd, 16) == 0,
          "listen at %s", path);
    return fd;
}

static void
serve(struct served *s, struct loop *l, const char *path)
{
    s->loop = l;
    s->server = ipc_server_new(l, &server_calls, s, ops);
    ipc_server_listen(s->server, listen_at(path), "test");
}

/* --- a client that counts ------------------------------------------------- */

struct asked {
    int rows, dones, failures;
    uint32_t next_row; /* rows come in order */
    struct error e;
    struct buf body;
    int fd;
    struct ipc_client **end; /* freed from inside the answer */
};

static void
on_row(void *arg, struct span body, int fd)
{
    struct asked *a = arg;
    uint32_t n = 0;

    get_u32(&body, &n);
    CHECK(n == a->next_row, "row %u comes after row %u", n, a->next_row);
    a->next_row = n + 1;
    a->rows++;
    if (fd != -1)
        close(fd);
}

static void
on_done(void *arg, struct span body, int fd, const struct error *e)
{
    struct asked *a = arg;

    if (e != NULL) {
        a->failures++;
        a->e = *e;
    } else {
        a->dones++;
        buf_clear(&a->body);
        buf_put(&a->body, body);
    }
    a->fd = fd;
    if (a->end != NULL)
        ipc_client_free(a->end);
}

static const struct ipc_answer answer = { on_row, on_done };

struct client {
    struct ipc_client *c;
    int ups, downs, pushes;
};

static void
on_up(void *arg)
{
    struct client *c = arg;

    c->ups++;
}

static void
on_down(void *arg)
{
    struct client *c = arg;

    c->downs++;
    CHECK(!ipc_client_is_up(c->c), "down says that it is down");
}

static void
on_pushed(void *arg, uint16_t op, struct span body)
{
    struct client *c = arg;

    CHECK(op == PUSH_BACK && span_is(body, "news"), "the pushed frame");
    c->pushes++;
}

static const struct ipc_client_calls client_calls = { on_up, on_down,
                                                      on_pushed };

/* --- running the loop ----------------------------------------------------- */

struct until {
    struct loop *l;
    const int *count;
    int want;
    int64_t end;
};

static void
on_tick(void *arg)
{
    struct until *u = arg;

    if ((u->count != NULL && *u->count >= u->want) ||
        clock_monotonic_ms() > u->end)
        loop_stop(u->l);
}

/* Until *count is `want`, at most so long. */
static void
run_until(struct loop *l, const int *count, int want, int milliseconds)
{
    struct until u = { l, count, want, clock_monotonic_ms() + milliseconds };
    struct timer *t = timer_new(l, on_tick, &u);

    timer_repeat(t, 1);
    loop_run(l);
    timer_free(&t);
}

static void
run_for(struct loop *l, int milliseconds)
{
    run_until(l, NULL, 0, milliseconds);
}

static int
open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static const char *
socket_path(void)
{
    static char path[108];

    if (path[0] == '\0')
        snprintf(path, sizeof path, "%s/s", check_dir());
    return path;
}

#endif
