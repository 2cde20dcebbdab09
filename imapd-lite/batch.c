#include "imapd-lite/batch.h"

#include "base/fs.h"

#include <unistd.h>

#define CHUNK       ((size_t)64 << 10)
#define CHUNKS_TURN 16 /* of a message that is summarised, in one turn */

static void
close_file(struct imap_batch *b)
{
    if (b->fd != -1)
        close(b->fd);
    b->fd = -1;
    summary_abort(&b->maker);
}

void
imap_batch_begin(struct imap_batch *b)
{
    b->fd = -1;
    imap_bundle_clear(&b->bundle);
}

void
imap_batch_free(struct imap_batch *b)
{
    close_file(b);
    imap_bundle_free(&b->bundle);
    buf_free(&b->blobs);
}

static void
store_made(struct imap_batch *b)
{
    struct store_summary made[IMAP_BATCH_MAX];
    size_t count = 0;

    for (size_t i = 0; i < b->count; i++) {
        const struct imap_batch_message *m = &b->all[i];

        if (m->is_made)
            made[count++] = (struct store_summary){
                m->uid, span_sub(buf_span(&b->blobs), m->blob_at, m->blob_size)
            };
    }
    if (count > 0)
        store_put_summaries(b->asked_by->store, made, count);
}

void
imap_batch_clear(struct imap_batch *b)
{
    store_made(b);
    close_file(b);
    imap_bundle_clear(&b->bundle);
    buf_clear(&b->blobs);
    b->count = 0;
    b->at = 0;
}

bool
imap_batch_is_full(const struct imap_batch *b)
{
    return b->count == IMAP_BATCH_MAX;
}

void
imap_batch_add(struct imap_batch *b, uint32_t seq, uint32_t uid)
{
    b->all[b->count++] = (struct imap_batch_message){ .seq = seq, .uid = uid };
}

void
imap_batch_next(struct imap_batch *b)
{
    close_file(b);
    b->at++;
}

/* --- summaries ------------------------------------------------------------------ */

bool
imap_batch_summary(const struct imap_batch *b, struct summary *out)
{
    const struct imap_batch_message *m = &b->all[b->at];

    return m->has_blob &&
           summary_open(span_sub(buf_span(&b->blobs), m->blob_at, m->blob_size),
                        out);
}

/* Rows come in the order of UIDs, as the batch is. */
static void
on_summary(void *arg, uint32_t uid, struct span blob)
{
    struct imap *s = arg;
    struct imap_batch *b = s->run.own;
    struct imap_batch_message *m;

    while (b->at < b->count && b->all[b->at].uid < uid)
        b->at++;
    if (b->at == b->count || b->all[b->at].uid != uid || blob.n == 0)
        return;
    m = &b->all[b->at];
    m->blob_at = b->blobs.n;
    m->blob_size = blob.n;
    m->has_blob = true;
    buf_put(&b->blobs, blob);
}

static enum run
asked(struct imap *s, struct error *e)
{
    struct imap_batch *b = s->run.own;

    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    b->at = 0;
    return b->then(s, e);
}

enum run
imap_batch_ask(struct imap *s, struct imap_batch *b, imap_resume_fn *then)
{
    struct numset uids = { 0 };

    for (size_t i = 0; i < b->count; i++)
        numset_add(&uids, b->all[i].uid, b->all[i].uid);
    b->at = 0;
    b->then = then;
    b->asked_by = s;
    store_summaries(s->store, &uids, on_summary, imap_answered, s);
    numset_free(&uids);
    return imap_wait(s, IMAP_FOR_ANSWER, asked);
}

/* --- files ------------------------------------------------------------------------ */

static void
on_message(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct imap *s = arg;
    struct imap_batch *b = s->run.own;

    b->fd = fd;
    b->size = size;
    imap_answer(s, e);
}

/* RFC 2180 section 4.1.2: a message that was expunged elsewhere is left out. */
static bool
is_gone(const struct imap *s)
{
    return s->run.failed && s->run.error.kind == FAIL_NOT_FOUND;
}

static enum run
skip(struct imap *s, struct imap_batch *b, struct error *e)
{
    b->some_missing = true;
    imap_batch_next(b);
    return b->then(s, e);
}

static enum run
opened(struct imap *s, struct error *e)
{
    struct imap_batch *b = s->run.own;

    if (is_gone(s))
        return skip(s, b, e);
    return imap_outcome(s, e) == RUN_OK ? b->then(s, e) : RUN_NO;
}

enum run
imap_batch_open(struct imap *s, struct imap_batch *b, imap_resume_fn *then)
{
    b->then = then;
    store_message(s->store, b->all[b->at].uid, on_message, s);
    return imap_wait(s, IMAP_FOR_ANSWER, opened);
}

/* --- messages without a summary --------------------------------------------------- */

static void
keep_summary(struct imap_batch *b, struct imap_batch_message *m)
{
    m->blob_at = b->blobs.n;
    summary_finish(&b->maker, &b->blobs);
    m->blob_size = b->blobs.n - m->blob_at;
    m->has_blob = true;
    m->is_made = true;
}

static enum run
summarise_on(struct imap *s, struct error *e)
{
    struct imap_batch *b = s->run.own;
    char chunk[CHUNK];

    for (int i = 0; i < CHUNKS_TURN; i++) {
        size_t got;

        if (!fs_read_at(b->fd, b->read, chunk, sizeof chunk, &got, e))
            return RUN_NO;
        summary_feed(b->maker, span_from(chunk, got));
        b->read += got;
        if (got < sizeof chunk) {
            keep_summary(b, &b->all[b->at]);
            return b->then(s, e);
        }
    }
    return imap_wait(s, IMAP_FOR_DRAIN, summarise_on);
}

static enum run
opened_bare(struct imap *s, struct error *e)
{
    struct imap_batch *b = s->run.own;

    if (is_gone(s))
        return skip(s, b, e);
    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    b->maker = summary_begin();
    b->read = 0;
    return summarise_on(s, e);
}

static enum run
refuse(struct imap *s, struct error *e)
{
    struct imap_batch *b = s->run.own;

    fail(e, FAIL_CORRUPT, "summary of UID %u", b->all[b->at].uid);
    return RUN_NO;
}

static void
on_bundle(void *arg, int fd, const struct store_bundled *all, size_t count,
          const struct error *e)
{
    struct imap *s = arg;
    struct imap_batch *b = s->run.own;
    struct error mine;

    if (e == NULL && !imap_bundle_take(&b->bundle, fd, all, count, &mine))
        e = &mine;
    imap_answer(s, e);
}

static enum run
bundled(struct imap *s, struct error *e)
{
    struct imap_batch *b = s->run.own;
    struct span text;

    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    for (size_t i = b->at; i < b->count; i++) {
        struct imap_batch_message *m = &b->all[i];

        if (m->has_blob || !imap_bundle_find(&b->bundle, m->uid, &text))
            continue;
        b->maker = summary_begin();
        summary_feed(b->maker, text);
        keep_summary(b, m);
    }
    return b->then(s, e);
}

/* The message at work and as many behind it as go together; false: one that is
 * large, or was asked for already, goes alone. */
static bool
want_bundle(struct imap *s, struct imap_batch *b)
{
    if (imap_bundle_is_past(&b->bundle, b->all[b->at].uid))
        return false;
    for (size_t i = b->at; i < b->count; i++) {
        const struct imap_batch_message *m = &b->all[i];

        if (!m->has_blob &&
            !imap_bundle_want(&b->bundle, m->uid,
                              imap_view_row(s->view, m->seq)->size))
            break;
    }
    if (b->bundle.wanted_count > 1)
        return true;
    imap_bundle_clear(&b->bundle);
    return false;
}

enum run
imap_batch_summarise(struct imap *s, struct imap_batch *b, imap_resume_fn *then)
{
    if (b->all[b->at].is_made) /* and cannot be read: trying again is vain */
        return imap_wait(s, IMAP_FOR_DRAIN, refuse);
    b->then = then;
    if (want_bundle(s, b)) {
        store_messages(s->store, &b->bundle.wanted, on_bundle, s);
        return imap_wait(s, IMAP_FOR_ANSWER, bundled);
    }
    store_message(s->store, b->all[b->at].uid, on_message, s);
    return imap_wait(s, IMAP_FOR_ANSWER, opened_bare);
}
