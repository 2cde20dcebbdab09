#include "net/conn_private.h"

#include "base/clock.h"

/*
 * When run() is called:
 *   NEXT_INPUT  there is input it has not seen, or it was woken, and the
 *               output is below CONN_OUTPUT_HIGH
 *   NEXT_DRAIN  the output has (nearly) left
 *   NEXT_WAIT   it was woken
 */
static bool
is_due(const struct conn *c)
{
    if (c->session == NULL || c->state != CONN_OPEN || c->close_asked)
        return false;
    switch (c->next) {
    case NEXT_INPUT:
        return (c->fresh || c->woken) && c->out.queued <= CONN_OUTPUT_HIGH;
    case NEXT_DRAIN:
        return c->out.queued <= CONN_DRAINED;
    case NEXT_WAIT:
        return c->woken;
    case NEXT_STARTTLS:
    case NEXT_CLOSE:
        break;
    }
    return false;
}

bool
conn_run(struct conn *c)
{
    struct span in = conn_input(c);
    size_t had = in.n;
    bool waited = c->next == NEXT_WAIT;

    if (!is_due(c))
        return false;
    c->fresh = false;
    c->gathering = false;
    c->woken = false; /* before the call: what is asked for may come in it */
    c->next = c->protocol->run(c->session, &in);
    c->in_at += had - in.n;
    if (in.n == 0) {
        buf_clear(&c->in);
        c->in_at = 0;
    }
    if (waited || in.n != had)
        c->active_ms = clock_monotonic_ms();
    return true;
}

void
conn_open_session(struct conn *c)
{
    c->active_ms = clock_monotonic_ms();
    c->next = NEXT_INPUT;
    c->fresh = true;
    c->session = c->protocol->open(c, c->conf);
    if (c->session == NULL)
        c->close_asked = true;
}

void
conn_secured(struct conn *c)
{
    c->active_ms = clock_monotonic_ms();
    c->next = c->protocol->secured(c->session);
}

void
conn_close_session(struct conn *c, const char *why)
{
    void *session = c->session;

    c->session = NULL;
    if (session != NULL)
        c->protocol->closed(session, why);
}
