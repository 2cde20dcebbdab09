#include "net/conn_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* Documentation addresses: RFC 5737 section 3. */
#define TEST_PEER  "192.0.2.7"
#define TEST_PORT  40000
#define TEST_LOCAL "192.0.2.25"

/* What the drive does for a real connection, with an output that leaves at
 * once and a handshake that always succeeds. True: go on. */
static bool
settle(struct conn *c)
{
    if (c->session == NULL)
        return false;
    if (c->close_asked)
        c->next = NEXT_CLOSE;
    if (c->next == NEXT_CLOSE) {
        conn_close_session(c, "closed");
        return false;
    }
    if (c->next != NEXT_STARTTLS)
        return true;
    buf_clear(&c->in);
    c->in_at = 0;
    c->fresh = false;
    c->is_tls = true;
    conn_secured(c);
    return true;
}

static enum next
pump(struct conn *c)
{
    while (settle(c) && conn_run(c))
        continue;
    if (c->next == NEXT_INPUT && conn_input(c).n >= CONN_INPUT_MAX) {
        c->next = NEXT_CLOSE;
        conn_close_session(c, "input-limit");
    }
    return c->next;
}

struct conn *
conn_new_for_test(const struct protocol *p, const void *conf,
                  const char *listener, bool tls, struct buf *out)
{
    struct conn *c = conn_new(NULL, -1);

    c->protocol = p;
    c->conf = conf;
    c->listener = listener;
    c->is_tls = tls;
    c->test_out = out;
    c->peer_port = TEST_PORT;
    snprintf(c->peer, sizeof c->peer, TEST_PEER);
    snprintf(c->local, sizeof c->local, TEST_LOCAL);
    c->state = CONN_OPEN;
    conn_open_session(c);
    pump(c);
    return c;
}

enum next
conn_test_input(struct conn *c, struct span bytes)
{
    while (bytes.n > 0 && c->session != NULL) {
        size_t n = CONN_INPUT_MAX - conn_input(c).n;
        struct span piece = span_sub(bytes, 0, n);

        buf_consume(&c->in, c->in_at);
        c->in_at = 0;
        buf_put(&c->in, piece);
        c->fresh = true;
        bytes = span_after(bytes, piece.n);
        pump(c);
        if (piece.n == 0)
            break; /* it waits, and its input is full */
    }
    return pump(c);
}

void
conn_test_free(struct conn **cp)
{
    if (*cp == NULL)
        return;
    conn_close_session(*cp, "eof");
    conn_free(cp);
}
