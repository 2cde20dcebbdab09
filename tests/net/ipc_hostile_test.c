#include "tests/net/ipc_bench.h"

#include <errno.h>

/* A client that knows the protocol, but keeps to no rule. */
static int
connect_raw(void)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    snprintf(to.sun_path, sizeof to.sun_path, "%s", socket_path());
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect");
    return fd;
}

/* The server's own hello is the right answer to it. */
static void
say_hello(struct loop *l, int fd)
{
    char hello[200];
    ssize_t n;

    run_for(l, 20);
    n = recv(fd, hello, sizeof hello, MSG_DONTWAIT);
    CHECK(n > 12, "the server says hello");
    if (n > 0)
        CHECK(send(fd, hello, (size_t)n, 0) == n, "and so do we");
}

static size_t
pack(char *to, uint32_t request, uint16_t op, uint16_t status, uint32_t length)
{
    memcpy(to, &request, 4);
    memcpy(to + 4, &op, 2);
    memcpy(to + 6, &status, 2);
    memcpy(to + 8, &length, 4);
    return 12;
}

/* clang-format off */
static const struct {
    const char *why;
    uint32_t request;
    uint16_t op, status;
    uint32_t length;
    size_t size; /* of the packet */
    bool greets;
} garbage[] = {
    { "no hello",                     1, ECHO, 0,   0, 12,     false },
    { "a hello of another build",     0, 0xffff, 0, 3, 15,     false },
    { "a hello without a header",     0, 0xffff, 0, 3, 5,      false },
    { "half a header",                1, ECHO, 0,   0, 7,      true  },
    { "one byte",                     1, ECHO, 0,   0, 1,      true  },
    { "a length beyond the packet",   1, ECHO, 0,   9, 12,     true  },
    { "a length of very much",        1, ECHO, 0,   UINT32_MAX, 12, true },
    { "a length below the packet",    1, ECHO, 0,   1, 20,     true  },
    { "a packet beyond the limit",    1, ECHO, 0,   65525, 65537, true },
    { "a packet far beyond it",       1, ECHO, 0,   99988, 100000, true },
    { "a request without a number",   0, ECHO, 0,   0, 12,     true  },
    { "an answer",                    1, ECHO, 1,   0, 12,     true  },
    { "a failure of no kind",         1, ECHO, 999, 0, 12,     true  },
    { "a second hello",               0, 0xffff, 0, 0, 12,     true  },
};
/* clang-format on */

static bool
is_cut(struct loop *l, int fd)
{
    char rest[4096];
    ssize_t n;

    run_for(l, 30);
    do
        n = recv(fd, rest, sizeof rest, MSG_DONTWAIT);
    while (n > 0);
    return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void
check_garbage(struct loop *l, struct client *c, struct served *s)
{
    char *packet = calloc(1, 200000);
    int before = open_descriptors();

    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        struct asked a = { .fd = -1 };
        int requests = s->requests;
        int fd = connect_raw();

        if (garbage[i].greets)
            say_hello(l, fd);
        pack(packet, garbage[i].request, garbage[i].op, garbage[i].status,
             garbage[i].length);
        CHECK(send(fd, packet, garbage[i].size, 0) == (ssize_t)garbage[i].size,
              "send: %s", garbage[i].why);
        CHECK(is_cut(l, fd), "cut off: %s", garbage[i].why);
        CHECK(s->requests == requests, "not served: %s", garbage[i].why);
        close(fd);
        ipc_request(c->c, ECHO, span_of("well"), -1, &answer, &a);
        run_until(l, &a.dones, 1, 1000);
        CHECK(a.dones == 1, "others are served: %s", garbage[i].why);
        buf_free(&a.body);
    }
    run_for(l, 20);
    CHECK(open_descriptors() == before, "no descriptor is left open");
    CHECK(s->opened == s->closed + 1, "%d opened, %d closed", s->opened,
          s->closed);
    free(packet);
}

/* Five descriptors with one frame: one is passed on, none is kept. */
static void
check_many_descriptors(struct loop *l)
{
    int before = open_descriptors();
    char control[CMSG_SPACE(5 * sizeof(int))] = { 0 };
    char header[12];
    struct iovec part = { header, pack(header, 9, ECHO, 0, 0) };
    struct msghdr m = { .msg_iov = &part,
                        .msg_iovlen = 1,
                        .msg_control = control,
                        .msg_controllen = sizeof control };
    struct cmsghdr *cm = CMSG_FIRSTHDR(&m);
    int fds[5] = { 0, 1, 2, 0, 1 };
    int fd = connect_raw();

    say_hello(l, fd);
    cm->cmsg_level = SOL_SOCKET;
    cm->cmsg_type = SCM_RIGHTS;
    cm->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(cm), fds, sizeof fds);
    CHECK(sendmsg(fd, &m, 0) == 12, "send five descriptors");
    run_for(l, 30);
    CHECK(recv(fd, header, sizeof header, MSG_DONTWAIT) == 12,
          "the request is answered");
    close(fd);
    run_for(l, 20);
    CHECK(open_descriptors() == before, "the other four were closed");
}

/* It asks for 80 MB and does not fetch them. */
static void
check_queue_limit(struct loop *l, struct served *s)
{
    int closed = s->closed;
    char packet[20];
    uint32_t count = 1400;
    uint32_t size = 60000;
    int fd = connect_raw();

    say_hello(l, fd);
    pack(packet, 1, FLOOD, 0, 8);
    memcpy(packet + 12, &count, 4);
    memcpy(packet + 16, &size, 4);
    CHECK(send(fd, packet, sizeof packet, 0) == sizeof packet, "ask");
    run_until(l, &s->closed, closed + 1, 3000);
    CHECK(s->closed == closed + 1, "cut off beyond 64 MiB");
    close(fd);
}

/* It asks for 12 MB again and again: requests rest while answers wait. */
static void
check_requests_rest(struct loop *l, struct served *s)
{
    int requests = s->requests;
    int closed = s->closed;
    char packet[20];
    uint32_t count = 200;
    uint32_t size = 60000;
    int fd = connect_raw();

    say_hello(l, fd);
    pack(packet, 1, FLOOD, 0, 8);
    memcpy(packet + 12, &count, 4);
    memcpy(packet + 16, &size, 4);
    for (int i = 0; i < 20; i++)
        CHECK(send(fd, packet, sizeof packet, 0) == sizeof packet, "ask");
    run_for(l, 200);
    CHECK(s->requests == requests + 1 && s->closed == closed,
          "the second request rests: %d", s->requests - requests);
    close(fd);
    run_until(l, &s->closed, closed + 1, 1000);
    CHECK(s->closed == closed + 1, "and the end is seen all the same");
}

int
main(void)
{
    struct loop *l = loop_new();
    struct served s = { 0 };
    struct client c = { 0 };

    serve(&s, l, socket_path());
    c.c = ipc_client_new(l, socket_path(), &client_calls, &c, ops);
    run_until(l, &c.ups, 1, 1000);
    CHECK(c.ups == 1, "up");
    check_garbage(l, &c, &s);
    check_many_descriptors(l);
    check_queue_limit(l, &s);
    check_requests_rest(l, &s);
    CHECK(c.downs == 0, "the good client never noticed");
    ipc_client_free(&c.c);
    ipc_server_free(&s.server);
    CHECK(s.opened == s.closed, "every peer was closed");
    loop_free(&l);
    return check_report();
}
