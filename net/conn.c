#include "net/conn_private.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_START ((size_t)2 << 10)
#define LINE_ROOM  512

struct conn *
conn_new(struct conn_host *h, int fd)
{
    struct conn *c = mem_take(sizeof *c);

    c->host = h;
    c->fd = fd;
    c->in.max = CONN_INPUT_MAX;
    c->read_size = READ_START;
    c->since_ms = clock_monotonic_ms();
    c->active_ms = c->since_ms;
    c->moved_ms = c->since_ms;
    conn_set_id(c);
    if (h == NULL)
        return c;
    c->idle_ms = h->login_ms;
    c->watch = watch_new(h->loop, fd, conn_on_event, c);
    c->timer = timer_new(h->loop, conn_on_timer, c);
    return c;
}

/* Random, so that ids of one process differ from another's too. */
void
conn_set_id(struct conn *c)
{
    snprintf(c->id, sizeof c->id, "%016" PRIx64, hash_key_random().k0);
}

static void
forget_kick(struct conn *c)
{
    struct conn **at;

    if (!c->kicked)
        return;
    for (at = &c->host->kicked; *at != NULL; at = &(*at)->next_kicked) {
        if (*at == c) {
            *at = c->next_kicked;
            return;
        }
    }
}

void
conn_free(struct conn **cp)
{
    struct conn *c = *cp;

    forget_kick(c);
    conn_out_clear(&c->out);
    buf_free(&c->in);
    tls_free(&c->tls);
    watch_free(&c->watch);
    timer_free(&c->timer);
    if (c->fd != -1)
        close(c->fd);
    free(c);
    *cp = NULL;
}

void
conn_kick(struct conn *c)
{
    struct conn_host *h = c->host;

    if (h == NULL || c->kicked)
        return;
    c->kicked = true;
    c->next_kicked = h->kicked;
    h->kicked = c;
    if (!timer_is_running(h->kick))
        timer_start(h->kick, 0);
}

/* A drive frees no other connection than its own; and who is kicked meanwhile
 * waits for the next turn. */
void
conn_drive_kicked(void *host)
{
    struct conn_host *h = host;
    struct conn *list = h->kicked;

    h->kicked = NULL;
    while (list != NULL) {
        struct conn *c = list;

        list = c->next_kicked;
        c->kicked = false;
        conn_drive(c);
    }
}

struct span
conn_input(const struct conn *c)
{
    return span_after(buf_span(&c->in), c->in_at);
}

/* Inside a drive the drive itself sees what changed. */
static void
changed(struct conn *c)
{
    if (!c->driving)
        conn_kick(c);
}

const char *
conn_id(const struct conn *c)
{
    return c->id;
}

const char *
conn_peer(const struct conn *c)
{
    return c->peer;
}

uint16_t
conn_peer_port(const struct conn *c)
{
    return c->peer_port;
}

const char *
conn_local(const struct conn *c)
{
    return c->local;
}

const char *
conn_listener(const struct conn *c)
{
    return c->listener;
}

bool
conn_is_tls(const struct conn *c)
{
    return c->is_tls;
}

const char *
conn_tls_version(const struct conn *c)
{
    return c->tls == NULL ? "" : tls_version(c->tls);
}

const char *
conn_tls_cipher(const struct conn *c)
{
    return c->tls == NULL ? "" : tls_cipher(c->tls);
}

void
conn_put(struct conn *c, struct span bytes)
{
    if (c->test_out != NULL) {
        buf_put(c->test_out, bytes);
        return;
    }
    if (bytes.n == 0)
        return;
    if (c->out.queued == 0)
        c->moved_ms = clock_monotonic_ms();
    conn_out_put(&c->out, bytes);
    changed(c);
}

void
conn_text(struct conn *c, const char *text)
{
    conn_put(c, span_of(text));
}

void
conn_printf(struct conn *c, const char *fmt, ...)
{
    char line[LINE_ROOM];
    va_list ap;
    int n;
    char *longer;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n <= 0)
        return;
    if ((size_t)n < sizeof line) {
        conn_put(c, span_from(line, (size_t)n));
        return;
    }
    longer = mem_take((size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(longer, (size_t)n + 1, fmt, ap);
    va_end(ap);
    conn_put(c, span_from(longer, (size_t)n));
    free(longer);
}

/* A test sees a file that was too short as a connection that was cut. */
static void
put_file_for_test(struct conn *c, int fd, uint64_t offset, uint64_t length)
{
    char piece[RECORD_BYTES];

    while (length > 0) {
        size_t n = length < sizeof piece ? (size_t)length : sizeof piece;
        ssize_t got = pread(fd, piece, n, (off_t)offset);

        if (got <= 0) {
            c->close_asked = true;
            break;
        }
        buf_put(c->test_out, span_from(piece, (size_t)got));
        offset += (uint64_t)got;
        length -= (uint64_t)got;
    }
    close(fd);
}

void
conn_put_fd(struct conn *c, int fd, uint64_t offset, uint64_t length)
{
    if (c->test_out != NULL) {
        put_file_for_test(c, fd, offset, length);
        return;
    }
    if (c->out.queued == 0)
        c->moved_ms = clock_monotonic_ms();
    conn_out_put_fd(&c->out, fd, offset, length);
    changed(c);
}

uint64_t
conn_queued(const struct conn *c)
{
    return c->out.queued;
}

void
conn_gather(struct conn *c)
{
    c->gathering = true;
}

void
conn_wake(struct conn *c)
{
    c->woken = true;
    changed(c);
}

void
conn_idle_limit(struct conn *c, unsigned seconds)
{
    c->idle_ms = (int64_t)seconds * 1000;
    c->active_ms = clock_monotonic_ms();
    changed(c);
}

void
conn_close(struct conn *c)
{
    c->close_asked = true;
    changed(c);
}
