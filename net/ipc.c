#include "net/ipc_private.h"

#include "base/numset.h"

#include <stdio.h>
#include <string.h>

/* --- bodies --------------------------------------------------------------- */

static void
put_bytes(struct buf *b, const void *p, size_t n)
{
    buf_put(b, span_from(p, n));
}

void
put_u8(struct buf *b, uint8_t n)
{
    put_bytes(b, &n, sizeof n);
}

void
put_u16(struct buf *b, uint16_t n)
{
    put_bytes(b, &n, sizeof n);
}

void
put_u32(struct buf *b, uint32_t n)
{
    put_bytes(b, &n, sizeof n);
}

void
put_u64(struct buf *b, uint64_t n)
{
    put_bytes(b, &n, sizeof n);
}

void
put_span(struct buf *b, struct span s)
{
    if (s.n > UINT32_MAX) {
        b->full = true;
        return;
    }
    put_u32(b, (uint32_t)s.n);
    buf_put(b, s);
}

static bool
get_bytes(struct span *body, void *to, size_t n)
{
    if (body->n < n)
        return false;
    memcpy(to, body->p, n);
    *body = span_after(*body, n);
    return true;
}

bool
get_u8(struct span *body, uint8_t *n)
{
    return get_bytes(body, n, sizeof *n);
}

bool
get_u16(struct span *body, uint16_t *n)
{
    return get_bytes(body, n, sizeof *n);
}

bool
get_u32(struct span *body, uint32_t *n)
{
    return get_bytes(body, n, sizeof *n);
}

bool
get_u64(struct span *body, uint64_t *n)
{
    return get_bytes(body, n, sizeof *n);
}

bool
get_span(struct span *body, struct span *s)
{
    struct span rest = *body;
    uint32_t n;

    if (!get_u32(&rest, &n) || rest.n < n)
        return false;
    *s = span_sub(rest, 0, n);
    *body = span_after(rest, n);
    return true;
}

/* u32 count of ranges, then u32 first, u32 last of each. */
void
put_numset(struct buf *b, const struct numset *s)
{
    if (s->n > UINT32_MAX) {
        b->full = true;
        return;
    }
    put_u32(b, (uint32_t)s->n);
    for (size_t i = 0; i < s->n; i++) {
        put_u32(b, s->r[i].first);
        put_u32(b, s->r[i].last);
    }
}

static bool
get_range(struct span *body, struct numrange *r)
{
    return get_u32(body, &r->first) && get_u32(body, &r->last) &&
           r->first <= r->last;
}

/* Everything is looked at before anything is stored, so that a count that
 * lies costs no memory. */
bool
get_numset(struct span *body, struct numset *s)
{
    struct span rest = *body;
    struct numrange r = { 0, 0 };
    struct span ranges;
    uint32_t n;

    if (!get_u32(&rest, &n))
        return false;
    ranges = rest;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t before = r.last;

        if (!get_range(&rest, &r) || (i > 0 && r.first <= before))
            return false;
    }
    numset_clear(s);
    for (uint32_t i = 0; i < n && get_range(&ranges, &r); i++)
        numset_add(s, r.first, r.last);
    *body = rest;
    return true;
}

/* --- traces --------------------------------------------------------------- */

static const char *
name_of_op(const struct ipc_op *ops, uint16_t op)
{
    if (op == IPC_HELLO)
        return "hello";
    for (; ops != NULL && ops->name != NULL; ops++) {
        if (ops->op == op)
            return ops->name;
    }
    return "unknown";
}

static const char *
name_of_status(const struct ipc_frame *f)
{
    if (f->status == IPC_ROW)
        return "";
    if (f->status == IPC_DONE)
        return " done";
    return fail_name((enum fail)(f->status - IPC_DONE));
}

/* Bodies are not printed: they hold passwords and people's mail. The text of
 * a failure is ours. */
void
ipc_trace(const struct ipc_link *k, bool outgoing, const struct ipc_frame *f)
{
    bool failed = f->status > IPC_DONE;
    struct span text = failed ? f->body : span_of("");

    if (!k->trace)
        return;
    fprintf(stderr, "ipc %s %s #%u %s%s%s, %zu bytes%s%s%.*s\n", k->name,
            outgoing ? ">" : "<", (unsigned)f->request,
            name_of_op(k->ops, f->op), failed ? " failed " : "",
            name_of_status(f), f->body.n, f->fd == -1 ? "" : " + descriptor",
            failed ? ": " : "", SPAN(text));
}
