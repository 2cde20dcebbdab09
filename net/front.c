#include "net/front_private.h"

#include "base/log.h"
#include "base/mem.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#define BACKLOG       1024 /* the kernel holds it below somaxconn */
#define KEEPALIVE_S   300  /* a peer that vanished is noticed */
#define STOP_TICK_MS  1000
#define STOP_PATIENCE 3 /* ticks a session may still wait for an answer */
#define STOP_TICKS    5 /* then what is left is cut */

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
    f->host.gone = front_on_gone;
    f->host.kick = timer_new(l, conn_drive_kicked, &f->host);
    f->accept_timer = timer_new(l, front_on_accept_again, f);
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
    l->watch = watch_new(f->host.loop, fd, front_on_listener, l);
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
    front_watch_listeners(f, 0);
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
    front_watch_listeners(f, LOOP_READ);
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
