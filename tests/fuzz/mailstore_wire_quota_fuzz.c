/*
 * Bodies about quota: any bytes are decoded or refused, and what was decoded
 * is encoded and decoded to the same. The first byte chooses the body.
 */
#include "mailstore/wire_quota.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
again_quota(struct span body, struct buf *out)
{
    struct store_quota w = { 0 };
    bool fine = wire_get_quota(&body, &w);

    if (fine)
        wire_put_quota(out, &w);
    return fine;
}

static bool
again_quota_set(struct span body, struct buf *out)
{
    struct wire_quota_set w = { 0 };
    bool fine = wire_get_quota_set(&body, &w);

    if (fine)
        wire_put_quota_set(out, &w);
    return fine;
}

static bool
again_quota_check(struct span body, struct buf *out)
{
    struct wire_quota_check w = { 0 };
    bool fine = wire_get_quota_check(&body, &w);

    if (fine)
        wire_put_quota_check(out, &w);
    return fine;
}

static bool
again_recount(struct span body, struct buf *out)
{
    struct store_recount w = { 0 };
    bool fine = wire_get_recount(&body, &w);

    if (fine)
        wire_put_recount(out, &w);
    return fine;
}

static bool
again_fullness(struct span body, struct buf *out)
{
    struct wire_fullness w = { 0 };
    bool fine = wire_get_fullness(&body, &w);

    if (fine)
        wire_put_fullness(out, &w);
    return fine;
}

typedef bool again_fn(struct span body, struct buf *out);

static again_fn *const decoders[] = { again_quota, again_quota_set,
                                      again_quota_check, again_recount,
                                      again_fullness };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once = { 0 };
    struct buf twice = { 0 };
    again_fn *again;

    if (size == 0)
        return 0;
    again = decoders[data[0] % (sizeof decoders / sizeof *decoders)];
    if (again(span_from(data + 1, size - 1), &once)) {
        if (!again(buf_span(&once), &twice))
            bug("what was encoded is refused");
        if (!span_eq(buf_span(&once), buf_span(&twice)))
            bug("what was encoded is not what was decoded");
    }
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
