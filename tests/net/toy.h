/*
 * A toy protocol behind a real front end in a child process, for the tests of
 * connections. Its client is in toy_client.h.
 *
 * Commands, one a line (any other line is answered "? " and itself):
 *   echo TEXT    TEXT                      quit      bye, NEXT_CLOSE
 *   big N        N bytes at once           tls       yes or no
 *   stream N     N times 64 KiB, NEXT_DRAIN          starttls  go
 *   file N       N bytes of the file       wait MS   NEXT_WAIT until a timer
 *   later MS     answered outside run()    close     conn_close() in run()
 *   idle S       conn_idle_limit           hoard     never uses input again
 *   gather MS    as wait, after conn_gather()
 */
#ifndef TESTS_NET_TOY_H
#define TESTS_NET_TOY_H

#include "base/error.h"
#include "base/mem.h"
#include "net/conn.h"
#include "net/daemon.h"
#include "net/line.h"
#include "net/sandbox.h"
#include "tests/check.h"
#include "tests/net/toy_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOY_LINE_MAX 512
#define TOY_STREAM   ((size_t)64 << 10)
#define TOY_FILE     ((size_t)300000)

struct toy_conf {
    struct loop *loop;
    int file;         /* TOY_FILE bytes of toy_byte() */
    int log;          /* every "why" of closed() goes there, a line each */
    const char *only; /* sandboxed, and this is the directory left; or NULL */
};

struct toy {
    struct conn *conn;
    const struct toy_conf *conf;
    struct line line;
    struct timer *timer;
    bool waiting;
    bool deaf;
    bool greeted;
    uint32_t streams;
};

static inline char
toy_byte(size_t at)
{
    return (char)('a' + at % 23 + at / 1000 % 3);
}

static inline void
toy_fill(char *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = toy_byte(i);
}

static inline void
toy_on_timer(void *arg)
{
    struct toy *t = arg;

    if (t->waiting)
        conn_wake(t->conn);
    else
        conn_text(t->conn, "later\r\n");
}

static inline void *
toy_open(struct conn *c, const void *conf)
{
    struct toy *t = mem_take(sizeof *t);

    t->conn = c;
    t->conf = conf;
    if (t->conf != NULL && t->conf->loop != NULL)
        t->timer = timer_new(t->conf->loop, toy_on_timer, t);
    return t;
}

static inline unsigned
toy_number(struct span line)
{
    return (unsigned)strtoul(line.p + span_find(line, ' '), NULL, 10);
}

static inline enum next
toy_stream(struct toy *t)
{
    char *piece = mem_take(TOY_STREAM);

    toy_fill(piece, TOY_STREAM);
    conn_put(t->conn, span_from(piece, TOY_STREAM));
    free(piece);
    t->streams--;
    return t->streams > 0 ? NEXT_DRAIN : NEXT_INPUT;
}

static inline void
toy_big(struct toy *t, size_t n)
{
    char *all = mem_take(n);

    toy_fill(all, n);
    conn_put(t->conn, span_from(all, n));
    free(all);
}

static inline enum next
toy_slow(struct toy *t, struct span line)
{
    if (span_starts(line, "wait ") || span_starts(line, "gather ")) {
        if (line.p[0] == 'g')
            conn_gather(t->conn);
        t->waiting = true;
        timer_start(t->timer, toy_number(line));
        return NEXT_WAIT;
    }
    if (span_starts(line, "later "))
        timer_start(t->timer, toy_number(line));
    else
        conn_printf(t->conn, "? %.*s\r\n", SPAN(line));
    return NEXT_INPUT;
}

static inline enum next
toy_bulk(struct toy *t, struct span line)
{
    if (span_starts(line, "stream ")) {
        t->streams = toy_number(line);
        return toy_stream(t);
    }
    if (span_starts(line, "big "))
        toy_big(t, toy_number(line));
    else if (span_starts(line, "file "))
        conn_put_fd(t->conn, dup(t->conf->file), 0, toy_number(line));
    else
        return toy_slow(t, line);
    return NEXT_INPUT;
}

static inline enum next
toy_command(struct toy *t, struct span line)
{
    struct conn *c = t->conn;

    if (span_starts(line, "echo "))
        conn_printf(c, "%.*s\r\n", SPAN(span_after(line, 5)));
    else if (span_is(line, "tls"))
        conn_text(c, conn_is_tls(c) ? "yes\r\n" : "no\r\n");
    else if (span_starts(line, "idle "))
        conn_idle_limit(c, toy_number(line));
    else if (span_is(line, "close") || span_is(line, "hoard"))
        t->deaf = true;
    else if (span_is(line, "starttls"))
        conn_text(c, "go\r\n");
    else if (span_is(line, "quit"))
        conn_text(c, "bye\r\n");
    else
        return toy_bulk(t, line);
    if (span_is(line, "close"))
        conn_close(c);
    if (span_is(line, "quit"))
        return NEXT_CLOSE;
    return span_is(line, "starttls") ? NEXT_STARTTLS : NEXT_INPUT;
}

static inline enum next
toy_run(void *session, struct span *in)
{
    struct toy *t = session;
    enum next next = NEXT_INPUT;
    enum line_result r;
    struct span line;

    if (!t->greeted)
        conn_printf(t->conn, "hello %s\r\n", conn_listener(t->conn));
    t->greeted = true;
    if (t->waiting)
        conn_text(t->conn, "waited\r\n");
    t->waiting = false;
    if (t->streams > 0 && toy_stream(t) == NEXT_DRAIN)
        return NEXT_DRAIN;
    while (next == NEXT_INPUT && !t->deaf) {
        if (conn_queued(t->conn) > CONN_OUTPUT_HIGH)
            return NEXT_DRAIN;
        r = line_take(&t->line, in, TOY_LINE_MAX, &line);
        if (r == LINE_MORE)
            break;
        if (r == LINE_OK)
            next = toy_command(t, line);
        else
            conn_text(t->conn, "bad line\r\n");
    }
    return next;
}

static inline enum next
toy_secured(void *session)
{
    struct toy *t = session;

    t->line = (struct line){ 0 };
    return NEXT_INPUT;
}

static inline void
toy_closed(void *session, const char *why)
{
    struct toy *t = session;

    if (t->conf != NULL && t->conf->log > 0)
        dprintf(t->conf->log, "%s\n", why);
    timer_free(&t->timer);
    free(t);
}

static inline void
toy_expired(void *session)
{
    conn_text(((struct toy *)session)->conn, "expired\r\n");
}

static inline void
toy_stopping(void *session)
{
    conn_text(((struct toy *)session)->conn, "stopping\r\n");
}

static const struct protocol toy_protocol = {
    .name = "toy",
    .open = toy_open,
    .run = toy_run,
    .secured = toy_secured,
    .closed = toy_closed,
    .expired = toy_expired,
    .stopping = toy_stopping,
};

/* --- the server, in a child ----------------------------------------------- */

struct server {
    int pid;
    uint16_t port;     /* in clear */
    uint16_t tls_port; /* 0: no certificate */
    int log;           /* read end: why each session was closed */
    char cert[256], key[256];
};

static inline int
server_socket(uint16_t *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
        getsockname(fd, (struct sockaddr *)&a, &len) == -1)
        die("no socket on loopback");
    *port = ntohs(a.sin_port);
    if (listen(fd, 64) == -1)
        die("cannot listen on loopback");
    return fd;
}

/* False: this machine has no openssl(1). */
static inline bool
server_certificate(const char *dir, char cert[256], char key[256])
{
    char command[1024];

    snprintf(cert, 256, "%s/cert.pem", dir);
    snprintf(key, 256, "%s/key.pem", dir);
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
             "-nodes -keyout %s -out %s -days 2 -subj /CN=localhost "
             "2>/dev/null",
             key, cert);
    return system(command) == 0;
}

static inline int
server_file(const char *dir)
{
    char path[256];
    char *all = mem_take(TOY_FILE);
    int fd;

    toy_fill(all, TOY_FILE);
    snprintf(path, sizeof path, "%s/file", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd == -1 || write(fd, all, TOY_FILE) != (ssize_t)TOY_FILE)
        die("cannot write %s", path);
    free(all);
    return fd;
}

static inline void
server_sandbox(const char *only)
{
    const struct sandbox_path paths[] = { { only, false }, { NULL } };
    struct error e;
    int in_force;

    if (!sandbox_enter(paths, &in_force, &e))
        die("%s", e.text);
}

static inline void
server_child(const struct server *s, const int fds[2],
             const struct daemon_options *o, struct toy_conf conf)
{
    struct loop *l = loop_new();
    struct front *f;
    struct error e;

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed takes it along */
    daemon_prepare();
    conf.loop = l;
    if (!front_new(&f, l, o, &e))
        die("%s", e.text);
    front_listen(f, fds[0], "toy", false, &toy_protocol, &conf);
    if (s->tls_port != 0)
        front_listen(f, fds[1], "toys", true, &toy_protocol, &conf);
    if (conf.only != NULL)
        server_sandbox(conf.only);
    front_run(f);
    front_free(&f);
    loop_free(&l);
    close(conf.file);
    close(conf.log);
    exit(0);
}

static inline struct server
server_start(struct daemon_options o, bool sandboxed)
{
    struct server s = { 0 };
    struct toy_conf conf = { 0 };
    const char *dir = check_dir();
    int log[2];
    int fds[2];

    fds[0] = server_socket(&s.port);
    fds[1] = server_socket(&s.tls_port);
    if (server_certificate(dir, s.cert, s.key)) {
        o.cert_file = s.cert;
        o.key_file = s.key;
    } else {
        printf("no openssl(1): nothing about TLS was tried\n");
        s.tls_port = 0;
    }
    if (pipe2(log, O_CLOEXEC) == -1)
        die("no pipe");
    conf.file = server_file(dir);
    conf.log = log[1];
    conf.only = sandboxed ? dir : NULL;
    fflush(stdout);
    s.pid = fork();
    if (s.pid == 0)
        server_child(&s, fds, &o, conf);
    close(fds[0]);
    close(fds[1]);
    close(log[1]);
    close(conf.file);
    s.log = log[0];
    return s;
}

static inline struct daemon_options
server_options(void)
{
    return (struct daemon_options){
        .connections = 100,
        .per_address = 100,
        .login_seconds = 60,
        .busy_text = "too many\r\n",
    };
}

/* The exit status: not 0 when a sanitizer complained. */
static inline int
server_stop(struct server *s)
{
    int status = -1;

    kill(s->pid, SIGTERM);
    waitpid(s->pid, &status, 0);
    close(s->log);
    return status;
}

/* The next reason that a session was closed for. */
static inline const char *
server_why(const struct server *s, char word[64])
{
    size_t n = 0;

    while (n < 63 && read(s->log, word + n, 1) == 1 && word[n] != '\n')
        n++;
    word[n] = '\0';
    return word;
}

#endif
