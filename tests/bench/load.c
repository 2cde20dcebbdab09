/*
 * Delivers mail over SMTP as fast as the server takes it: many connections, one
 * thread. MAIL, RCPT and DATA go out in one write (RFC 2920), the next message
 * when the last one was answered with 250.
 *
 *   load PORT CONNECTIONS SECONDS BYTES USERS
 *
 * to user0@example.org ... in turn, on 127.0.0.1. Prints one line:
 *
 *   accepted 5120 seconds 2.003 p50_us 2871 p99_us 6012
 *
 * Any answer but the expected one ends it with status 1.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REPLY_MAX       4096
#define CONNECTIONS_MAX 1024
#define LATENCIES_MAX   (1U << 20)
#define SILENCE_MS      20000

/* What the next reply answers; the codes that it must have. */
enum step {
    STEP_GREETING,
    STEP_EHLO,
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_END_OF_DATA,
    STEP_QUIT
};

static const char *const expected[] = { "220", "250", "250", "250",
                                        "354", "250", "221" };

struct client {
    int fd;
    enum step step;
    char reply[REPLY_MAX];
    size_t reply_length;
    const char *out; /* what is still to be sent */
    size_t out_length;
    char envelope[256];
    uint64_t began_us;
};

struct load {
    unsigned port, connections, users;
    double seconds;
    char *message;
    size_t message_length;
    int epoll;
    uint64_t end_us;
    unsigned open, next_user;
    uint32_t *latencies;
    unsigned accepted;
};

static void
fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("load: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static uint64_t
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* A message of `size` bytes as it goes over the wire, its last dot included. */
static void
make_message(struct load *l, size_t size)
{
    static const char head[] =
        "From: Bob Sender <bob@example.com>\r\n"
        "To: Anna Reader <anna@example.org>\r\n"
        "Subject: Minutes of the meeting on Thursday\r\n"
        "Date: Thu, 20 Nov 2025 10:11:12 +0100\r\n"
        "Message-ID: <20251120101112.1234@example.com>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "\r\n";
    static const char line[] =
        "The quick brown fox jumps over the lazy dog, and so it goes on.\r\n";
    size_t length = sizeof head - 1;

    l->message = malloc(size + sizeof head + sizeof line + 8);
    if (l->message == NULL)
        fail("out of memory");
    memcpy(l->message, head, length);
    while (length < size) {
        memcpy(l->message + length, line, sizeof line - 1);
        length += sizeof line - 1;
    }
    memcpy(l->message + length, ".\r\n", 3);
    l->message_length = length + 3;
}

static void
watch(struct load *l, struct client *c, int how, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = c };

    if (epoll_ctl(l->epoll, how, c->fd, &event) != 0)
        fail("epoll_ctl: %m");
}

static void
send_rest(struct load *l, struct client *c)
{
    while (c->out_length > 0) {
        ssize_t n =
            send(c->fd, c->out, c->out_length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            watch(l, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        c->out += n;
        c->out_length -= (size_t)n;
    }
    watch(l, c, EPOLL_CTL_MOD, EPOLLIN);
}

static void
say(struct load *l, struct client *c, const char *text, size_t length)
{
    c->out = text;
    c->out_length = length;
    send_rest(l, c);
}

static void
start(struct load *l, struct client *c)
{
    static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)l->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail("connect: %m");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    c->step = STEP_GREETING;
    watch(l, c, EPOLL_CTL_ADD, EPOLLIN);
    l->open++;
}

static void
next_message(struct load *l, struct client *c)
{
    c->began_us = now_us();
    if (c->began_us >= l->end_us) {
        c->step = STEP_QUIT;
        say(l, c, "QUIT\r\n", 6);
        return;
    }
    int n = snprintf(c->envelope, sizeof c->envelope,
                     "MAIL FROM:<bob@example.com>\r\n"
                     "RCPT TO:<user%u@example.org>\r\nDATA\r\n",
                     l->next_user++ % l->users);
    c->step = STEP_MAIL;
    say(l, c, c->envelope, (size_t)n);
}

/* The reply to c->step is complete and as it should be. */
static void
go_on(struct load *l, struct client *c)
{
    switch (c->step) {
    case STEP_GREETING:
        c->step = STEP_EHLO;
        say(l, c, "EHLO bench.example.com\r\n", 24);
        return;
    case STEP_MAIL:
    case STEP_RCPT:
        c->step++;
        return;
    case STEP_DATA:
        c->step = STEP_END_OF_DATA;
        say(l, c, l->message, l->message_length);
        return;
    case STEP_END_OF_DATA:
        if (l->accepted < LATENCIES_MAX)
            l->latencies[l->accepted] = (uint32_t)(now_us() - c->began_us);
        l->accepted++;
        next_message(l, c);
        return;
    case STEP_EHLO:
        next_message(l, c);
        return;
    case STEP_QUIT:
        close(c->fd);
        c->fd = -1;
        l->open--;
        return;
    }
}

/* Takes whole lines out of c->reply; the last line of a reply has a space
 * behind its code (RFC 5321 section 4.2.1). */
static void
take_replies(struct load *l, struct client *c)
{
    char *at = c->reply, *end;

    while (c->fd >= 0 &&
           (end = memchr(at, '\n',
                         c->reply_length - (size_t)(at - c->reply))) != NULL) {
        bool is_last = end - at >= 4 && at[3] != '-';
        if (end - at < 4 || memcmp(at, expected[c->step], 3) != 0)
            fail("expected %s, got: %.*s", expected[c->step], (int)(end - at),
                 at);
        at = end + 1;
        if (is_last)
            go_on(l, c);
    }
    c->reply_length -= (size_t)(at - c->reply);
    memmove(c->reply, at, c->reply_length);
}

static void
receive(struct load *l, struct client *c)
{
    ssize_t n = recv(c->fd, c->reply + c->reply_length,
                     sizeof c->reply - c->reply_length, 0);

    if (n <= 0)
        fail("the server hung up where %s was expected", expected[c->step]);
    c->reply_length += (size_t)n;
    take_replies(l, c);
    if (c->reply_length == sizeof c->reply)
        fail("a reply line that does not end");
}

static int
by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void
report(struct load *l, uint64_t began_us)
{
    unsigned n = l->accepted < LATENCIES_MAX ? l->accepted : LATENCIES_MAX;

    if (n == 0)
        fail("nothing was accepted");
    qsort(l->latencies, n, sizeof *l->latencies, by_size);
    printf("accepted %u seconds %.4f p50_us %u p99_us %u\n", l->accepted,
           (double)(now_us() - began_us) / 1e6, l->latencies[n / 2],
           l->latencies[(size_t)n * 99 / 100]);
}

static void
run(struct load *l, struct client *clients)
{
    struct epoll_event events[64];
    uint64_t began_us = now_us();

    l->end_us = began_us + (uint64_t)(l->seconds * 1e6);
    for (unsigned i = 0; i < l->connections; i++)
        start(l, &clients[i]);
    while (l->open > 0) {
        int n = epoll_wait(l->epoll, events, 64, SILENCE_MS);
        if (n == 0)
            fail("%d seconds of silence", SILENCE_MS / 1000);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) != 0)
                send_rest(l, c);
            if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
                receive(l, c);
        }
    }
    report(l, began_us);
}

int
main(int argc, char **argv)
{
    struct load l = { 0 };

    if (argc != 6)
        fail("usage: load PORT CONNECTIONS SECONDS BYTES USERS");
    l.port = (unsigned)strtoul(argv[1], NULL, 10);
    l.connections = (unsigned)strtoul(argv[2], NULL, 10);
    l.seconds = strtod(argv[3], NULL);
    l.users = (unsigned)strtoul(argv[5], NULL, 10);
    if (l.port == 0 || l.port > 65535 || l.connections == 0 ||
        l.connections > CONNECTIONS_MAX || l.users == 0)
        fail("a number is out of range");
    make_message(&l, strtoul(argv[4], NULL, 10));
    l.latencies = calloc(LATENCIES_MAX, sizeof *l.latencies);
    struct client *clients = calloc(l.connections, sizeof *clients);
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l.latencies == NULL || clients == NULL || l.epoll < 0)
        fail("%m");
    signal(SIGPIPE, SIG_IGN);
    run(&l, clients);
    free(clients);
    free(l.latencies);
    free(l.message);
    return 0;
}
