/*
 * A batch of at most STORE_RENAMES messages at a time for a folder:
 *
 *   renames --gather (index)--> renaming (pool) --> index: as in the name
 *
 * Within cur/ a name is changed with rename(2). Out of new/ it is link, fsync
 * of cur/, unlink: a rename over two directories of which only the old one is
 * flushed later would lose the file in a power cut (S1).
 */
#include "mailstore/names.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/maildir.h"
#include "mailstore/reconcile.h"
#include "mailstore/uidset.h"

#include <stdlib.h>
#include <string.h>

#define MANY_PENDING 1000

enum outcome { SAME, DONE, MISSING, FAILED };

struct item {
    uint32_t uid;
    uint16_t flags;
    uint32_t keywords;
    bool from_new;
    struct span base;
    const char *from, *to;
    enum outcome outcome;
};

struct renaming {
    struct pool_job job;
    struct folder *folder;
    struct arena arena;
    struct item *items;
    size_t count;
};

void
names_path(const struct index_message *m, struct span base, struct buf *out)
{
    if ((m->state & INDEX_IN_NEW) != 0) {
        buf_put_text(out, "new/");
        buf_put(out, base);
        return;
    }
    buf_put_text(out, "cur/");
    maildir_name_put(base, m->name_flags, m->name_keywords, span_of(""), out);
}

void
names_add(struct folder *f, uint32_t first, uint32_t last)
{
    if (f->renames.n == 0) {
        if (!f->renaming)
            folder_hold(f);
        f->rename_at = clock_monotonic_ms() + STORE_FLUSH_SECONDS * 1000;
    }
    numset_add(&f->renames, first, last);
    if (numset_count(&f->renames) >= MANY_PENDING)
        names_hurry(f);
}

void
names_drop(struct folder *f)
{
    if (f->renames.n == 0)
        return;
    numset_clear(&f->renames);
    if (!f->renaming)
        folder_release(f);
}

void
names_hurry(struct folder *f)
{
    f->rename_at = clock_monotonic_ms();
}

/* --- in the pool ------------------------------------------------------------- */

static bool
give_name(int dir, struct item *item, const char *from, struct error *e)
{
    if (strncmp(from, "new/", 4) != 0)
        return fs_rename(dir, from, dir, item->to, e);
    /* EXISTS: a crash came between link and unlink. Only where there are two
     * names may the old one be removed: what others renamed meanwhile may have
     * the new one alone. */
    item->from_new =
        fs_link(dir, from, dir, item->to, e) || e->kind == FAIL_EXISTS;
    return item->from_new;
}

static void
rename_one(struct renaming *r, struct item *item)
{
    struct buf found = { 0 };
    int dir = r->folder->dir;
    struct error e;

    item->from_new = false;
    item->outcome = DONE;
    if (give_name(dir, item, item->from, &e))
        return;
    item->outcome = e.kind == FAIL_NOT_FOUND ? MISSING : FAILED;
    /* Others may have changed its flags. */
    if (item->outcome == MISSING && maildir_find(dir, item->base, &found, &e)) {
        item->from = arena_text(&r->arena, buf_span(&found));
        if (strcmp(item->from, item->to) == 0 ||
            give_name(dir, item, item->from, &e))
            item->outcome = DONE;
    }
    buf_free(&found);
}

static void
not_durable(struct renaming *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].outcome == DONE)
            r->items[i].outcome = FAILED;
}

/*
 * The index is told of names that are durable: an old one that a power cut
 * brings back would look like a change of flags by somebody else, and undo
 * those that were answered for (S3).
 */
static void
run_renames(struct pool_job *job)
{
    struct renaming *r = (struct renaming *)job;
    int dir = r->folder->dir;
    bool changed = false;
    struct error e;

    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].outcome != SAME) {
            rename_one(r, &r->items[i]);
            changed |= r->items[i].outcome == DONE;
        }
    if (!changed)
        return;
    if (r->folder->core->options->sync != FLUSH_NEVER &&
        !fs_sync_dir(dir, "cur", &e)) {
        not_durable(r); /* both names stay; the next scan sees to it */
        return;
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].from_new && r->items[i].outcome == DONE)
            fs_unlink(dir, r->items[i].from, &e);
}

/* --- afterwards ------------------------------------------------------------------ */

/* It was expunged meanwhile: what waits to be removed has the new name. */
static bool
follow_gone(struct folder *f, struct index_txn *t, const struct item *item,
            struct error *e)
{
    struct buf store = { 0 };
    struct index_gone g;
    bool done = true;

    if (index_get_gone(t, f->record.id, item->uid, &store, &g, e)) {
        g.file = span_of(item->to + strlen("cur/"));
        g.state &= (uint8_t)~INDEX_IN_NEW;
        done = index_put_gone(t, &g, e);
    } else {
        done = e->kind == FAIL_NOT_FOUND;
    }
    buf_free(&store);
    return done;
}

static bool
note_name(struct folder *f, struct index_txn *t, const struct item *item,
          struct error *e)
{
    struct index_message m;

    if (item->outcome != DONE && item->outcome != SAME)
        return true;
    if (!index_get_message(t, f->record.id, item->uid, &m, e))
        return e->kind == FAIL_NOT_FOUND && follow_gone(f, t, item, e);
    m.name_flags = (uint8_t)item->flags;
    m.name_keywords = item->keywords;
    m.state &= (uint8_t)~INDEX_IN_NEW;
    if (m.flags == item->flags && m.keywords == item->keywords)
        m.state &= (uint8_t)~INDEX_NAME_PENDING;
    return index_put_message(t, f->record.id, &m, e);
}

static bool
note_names(struct renaming *r, struct error *e)
{
    struct core *c = r->folder->core;
    struct index_txn *t = core_begin(c);

    for (size_t i = 0; i < r->count; i++)
        if (!note_name(r->folder, t, &r->items[i], e)) {
            core_abort(c, &t, e);
            return false;
        }
    return core_commit(c, &t, e);
}

static void
free_renaming(struct renaming *r)
{
    struct folder *f = r->folder;

    for (size_t i = 0; i < r->count; i++)
        folder_moved(f, r->items[i].base);
    arena_clear(&r->arena);
    free(r->items);
    free(r);
    f->renaming = false;
    if (f->renames.n == 0)
        folder_release(f);
    folder_unshare(f);
}

static void
renames_done(struct pool_job *job)
{
    struct renaming *r = (struct renaming *)job;
    struct error e;

    if (!note_names(r, &e))
        event_file_failed(r->folder, &e);
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].outcome == MISSING || r->items[i].outcome == FAILED)
            reconcile_doubt(r->folder); /* it may have either name */
    free_renaming(r);
}

/* --- gathering ---------------------------------------------------------------------- */

static const char *
text_of(struct renaming *r, struct buf *b)
{
    const char *text = arena_text(&r->arena, buf_span(b));

    buf_clear(b);
    return text;
}

static void
fill_item(struct renaming *r, const struct index_message *m, struct span base)
{
    struct item *item = &r->items[r->count++];
    struct buf path = { 0 };

    *item = (struct item){ .uid = m->uid,
                           .flags = m->flags,
                           .keywords = (uint32_t)m->keywords,
                           .base = arena_copy(&r->arena, base) };
    names_path(m, base, &path);
    item->from = text_of(r, &path);
    buf_put_text(&path, "cur/");
    maildir_name_put(base, item->flags, item->keywords, span_of(""), &path);
    item->to = text_of(r, &path);
    buf_free(&path);
    item->outcome = strcmp(item->from, item->to) == 0 ? SAME : DONE;
    folder_moving(r->folder, item->base);
}

static void
gather(struct renaming *r, const struct numset *uids, struct index_txn *t)
{
    struct folder *f = r->folder;
    struct numset_walk at = { 0 };
    struct buf store = { 0 };
    struct error e;
    uint32_t uid;

    while (numset_next(uids, &at, &uid)) {
        struct index_message m;
        struct index_cold cold;

        if (index_get_message(t, f->record.id, uid, &m, &e) &&
            (m.state & INDEX_QUARANTINED) == 0 &&
            index_get_cold(t, f->record.id, uid, &store, &cold, &e))
            fill_item(r, &m, cold.base);
    }
    buf_free(&store);
}

static void
begin(struct folder *f)
{
    struct renaming *r = mem_take(sizeof *r);
    struct numset uids = { 0 };
    struct index_txn *t = core_begin(f->core);

    *r = (struct renaming){ .job = { .run = run_renames, .done = renames_done },
                            .folder = f };
    r->items = mem_take_array(STORE_RENAMES, sizeof *r->items);
    folder_share(f);
    f->renaming = true;
    uidset_take(&f->renames, &uids, STORE_RENAMES);
    gather(r, &uids, t);
    index_abort(&t);
    numset_free(&uids);
    pool_add(f->core->pool, &r->job);
}

static bool
is_due(const struct folder *f, bool all)
{
    return f->renames.n > 0 && !f->renaming && !f->deleted &&
           folder_may_share(f) && (all || f->rename_at <= clock_monotonic_ms());
}

/* begin() may not change which folders there are: they are held. */
static bool
begin_due(struct core *c, bool all)
{
    size_t at = 0;
    struct folder *f;
    bool idle = true;

    while (folder_next(c, &at, &f)) {
        idle = idle && (f->renames.n == 0 || f->deleted) && !f->renaming;
        if (is_due(f, all))
            begin(f);
    }
    return idle;
}

void
names_tick(struct core *c)
{
    begin_due(c, false);
}

bool
names_finish(struct core *c)
{
    return begin_due(c, true);
}
