#include "mailstore/wire_history.h"
#include "mailstore/history_kind.h"
#include "mailstore/wire_private.h"

void
wire_put_kept_list(struct buf *b, const struct wire_kept_list *x)
{
    put_span(b, x->user);
    put_span(b, x->mailbox);
}

bool
wire_get_kept_list(struct span *body, struct wire_kept_list *out)
{
    return get_span(body, &out->user) && get_span(body, &out->mailbox) &&
           body->n == 0;
}

void
wire_put_kept(struct buf *b, const struct store_kept *x)
{
    put_span(b, x->mailbox);
    put_u32(b, x->uid);
    put_u64(b, (uint64_t)x->time);
    put_u64(b, (uint64_t)x->date);
    put_u64(b, x->size);
    put_u16(b, x->flags);
    put_u8(b, x->is_mailbox);
    put_span(b, x->head);
}

bool
wire_get_kept(struct span *body, struct store_kept *out)
{
    uint64_t time;
    uint64_t date;

    if (!get_span(body, &out->mailbox) || !get_u32(body, &out->uid) ||
        !get_u64(body, &time) || !get_u64(body, &date) ||
        !get_u64(body, &out->size) || !get_u16(body, &out->flags) ||
        !wire_get_bool(body, &out->is_mailbox) || !get_span(body, &out->head) ||
        body->n != 0)
        return false;
    out->time = (int64_t)time;
    out->date = (int64_t)date;
    return true;
}

void
wire_put_undelete(struct buf *b, const struct wire_undelete *x)
{
    put_span(b, x->user);
    put_span(b, x->mailbox);
    put_u64(b, (uint64_t)x->since);
    put_numset(b, &x->uids);
}

bool
wire_get_undelete(struct span *body, struct wire_undelete *out)
{
    uint64_t since;

    if (!get_span(body, &out->user) || !get_span(body, &out->mailbox) ||
        !get_u64(body, &since) || !get_numset(body, &out->uids) || body->n != 0)
        return false;
    out->since = (int64_t)since;
    return true;
}

void
wire_put_undeleted(struct buf *b, const struct store_undeleted *x)
{
    put_span(b, x->mailbox);
    put_u32(b, x->from_uid);
    put_u32(b, x->uid);
    put_u8(b, x->is_mailbox);
}

bool
wire_get_undeleted(struct span *body, struct store_undeleted *out)
{
    return get_span(body, &out->mailbox) && get_u32(body, &out->from_uid) &&
           get_u32(body, &out->uid) && wire_get_bool(body, &out->is_mailbox) &&
           body->n == 0;
}

void
wire_put_history(struct buf *b, const struct wire_history *x)
{
    put_span(b, x->user);
    put_u64(b, x->after);
}

bool
wire_get_history(struct span *body, struct wire_history *out)
{
    return get_span(body, &out->user) && get_u64(body, &out->after) &&
           body->n == 0;
}

void
wire_put_event(struct buf *b, const struct wire_event *x)
{
    put_u64(b, x->seq);
    put_u64(b, (uint64_t)x->time);
    put_u8(b, x->kind);
    put_span(b, x->user);
    put_u32(b, x->folder);
    put_u32(b, x->to_folder);
    put_span(b, x->mailbox);
    put_span(b, x->to_mailbox);
    put_span(b, x->who);
    put_span(b, x->detail);
    put_span(b, x->message_id);
    put_numset(b, &x->uids);
    put_numset(b, &x->to_uids);
}

static bool
get_texts(struct span *body, struct wire_event *out)
{
    return get_span(body, &out->mailbox) && get_span(body, &out->to_mailbox) &&
           get_span(body, &out->who) && get_span(body, &out->detail) &&
           get_span(body, &out->message_id);
}

bool
wire_get_event(struct span *body, struct wire_event *out)
{
    uint64_t time;

    if (!get_u64(body, &out->seq) || !get_u64(body, &time) ||
        !get_u8(body, &out->kind) || history_kind_name(out->kind) == NULL ||
        !get_span(body, &out->user) || !get_u32(body, &out->folder) ||
        !get_u32(body, &out->to_folder) || !get_texts(body, out) ||
        !get_numset(body, &out->uids) || !get_numset(body, &out->to_uids) ||
        body->n != 0)
        return false;
    out->time = (int64_t)time;
    return true;
}
