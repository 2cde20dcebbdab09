/*
 * FETCH                                          RFC 3501 section 6.4.5
 *
 *   fetch_on ----> summaries ----> seen ----> messages --+--> fetch_on ...
 *   (a batch)      (if needed)     (if it      ^    |    |
 *                                   has to)    |    v    (batch is done)
 *                                       summarise   open
 *                                       (mail that  (bytes are
 *                                       came from   wanted)
 *                                       elsewhere)
 *
 * One batch is one request for its summaries; bodies are one descriptor each,
 * open while its message is written.
 */
#include "imapd-lite/fetch.h"

#include "base/fs.h"
#include "mail/flags.h"

#include <unistd.h>

#define CHUNK       ((size_t)64 << 10)
#define CHUNKS_TURN 16 /* of a message that is summarised, in one turn */

static imap_resume_fn fetch_on, fetch_messages, summarise_on;

static void
close_file(struct fetch *f)
{
    if (f->fd != -1)
        close(f->fd);
    f->fd = -1;
    summary_abort(&f->maker);
}

static void
fetch_end(void *own)
{
    struct fetch *f = own;

    close_file(f);
    buf_free(&f->blobs);
}

/* --- the file of the message at work -------------------------------------------- */

static void
on_message(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct imap *s = arg;
    struct fetch *f = s->run.own;

    f->fd = fd;
    f->size = size;
    imap_answer(s, e);
}

/* The answer to store_message(): false when there is nothing to go on with; the
 * command's outcome is then in *r. */
static bool
is_open(struct imap *s, struct fetch *f, enum run *r, struct error *e)
{
    if (!s->run.failed)
        return true;
    s->run.failed = false;
    if (s->run.error.kind == FAIL_NOT_FOUND) {
        f->some_missing = true;
        f->at++;
        *r = fetch_messages(s, e);
    } else {
        *e = s->run.error;
        *r = RUN_NO;
    }
    return false;
}

static enum run
open_file(struct imap *s, struct fetch *f, imap_resume_fn *then)
{
    store_message(s->store, f->batch[f->at].uid, on_message, s);
    return imap_wait(s, IMAP_FOR_ANSWER, then);
}

/* --- a message without a summary ---------------------------------------------------- */

static void
keep_summary(struct imap *s, struct fetch *f)
{
    struct fetch_message *m = &f->batch[f->at];

    m->blob_at = f->blobs.n;
    summary_finish(&f->maker, &f->blobs);
    m->blob_size = f->blobs.n - m->blob_at;
    m->has_blob = true;
    m->is_made = true;
    store_put_summary(s->store, m->uid,
                      span_sub(buf_span(&f->blobs), m->blob_at, m->blob_size));
}

static enum run
summarise_on(struct imap *s, struct error *e)
{
    struct fetch *f = s->run.own;
    char chunk[CHUNK];

    for (int i = 0; i < CHUNKS_TURN; i++) {
        size_t got;

        if (!fs_read_at(f->fd, f->read, chunk, sizeof chunk, &got, e))
            return RUN_NO;
        summary_feed(f->maker, span_from(chunk, got));
        f->read += got;
        if (got < sizeof chunk) {
            keep_summary(s, f);
            return fetch_messages(s, e);
        }
    }
    return imap_wait(s, IMAP_FOR_DRAIN, summarise_on);
}

static enum run
summarise(struct imap *s, struct error *e)
{
    struct fetch *f = s->run.own;
    enum run r;

    if (!is_open(s, f, &r, e))
        return r;
    f->maker = summary_begin();
    f->read = 0;
    return summarise_on(s, e);
}

/* --- the messages of a batch --------------------------------------------------------- */

static enum run
opened(struct imap *s, struct error *e)
{
    enum run r;

    return is_open(s, s->run.own, &r, e) ? fetch_messages(s, e) : r;
}

static enum run
fetch_messages(struct imap *s, struct error *e)
{
    struct fetch *f = s->run.own;

    while (f->at < f->count) {
        struct summary sum;
        bool has_summary = f->needs_summary && imap_fetch_summary(f, &sum);
        const struct summary *known = has_summary ? &sum : NULL;

        if (imap_is_full(s))
            return imap_wait(s, IMAP_FOR_DRAIN, fetch_messages);
        if (f->needs_summary && !has_summary && f->batch[f->at].is_made) {
            fail(e, FAIL_CORRUPT, "summary of UID %u", f->batch[f->at].uid);
            return RUN_NO;
        }
        if (f->needs_summary && !has_summary)
            return open_file(s, f, summarise);
        if (f->fd == -1 && imap_fetch_needs_file(f, known))
            return open_file(s, f, opened);
        if (!imap_fetch_print(s, f, known, e)) {
            /* Its response was begun and cannot be ended: no client could
             * read on behind it. */
            conn_close(s->conn);
            return RUN_NO;
        }
        close_file(f);
        f->at++;
    }
    return fetch_on(s, e);
}

/* --- \Seen ------------------------------------------------------------------------------ */

static void
on_seen(void *arg, const struct numset *modified, const struct error *e)
{
    (void)modified;
    (void)e; /* reading is allowed where the flag cannot be kept */
    imap_answer(arg, NULL);
}

static enum run
set_seen(struct imap *s, struct error *e)
{
    static const struct store_flags seen = { .flags = MAIL_SEEN };
    struct fetch *f = s->run.own;
    struct numset *uids = imap_new_set(s);

    for (size_t i = 0; i < f->count; i++)
        if ((imap_view_row(s->view, f->batch[i].seq)->flags & MAIL_SEEN) == 0)
            numset_add(uids, f->batch[i].uid, f->batch[i].uid);
    if (uids->n == 0)
        return fetch_messages(s, e);
    store_set_flags(s->store, uids, STORE_FLAGS_ADD, &seen, 0, on_seen, s);
    return imap_wait(s, IMAP_FOR_ANSWER, fetch_messages);
}

/* --- batches ---------------------------------------------------------------------------- */

static void
on_summary(void *arg, uint32_t uid, struct span blob)
{
    struct imap *s = arg;
    struct fetch *f = s->run.own;

    while (f->at < f->count && f->batch[f->at].uid < uid)
        f->at++;
    if (f->at == f->count || f->batch[f->at].uid != uid || blob.n == 0)
        return;
    f->batch[f->at].blob_at = f->blobs.n;
    f->batch[f->at].blob_size = blob.n;
    f->batch[f->at].has_blob = true;
    buf_put(&f->blobs, blob);
}

static enum run
with_summaries(struct imap *s, struct error *e)
{
    struct fetch *f = s->run.own;

    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    f->at = 0;
    return f->sets_seen ? set_seen(s, e) : fetch_messages(s, e);
}

static void
fill_batch(struct fetch *f)
{
    const struct store_row *row;
    uint32_t seq;

    f->count = 0;
    f->at = 0;
    buf_clear(&f->blobs);
    while (f->count < FETCH_BATCH_MAX && imap_walk_next(&f->walk, &seq, &row))
        f->batch[f->count++] =
            (struct fetch_message){ .seq = seq, .uid = row->uid };
}

static enum run
all_done(struct imap *s, const struct fetch *f, struct error *e)
{
    if (!f->some_missing)
        return RUN_OK;
    /* RFC 2180 section 4.1.2, RFC 5530 section 3 */
    s->run.code = "EXPUNGEISSUED";
    s->run.text = "Some of them have been expunged";
    fail(e, FAIL_NOT_FOUND, "expunged meanwhile");
    return RUN_NO;
}

static enum run
fetch_on(struct imap *s, struct error *e)
{
    struct fetch *f = s->run.own;
    struct numset *uids;

    fill_batch(f);
    if (f->count == 0)
        return all_done(s, f, e);
    if (!f->needs_summary)
        return f->sets_seen ? set_seen(s, e) : fetch_messages(s, e);
    uids = imap_new_set(s);
    for (size_t i = 0; i < f->count; i++)
        numset_add(uids, f->batch[i].uid, f->batch[i].uid);
    store_summaries(s->store, uids, on_summary, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER, with_summaries);
}

/* --- the command ------------------------------------------------------------------------ */

static bool
needs_summary(const struct fetch_item *item)
{
    if (item->kind == FETCH_SECTION)
        return item->number_count > 0 || item->text != SECTION_ALL;
    return item->kind == FETCH_ENVELOPE || item->kind == FETCH_BODY ||
           item->kind == FETCH_BODY_STRUCTURE;
}

static void
look_at_items(struct imap *s, struct fetch *f)
{
    bool has_uid = false;

    for (size_t i = 0; i < f->items.count; i++) {
        const struct fetch_item *item = &f->items.all[i];

        has_uid = has_uid || item->kind == FETCH_UID;
        f->needs_summary = f->needs_summary || needs_summary(item);
        f->sets_seen =
            f->sets_seen || (item->kind == FETCH_SECTION && !item->peek);
    }
    f->wants_uid = s->run.uid && !has_uid;
    if (imap_view_store(s->view)->read_only)
        f->sets_seen = false;
}

/* fetch = "FETCH" SP sequence-set SP ("ALL" / ...)  RFC 3501 section 9 */
enum run
imap_cmd_fetch(struct imap *s, struct cursor *c, struct error *e)
{
    struct fetch *f = arena_take(&s->run.arena, sizeof *f);
    struct numset *set;

    f->fd = -1;
    if (!take(c, ' ') || !imap_take_set(c, s, s->run.uid, &set) ||
        !take(c, ' ') || !imap_take_fetch_items(c, &s->run.arena, &f->items) ||
        !take_end(c))
        return RUN_BAD;
    s->run.own = f;
    imap_at_end(s, fetch_end);
    look_at_items(s, f);
    f->walk = imap_walk_on(s->view, set, s->run.uid);
    return fetch_on(s, e);
}
