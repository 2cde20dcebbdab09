#include "mailstore/wire_import.h"
#include "mailstore/wire_private.h"

void
wire_put_login_as(struct buf *b, const struct wire_login_as *x)
{
    put_u32(b, x->session);
    put_span(b, x->user);
    put_span(b, x->session_id);
}

bool
wire_get_login_as(struct span *body, struct wire_login_as *out)
{
    return get_u32(body, &out->session) && out->session != 0 &&
           get_span(body, &out->user) && get_span(body, &out->session_id) &&
           body->n == 0;
}

void
wire_put_import_begin(struct buf *b, const struct wire_import_begin *x)
{
    put_u32(b, x->session);
    put_span(b, x->mailbox);
    put_u32(b, x->uid_validity);
}

bool
wire_get_import_begin(struct span *body, struct wire_import_begin *out)
{
    return get_u32(body, &out->session) && get_span(body, &out->mailbox) &&
           get_u32(body, &out->uid_validity) && body->n == 0;
}

void
wire_put_mark(struct buf *b, const struct wire_mark *x)
{
    put_u32(b, x->uid);
    put_u64(b, x->mark);
}

bool
wire_next_mark(struct span *rest, struct wire_mark *out)
{
    return get_u32(rest, &out->uid) && get_u64(rest, &out->mark);
}

void
wire_put_import_state(struct buf *b, const struct wire_import_state *x)
{
    put_u32(b, x->uid_validity);
    put_u32(b, x->uid_next);
}

bool
wire_get_import_state(struct span *body, struct wire_import_state *out)
{
    return get_u32(body, &out->uid_validity) && get_u32(body, &out->uid_next) &&
           body->n == 0;
}

void
wire_put_import(struct buf *b, const struct wire_import *x)
{
    put_u32(b, x->session);
    put_u32(b, x->delivery);
    put_span(b, x->mailbox);
    put_u32(b, x->uid);
    put_u64(b, x->mark);
    put_u8(b, x->is_old);
    put_u64(b, x->size);
    put_u64(b, (uint64_t)x->date);
    wire_put_flags(b, &x->flags);
    put_span(b, x->summary);
}

bool
wire_get_import(struct span *body, struct wire_import *out)
{
    uint64_t date;

    if (!get_u32(body, &out->session) || !get_u32(body, &out->delivery) ||
        !get_span(body, &out->mailbox) || !get_u32(body, &out->uid) ||
        !get_u64(body, &out->mark) || !wire_get_bool(body, &out->is_old) ||
        !get_u64(body, &out->size) || !get_u64(body, &date))
        return false;
    out->date = (int64_t)date;
    return wire_get_flags(body, &out->flags) && get_span(body, &out->summary) &&
           body->n == 0;
}

void
wire_put_import_end(struct buf *b, const struct wire_import_end *x)
{
    put_u32(b, x->session);
    put_span(b, x->mailbox);
    put_u32(b, x->uid_next);
}

bool
wire_get_import_end(struct span *body, struct wire_import_end *out)
{
    return get_u32(body, &out->session) && get_span(body, &out->mailbox) &&
           get_u32(body, &out->uid_next) && body->n == 0;
}

/* --- unique-ids of POP3 --------------------------------------------------- */

void
wire_put_uidl(struct buf *b, const struct store_uidl *x)
{
    put_u32(b, x->uid);
    put_span(b, x->text);
}

bool
wire_next_uidl(struct span *rest, struct store_uidl *out)
{
    return get_u32(rest, &out->uid) && get_span(rest, &out->text);
}

static bool
take_uidls(struct span *body, struct span *out)
{
    struct store_uidl u;

    *out = *body;
    while (body->n > 0) {
        if (!wire_next_uidl(body, &u))
            return false;
    }
    return true;
}

void
wire_put_uidls(struct buf *b, const struct wire_uidls *x)
{
    buf_put(b, x->uidls);
}

bool
wire_get_uidls(struct span *body, struct wire_uidls *out)
{
    return take_uidls(body, &out->uidls);
}

void
wire_put_put_uidls(struct buf *b, const struct wire_put_uidls *x)
{
    put_u32(b, x->session);
    put_span(b, x->mailbox);
    buf_put(b, x->uidls);
}

bool
wire_get_put_uidls(struct span *body, struct wire_put_uidls *out)
{
    return get_u32(body, &out->session) && get_span(body, &out->mailbox) &&
           take_uidls(body, &out->uidls);
}
