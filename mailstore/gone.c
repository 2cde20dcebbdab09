#include "mailstore/gone.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/kept.h"
#include "mailstore/maildir.h"
#include "mailstore/uidset.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNLINKS 256

struct gone_batch {
    uint64_t event, actor;
    unsigned waiting;   /* views that may still want them */
    int64_t due;        /* monotonic ms */
    struct numset keep; /* to be kept first (kept.h) */
    struct numset uids;
    struct gone_batch *next;
};

struct item {
    uint32_t uid;
    struct span base;
    const char *path;
    const char *kept; /* its name there; NULL: it is to be removed */
    bool done;
};

struct unlinking {
    struct pool_job job;
    struct folder *folder;
    struct kept_box *box; /* they are kept; NULL: they are removed */
    struct arena arena;
    struct item items[UNLINKS];
    size_t count;
};

/* --- who waits ----------------------------------------------------------------- */

static unsigned
count_views(const struct folder *f, uint64_t event, uint64_t actor)
{
    unsigned n = 0;

    for (const struct view *v = f->views; v != NULL; v = v->next)
        if (v->joined < event && v->id != actor)
            n++;
    return n;
}

void
gone_add(struct folder *f, uint64_t event, uint64_t actor,
         const struct numset *uids)
{
    struct gone_batch *b = mem_take(sizeof *b);
    int64_t now = clock_monotonic_ms();

    b->event = event;
    b->actor = actor;
    b->waiting = count_views(f, event, actor);
    b->due = b->waiting == 0 ? now : now + STORE_GONE_SECONDS * 1000;
    numset_add_set(&b->uids, uids);
    if (home_keep_deleted(f->home) > 0)
        numset_add_set(&b->keep, uids);
    if (f->gone == NULL)
        folder_hold(f);
    b->next = f->gone;
    f->gone = b;
}

void
gone_view_closed(struct folder *f, const struct view *v)
{
    for (struct gone_batch *b = f->gone; b != NULL; b = b->next)
        if (b->waiting > 0 && v->joined < b->event && v->id != b->actor &&
            --b->waiting == 0)
            b->due = clock_monotonic_ms();
}

static void
free_batch(struct gone_batch *b)
{
    numset_free(&b->keep);
    numset_free(&b->uids);
    free(b);
}

bool
gone_has(struct folder *f, const struct maildir_name *name, struct index_txn *t)
{
    struct buf store = { 0 };
    struct index_gone g;
    struct maildir_name n;
    struct error e;
    bool has;

    if (name->uid == 0 || name->tag != f->record.tag)
        return false;
    has = index_get_gone(t, f->record.id, name->uid, &store, &g, &e) &&
          maildir_name_parse(g.file, &n) && span_eq(n.base, name->base);
    buf_free(&store);
    return has;
}

void
gone_forget(struct folder *f)
{
    while (f->gone != NULL) {
        struct gone_batch *b = f->gone;

        f->gone = b->next;
        free_batch(b);
    }
}

/* --- removing --------------------------------------------------------------------- */

static void
remove_one(struct unlinking *u, struct item *item)
{
    int dir = u->folder->dir;
    struct buf found = { 0 };
    struct error e;

    item->done = fs_unlink(dir, item->path, &e);
    if (item->done)
        return;
    if (e.kind != FAIL_NOT_FOUND) {
        event_unlink_failed(&e);
        return;
    }
    /* Renamed by others, or removed before a crash. */
    if (maildir_find(dir, item->base, &found, &e))
        item->done = fs_unlink(dir, buf_text(&found), &e);
    else
        item->done = e.kind == FAIL_NOT_FOUND;
    buf_free(&found);
}

/*
 * S3: a name that a power cut brings back must still be known as gone. In new/
 * too: nobody flushes that when a message goes to cur/ (names.c).
 */
static bool
sync_removals(const struct unlinking *u, struct error *e)
{
    int dir = u->folder->dir;

    return u->folder->core->options->sync == FLUSH_NEVER ||
           (fs_sync_dir(dir, "new", e) && fs_sync_dir(dir, "cur", e));
}

static void
run_unlinks(struct pool_job *job)
{
    struct unlinking *u = (struct unlinking *)job;
    struct error e;

    for (size_t i = 0; i < u->count; i++)
        remove_one(u, &u->items[i]);
    if (u->count == 0 || sync_removals(u, &e))
        return;
    event_unlink_failed(&e);
    for (size_t i = 0; i < u->count; i++)
        u->items[i].done = false;
}

/* --- keeping ---------------------------------------------------------------------- */

static void
keep_one(struct unlinking *u, int dir, struct item *item)
{
    struct buf found = { 0 };
    struct error e;

    item->done = kept_link(u->folder->dir, item->path, dir, item->kept, &e);
    if (!item->done && e.kind == FAIL_NOT_FOUND &&
        maildir_find(u->folder->dir, item->base, &found, &e))
        item->done =
            kept_link(u->folder->dir, buf_text(&found), dir, item->kept, &e);
    else if (!item->done)
        item->done = e.kind == FAIL_NOT_FOUND; /* there is nothing to keep */
    /* A full disk gets its room: then there is nothing to bring back. */
    if (!item->done && e.kind == FAIL_FULL)
        item->done = true;
    if (!item->done)
        event_unlink_failed(&e);
    buf_free(&found);
}

static void
run_keep(struct pool_job *job)
{
    struct unlinking *u = (struct unlinking *)job;
    struct core *c = u->folder->core;
    struct error e;
    int dir = -1;
    bool done;

    pthread_mutex_lock(&c->kept_lock);
    done =
        u->count == 0 || kept_open(c, u->folder->home->path, u->box, &dir, &e);
    for (size_t i = 0; done && i < u->count; i++)
        keep_one(u, dir, &u->items[i]);
    pthread_mutex_unlock(&c->kept_lock);
    if (dir != -1)
        done = c->options->sync == FLUSH_NEVER || fs_sync(dir, &e);
    if (dir != -1)
        close(dir);
    if (done)
        return;
    event_unlink_failed(&e);
    for (size_t i = 0; i < u->count; i++)
        u->items[i].done = e.kind == FAIL_FULL;
}

/* --- afterwards -------------------------------------------------------------------- */

static bool
put_done(const struct unlinking *u, const struct item *item,
         struct index_txn *t, struct error *e)
{
    uint32_t id = u->folder->record.id;
    struct buf store = { 0 };
    struct index_gone g;
    bool done;

    if (u->box == NULL)
        return index_delete_gone(t, id, item->uid, e);
    done = index_get_gone(t, id, item->uid, &store, &g, e);
    if (done) {
        g.state |= INDEX_KEPT;
        done = index_put_gone(t, &g, e);
    } else {
        done = e->kind == FAIL_NOT_FOUND;
    }
    buf_free(&store);
    return done;
}

static void run_folder(struct folder *f);

static void
unlinks_done(struct pool_job *job)
{
    struct unlinking *u = (struct unlinking *)job;
    struct folder *f = u->folder;
    struct index_txn *t = core_begin(f->core);
    struct error e;
    bool done = true;

    for (size_t i = 0; i < u->count; i++)
        folder_moved(f, u->items[i].base);
    for (size_t i = 0; done && i < u->count; i++)
        if (u->items[i].done)
            done = put_done(u, &u->items[i], t, &e);
    if (!done)
        core_abort(f->core, &t, &e);
    else
        core_commit(f->core, &t, &e);
    arena_clear(&u->arena);
    free(u->box);
    free(u);
    f->unlinking = false;
    if (f->gone != NULL)
        run_folder(f);
    folder_unshare(f);
}

static const char *
kept_as(struct unlinking *u, const struct index_gone *g, struct span base)
{
    struct buf name = { 0 };
    const char *text;

    kept_name(g, base, &name);
    text = arena_text(&u->arena, buf_span(&name));
    buf_free(&name);
    return text;
}

/* Kept before it is removed, and once. What could not be kept stays where it
 * is until the next start tries again. */
static bool
is_wanted(const struct unlinking *u, const struct index_gone *g)
{
    bool settled = (g->state & (INDEX_KEPT | INDEX_MOVED)) != 0;

    if (u->box != NULL)
        return !settled;
    return settled || home_keep_deleted(u->folder->home) == 0;
}

static void
add_item(struct unlinking *u, uint32_t uid, const struct index_gone *g)
{
    struct item *item = &u->items[u->count];
    struct maildir_name n;

    if (!maildir_name_parse(g->file, &n) || folder_is_moving(u->folder, n.base))
        return;
    item->uid = uid;
    item->kept = u->box != NULL ? kept_as(u, g, n.base) : NULL;
    item->base = arena_copy(&u->arena, n.base);
    item->path = arena_printf(&u->arena, "%s/%.*s",
                              (g->state & INDEX_IN_NEW) != 0 ? "new" : "cur",
                              SPAN(g->file));
    folder_moving(u->folder, item->base);
    u->count++;
}

/* Those whose names are just changing come again with the next batch. */
static void
gather(struct unlinking *u, struct numset *from)
{
    struct folder *f = u->folder;
    struct index_txn *t = core_begin(f->core);
    struct numset now = { 0 };
    struct numset_walk at = { 0 };
    struct buf store = { 0 };
    uint32_t uid;
    struct error e;

    uidset_take(from, &now, UNLINKS);
    while (numset_next(&now, &at, &uid)) {
        struct index_gone g;
        size_t before = u->count;

        if (!index_get_gone(t, f->record.id, uid, &store, &g, &e) ||
            !is_wanted(u, &g))
            continue;
        add_item(u, uid, &g);
        if (u->count == before)
            numset_add(from, uid, uid);
    }
    index_abort(&t);
    buf_free(&store);
    numset_free(&now);
}

static void
begin(struct folder *f, struct gone_batch *b)
{
    struct unlinking *u = mem_take(sizeof *u);

    u->job = (struct pool_job){ .run = run_unlinks, .done = unlinks_done };
    u->folder = f;
    if (b->keep.n > 0) {
        u->job.run = run_keep;
        u->box = mem_take(sizeof *u->box);
        kept_describe(&f->record, u->box);
    }
    f->unlinking = true;
    folder_share(f);
    gather(u, b->keep.n > 0 ? &b->keep : &b->uids);
    pool_add(f->core->pool, &u->job);
}

/*
 * One at a time: a pool full of these would keep everybody else waiting. After
 * a crash a file may have two names; the scan that verifies the folder leaves
 * one, and not before may a message be forgotten (S3).
 */
static void
begin_due(struct folder *f)
{
    int64_t now = clock_monotonic_ms();

    if (f->record.verified_epoch < f->core->epoch)
        return;
    for (struct gone_batch *b = f->gone; b != NULL; b = b->next)
        if ((b->keep.n > 0 || (b->due <= now && b->uids.n > 0)) &&
            !f->unlinking && !f->deleted && folder_may_share(f))
            begin(f, b);
}

static void
run_folder(struct folder *f)
{
    struct gone_batch **at = &f->gone;

    folder_hold(f);
    begin_due(f);
    while (*at != NULL) {
        struct gone_batch *b = *at;

        if ((b->uids.n > 0 || b->keep.n > 0) && !f->deleted) {
            at = &b->next;
            continue;
        }
        *at = b->next;
        free_batch(b);
    }
    if (f->gone == NULL)
        folder_release(f);
    folder_release(f);
}

bool
gone_is_keeping(const struct home *h)
{
    size_t at = 0;
    struct folder *f;

    while (folder_next(h->core, &at, &f)) {
        if (f->home != h)
            continue;
        for (const struct gone_batch *b = f->gone; b != NULL; b = b->next)
            if (b->keep.n > 0 || f->unlinking)
                return true;
    }
    return false;
}

void
gone_tick(struct core *c)
{
    struct folder *f;

    /* A turn may take folders out of memory: look again from the start, at
     * those that are not through. */
    for (size_t at = 0; folder_next(c, &at, &f);)
        if (f->gone != NULL && f->gone_turn != c->gone_turn) {
            f->gone_turn = c->gone_turn;
            run_folder(f);
            at = 0;
        }
    c->gone_turn++;
}

/* What could not be removed now is replayed. */
bool
gone_finish(struct core *c)
{
    int64_t now = clock_monotonic_ms();
    size_t at = 0;
    struct folder *f;
    bool idle = true;

    while (folder_next(c, &at, &f)) {
        bool is_due = f->record.verified_epoch >= c->epoch && !f->deleted;

        for (struct gone_batch *b = f->gone; b != NULL; b = b->next) {
            b->due = b->due < now ? b->due : now;
            idle = idle && (!is_due || (b->uids.n == 0 && b->keep.n == 0));
        }
        idle = idle && !f->unlinking;
    }
    gone_tick(c);
    return idle;
}
