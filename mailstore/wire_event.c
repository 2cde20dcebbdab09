#include "mailstore/wire_private.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct store_row) == 40, "rows are packed as they lie");

void
wire_put_row_list(struct buf *b, const struct wire_rows *x)
{
    put_u32(b, (uint32_t)x->count);
    buf_put(b, x->bytes);
}

static bool
ascend(const struct wire_rows *x)
{
    for (size_t i = 1; i < x->count; i++) {
        if (wire_row_at(x, i).uid <= wire_row_at(x, i - 1).uid)
            return false;
    }
    return true;
}

bool
wire_get_row_list(struct span *body, size_t max, struct wire_rows *out)
{
    uint32_t count;
    size_t n;

    if (!get_u32(body, &count) || count > max)
        return false;
    n = count * sizeof(struct store_row);
    if (body->n < n)
        return false;
    out->count = count;
    out->bytes = span_sub(*body, 0, n);
    *body = span_after(*body, n);
    return ascend(out);
}

void
wire_put_rows(struct buf *b, const struct wire_rows *x)
{
    put_u32(b, x->session);
    wire_put_row_list(b, x);
}

bool
wire_get_rows(struct span *body, struct wire_rows *out)
{
    return get_u32(body, &out->session) &&
           wire_get_row_list(body, WIRE_ROWS_MAX, out) && body->n == 0;
}

struct store_row
wire_row_at(const struct wire_rows *x, size_t i)
{
    struct store_row row;

    memcpy(&row, x->bytes.p + i * sizeof row, sizeof row);
    return row;
}

void
wire_put_expunged(struct buf *b, const struct wire_expunged *x)
{
    put_u32(b, x->session);
    put_u64(b, x->modseq);
    put_numset(b, &x->uids);
}

bool
wire_get_expunged(struct span *body, struct wire_expunged *out)
{
    return get_u32(body, &out->session) && get_u64(body, &out->modseq) &&
           get_numset(body, &out->uids) && body->n == 0;
}

void
wire_put_keywords(struct buf *b, const struct wire_keywords *x)
{
    put_u32(b, x->session);
    wire_put_keyword_list(b, &x->keywords);
}

bool
wire_get_keywords(struct span *body, struct wire_keywords *out)
{
    return get_u32(body, &out->session) &&
           wire_get_keyword_list(body, &out->keywords) && body->n == 0;
}
