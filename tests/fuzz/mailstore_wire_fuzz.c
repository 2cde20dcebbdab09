/*
 * The first byte chooses a decoder of mailstore/wire.h, the rest is its body.
 * What is taken is encoded again: that must be taken, too, and give the same
 * bytes once more.
 */
#include "base/error.h"
#include "mailstore/wire.h"
#include "mailstore/wire_check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
again_session(struct span body, struct buf *out)
{
    struct wire_session w = { 0 };
    bool fine = wire_get_session(&body, &w);

    if (fine)
        wire_put_session(out, &w);
    return fine;
}

static bool
again_login(struct span body, struct buf *out)
{
    struct wire_login w = { 0 };
    bool fine = wire_get_login(&body, &w);

    if (fine)
        wire_put_login(out, &w);
    return fine;
}

static bool
again_name(struct span body, struct buf *out)
{
    struct wire_name w = { 0 };
    bool fine = wire_get_name(&body, &w);

    if (fine)
        wire_put_name(out, &w);
    return fine;
}

static bool
again_create(struct span body, struct buf *out)
{
    struct wire_create w = { 0 };
    bool fine = wire_get_create(&body, &w);

    if (fine)
        wire_put_create(out, &w);
    return fine;
}

static bool
again_rename(struct span body, struct buf *out)
{
    struct wire_rename w = { 0 };
    bool fine = wire_get_rename(&body, &w);

    if (fine)
        wire_put_rename(out, &w);
    return fine;
}

static bool
again_subscribe(struct span body, struct buf *out)
{
    struct wire_subscribe w = { 0 };
    bool fine = wire_get_subscribe(&body, &w);

    if (fine)
        wire_put_subscribe(out, &w);
    return fine;
}

static bool
again_mailbox(struct span body, struct buf *out)
{
    struct store_mailbox w = { 0 };
    bool fine = wire_get_mailbox(&body, &w);

    if (fine)
        wire_put_mailbox(out, &w);
    return fine;
}

static bool
again_open(struct span body, struct buf *out)
{
    struct wire_open w = { 0 };
    bool fine = wire_get_open(&body, &w);

    if (fine)
        wire_put_open(out, &w);
    return fine;
}

static bool
again_view(struct span body, struct buf *out)
{
    struct wire_view w = { 0 };
    bool fine = wire_get_view(&body, &w);

    if (fine)
        wire_put_view(out, &w);
    return fine;
}

static bool
again_uids(struct span body, struct buf *out)
{
    struct wire_uids w = { 0 };
    bool fine = wire_get_uids(&body, &w);

    if (fine)
        wire_put_uids(out, &w);
    numset_free(&w.uids);
    return fine;
}

static bool
again_summary(struct span body, struct buf *out)
{
    struct wire_summaries w = { 0 };
    bool fine = wire_get_summaries(&body, &w);

    if (fine)
        wire_put_summaries(out, &w);
    return fine;
}

static bool
again_new_summary(struct span body, struct buf *out)
{
    struct wire_new_summaries w = { 0 };
    bool fine = wire_get_new_summaries(&body, &w);

    if (fine)
        wire_put_new_summaries(out, &w);
    return fine;
}

static bool
again_message(struct span body, struct buf *out)
{
    struct wire_message w = { 0 };
    bool fine = wire_get_message(&body, &w);

    if (fine)
        wire_put_message(out, &w);
    return fine;
}

static bool
again_size(struct span body, struct buf *out)
{
    struct wire_size w = { 0 };
    bool fine = wire_get_size(&body, &w);

    if (fine)
        wire_put_size(out, &w);
    return fine;
}

static bool
again_bundle(struct span body, struct buf *out)
{
    struct wire_bundle w = { 0 };
    bool fine = wire_get_bundle(&body, &w);

    if (fine)
        wire_put_bundle(out, &w);
    return fine;
}

static bool
again_set_flags(struct span body, struct buf *out)
{
    struct wire_set_flags w = { 0 };
    bool fine = wire_get_set_flags(&body, &w);

    if (fine)
        wire_put_set_flags(out, &w);
    numset_free(&w.uids);
    return fine;
}

static bool
again_modified(struct span body, struct buf *out)
{
    struct wire_modified w = { 0 };
    bool fine = wire_get_modified(&body, &w);

    if (fine)
        wire_put_modified(out, &w);
    numset_free(&w.uids);
    return fine;
}

static bool
again_expunge(struct span body, struct buf *out)
{
    struct wire_expunge w = { 0 };
    bool fine = wire_get_expunge(&body, &w);

    if (fine)
        wire_put_expunge(out, &w);
    numset_free(&w.uids);
    return fine;
}

static bool
again_copy(struct span body, struct buf *out)
{
    struct wire_copy w = { 0 };
    bool fine = wire_get_copy(&body, &w);

    if (fine)
        wire_put_copy(out, &w);
    numset_free(&w.uids);
    return fine;
}

static bool
again_copied(struct span body, struct buf *out)
{
    struct wire_copied w = { 0 };
    bool fine = wire_get_copied(&body, &w);

    if (fine)
        wire_put_copied(out, &w);
    numset_free(&w.from);
    numset_free(&w.to);
    return fine;
}

static bool
again_rows(struct span body, struct buf *out)
{
    struct wire_rows w = { 0 };
    bool fine = wire_get_rows(&body, &w);

    if (fine)
        wire_put_rows(out, &w);
    return fine;
}

static bool
again_expunged(struct span body, struct buf *out)
{
    struct wire_expunged w = { 0 };
    bool fine = wire_get_expunged(&body, &w);

    if (fine)
        wire_put_expunged(out, &w);
    numset_free(&w.uids);
    return fine;
}

static bool
again_keywords(struct span body, struct buf *out)
{
    struct wire_keywords w = { 0 };
    bool fine = wire_get_keywords(&body, &w);

    if (fine)
        wire_put_keywords(out, &w);
    return fine;
}

static bool
again_delivery_begin(struct span body, struct buf *out)
{
    struct wire_delivery_begin w = { 0 };
    bool fine = wire_get_delivery_begin(&body, &w);

    if (fine)
        wire_put_delivery_begin(out, &w);
    return fine;
}

static bool
again_append_begin(struct span body, struct buf *out)
{
    struct wire_append_begin w = { 0 };
    bool fine = wire_get_append_begin(&body, &w);

    if (fine)
        wire_put_append_begin(out, &w);
    return fine;
}

static bool
again_commit(struct span body, struct buf *out)
{
    struct wire_commit w = { 0 };
    bool fine = wire_get_commit(&body, &w);

    if (fine)
        wire_put_commit(out, &w);
    return fine;
}

static bool
again_committed(struct span body, struct buf *out)
{
    struct wire_committed w = { 0 };
    bool fine = wire_get_committed(&body, &w);

    if (fine)
        wire_put_committed(out, &w);
    return fine;
}

static bool
again_abort(struct span body, struct buf *out)
{
    struct wire_abort w = { 0 };
    bool fine = wire_get_abort(&body, &w);

    if (fine)
        wire_put_abort(out, &w);
    return fine;
}

static bool
again_user(struct span body, struct buf *out)
{
    struct wire_user w = { 0 };
    bool fine = wire_get_user(&body, &w);

    if (fine)
        wire_put_user(out, &w);
    return fine;
}

static bool
again_check(struct span body, struct buf *out)
{
    struct wire_check w = { 0 };
    bool fine = wire_get_check(&body, &w);

    if (fine)
        wire_put_check(out, &w);
    return fine;
}

static bool
again_report(struct span body, struct buf *out)
{
    struct store_report w = { 0 };
    bool fine = wire_get_report(&body, &w);

    if (fine)
        wire_put_report(out, &w);
    return fine;
}

static bool
again_stats(struct span body, struct buf *out)
{
    struct store_stats w = { 0 };
    bool fine = wire_get_stats(&body, &w);

    if (fine)
        wire_put_stats(out, &w);
    return fine;
}

typedef bool again_fn(struct span body, struct buf *out);

static again_fn *const decoders[] = {
    again_session,  again_login,     again_name,           again_create,
    again_rename,   again_subscribe, again_mailbox,        again_open,
    again_view,     again_uids,      again_summary,        again_new_summary,
    again_message,  again_size,      again_set_flags,      again_modified,
    again_expunge,  again_copy,      again_copied,         again_rows,
    again_expunged, again_keywords,  again_delivery_begin, again_append_begin,
    again_commit,   again_committed, again_abort,          again_user,
    again_report,   again_stats,     again_check,          again_bundle,
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
