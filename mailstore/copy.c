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
#include "mailstore/copy.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/expunge.h"
#include "mailstore/intent.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"
#include "mailstore/reconcile.h"
#include "mailstore/watch.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 300

struct item {
    uint32_t from_uid, uid;
    struct span from_base;
    const char *from;     /* path in the source's directory */
    const char *tmp, *to; /* in the target's */
    const char *base;
    struct store_row row;
    struct index_message message;
    bool linked;
};

struct copying {
    struct pool_job job;
    struct folder *from, *to; /* held */
    struct numset uids, copied, given;
    bool move, locked;
    uint64_t actor, event, intent;
    struct buf who;
    struct arena arena;
    struct item *items;
    size_t count, room;
    uint32_t next; /* source UIDs below are gathered */
    size_t at;     /* items before it are in the index */
    bool claimed;
    bool failed;
    struct error e;
    copy_done_fn *fn;
    void *arg;
};

/* --- the end ------------------------------------------------------------------- */

static void
end(struct copying *c)
{
    struct store_copied done = { .uid_validity = c->to->record.uid_validity,
                                 .from = &c->copied,
                                 .to = &c->given };

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

static void
fail_copy(struct copying *c, const struct error *e)
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
    end((struct copying *)job);
}

/* Before the last transaction: as if nothing had been. */
static void
undo(struct copying *c, const struct error *e)
{
    fail_copy(c, e);
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
        fail_copy(c, e);
    else
        forget_intent(c);
    end(c);
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
                                 .who = buf_span(&c->who) };

    if (c->failed) {
        /* The intent stays: the next start does it again. Until then the
         * files are read from tmp/, and not missed by a scan. */
        c->to->unplaced = true;
        event_file_failed(c->to, &c->e);
        end(c);
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
    end(c);
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
put_item(struct copying *c, struct item *item, struct index_txn *t,
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
    return put_intent(c, t, e);
}

static void
next_rows(void *arg)
{
    struct copying *c = arg;
    struct core *core = c->to->core;
    struct index_txn *t = core_begin(core);
    size_t upto = c->at + PIECE < c->count ? c->at + PIECE : c->count;
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
    c->event = watch_event(c->to);
    for (size_t i = 0; i < c->count; i++)
        folder_add_rows(c->to, &c->items[i].row, 1);
    core_flushed(core, durable, c);
}

/* --- files into tmp/ ------------------------------------------------------------------- */

static bool
link_item(struct copying *c, struct item *item, struct error *e)
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

/* --- UIDs and names ------------------------------------------------------------------------ */

static void
name_item(struct copying *c, struct item *item, uint64_t modseq)
{
    struct folder *f = c->to;
    struct maildir_stamp by = core_stamp(f->core);
    struct maildir_name old;
    struct maildir_facts facts = { .tag = f->record.tag };
    struct index_message *m = &item->message;
    struct buf text = { .max = NAME_MAX };

    item->uid = f->next_uid++;
    maildir_name_parse(item->from_base, &old);
    facts.uid = item->uid;
    facts.size = old.has_size ? old.size : m->size;
    facts.wire_size = m->size;
    maildir_name_make(&by, &facts, &text);
    item->base = arena_text(&c->arena, buf_span(&text));
    item->tmp = arena_printf(&c->arena, "tmp/%s", item->base);
    m->uid = item->uid;
    m->modseq = modseq;
    m->save_date = clock_seconds();
    m->state &= INDEX_BARE_LF;
    m->name_flags = (uint8_t)m->flags;
    m->name_keywords = (uint32_t)m->keywords;
    m->name_hash = index_hash(span_of(item->base));
    buf_clear(&text);
    names_path(m, span_of(item->base), &text);
    item->to = arena_text(&c->arena, buf_span(&text));
    item->row = folder_row(m);
    numset_add(&c->copied, item->from_uid, item->from_uid);
    numset_add(&c->given, item->uid, item->uid);
    buf_free(&text);
}

/* The source's keyword bits in the target's numbers; new ones are made. */
static bool
map_keywords(struct copying *c, struct error *e)
{
    const struct index_folder *record = &c->from->record;
    uint64_t to[STORE_KEYWORDS_MAX];

    for (size_t k = 0; k < STORE_KEYWORDS_MAX; k++)
        to[k] = UINT64_MAX;
    for (size_t i = 0; i < c->count; i++) {
        uint64_t old = c->items[i].message.keywords;
        uint64_t bits = 0;

        for (size_t k = 0; k < record->keyword_count; k++) {
            struct span name = span_of(record->keywords[k]);

            if ((old >> k & 1) == 0)
                continue;
            if (to[k] == UINT64_MAX &&
                !folder_keywords(c->to, &name, 1, &to[k], e))
                return false;
            bits |= to[k];
        }
        c->items[i].message.keywords = bits;
    }
    return true;
}

static void
may_give(void *arg, const struct error *e)
{
    struct copying *c = arg;
    uint64_t modseq = core_modseq(c->to->record.modseq);
    struct error mine;

    if (e != NULL || !map_keywords(c, &mine)) {
        fail_copy(c, e != NULL ? e : &mine);
        end(c);
        return;
    }
    for (size_t i = 0; i < c->count; i++)
        name_item(c, &c->items[i], modseq);
    c->job = (struct pool_job){ .run = run_links, .done = linked };
    pool_add(c->to->core->pool, &c->job);
}

/* --- gathering ------------------------------------------------------------------------------- */

static bool
gather_one(struct copying *c, uint32_t uid, struct index_txn *t,
           struct error *e)
{
    uint32_t id = c->from->record.id;
    struct buf store = { 0 };
    struct buf path = { 0 };
    struct index_cold cold;
    struct item *item;
    bool done;

    if (c->count == c->room) {
        c->room = c->room * 2 + 16;
        c->items = mem_grow(c->items, c->room * sizeof *c->items);
    }
    item = &c->items[c->count];
    *item = (struct item){ .from_uid = uid };
    done = index_get_message(t, id, uid, &item->message, e) &&
           index_get_cold(t, id, uid, &store, &cold, e);
    if (done) {
        names_path(&item->message, cold.base, &path);
        item->from = arena_text(&c->arena, buf_span(&path));
        item->from_base = arena_copy(&c->arena, cold.base);
        c->count++;
    }
    buf_free(&store);
    buf_free(&path);
    return done;
}

static void
gathered(struct copying *c)
{
    if (c->count == 0)
        end(c);
    else if (folder_may_give(c->to, (uint32_t)c->count, may_give, c))
        may_give(c, NULL);
}

static void
gather_next(void *arg)
{
    struct copying *c = arg;
    const struct folder *f = c->from;
    struct index_txn *t = core_begin(f->core);
    size_t i = folder_find_index(f, c->next);
    struct error e;
    bool done = true;

    for (unsigned n = 0; done && n < PIECE && i < f->count; n++, i++) {
        c->next = f->rows[i].uid + 1;
        if (numset_has(&c->uids, f->rows[i].uid))
            done = gather_one(c, f->rows[i].uid, t, &e);
    }
    if (!done) {
        core_abort(f->core, &t, &e);
        fail_copy(c, &e);
        end(c);
        return;
    }
    index_abort(&t);
    if (i < f->count)
        core_defer(f->core, gather_next, c);
    else
        gathered(c);
}

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
        fail_copy(c, &mine);
        end(c);
        return;
    }
    gather_next(c);
}

static void
is_ready(void *arg, const struct error *e)
{
    struct copying *c = arg;

    if (e != NULL) {
        fail_copy(c, e);
        end(c);
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
