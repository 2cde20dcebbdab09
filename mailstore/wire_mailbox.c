#include "mailstore/wire_private.h"

#define OPEN_BITS (STORE_EXAMINE | STORE_EXCLUSIVE)

void
wire_put_name(struct buf *b, const struct wire_name *x)
{
    put_u32(b, x->session);
    put_span(b, x->name);
}

bool
wire_get_name(struct span *body, struct wire_name *out)
{
    return get_u32(body, &out->session) && get_span(body, &out->name) &&
           body->n == 0;
}

void
wire_put_create(struct buf *b, const struct wire_create *x)
{
    put_u32(b, x->session);
    put_span(b, x->name);
    put_u32(b, x->special_use);
}

bool
wire_get_create(struct span *body, struct wire_create *out)
{
    return get_u32(body, &out->session) && get_span(body, &out->name) &&
           get_u32(body, &out->special_use) && body->n == 0;
}

void
wire_put_rename(struct buf *b, const struct wire_rename *x)
{
    put_u32(b, x->session);
    put_span(b, x->from);
    put_span(b, x->to);
}

bool
wire_get_rename(struct span *body, struct wire_rename *out)
{
    return get_u32(body, &out->session) && get_span(body, &out->from) &&
           get_span(body, &out->to) && body->n == 0;
}

void
wire_put_subscribe(struct buf *b, const struct wire_subscribe *x)
{
    put_u32(b, x->session);
    put_span(b, x->name);
    put_u8(b, x->on);
}

bool
wire_get_subscribe(struct span *body, struct wire_subscribe *out)
{
    return get_u32(body, &out->session) && get_span(body, &out->name) &&
           wire_get_bool(body, &out->on) && body->n == 0;
}

void
wire_put_mailbox(struct buf *b, const struct store_mailbox *x)
{
    put_span(b, x->name);
    put_u32(b, x->flags);
    put_u32(b, x->uid_validity);
    put_u32(b, x->uid_next);
    put_u32(b, x->messages);
    put_u32(b, x->unseen);
    put_u32(b, x->recent);
    put_u32(b, x->deleted);
    put_u64(b, x->modseq);
    put_u64(b, x->bytes);
    put_u64(b, x->deleted_bytes);
}

bool
wire_get_mailbox(struct span *body, struct store_mailbox *out)
{
    return get_span(body, &out->name) && get_u32(body, &out->flags) &&
           get_u32(body, &out->uid_validity) && get_u32(body, &out->uid_next) &&
           get_u32(body, &out->messages) && get_u32(body, &out->unseen) &&
           get_u32(body, &out->recent) && get_u32(body, &out->deleted) &&
           get_u64(body, &out->modseq) && get_u64(body, &out->bytes) &&
           get_u64(body, &out->deleted_bytes) && body->n == 0;
}

void
wire_put_open(struct buf *b, const struct wire_open *x)
{
    put_u32(b, x->session);
    put_span(b, x->name);
    put_u32(b, x->how);
}

bool
wire_get_open(struct span *body, struct wire_open *out)
{
    uint32_t how;

    if (!get_u32(body, &out->session) || !get_span(body, &out->name) ||
        !get_u32(body, &how) || body->n != 0)
        return false;
    out->how = how;
    return (how & ~(uint32_t)OPEN_BITS) == 0;
}

void
wire_put_view(struct buf *b, const struct wire_view *x)
{
    put_u32(b, x->uid_validity);
    put_u32(b, x->uid_next);
    put_u64(b, x->modseq);
    put_u64(b, x->count);
    put_u32(b, x->recent);
    put_u32(b, x->first_unseen);
    put_u8(b, x->read_only);
    wire_put_row_list(b, &x->changes);
    wire_put_keyword_list(b, &x->keywords);
}

bool
wire_get_view(struct span *body, struct wire_view *out)
{
    return get_u32(body, &out->uid_validity) && get_u32(body, &out->uid_next) &&
           get_u64(body, &out->modseq) && get_u64(body, &out->count) &&
           get_u32(body, &out->recent) && get_u32(body, &out->first_unseen) &&
           wire_get_bool(body, &out->read_only) &&
           wire_get_row_list(body, WIRE_CHANGES_MAX, &out->changes) &&
           wire_get_keyword_list(body, &out->keywords) && body->n == 0;
}
