/*
 *   target ready, locked -> gather names (index)
 *     -> link into tmp/ of the target, fsync (pool)
 *     -> rows, in pieces, above UIDNEXT: nobody sees them, and a crash takes
 *        them back
 *     -> one last transaction: UIDNEXT goes up, with the intent
 *     -> flush -> link from tmp/ to cur/, fsync, unlink (pool)
 *     -> told -> (move: the originals are expunged) -> intent forgotten
 *
 * A crash before the last transaction leaves litter in tmp/; after it, the
 * intent is done again.
 */
#include "mailstore/copy_inside.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/expunge.h"
#include "mailstore/history.h"
#include "mailstore/intent.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"
#include "mailstore/quota.h"
#include "mailstore/reconcile.h"
#include "mailstore/watch.h"

#include <stdlib.h>
#include <string.h>

/* --- the end ------------------------------------------------------------------- */

void
copy_end(struct copying *c)
{
    struct store_copied done = { .uid_validity = c->to->record.uid_validity,
                                 .from = &c->copied,
                                 .to = &c->given };

    quota_give_back(&c->claim);
    if (c->locked)
        folder_unlock(c->to);
    c->fn(c->arg, c->failed ? NULL : &done, c->failed ? &c->e : NULL);
    folder_release(c->from);
    folder_release(c->to);
    numset_free(&c->uids);
    numset_free(&c->copied);
    numset_free(&c->given);
    buf_free(&c->who);
    arena_clear(&c->arena);
    free(c->items);
    free(c);
}

void
copy_fail(struct copying *c, const struct error *e)
{
    if (!c->failed)
        c->e = *e;
    c->failed = true;
}

static void
run_undo(struct pool_job *job)
{
    struct copying *c = (struct copying *)job;
    struct error e;

    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].linked)
            fs_unlink(c->to->dir, c->items[i].tmp, &e);
}

static void
undone(struct pool_job *job)
{
    copy_end((struct copying *)job);
}

/* Before the last transaction: as if nothing had been. */
static void
undo(struct copying *c, const struct error *e)
{
    copy_fail(c, e);
    c->job = (struct pool_job){ .run = run_undo, .done = undone };
    pool_add(c->to->core->pool, &c->job);
}

/* --- after the last transaction -------------------------------------------------- */

static void
forget_intent(struct copying *c)
{
    struct core *core = c->to->core;
    struct index_txn *t = core_begin(core);
    struct error e;

    if (index_delete_intent(t, c->intent, &e))
        core_commit(core, &t, &e);
    else
        core_abort(core, &t, &e);
}

static void
expunged(void *arg, const struct error *e)
{
    struct copying *c = arg;

    if (e != NULL)
        copy_fail(c, e);
    else
        forget_intent(c);
    copy_end(c);
}

static void
tell(struct copying *c)
{
    struct store_row *rows = mem_take_array(c->count, sizeof *rows);

    for (size_t i = 0; i < c->count; i++)
        rows[i] = c->items[i].row;
    watch_added(c->to, c->event, rows, c->count, c->claimed);
    free(rows);
}

static void
placed(struct pool_job *job)
{
    struct copying *c = (struct copying *)job;
    struct expunge_request x = { .folder = c->from,
                                 .uids = &c->copied,
                                 .actor = c->actor,
                                 .moved = true,
                                 .who = buf_span(&c->who) };

    if (c->failed) {
        /* The intent stays: the next start does it again. Until then the
         * files are read from tmp/, and not missed by a scan. */
        c->to->unplaced = true;
        event_file_failed(c->to, &c->e);
        copy_end(c);
        return;
    }
    tell(c);
    folder_unlock(c->to);
    c->locked = false;
    if (c->move) {
        expunge_messages(&x, expunged, c);
        return;
    }
    forget_intent(c);
    copy_end(c);
}

static void
run_place(struct pool_job *job)
{
    struct copying *c = (struct copying *)job;
    int dir = c->to->dir;
    struct error e;

    for (size_t i = 0; i < c->count && !c->failed; i++)
        c->failed = !intent_place(dir, c->items[i].tmp, c->items[i].to, &c->e);
    if (!c->failed && c->to->core->options->sync != FLUSH_NEVER)
        c->failed = !fs_sync_dir(dir, "cur", &c->e);
    for (size_t i = 0; i < c->count && !c->failed; i++)
        fs_unlink(dir, c->items[i].tmp, &e);
}

static void
durable(void *arg)
{
    struct copying *c = arg;

    c->job = (struct pool_job){ .run = run_place, .done = placed };
    pool_add(c->to->core->pool, &c->job);
}

/* --- rows --------------------------------------------------------------------------- */

static bool
put_item(struct copying *c, struct copy_item *item, struct index_txn *t,
         struct error *e)
{
    uint32_t from = c->from->record.id;
    uint32_t to = c->to->record.id;
    struct index_message *m = &item->message;
    struct buf store = { 0 };
    struct index_cold cold;
    bool done = index_get_cold(t, from, item->from_uid, &store, &cold, e);

    if (!done && e->kind == FAIL_NOT_FOUND) {
        cold = (struct index_cold){ 0 }; /* just expunged: no summary */
        done = true;
    }
    cold.uid = item->uid;
    cold.base = span_of(item->base);
    done = done && index_put_message(t, to, m, e) &&
           index_put_cold(t, to, &cold, e) &&
           index_put_name(t, to, m->name_hash, item->uid, e);
    buf_free(&store);
    return done;
}

static bool
put_intent(struct copying *c, struct index_txn *t, struct error *e)
{
    struct intent_copy i = { .target = c->to->record.id,
                             .first = c->items[0].uid,
                             .last = c->items[c->count - 1].uid,
                             .move = c->move,
                             .source = c->from->record.id,
                             .uids = c->copied };
    struct buf body = { 0 };
    bool done;

    intent_put_copy(&i, &body);
    done = index_put_intent(t, buf_span(&body), &c->intent, e);
    buf_free(&body);
    return done;
}

static bool
put_history(struct copying *c, struct index_txn *t, struct error *e)
{
    const struct history_note note = { .kind = c->move ? HISTORY_MOVED
                                                       : HISTORY_COPIED,
                                       .who = buf_span(&c->who) };
    const struct history_copy copy = { .from = c->from,
                                       .to = c->to,
                                       .from_uids = &c->copied,
                                       .to_uids = &c->given };

    return history_put_copy(t, &note, &copy, e);
}

static bool
put_last(struct copying *c, struct index_txn *t, struct error *e)
{
    struct folder *f = c->to;
    struct index_folder *draft = folder_edit(f);

    draft->uid_next = c->items[c->count - 1].uid + 1;
    draft->modseq = c->items[c->count - 1].message.modseq;
    c->claimed = watch_has_writer(f);
    if (c->claimed)
        draft->first_recent = draft->uid_next;
    for (size_t i = 0; i < c->count; i++)
        folder_count(draft, &c->items[i].message, 1);
    return put_history(c, t, e) && put_intent(c, t, e);
}

static void
next_rows(void *arg)
{
    struct copying *c = arg;
    struct core *core = c->to->core;
    struct index_txn *t = core_begin(core);
    size_t upto = c->at + COPY_PIECE < c->count ? c->at + COPY_PIECE : c->count;
    struct error e;
    bool done = true;

    for (; done && c->at < upto; c->at++)
        done = put_item(c, &c->items[c->at], t, &e);
    if (done && c->at < c->count) {
        if (core_commit(core, &t, &e))
            core_defer(core, next_rows, c);
        else
            undo(c, &e);
        return;
    }
    done = done && put_last(c, t, &e);
    if (!folder_commit(c->to, &t, !done, &e)) {
        undo(c, &e);
        return;
    }
    quota_give_back(&c->claim);
    c->event = watch_event(c->to);
    for (size_t i = 0; i < c->count; i++)
        folder_add_rows(c->to, &c->items[i].row, 1);
    core_flushed(core, durable, c);
}

/* --- files into tmp/ ------------------------------------------------------------------- */

static bool
link_item(struct copying *c, struct copy_item *item, struct error *e)
{
    struct buf found = { 0 };

    item->linked =
        maildir_link(c->from->dir, item->from, c->to->dir, item->tmp, e);
    /* Its name may just have followed its flags. */
    if (!item->linked && e->kind == FAIL_NOT_FOUND &&
        maildir_find(c->from->dir, item->from_base, &found, e))
        item->linked = maildir_link(c->from->dir, buf_text(&found), c->to->dir,
                                    item->tmp, e);
    buf_free(&found);
    return item->linked;
}

static void
run_links(struct pool_job *job)
{
    struct copying *c = (struct copying *)job;

    for (size_t i = 0; i < c->count && !c->failed; i++)
        c->failed = !link_item(c, &c->items[i], &c->e);
    if (!c->failed && c->to->core->options->sync != FLUSH_NEVER)
        c->failed = !fs_sync_dir(c->to->dir, "tmp", &c->e);
}

static void
linked(struct pool_job *job)
{
    struct copying *c = (struct copying *)job;
    struct error e = c->e;

    if (c->failed)
        undo(c, &e);
    else
        next_rows(c);
}

void
copy_link(struct copying *c)
{
    c->job = (struct pool_job){ .run = run_links, .done = linked };
    pool_add(c->to->core->pool, &c->job);
}

/* --- the beginning -------------------------------------------------------------- */

static void
locked(void *arg, const struct error *e)
{
    struct copying *c = arg;
    struct error mine;

    c->locked = true;
    (void)e;
    if (c->to->deleted)
        fail(&mine, FAIL_NOT_FOUND, "the mailbox is gone");
    if (c->to->deleted || !folder_load_rows(c->from, &mine)) {
        copy_fail(c, &mine);
        copy_end(c);
        return;
    }
    copy_gather(c);
}

static void
is_ready(void *arg, const struct error *e)
{
    struct copying *c = arg;

    if (e != NULL) {
        copy_fail(c, e);
        copy_end(c);
        return;
    }
    folder_lock(c->to, locked, c);
}

void
copy_messages(const struct copy_request *r, copy_done_fn *fn, void *arg)
{
    struct copying *c = mem_take(sizeof *c);

    *c = (struct copying){ .from = r->from,
                           .to = r->to,
                           .move = r->move,
                           .actor = r->actor,
                           .next = 1,
                           .fn = fn,
                           .arg = arg };
    numset_add_set(&c->uids, r->uids);
    buf_put(&c->who, r->who);
    folder_hold(c->from);
    folder_hold(c->to);
    reconcile_ready(c->to, RECONCILE_VERIFIED, is_ready, c);
}
