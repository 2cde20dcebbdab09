#include "net/conn_private.h"

#include "base/clock.h"

/* What the loop is to watch for, and until when. */
#define NEVER INT64_MAX

bool
conn_may_read(const struct conn *c)
{
    return c->state == CONN_OPEN && !c->eof &&
           c->out.queued <= CONN_OUTPUT_HIGH &&
           conn_input(c).n < CONN_INPUT_MAX;
}

bool
conn_is_gathering(const struct conn *c)
{
    return c->gathering && c->state == CONN_OPEN && c->next == NEXT_WAIT &&
           c->out.queued <= CONN_OUTPUT_HIGH;
}

static void
set_watch(struct conn *c)
{
    int events = 0;

    if (conn_may_read(c) || c->state == CONN_HANDSHAKE ||
        c->state == CONN_LINGER)
        events |= c->read_needs != 0 ? c->read_needs : LOOP_READ;
    if (c->out.queued > 0 && c->state != CONN_HANDSHAKE &&
        !conn_is_gathering(c))
        events |= c->write_needs != 0 ? c->write_needs : LOOP_WRITE;
    watch_set(c->watch, events);
}

static int64_t
open_deadline(const struct conn *c)
{
    int64_t stall = c->out.queued > 0 ? c->moved_ms + STALL_MS : NEVER;
    int64_t idle = c->next == NEXT_WAIT || c->idle_ms == 0
                       ? NEVER
                       : c->active_ms + c->idle_ms;

    return idle < stall ? idle : stall;
}

int64_t
conn_deadline(const struct conn *c)
{
    switch (c->state) {
    case CONN_OPEN:
        return open_deadline(c);
    case CONN_HANDSHAKE:
    case CONN_SECURING:
        return c->since_ms + HANDSHAKE_MS;
    case CONN_CLOSING:
        return c->hurried ? c->since_ms + FAREWELL_MS : c->moved_ms + STALL_MS;
    case CONN_LINGER:
        return c->since_ms + LINGER_MS;
    case CONN_DEAD:
        break;
    }
    return NEVER;
}

/* The timer may fire too early (conn_on_timer looks), never too late: so it is
 * not set again for every command. */
static void
set_timer(struct conn *c)
{
    int64_t at = conn_deadline(c);

    if (at == NEVER || (timer_is_running(c->timer) && c->armed_ms <= at))
        return;
    c->armed_ms = at;
    timer_start(c->timer, at - clock_monotonic_ms());
}

void
conn_wait(struct conn *c)
{
    set_watch(c);
    set_timer(c);
}
