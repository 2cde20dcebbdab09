#include "net/front_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCEPT_BATCH   64   /* then the others have their turn */
#define ACCEPT_WAIT_MS 200  /* out of descriptors: look again */
#define LOG_EVERY_MS   1000 /* refusals, or a flood fills the log */

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

void
front_on_gone(struct conn_host *h, struct conn *c)
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

void
front_watch_listeners(struct front *f, int events)
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
    front_watch_listeners(f, 0);
    timer_start(f->accept_timer, ACCEPT_WAIT_MS);
}

void
front_on_accept_again(void *arg)
{
    struct front *f = arg;

    if (!f->stopping)
        front_watch_listeners(f, LOOP_READ);
}

static bool
is_lasting(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS ||
           number == ENOMEM;
}

void
front_on_listener(void *arg, int events)
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
