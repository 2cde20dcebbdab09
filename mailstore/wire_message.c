#include "mailstore/wire_private.h"

void
wire_put_uids(struct buf *b, const struct wire_uids *x)
{
    put_u32(b, x->session);
    put_numset(b, &x->uids);
}

bool
wire_get_uids(struct span *body, struct wire_uids *out)
{
    return get_u32(body, &out->session) && get_numset(body, &out->uids) &&
           body->n == 0;
}

void
wire_add_summary(struct buf *entries, const struct store_summary *x)
{
    put_u32(entries, x->uid);
    put_span(entries, x->blob);
}

bool
wire_next_summary(struct span *entries, struct store_summary *out)
{
    return get_u32(entries, &out->uid) && get_span(entries, &out->blob);
}

void
wire_put_summaries(struct buf *b, const struct wire_summaries *x)
{
    put_u32(b, (uint32_t)x->count);
    buf_put(b, x->entries);
}

bool
wire_get_summaries(struct span *body, struct wire_summaries *out)
{
    struct store_summary one;
    uint32_t count;

    if (!get_u32(body, &count))
        return false;
    out->count = count;
    out->entries = *body;
    for (uint32_t i = 0; i < count; i++)
        if (!wire_next_summary(body, &one))
            return false;
    return body->n == 0;
}

void
wire_put_new_summaries(struct buf *b, const struct wire_new_summaries *x)
{
    put_u32(b, x->session);
    wire_put_summaries(b, &x->all);
}

bool
wire_get_new_summaries(struct span *body, struct wire_new_summaries *out)
{
    return get_u32(body, &out->session) && wire_get_summaries(body, &out->all);
}

void
wire_put_message(struct buf *b, const struct wire_message *x)
{
    put_u32(b, x->session);
    put_u32(b, x->uid);
}

bool
wire_get_message(struct span *body, struct wire_message *out)
{
    return get_u32(body, &out->session) && get_u32(body, &out->uid) &&
           body->n == 0;
}

void
wire_put_size(struct buf *b, const struct wire_size *x)
{
    put_u64(b, x->size);
}

bool
wire_get_size(struct span *body, struct wire_size *out)
{
    return get_u64(body, &out->size) && body->n == 0;
}

void
wire_put_bundle(struct buf *b, const struct wire_bundle *x)
{
    put_u32(b, (uint32_t)x->count);
    for (size_t i = 0; i < x->count; i++) {
        put_u32(b, x->all[i].uid);
        put_u32(b, x->all[i].size);
    }
}

bool
wire_get_bundle(struct span *body, struct wire_bundle *out)
{
    uint32_t count;

    if (!get_u32(body, &count) || count > STORE_BUNDLE_MAX)
        return false;
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        struct store_bundled *m = &out->all[i];

        if (!get_u32(body, &m->uid) || !get_u32(body, &m->size) ||
            m->size > STORE_BUNDLED_MAX ||
            (i > 0 && m->uid <= out->all[i - 1].uid))
            return false;
    }
    return body->n == 0;
}

void
wire_put_set_flags(struct buf *b, const struct wire_set_flags *x)
{
    put_u32(b, x->session);
    put_numset(b, &x->uids);
    put_u8(b, (uint8_t)x->mode);
    wire_put_flags(b, &x->flags);
    put_u64(b, x->unchanged_since);
}

bool
wire_get_set_flags(struct span *body, struct wire_set_flags *out)
{
    uint8_t mode;

    if (!get_u32(body, &out->session) || !get_numset(body, &out->uids) ||
        !get_u8(body, &mode) || mode > STORE_FLAGS_REMOVE)
        return false;
    out->mode = (enum store_flag_mode)mode;
    return wire_get_flags(body, &out->flags) &&
           get_u64(body, &out->unchanged_since) && body->n == 0;
}

void
wire_put_modified(struct buf *b, const struct wire_modified *x)
{
    put_numset(b, &x->uids);
}

bool
wire_get_modified(struct span *body, struct wire_modified *out)
{
    return get_numset(body, &out->uids) && body->n == 0;
}

void
wire_put_expunge(struct buf *b, const struct wire_expunge *x)
{
    put_u32(b, x->session);
    put_numset(b, &x->uids);
    put_u8(b, x->only_deleted);
}

bool
wire_get_expunge(struct span *body, struct wire_expunge *out)
{
    return get_u32(body, &out->session) && get_numset(body, &out->uids) &&
           wire_get_bool(body, &out->only_deleted) && body->n == 0;
}

void
wire_put_copy(struct buf *b, const struct wire_copy *x)
{
    put_u32(b, x->session);
    put_numset(b, &x->uids);
    put_span(b, x->to);
    put_u8(b, x->move);
}

bool
wire_get_copy(struct span *body, struct wire_copy *out)
{
    return get_u32(body, &out->session) && get_numset(body, &out->uids) &&
           get_span(body, &out->to) && wire_get_bool(body, &out->move) &&
           body->n == 0;
}

void
wire_put_copied(struct buf *b, const struct wire_copied *x)
{
    put_u32(b, x->uid_validity);
    put_numset(b, &x->from);
    put_numset(b, &x->to);
}

bool
wire_get_copied(struct span *body, struct wire_copied *out)
{
    return get_u32(body, &out->uid_validity) && get_numset(body, &out->from) &&
           get_numset(body, &out->to) &&
           numset_count(&out->from) == numset_count(&out->to) && body->n == 0;
}
