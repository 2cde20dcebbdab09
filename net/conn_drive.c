#include "net/conn_private.h"

#include "base/clock.h"
#include "base/log.h"

#include <sys/socket.h>

/*
 * One drive for whatever happened: it goes on while anything moves, then says
 * what the loop is to watch for.
 *
 *   (TLS port)                 +------- secured() ------+
 *   HANDSHAKE --open()--> OPEN --NEXT_STARTTLS--> SECURING
 *       ^                  |  \                      |
 *       +------------------|---\---- flushed --------+
 *                          |    \
 *       NEXT_CLOSE, eof,   |     \ reset, stalled
 *       idle, stopping     v      \
 *                       CLOSING    +---------> DEAD
 *                          | flushed             ^
 *                          v                     |
 *                        LINGER ---eof, 2 s -----+
 *
 * D1 The session is called from a drive or from a timer, never from within its
 *    own calls: what it says with conn_put(), conn_wake(), conn_close() is only
 *    noted, and seen in the drive's next round or, outside, in the next turn.
 * D2 The connection is freed at the end of a drive and nowhere else (front.c
 *    cuts what is left when the process ends).
 * D3 Output leaves when nothing more can be run or read, or when it is much:
 *    many small answers make one write. A session that waits may let it stay
 *    (conn_gather).
 * D4 What the peer sent before it left is answered (half-closed sockets).
 */
#define ROUNDS_MAX 32
#define FLUSH_MAX  ((uint64_t)256 << 10) /* the others' turn after that */
#define READ_MIN   ((size_t)2 << 10)
#define READ_MAX   ((size_t)64 << 10)

static void
enter(struct conn *c, enum conn_state state)
{
    c->state = state;
    c->since_ms = clock_monotonic_ms();
    c->read_needs = 0;
}

static void
drop_input(struct conn *c)
{
    buf_free(&c->in);
    c->in_at = 0;
    c->fresh = false;
}

static void
begin_closing(struct conn *c, const char *why)
{
    conn_close_session(c, why);
    drop_input(c);
    enter(c, CONN_CLOSING);
}

static void
finish(struct conn *c)
{
    struct conn_host *h = c->host;

    c->state = CONN_DEAD;
    h->gone(h, c);
}

void
conn_abort(struct conn *c, const char *why)
{
    conn_close_session(c, why);
    conn_out_clear(&c->out);
    c->state = CONN_DEAD;
    if (!c->driving)
        finish(c);
}

/* Say goodbye to the peer, then wait for its own: closing a socket with unread
 * input makes the kernel send RST, which can destroy our last reply. */
static void
hang_up(struct conn *c)
{
    conn_out_clear(&c->out);
    tls_free(&c->tls);
    shutdown(c->fd, SHUT_WR);
    enter(c, CONN_LINGER);
}

/* --- output --------------------------------------------------------------- */

static void
note_sent(struct conn *c, size_t n)
{
    conn_out_sent(&c->out, n);
    c->moved_ms = clock_monotonic_ms();
    if (c->jammed)
        c->active_ms = c->moved_ms; /* a slow reader is no idle client */
    if (c->out.queued == 0)
        c->jammed = false;
}

/* True: so much has left that somebody may go on. */
static bool
flush(struct conn *c)
{
    uint64_t before = c->out.queued;
    size_t n;

    while (c->out.first != NULL && c->write_needs == 0 &&
           before - c->out.queued < FLUSH_MAX) {
        switch (conn_io_write(c, &n)) {
        case CONN_IO_SOME:
            note_sent(c, n);
            break;
        case CONN_IO_BLOCKED:
            c->jammed = true;
            break;
        case CONN_IO_EOF:
            conn_abort(c, "file-short");
            return true;
        case CONN_IO_ERROR:
            conn_abort(c, "reset");
            return true;
        }
    }
    return c->out.queued < before && c->out.queued <= CONN_OUTPUT_HIGH;
}

/* --- input ---------------------------------------------------------------- */

static char *
make_room(struct conn *c, size_t *room)
{
    buf_consume(&c->in, c->in_at);
    c->in_at = 0;
    *room = CONN_INPUT_MAX - c->in.n;
    if (*room > c->read_size)
        *room = c->read_size;
    return buf_room(&c->in, *room);
}

static void
note_read(struct conn *c, size_t got, size_t room)
{
    c->in.n += got;
    c->fresh = true;
    if (got == room && c->read_size < READ_MAX)
        c->read_size *= 2;
    else if (got < c->read_size / 4 && c->read_size > READ_MIN)
        c->read_size /= 2;
}

static bool
read_some(struct conn *c)
{
    size_t room;
    size_t got;
    char *to;

    if (!conn_may_read(c) || c->read_needs != 0)
        return false;
    to = make_room(c, &room);
    switch (conn_io_read(c, to, room, &got)) {
    case CONN_IO_SOME:
        note_read(c, got, room);
        return true;
    case CONN_IO_BLOCKED:
        return false;
    case CONN_IO_EOF:
        c->eof = true;
        return true;
    case CONN_IO_ERROR:
        conn_abort(c, c->tls == NULL ? "reset" : "tls-error");
        break;
    }
    return true;
}

/* --- one round in each state ---------------------------------------------- */

static void
log_handshake(const struct conn *c, const char *why)
{
    log_event(LOG_INFO, "tls-failed", log_text("session", c->id),
              log_text("listener", c->listener), log_text("peer", c->peer),
              log_text("why", why));
}

static bool
shake_hands(struct conn *c)
{
    enum tls_result r;

    if (c->read_needs != 0)
        return false;
    r = tls_handshake(c->tls);
    if (r == TLS_WANT_READ || r == TLS_WANT_WRITE) {
        c->read_needs = r == TLS_WANT_READ ? LOOP_READ : LOOP_WRITE;
        return false;
    }
    if (r != TLS_OK) {
        log_handshake(c, r == TLS_EOF ? "peer left" : tls_why(c->tls));
        conn_close_session(c, "tls-failed");
        hang_up(c);
        return true;
    }
    c->is_tls = true;
    enter(c, CONN_OPEN);
    if (c->session == NULL)
        conn_open_session(c);
    else
        conn_secured(c);
    return true;
}

/* What came before the handshake was said in clear by whoever sat on the line:
 * it is never used (RFC 3207 section 4.2, CVE-2011-0411). */
static bool
begin_tls(struct conn *c)
{
    if (flush(c))
        return true;
    if (c->out.queued > 0)
        return false;
    drop_input(c);
    if (c->host->tls == NULL || c->is_tls) {
        begin_closing(c, "no-tls");
        return true;
    }
    c->tls = tls_new(c->host->tls, c->fd);
    enter(c, CONN_HANDSHAKE);
    return true;
}

static bool
is_stuck_full(const struct conn *c)
{
    return c->next == NEXT_INPUT && !c->fresh && !c->woken &&
           conn_input(c).n >= CONN_INPUT_MAX;
}

static bool
has_heard_all(const struct conn *c)
{
    return c->eof && c->next == NEXT_INPUT && !c->fresh && !c->woken;
}

static void
tell_stopping(struct conn *c)
{
    if (c->session != NULL)
        c->protocol->stopping(c->session);
    c->hurried = true;
    begin_closing(c, "stopping");
}

/* Act on what the session said. True: the state is another one now. */
static bool
settle(struct conn *c)
{
    if (c->close_asked || c->next == NEXT_CLOSE)
        begin_closing(c, "closed");
    else if (c->stop_asked && c->next != NEXT_WAIT)
        tell_stopping(c);
    else if (c->next == NEXT_STARTTLS)
        enter(c, CONN_SECURING);
    else if (has_heard_all(c))
        begin_closing(c, "eof");
    else if (is_stuck_full(c))
        begin_closing(c, "input-limit");
    return c->state != CONN_OPEN;
}

static bool
serve(struct conn *c)
{
    return settle(c) || conn_run(c) || read_some(c) ||
           (!conn_is_gathering(c) && flush(c));
}

static bool
close_down(struct conn *c)
{
    if (flush(c))
        return true;
    if (c->out.queued > 0)
        return false;
    hang_up(c);
    return true;
}

static bool
linger(struct conn *c)
{
    char scrap[READ_MIN];
    size_t got;

    if (c->eof || c->lingered > LINGER_BYTES) {
        c->state = CONN_DEAD;
        return false;
    }
    if (c->read_needs != 0)
        return false;
    switch (conn_io_read(c, scrap, sizeof scrap, &got)) {
    case CONN_IO_SOME:
        c->lingered += got;
        return true;
    case CONN_IO_BLOCKED:
        return false;
    case CONN_IO_EOF:
    case CONN_IO_ERROR:
        break;
    }
    c->eof = true;
    return true;
}

static bool
one_round(struct conn *c)
{
    switch (c->state) {
    case CONN_HANDSHAKE:
        return shake_hands(c);
    case CONN_OPEN:
        return serve(c);
    case CONN_SECURING:
        return begin_tls(c);
    case CONN_CLOSING:
        return close_down(c);
    case CONN_LINGER:
        return linger(c);
    case CONN_DEAD:
        break;
    }
    return false;
}

/* --- callbacks ------------------------------------------------------------- */

void
conn_drive(struct conn *c)
{
    int rounds = 0;

    if (c->driving)
        return;
    c->driving = true;
    while (one_round(c) && c->state != CONN_DEAD) {
        if (++rounds == ROUNDS_MAX) {
            conn_kick(c);
            break;
        }
    }
    c->driving = false;
    if (c->state == CONN_DEAD) {
        finish(c);
        return;
    }
    if (conn_input(c).n == 0 && c->in.p != NULL)
        drop_input(c);
    conn_wait(c);
}

void
conn_start(struct conn *c, bool tls)
{
    if (tls)
        c->tls = tls_new(c->host->tls, c->fd);
    c->state = tls ? CONN_HANDSHAKE : CONN_OPEN;
    c->driving = true;
    if (!tls)
        conn_open_session(c);
    c->driving = false;
    conn_drive(c);
}

void
conn_on_event(void *arg, int events)
{
    struct conn *c = arg;

    if (c->read_needs & events)
        c->read_needs = 0;
    if (c->write_needs & events)
        c->write_needs = 0;
    conn_drive(c);
}

static void
expire(struct conn *c)
{
    if (c->state != CONN_OPEN) {
        conn_abort(c, c->state == CONN_HANDSHAKE ? "tls-timeout" : "stalled");
        return;
    }
    if (c->out.queued > 0 && c->moved_ms + STALL_MS <= clock_monotonic_ms()) {
        conn_abort(c, "stalled");
        return;
    }
    if (c->protocol->expired != NULL && c->session != NULL)
        c->protocol->expired(c->session);
    c->hurried = true;
    begin_closing(c, "idle");
}

void
conn_on_timer(void *arg)
{
    struct conn *c = arg;

    c->driving = true;
    if (conn_deadline(c) <= clock_monotonic_ms())
        expire(c);
    c->driving = false;
    conn_drive(c);
}

void
conn_stop(struct conn *c, bool now)
{
    c->stop_asked = true;
    if (c->state == CONN_HANDSHAKE || c->state == CONN_SECURING) {
        conn_abort(c, "stopping");
        return;
    }
    if (now && c->next == NEXT_WAIT)
        c->next = NEXT_INPUT;
    conn_kick(c);
}
