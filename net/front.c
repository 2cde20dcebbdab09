#include "net/daemon.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/conn_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ACCEPT_BATCH   64   /* then the others have their turn */
#define BACKLOG        1024 /* the kernel holds it below somaxconn */
#define ACCEPT_WAIT_MS 200  /* out of descriptors: look again */
#define KEEPALIVE_S    300  /* a peer that vanished is noticed */
#define LOG_EVERY_MS   1000 /* refusals, or a flood fills the log */
#define STOP_TICK_MS   1000
#define STOP_PATIENCE  3 /* ticks a session may still wait for an answer */
#define STOP_TICKS     5 /* then what is left is cut */

struct listener {
    struct listener *next;
    struct front *front;
    int fd;
    const char *name;
    bool tls;
    const struct protocol *protocol;
    const void *conf;
    struct watch *watch;
};

struct address_count {
    unsigned n;
};

struct front {
    struct conn_host host; /* first: a host is its front */
    struct daemon_options options;
    char *busy_text;
    struct listener *listeners;
    struct conn *conns;
    unsigned count;
    struct map *addresses; /* address_key -> struct address_count */
    struct timer *accept_timer;
    struct timer *stop_timer;
    int64_t refusal_logged_ms;
    uint64_t refusals; /* since then */
    unsigned stop_ticks;
    bool stopping;
};

/* --- counting ------------------------------------------------------------- */

static struct span
key_of(const unsigned char key[ADDRESS_KEY_SIZE])
{
    return span_from(key, ADDRESS_KEY_SIZE);
}

static unsigned
connections_from(const struct front *f, const unsigned char *key)
{
    const struct address_count *a = map_get(f->addresses, key_of(key));

    return a == NULL ? 0 : a->n;
}

static void
count_in(struct front *f, struct conn *c)
{
    struct address_count *a = map_get(f->addresses, key_of(c->key));

    if (a == NULL) {
        a = mem_take(sizeof *a);
        map_put(f->addresses, key_of(c->key), a);
    }
    a->n++;
    f->count++;
    c->after = f->conns;
    if (c->after != NULL)
        c->after->before = c;
    f->conns = c;
}

static void
count_out(struct front *f, struct conn *c)
{
    struct address_count *a = map_get(f->addresses, key_of(c->key));

    if (--a->n == 0) {
        map_remove(f->addresses, key_of(c->key));
        free(a);
    }
    f->count--;
    if (c->after != NULL)
        c->after->before = c->before;
    if (c->before != NULL)
        c->before->after = c->after;
    else
        f->conns = c->after;
}

static void
on_gone(struct conn_host *h, struct conn *c)
{
    struct front *f = (struct front *)h;

    count_out(f, c);
    conn_free(&c);
    if (f->stopping && f->count == 0)
        loop_stop(f->host.loop);
}

/* --- accepting ------------------------------------------------------------ */

static void
log_refusal(struct front *f, const struct listener *l, const char *peer)
{
    int64_t now = clock_monotonic_ms();

    f->refusals++;
    if (f->refusal_logged_ms != 0 && now - f->refusal_logged_ms < LOG_EVERY_MS)
        return;
    log_event(LOG_INFO, "too-many-connections", log_text("listener", l->name),
              log_text("peer", peer), log_number("refused", f->refusals),
              log_number("connections", f->count));
    f->refusal_logged_ms = now;
    f->refusals = 0;
}

/* Say so and close: holding it open would cost what we have no more of. What
 * the client already said is read away, for else RST overtakes our words. */
static void
refuse(struct front *f, const struct listener *l, int fd,
       const struct sockaddr_storage *from)
{
    char peer[ADDRESS_TEXT_MAX];
    char scrap[ADDRESS_TEXT_MAX];

    address_text(from, peer);
    log_refusal(f, l, peer);
    if (!l->tls && f->busy_text != NULL)
        (void)!send(fd, f->busy_text, strlen(f->busy_text),
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR);
    (void)!recv(fd, scrap, sizeof scrap, MSG_DONTWAIT);
    close(fd);
}

static void
welcome(struct front *f, const struct listener *l, int fd,
        const struct sockaddr_storage *from)
{
    struct sockaddr_storage here = { 0 };
    socklen_t len = sizeof here;
    struct conn *c = conn_new(&f->host, fd);

    if (getsockname(fd, (struct sockaddr *)&here, &len) == -1)
        here.ss_family = AF_UNSPEC;
    address_text(from, c->peer);
    address_text(&here, c->local);
    address_key(from, c->key);
    c->peer_port = address_port(from);
    c->listener = l->name;
    c->protocol = l->protocol;
    c->conf = l->conf;
    count_in(f, c);
    conn_start(c, l->tls);
}

static bool
has_room(const struct front *f, const struct sockaddr_storage *from)
{
    unsigned char key[ADDRESS_KEY_SIZE];

    if (f->count >= f->options.connections)
        return false;
    address_key(from, key);
    return connections_from(f, key) < f->options.per_address;
}

static void
watch_listeners(struct front *f, int events)
{
    for (struct listener *l = f->listeners; l != NULL; l = l->next)
        watch_set(l->watch, events);
}

/* Out of descriptors or memory: the pending connection stays pending, and the
 * loop would spin on it. */
static void
pause_accepting(struct front *f, int number)
{
    log_event(LOG_WARNING, "accept-failed",
              log_text("why", strerrordesc_np(number)),
              log_number("connections", f->count));
    watch_listeners(f, 0);
    timer_start(f->accept_timer, ACCEPT_WAIT_MS);
}

static void
on_accept_again(void *arg)
{
    struct front *f = arg;

    if (!f->stopping)
        watch_listeners(f, LOOP_READ);
}

static bool
is_lasting(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS ||
           number == ENOMEM;
}

static void
on_listener(void *arg, int events)
{
    struct listener *l = arg;
    struct front *f = l->front;

    (void)events;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage from = { 0 };
        socklen_t len = sizeof from;
        int fd = accept4(l->fd, (struct sockaddr *)&from, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd == -1) {
            if (is_lasting(errno))
                pause_accepting(f, errno);
            return;
        }
        if (has_room(f, &from))
            welcome(f, l, fd, &from);
        else
            refuse(f, l, fd, &from);
    }
}

/* --- start ---------------------------------------------------------------- */

static void
raise_descriptor_limit(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
}

static bool
offers_tls(const struct daemon_options *o)
{
    return o->cert_file != NULL && *o->cert_file != '\0' &&
           o->key_file != NULL && *o->key_file != '\0';
}

bool
front_new(struct front **fp, struct loop *l, const struct daemon_options *o,
          struct error *e)
{
    struct front *f = mem_take(sizeof *f);

    if (offers_tls(o) &&
        !tls_server_new(&f->host.tls, o->cert_file, o->key_file, o->alpn, e)) {
        free(f);
        return false;
    }
    f->options = *o;
    f->busy_text = o->busy_text == NULL ? NULL : mem_text(o->busy_text);
    f->host.loop = l;
    f->host.login_ms = (int64_t)o->login_seconds * 1000;
    f->host.gone = on_gone;
    f->host.kick = timer_new(l, conn_drive_kicked, &f->host);
    f->accept_timer = timer_new(l, on_accept_again, f);
    f->addresses = map_new();
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    raise_descriptor_limit();
    *fp = f;
    return true;
}

/* Accepted sockets inherit these on Linux. */
static void
set_options(int fd)
{
    const int on = 1;
    const int idle = KEEPALIVE_S;
    int flags = fcntl(fd, F_GETFL);

    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        die("listening descriptor %d is not usable", fd);
    /* These three fail on a Unix socket, which needs none of them. */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void
front_listen(struct front *f, int fd, const char *name, bool tls,
             const struct protocol *p, const void *conf)
{
    struct listener *l = mem_take(sizeof *l);

    if (tls && f->host.tls == NULL)
        die("listener %s wants TLS, and there is no certificate", name);
    set_options(fd);
    if (listen(fd, BACKLOG) == -1)
        die("listener %s: descriptor %d cannot listen", name, fd);
    l->front = f;
    l->fd = fd;
    l->name = name;
    l->tls = tls;
    l->protocol = p;
    l->conf = conf;
    l->watch = watch_new(f->host.loop, fd, on_listener, l);
    l->next = f->listeners;
    f->listeners = l;
}

bool
front_has_tls(const struct front *f)
{
    return f->host.tls != NULL;
}

/* --- run and stop --------------------------------------------------------- */

/* A session that waits for an answer (a delivery, say) gets it, and is told
 * afterwards; now: told all the same. */
static void
stop_all(struct front *f, bool now)
{
    struct conn *next;

    for (struct conn *c = f->conns; c != NULL; c = next) {
        next = c->after;
        conn_stop(c, now);
    }
}

static void
on_stop_tick(void *arg)
{
    struct front *f = arg;

    f->stop_ticks++;
    if (f->stop_ticks >= STOP_TICKS)
        loop_stop(f->host.loop);
    else if (f->stop_ticks == STOP_PATIENCE)
        stop_all(f, true);
}

static void
on_stop(void *arg)
{
    struct front *f = arg;

    if (f->stopping)
        return;
    f->stopping = true;
    log_event(LOG_INFO, "stopping", log_number("connections", f->count));
    watch_listeners(f, 0);
    if (f->count == 0) {
        loop_stop(f->host.loop);
        return;
    }
    stop_all(f, false);
    timer_repeat(f->stop_timer, STOP_TICK_MS);
}

static void
on_reload(void *arg)
{
    struct front *f = arg;
    struct error e;

    if (f->host.tls == NULL)
        return;
    if (tls_server_reload(f->host.tls, &e))
        log_event(LOG_INFO, "tls-reloaded",
                  log_text("file", f->options.cert_file));
    else
        log_event(LOG_WARNING, "tls-kept", log_text("why", e.text));
}

static void
cut_all(struct front *f)
{
    while (f->conns != NULL)
        conn_abort(f->conns, "stopping");
}

void
front_run(struct front *f)
{
    struct loop *l = f->host.loop;

    f->stop_timer = timer_new(l, on_stop_tick, f);
    loop_on_signal(l, SIGTERM, on_stop, f);
    loop_on_signal(l, SIGINT, on_stop, f);
    loop_on_signal(l, SIGHUP, on_reload, f);
    watch_listeners(f, LOOP_READ);
    loop_run(l);
    cut_all(f);
}

void
front_free(struct front **fp)
{
    struct front *f = *fp;

    if (f == NULL)
        return;
    cut_all(f);
    while (f->listeners != NULL) {
        struct listener *l = f->listeners;

        f->listeners = l->next;
        watch_free(&l->watch);
        free(l);
    }
    timer_free(&f->host.kick);
    timer_free(&f->accept_timer);
    timer_free(&f->stop_timer);
    tls_server_free(&f->host.tls);
    map_free(&f->addresses);
    free(f->busy_text);
    free(f);
    *fp = NULL;
}
