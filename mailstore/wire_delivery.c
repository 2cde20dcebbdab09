#include "mailstore/wire_private.h"

void
wire_put_delivery_begin(struct buf *b, const struct wire_delivery_begin *x)
{
    put_u32(b, x->delivery);
    put_u64(b, x->size);
}

bool
wire_get_delivery_begin(struct span *body, struct wire_delivery_begin *out)
{
    return get_u32(body, &out->delivery) && out->delivery != 0 &&
           get_u64(body, &out->size) && body->n == 0;
}

void
wire_put_append_begin(struct buf *b, const struct wire_append_begin *x)
{
    put_u32(b, x->session);
    put_u32(b, x->delivery);
    put_span(b, x->mailbox);
    put_u64(b, x->size);
}

bool
wire_get_append_begin(struct span *body, struct wire_append_begin *out)
{
    return get_u32(body, &out->session) && get_u32(body, &out->delivery) &&
           out->delivery != 0 && get_span(body, &out->mailbox) &&
           get_u64(body, &out->size) && body->n == 0;
}

void
wire_put_recipient(struct buf *b, const struct store_recipient *x)
{
    put_span(b, x->user);
    put_span(b, x->mailbox);
}

bool
wire_next_recipient(struct span *rest, struct store_recipient *out)
{
    return get_span(rest, &out->user) && get_span(rest, &out->mailbox);
}

void
wire_put_commit(struct buf *b, const struct wire_commit *x)
{
    put_u32(b, x->session);
    put_u32(b, x->delivery);
    put_u64(b, x->size);
    put_u64(b, (uint64_t)x->date);
    wire_put_flags(b, &x->flags);
    put_span(b, x->summary);
    put_span(b, x->session_id);
    put_span(b, x->peer);
    put_span(b, x->tls);
    put_span(b, x->message_id);
    put_u32(b, x->recipient_count);
    buf_put(b, x->recipients);
}

static bool
get_recipients(struct span *body, struct wire_commit *out)
{
    struct store_recipient r;

    if (!get_u32(body, &out->recipient_count))
        return false;
    out->recipients = *body;
    for (uint32_t i = 0; i < out->recipient_count; i++) {
        if (!wire_next_recipient(body, &r))
            return false;
    }
    return body->n == 0;
}

bool
wire_get_commit(struct span *body, struct wire_commit *out)
{
    uint64_t date;

    if (!get_u32(body, &out->session) || !get_u32(body, &out->delivery) ||
        !get_u64(body, &out->size) || !get_u64(body, &date))
        return false;
    out->date = (int64_t)date;
    return wire_get_flags(body, &out->flags) && get_span(body, &out->summary) &&
           get_span(body, &out->session_id) && get_span(body, &out->peer) &&
           get_span(body, &out->tls) && get_span(body, &out->message_id) &&
           get_recipients(body, out);
}

void
wire_put_committed(struct buf *b, const struct wire_committed *x)
{
    put_u32(b, x->uid_validity);
    put_u32(b, x->uid);
}

bool
wire_get_committed(struct span *body, struct wire_committed *out)
{
    return get_u32(body, &out->uid_validity) && get_u32(body, &out->uid) &&
           body->n == 0;
}

void
wire_put_abort(struct buf *b, const struct wire_abort *x)
{
    put_u32(b, x->session);
    put_u32(b, x->delivery);
}

bool
wire_get_abort(struct span *body, struct wire_abort *out)
{
    return get_u32(body, &out->session) && get_u32(body, &out->delivery) &&
           body->n == 0;
}
