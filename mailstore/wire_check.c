#include "mailstore/wire_check.h"

#include "mailstore/wire_private.h"

void
wire_put_check(struct buf *b, const struct wire_check *x)
{
    put_span(b, x->user);
    put_u32(b, x->how);
}

bool
wire_get_check(struct span *body, struct wire_check *out)
{
    return get_span(body, &out->user) && get_u32(body, &out->how) &&
           out->how <= (STORE_CHECK_CONTENT | STORE_CHECK_FIX) && body->n == 0;
}

void
wire_put_report(struct buf *b, const struct store_report *x)
{
    put_u8(b, (uint8_t)x->kind);
    put_span(b, x->account);
    put_span(b, x->mailbox);
    put_u32(b, x->uid);
    put_span(b, x->file);
    put_span(b, x->text);
    put_span(b, x->remedy);
    put_u64(b, x->done);
    put_u64(b, x->total);
}

bool
wire_get_report(struct span *body, struct store_report *out)
{
    uint8_t kind;

    if (!get_u8(body, &kind) || kind > STORE_REPORT_FIXED ||
        !get_span(body, &out->account) || !get_span(body, &out->mailbox) ||
        !get_u32(body, &out->uid) || !get_span(body, &out->file) ||
        !get_span(body, &out->text) || !get_span(body, &out->remedy) ||
        !get_u64(body, &out->done) || !get_u64(body, &out->total))
        return false;
    out->kind = (enum store_report_kind)kind;
    return body->n == 0;
}
