/*
 * FETCH                                          RFC 3501 section 6.4.5
 *
 *   fetch_on ---> summaries ---> set_seen ---> messages --+--> fetch_on ...
 *   (a batch)     (if needed)    (if it has      ^   |    |
 *                                to)             |   v    (batch is done)
 *                                               open, or summarise
 */
#include "imapd-lite/fetch.h"

#include "mail/flags.h"

static imap_resume_fn fetch_on, fetch_messages;

static void
fetch_end(void *own)
{
    struct fetch *f = own;

    imap_batch_free(&f->batch);
}

/* --- the messages of a batch --------------------------------------------------- */

/* No client could read on behind a response that was begun and cannot be
 * ended. */
static enum run
give_up(struct imap *s, const struct fetch *f)
{
    if (f->has_left)
        conn_close(s->conn);
    return RUN_NO;
}

static enum run
fetch_messages(struct imap *s, struct error *e)
{
    struct fetch *f = s->run.own;
    struct imap_batch *b = &f->batch;

    while (b->at < b->count) {
        struct summary sum;
        const struct summary *known = NULL;

        if (imap_is_full(s))
            return imap_wait(s, IMAP_FOR_DRAIN, fetch_messages);
        if (f->needs_summary && !imap_batch_summary(b, &sum))
            return imap_batch_summarise(s, b, fetch_messages);
        if (f->needs_summary)
            known = &sum;
        if (b->fd == -1 && imap_fetch_needs_file(f, known))
            return imap_batch_open(s, b, fetch_messages);
        if (!imap_fetch_print(s, f, known, e))
            return give_up(s, f);
        imap_batch_next(b);
    }
    return fetch_on(s, e);
}

/* --- \Seen ------------------------------------------------------------------------ */

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

    if (!f->sets_seen)
        return fetch_messages(s, e);
    numset_clear(f->seen);
    for (size_t i = 0; i < f->batch.count; i++) {
        const struct imap_batch_message *m = &f->batch.all[i];

        if ((imap_view_row(s->view, m->seq)->flags & MAIL_SEEN) == 0)
            numset_add(f->seen, m->uid, m->uid);
    }
    if (f->seen->n == 0)
        return fetch_messages(s, e);
    store_set_flags(s->store, f->seen, STORE_FLAGS_ADD, &seen, 0, on_seen, s);
    return imap_wait(s, IMAP_FOR_ANSWER, fetch_messages);
}

/* --- batches --------------------------------------------------------------------------- */

static enum run
all_done(struct imap *s, const struct fetch *f, struct error *e)
{
    if (!f->batch.some_missing)
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
    const struct store_row *row;
    uint32_t seq;

    imap_batch_clear(&f->batch);
    while (!imap_batch_is_full(&f->batch) &&
           imap_walk_next(&f->walk, &seq, &row))
        imap_batch_add(&f->batch, seq, row->uid);
    if (f->batch.count == 0)
        return all_done(s, f, e);
    if (f->needs_summary)
        return imap_batch_ask(s, &f->batch, set_seen);
    return set_seen(s, e);
}

/* --- the command ----------------------------------------------------------------------- */

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
    bool has_flags = false;

    for (size_t i = 0; i < f->items.count; i++) {
        const struct fetch_item *item = &f->items.all[i];

        has_uid = has_uid || item->kind == FETCH_UID;
        has_flags = has_flags || item->kind == FETCH_FLAGS;
        f->needs_summary = f->needs_summary || needs_summary(item);
        f->sets_seen =
            f->sets_seen || (item->kind == FETCH_SECTION && !item->peek);
    }
    f->wants_uid = s->run.uid && !has_uid;
    if (imap_view_store(s->view)->read_only)
        f->sets_seen = false;
    f->wants_flags = f->sets_seen && !has_flags;
}

/* fetch = "FETCH" SP sequence-set SP ("ALL" / ...)  RFC 3501 section 9 */
enum run
imap_cmd_fetch(struct imap *s, struct cursor *c, struct error *e)
{
    struct fetch *f = arena_take(&s->run.arena, sizeof *f);
    struct numset *set;

    if (!take(c, ' ') || !imap_take_set(c, s, s->run.uid, &set) ||
        !take(c, ' ') || !imap_take_fetch_items(c, &s->run.arena, &f->items) ||
        !take_end(c))
        return RUN_BAD;
    imap_batch_begin(&f->batch);
    f->seen = imap_new_set(s);
    s->run.own = f;
    imap_at_end(s, fetch_end);
    look_at_items(s, f);
    f->walk = imap_walk_on(s->view, set, s->run.uid);
    return fetch_on(s, e);
}
