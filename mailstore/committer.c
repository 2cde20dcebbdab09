/*
 * Deliveries that are prepared wait here. A batch is one of them, or several
 * where more wait than there are threads: each gets a UID in every target folder
 * (S2), a worker makes the files durable (where they are not yet), links them
 * into new/ (those that bring flags: cur/) and syncs each directory once (S1).
 * When all batches before it are through, one transaction puts it into the
 * index, with those that came through at the same time. So UIDs become visible
 * in ascending order though several batches are under way.
 *
 *   waiting --pick--> linking (pool) --linked--> in the index --flush--> told
 *                                  \--failed--> unlinking (pool) --> told
 *
 * A delivery waits while one of its folders is locked or must promise more
 * UIDs first. A failing delivery wastes its UIDs; nobody else's fate changes.
 */
#include "mailstore/committer_inside.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"
#include "mailstore/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct committer {
    struct core *core;
    struct delivery *first, **last; /* waiting */
    struct batch *batches;          /* under way, oldest first */
    unsigned waiting, running;
    bool woken;  /* go_soon() comes */
    bool ending; /* end_linked() comes */
};

struct committer *
committer_new(struct core *c)
{
    struct committer *k = mem_take(sizeof *k);

    k->core = c;
    k->last = &k->first;
    return k;
}

void
committer_free(struct committer **k)
{
    free(*k);
    *k = NULL;
}

/* --- in the loop: the index -------------------------------------------------------- */

static struct span
base_of(const struct deliver_target *t)
{
    struct maildir_name n;

    maildir_name_parse(span_after(span_of(t->file), strlen("new/")), &n);
    return n.base;
}

static struct index_message
message_of(const struct delivery *d, const struct deliver_target *t)
{
    struct span base = base_of(t);

    return (struct index_message){ .uid = t->uid,
                                   .flags = d->flags,
                                   .state =
                                       deliver_has_flags(d) ? 0 : INDEX_IN_NEW,
                                   .name_flags = (uint8_t)d->flags,
                                   .name_keywords = (uint32_t)t->keywords,
                                   .keywords = t->keywords,
                                   .size = d->size,
                                   .date = d->date,
                                   .save_date = clock_seconds(),
                                   .name_hash = index_hash(base),
                                   .content = d->content };
}

static bool
put_target(struct delivery *d, struct deliver_target *t, struct index_txn *tx,
           struct error *e)
{
    struct folder *f = t->folder;
    struct index_folder *draft = folder_edit(f);
    struct index_message m = message_of(d, t);
    struct index_cold cold = { .uid = t->uid,
                               .base = base_of(t),
                               .summary = buf_span(&d->summary) };
    struct history_note note;
    bool is_seen;

    m.modseq = folder_modseq(draft);
    folder_count(draft, &m, 1);
    t->claimed = watch_has_writer(f);
    is_seen = d->is_old && draft->first_recent >= draft->uid_next;
    draft->uid_next = t->uid + 1;
    if (t->claimed || is_seen)
        draft->first_recent = t->uid + 1;
    t->row = folder_row(&m);
    if (d->wire_size != 0) {
        m.size = d->wire_size;
        m.state |= INDEX_BARE_LF;
    }
    note = history_text_note(&d->note);
    return history_put_one(tx, f, &note, t->uid, e) &&
           index_put_message(tx, f->record.id, &m, e) &&
           index_put_cold(tx, f->record.id, &cold, e) &&
           index_put_name(tx, f->record.id, m.name_hash, t->uid, e);
}

static bool
put_batch(struct batch *b, struct index_txn *t, struct error *e)
{
    for (struct delivery *d = b->first; d != NULL; d = d->next)
        for (size_t i = 0; i < d->count; i++)
            if (!d->failed && !put_target(d, &d->targets[i], t, e))
                return false;
    for (struct delivery *d = b->first; d != NULL; d = d->next)
        for (size_t i = 0; i < d->count; i++)
            if (!folder_save(d->targets[i].folder, t, e))
                return false;
    return true;
}

/* After the commit: what is in memory follows (keep), or stays as it was. */
static void
after_commit(struct batch *b, bool keep)
{
    for (struct delivery *d = b->first; d != NULL; d = d->next) {
        if (d->failed)
            continue;
        for (size_t i = 0; i < d->count; i++) {
            struct deliver_target *t = &d->targets[i];

            quota_give_back(&t->claim);
            if (!keep) {
                folder_drop(t->folder);
                continue;
            }
            folder_keep(t->folder);
            folder_add_rows(t->folder, &t->row, 1);
            t->event = watch_event(t->folder);
            if (t->claimed && !deliver_has_flags(d))
                names_add(t->folder, t->uid, t->uid);
        }
    }
}

static void
free_names(struct delivery *d)
{
    for (size_t i = 0; i < d->count; i++) {
        folder_moved(d->targets[i].folder, base_of(&d->targets[i]));
        folder_unshare(d->targets[i].folder);
    }
}

static void
tell(struct delivery *d)
{
    for (size_t i = 0; i < d->count && !d->failed; i++) {
        struct deliver_target *t = &d->targets[i];

        watch_added(t->folder, t->event, &t->row, 1, t->claimed);
    }
    if (d->failed && d->e.kind == FAIL_UNAVAILABLE)
        for (size_t i = 0; i < d->count; i++)
            home_doubt(d->targets[i].folder->home);
    free_names(d);
    deliver_end(d);
}

static void
tell_batch(void *arg)
{
    struct batch *b = arg;

    while (b->first != NULL) {
        struct delivery *d = b->first;

        b->first = d->next;
        tell(d);
    }
    free(b);
}

static void
unlinked(struct pool_job *job)
{
    tell_batch(job);
}

/* The index would not take it: no recipient has it. */
static void
fail_batch(struct batch *b, const struct error *e)
{
    for (struct delivery *d = b->first; d != NULL; d = d->next)
        deliver_fail(d, e);
    b->job = (struct pool_job){ .run = committer_run_unlink, .done = unlinked };
    pool_add(b->committer->core->pool, &b->job);
}

static void
end_batch(struct batch *b)
{
    struct core *c = b->committer->core;
    struct index_txn *t = core_begin(c);
    struct error e;
    bool done = put_batch(b, t, &e);

    if (!done)
        core_abort(c, &t, &e);
    else
        done = core_commit(c, &t, &e);
    after_commit(b, done);
    if (done)
        core_flushed(c, tell_batch, b);
    else
        fail_batch(b, &e);
}

/* Takes the oldest batches that are through, as one. NULL: there is none. */
static struct batch *
take_linked(struct committer *k)
{
    struct batch *all = k->batches;

    if (all == NULL || !all->linked)
        return NULL;
    while ((k->batches = all->next) != NULL && k->batches->linked &&
           all->links + k->batches->links <= STORE_TXN_RECORDS) {
        struct batch *b = k->batches;

        *all->last = b->first;
        all->last = b->last;
        all->links += b->links;
        all->next = b->next;
        free(b);
    }
    return all;
}

static void
end_linked(void *arg)
{
    struct committer *k = arg;
    struct batch *b;

    k->ending = false;
    while ((b = take_linked(k)) != NULL)
        end_batch(b);
    committer_go(k);
}

/* At the end of this turn: what is through by then shares a transaction. */
static void
batch_linked(struct pool_job *job)
{
    struct batch *b = (struct batch *)job;
    struct committer *k = b->committer;

    b->linked = true;
    k->running--;
    if (k->ending)
        return;
    k->ending = true;
    core_defer(k->core, end_linked, k);
}

/* --- picking ---------------------------------------------------------------------------- */

static void
may_go(void *arg, const struct error *e)
{
    struct committer *k = arg;
    struct delivery *d;

    if (e != NULL)
        for (d = k->first; d != NULL; d = d->next)
            if (d->wants_uids)
                deliver_fail(d, e);
    for (d = k->first; d != NULL; d = d->next)
        d->wants_uids = false;
    committer_go(k);
}

static bool
may_pick(struct committer *k, struct delivery *d)
{
    if (d->failed)
        return true;
    if (d->wants_uids)
        return false;
    if (!deliver_has_uid(d))
        return true; /* it has just failed */
    for (size_t i = 0; i < d->count; i++)
        if (!folder_may_share(d->targets[i].folder))
            return false;
    for (size_t i = 0; i < d->count; i++)
        if (!folder_may_give(d->targets[i].folder,
                             deliver_uids(d, d->targets[i].folder), may_go,
                             k)) {
            d->wants_uids = true;
            return false;
        }
    return true;
}

/* Those that wait are shared out among the threads: each waits for the disk by
 * itself, and the disk serves them together. */
static void
pick(struct committer *k, struct batch *b)
{
    struct delivery **at = &k->first;
    unsigned most = k->waiting / (STORE_BATCHES - k->running) + 1;
    unsigned count = 0;

    while (*at != NULL && count < most && count < STORE_BATCH_MESSAGES &&
           b->links < STORE_TXN_RECORDS) {
        struct delivery *d = *at;

        if (!may_pick(k, d)) {
            at = &d->next;
            continue;
        }
        *at = d->next;
        d->next = NULL;
        k->waiting--;
        if (d->failed) {
            deliver_end(d);
            continue;
        }
        for (size_t i = 0; i < d->count; i++)
            deliver_give_uid(d, &d->targets[i]);
        *b->last = d;
        b->last = &d->next;
        b->links += d->count;
        count++;
    }
    k->last = &k->first;
    while (*k->last != NULL)
        k->last = &(*k->last)->next;
}

static struct batch *
new_batch(struct committer *k)
{
    struct batch *b = mem_take(sizeof *b);

    b->job =
        (struct pool_job){ .run = committer_run_batch, .done = batch_linked };
    b->committer = k;
    b->core = k->core;
    b->last = &b->first;
    return b;
}

void
committer_go(struct committer *k)
{
    while (k->first != NULL && k->running < STORE_BATCHES) {
        struct batch *b = new_batch(k);
        struct batch **at = &k->batches;

        pick(k, b);
        if (b->first == NULL) {
            free(b);
            return;
        }
        while (*at != NULL)
            at = &(*at)->next;
        *at = b;
        k->running++;
        pool_add(k->core->pool, &b->job);
    }
}

static void
go_soon(void *arg)
{
    struct committer *k = arg;

    k->woken = false;
    committer_go(k);
}

void
committer_add(struct committer *k, struct delivery *d)
{
    d->next = NULL;
    *k->last = d;
    k->last = &d->next;
    k->waiting++;
    /* At the end of this turn: what came together goes together. */
    if (k->woken)
        return;
    k->woken = true;
    core_defer(k->core, go_soon, k);
}
