#include "mailstore/wire_quota.h"

#include "mailstore/wire_private.h"

#define OWN_BYTES    1
#define OWN_MESSAGES 2
#define OWN_KEEP     4

void
wire_put_quota(struct buf *b, const struct store_quota *x)
{
    put_span(b, x->user);
    put_u64(b, x->bytes);
    put_u64(b, x->messages);
    put_u64(b, x->limit_bytes);
    put_u64(b, x->limit_messages);
    put_u64(b, x->keep_deleted);
    put_u8(b, (uint8_t)((x->own_bytes ? OWN_BYTES : 0) |
                        (x->own_messages ? OWN_MESSAGES : 0) |
                        (x->own_keep ? OWN_KEEP : 0)));
}

bool
wire_get_quota(struct span *body, struct store_quota *out)
{
    uint8_t own;

    if (!get_span(body, &out->user) || !get_u64(body, &out->bytes) ||
        !get_u64(body, &out->messages) || !get_u64(body, &out->limit_bytes) ||
        !get_u64(body, &out->limit_messages) ||
        !get_u64(body, &out->keep_deleted) || !get_u8(body, &own) ||
        body->n != 0)
        return false;
    out->own_bytes = (own & OWN_BYTES) != 0;
    out->own_messages = (own & OWN_MESSAGES) != 0;
    out->own_keep = (own & OWN_KEEP) != 0;
    return own <= (OWN_BYTES | OWN_MESSAGES | OWN_KEEP);
}

void
wire_put_fullness(struct buf *b, const struct wire_fullness *x)
{
    put_u8(b, x->percent);
}

bool
wire_get_fullness(struct span *body, struct wire_fullness *out)
{
    return get_u8(body, &out->percent) && body->n == 0 && out->percent <= 100;
}

void
wire_put_quota_set(struct buf *b, const struct wire_quota_set *x)
{
    put_span(b, x->user);
    put_u64(b, x->limit_bytes);
    put_u64(b, x->limit_messages);
    put_u64(b, x->keep_deleted);
}

bool
wire_get_quota_set(struct span *body, struct wire_quota_set *out)
{
    return get_span(body, &out->user) && get_u64(body, &out->limit_bytes) &&
           get_u64(body, &out->limit_messages) &&
           get_u64(body, &out->keep_deleted) && body->n == 0;
}

void
wire_put_quota_check(struct buf *b, const struct wire_quota_check *x)
{
    put_u64(b, x->size);
    put_u32(b, x->recipient_count);
    buf_put(b, x->recipients);
}

bool
wire_get_quota_check(struct span *body, struct wire_quota_check *out)
{
    struct store_recipient r;

    if (!get_u64(body, &out->size) || !get_u32(body, &out->recipient_count))
        return false;
    out->recipients = *body;
    for (uint32_t i = 0; i < out->recipient_count; i++)
        if (!wire_next_recipient(body, &r))
            return false;
    return body->n == 0;
}

void
wire_put_recount(struct buf *b, const struct store_recount *x)
{
    put_span(b, x->user);
    put_u64(b, x->bytes);
    put_u64(b, x->messages);
    put_u64(b, (uint64_t)x->off_bytes);
    put_u64(b, (uint64_t)x->off_messages);
}

bool
wire_get_recount(struct span *body, struct store_recount *out)
{
    uint64_t off_bytes;
    uint64_t off_messages;

    if (!get_span(body, &out->user) || !get_u64(body, &out->bytes) ||
        !get_u64(body, &out->messages) || !get_u64(body, &off_bytes) ||
        !get_u64(body, &off_messages) || body->n != 0)
        return false;
    out->off_bytes = (int64_t)off_bytes;
    out->off_messages = (int64_t)off_messages;
    return true;
}
