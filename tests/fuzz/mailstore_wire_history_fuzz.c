/*
 * Bodies about imports and history: any bytes are decoded or refused, and what
 * was decoded is encoded and decoded to the same. The first byte chooses the
 * body.
 */
#include "base/error.h"
#include "mailstore/wire_history.h"
#include "mailstore/wire_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
again_login_as(struct span body, struct buf *out)
{
    struct wire_login_as w = { 0 };
    bool fine = wire_get_login_as(&body, &w);

    if (fine)
        wire_put_login_as(out, &w);
    return fine;
}

static bool
again_import_begin(struct span body, struct buf *out)
{
    struct wire_import_begin w = { 0 };
    bool fine = wire_get_import_begin(&body, &w);

    if (fine)
        wire_put_import_begin(out, &w);
    return fine;
}

static bool
again_import_state(struct span body, struct buf *out)
{
    struct wire_import_state w = { 0 };
    bool fine = wire_get_import_state(&body, &w);

    if (fine)
        wire_put_import_state(out, &w);
    return fine;
}

static bool
again_import(struct span body, struct buf *out)
{
    struct wire_import w = { 0 };
    bool fine = wire_get_import(&body, &w);

    if (fine)
        wire_put_import(out, &w);
    return fine;
}

static bool
again_import_end(struct span body, struct buf *out)
{
    struct wire_import_end w = { 0 };
    bool fine = wire_get_import_end(&body, &w);

    if (fine)
        wire_put_import_end(out, &w);
    return fine;
}

static bool
again_uidls(struct span body, struct buf *out)
{
    struct wire_uidls w = { 0 };
    bool fine = wire_get_uidls(&body, &w);

    if (fine)
        wire_put_uidls(out, &w);
    return fine;
}

static bool
again_put_uidls(struct span body, struct buf *out)
{
    struct wire_put_uidls w = { 0 };
    bool fine = wire_get_put_uidls(&body, &w);

    if (fine)
        wire_put_put_uidls(out, &w);
    return fine;
}

static bool
again_kept_list(struct span body, struct buf *out)
{
    struct wire_kept_list w = { 0 };
    bool fine = wire_get_kept_list(&body, &w);

    if (fine)
        wire_put_kept_list(out, &w);
    return fine;
}

static bool
again_kept(struct span body, struct buf *out)
{
    struct store_kept w = { 0 };
    bool fine = wire_get_kept(&body, &w);

    if (fine)
        wire_put_kept(out, &w);
    return fine;
}

static bool
again_undelete(struct span body, struct buf *out)
{
    struct wire_undelete w = { 0 };
    bool fine = wire_get_undelete(&body, &w);

    if (fine)
        wire_put_undelete(out, &w);
    numset_free(&w.uids);
    return fine;
}

static bool
again_undeleted(struct span body, struct buf *out)
{
    struct store_undeleted w = { 0 };
    bool fine = wire_get_undeleted(&body, &w);

    if (fine)
        wire_put_undeleted(out, &w);
    return fine;
}

static bool
again_history(struct span body, struct buf *out)
{
    struct wire_history w = { 0 };
    bool fine = wire_get_history(&body, &w);

    if (fine)
        wire_put_history(out, &w);
    return fine;
}

static bool
again_event(struct span body, struct buf *out)
{
    struct wire_event w = { 0 };
    bool fine = wire_get_event(&body, &w);

    if (fine)
        wire_put_event(out, &w);
    numset_free(&w.uids);
    numset_free(&w.to_uids);
    return fine;
}

typedef bool again_fn(struct span body, struct buf *out);

static again_fn *const decoders[] = {
    again_login_as,   again_import_begin, again_import_state, again_import,
    again_import_end, again_uidls,        again_put_uidls,    again_kept_list,
    again_kept,       again_undelete,     again_undeleted,    again_history,
    again_event,
};

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
