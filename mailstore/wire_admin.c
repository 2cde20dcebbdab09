#include "mailstore/wire.h"

void
wire_put_user(struct buf *b, const struct wire_user *x)
{
    put_span(b, x->user);
}

bool
wire_get_user(struct span *body, struct wire_user *out)
{
    return get_span(body, &out->user) && body->n == 0;
}

void
wire_put_stats(struct buf *b, const struct store_stats *x)
{
    put_u64(b, x->accounts);
    put_u64(b, x->mailboxes);
    put_u64(b, x->messages);
    put_u64(b, x->bytes);
    put_u64(b, x->sessions);
    put_u64(b, x->views);
    put_u64(b, x->delivered);
    put_u64(b, x->disk_free);
}

bool
wire_get_stats(struct span *body, struct store_stats *out)
{
    return get_u64(body, &out->accounts) && get_u64(body, &out->mailboxes) &&
           get_u64(body, &out->messages) && get_u64(body, &out->bytes) &&
           get_u64(body, &out->sessions) && get_u64(body, &out->views) &&
           get_u64(body, &out->delivered) && get_u64(body, &out->disk_free) &&
           body->n == 0;
}
