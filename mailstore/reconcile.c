/*
 * A reconciliation, with the folder locked all the time:
 *
 *   lock -> (clear: reconcile_rebuild.c) -> scan (pool)
 *     -> changes   names that say other flags than before: merged
 *     -> absent    files that are no more: expunged, unless they are too many
 *     -> found     files that are unknown: adopted (S4)
 *     -> end       stamps and epoch noted, unlock, those who wait go on
 *
 * Trust: after an unclean stop the index may be older than the files, and an
 * empty one is. Then UIDs in names are believed where the folder's tag stands
 * before them and the index never gave them (uid >= UIDNEXT); and UIDNEXT goes
 * up to the floor in the control file, since UIDs below may have been given
 * and expunged again (S2).
 */
#include "mailstore/reconcile_inside.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/names.h"
#include "mailstore/notify.h"
#include "mailstore/watch.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define MANY     20000
#define DOUBT_MS 100
#define AGAIN_MS 1000
#define POLL_MS  30000

static bool
is_verified(const struct folder *f)
{
    return f->record.verified_epoch == f->core->epoch;
}

void
reconcile_fail(struct reconcile *r, const struct error *e)
{
    event_file_failed(r->folder, e);
    if (!r->failed)
        r->e = *e;
    r->failed = true;
    reconcile_end(r);
}

/* --- the end ------------------------------------------------------------------- */

static bool
note_end(struct reconcile *r, struct error *e)
{
    struct folder *f = r->folder;
    struct index_folder *draft = folder_edit(f);
    struct index_txn *t = core_begin(f->core);

    draft->verified_epoch = f->core->epoch;
    draft->new_stamp = r->scan.new_stamp;
    draft->cur_stamp = r->scan.cur_stamp;
    if (r->scan.trust && draft->uid_next < f->next_uid)
        draft->uid_next = f->next_uid;
    return folder_commit(f, &t, false, e);
}

static void
durable(void *arg)
{
    struct reconcile *r = arg;
    struct folder *f = r->folder;
    bool big;

    if (r->clear)
        reconcile_cleared(r);
    f->scanning = false;
    waiters_call(&r->waiters, r->failed ? &r->e : NULL);
    if (f->ready_waiters.first != NULL && !f->scanning) {
        struct waiters all = f->ready_waiters;

        f->ready_waiters = (struct waiters){ 0 };
        waiters_call(&all, r->failed ? &r->e : NULL);
    }
    folder_unlock(f);
    big = r->scan.known_count + r->scan.found_count > MANY;
    scan_free(&r->scan);
    if (big)
        malloc_trim(0); /* names by the hundred thousand were in memory */
    free(r);
}

void
reconcile_end(struct reconcile *r)
{
    struct folder *f = r->folder;

    if (r->failed || !r->scan.stable) {
        f->stale = true;
        f->scan_at = clock_monotonic_ms() + AGAIN_MS;
    }
    for (size_t i = 0; i < r->scan.found_count; i++)
        if (r->scan.found[i].base != NULL)
            folder_moved(f, span_of(r->scan.found[i].base));
    if (!r->failed && !note_end(r, &r->e))
        r->failed = true;
    if (!r->failed)
        event_verified(f, r->scan.found_count,
                       (size_t)numset_count(&r->scan.absent));
    core_flushed(f->core, durable, r);
}

/* --- the beginning --------------------------------------------------------------- */

static void
scanned(struct pool_job *job)
{
    struct reconcile *r = (struct reconcile *)job;
    struct folder *f = r->folder;

    if (r->scan.failed) {
        reconcile_fail(r, &r->scan.e);
        return;
    }
    for (size_t i = 0; i < r->scan.skipped_count; i++)
        event_skipped(f, span_of(r->scan.skipped[i]));
    /* S2: what was promised may have been given. A rebuild knows what was. */
    if (r->scan.trust && r->scan.has_control && !r->clear) {
        if (f->next_uid < r->scan.control.uid_floor)
            f->next_uid = r->scan.control.uid_floor;
        if (f->record.uid_next_floor < r->scan.control.uid_floor)
            f->record.uid_next_floor = r->scan.control.uid_floor;
    }
    r->at = 0;
    reconcile_changes(r);
}

/* Rows at or above UIDNEXT are of a copy that never ended: they go. */
struct gather {
    struct reconcile *r;
    size_t room;
    struct numset leftover;
};

static bool
gather_known(void *arg, const struct index_message *m)
{
    struct gather *g = arg;
    struct scan *s = &g->r->scan;

    if (m->uid >= g->r->folder->record.uid_next) {
        numset_add(&g->leftover, m->uid, m->uid);
        return true;
    }
    if (s->known_count == g->room) {
        g->room = g->room * 2 + 256;
        s->known = mem_grow(s->known, g->room * sizeof *s->known);
    }
    s->known[s->known_count++] =
        (struct scan_known){ .hash = m->name_hash,
                             .uid = m->uid,
                             .name_keywords = m->name_keywords,
                             .name_flags = m->name_flags,
                             .state = m->state };
    return true;
}

static bool
drop_row(struct index_txn *t, uint32_t id, uint32_t uid, struct error *e)
{
    struct index_message m;

    return index_get_message(t, id, uid, &m, e) &&
           index_delete_message(t, id, uid, e) &&
           index_delete_cold(t, id, uid, e) &&
           index_delete_name(t, id, m.name_hash, e);
}

/* They may be all that a rebuild had not emptied yet. */
static bool
drop_leftover(struct reconcile *r, const struct numset *uids, struct error *e)
{
    struct core *c = r->folder->core;
    struct index_txn *t = core_begin(c);
    struct numset_walk at = { 0 };
    unsigned count = 0;
    uint32_t uid;

    while (numset_next(uids, &at, &uid)) {
        if (!drop_row(t, r->folder->record.id, uid, e)) {
            core_abort(c, &t, e);
            return false;
        }
        if (++count % (STORE_TXN_RECORDS / 3) != 0)
            continue;
        if (!core_commit(c, &t, e))
            return false;
        t = core_begin(c);
    }
    return core_commit(c, &t, e);
}

static bool
read_known(struct reconcile *r, struct error *e)
{
    struct gather g = { .r = r };
    struct core *c = r->folder->core;
    struct index_txn *t = core_begin(c);
    bool done = index_each_message(t, r->folder->record.id, 1, UINT32_MAX,
                                   gather_known, &g, e);

    if (!done)
        core_abort(c, &t, e);
    index_abort(&t);
    if (done && g.leftover.n > 0)
        done = drop_leftover(r, &g.leftover, e);
    numset_free(&g.leftover);
    return done;
}

void
reconcile_scan(struct reconcile *r)
{
    struct error e;

    if (!read_known(r, &e)) {
        reconcile_fail(r, &e);
        return;
    }
    r->uid_next = r->folder->record.uid_next;
    r->scan.job = (struct pool_job){ .run = scan_run, .done = scanned };
    r->scan.folder = r->folder;
    r->scan.trust = !is_verified(r->folder);
    /* What comes from now on is a reason to look again; the directories may
     * be others than before (a disk that was mounted). */
    notify_unwatch(r->folder);
    notify_watch(r->folder);
    r->folder->stale = false;
    r->folder->scan_at = 0;
    pool_add(r->folder->core->pool, &r->scan.job);
}

static void
locked(void *arg, const struct error *e)
{
    struct reconcile *r = arg;

    (void)e;
    if (r->clear)
        reconcile_clear(r);
    else
        reconcile_scan(r);
}

static void
begin(struct folder *f, bool clear, core_done_fn *fn, void *arg)
{
    struct reconcile *r = mem_take(sizeof *r);

    r->folder = f;
    r->clear = clear;
    if (fn != NULL)
        waiters_add(&r->waiters, fn, arg);
    f->scanning = true;
    f->scan_at = 0;
    folder_lock(f, locked, r);
}

void
reconcile_rebuild(struct folder *f, core_done_fn *fn, void *arg)
{
    begin(f, true, fn, arg);
}

static void
look_for_doubt(struct folder *f)
{
    notify_drain(f->core);
    /* Without a watch nobody says when something changes, and what was
     * missing may be back. */
    if ((f->watch_new == -1 || f->guarded) && !f->scanning)
        f->stale = true;
}

void
reconcile_ready(struct folder *f, enum reconcile_need need, core_done_fn *fn,
                void *arg)
{
    if (need == RECONCILE_FRESH)
        look_for_doubt(f);
    if (f->deleted ||
        (is_verified(f) && (need == RECONCILE_VERIFIED || !f->stale))) {
        fn(arg, NULL);
        return;
    }
    waiters_add(&f->ready_waiters, fn, arg);
    if (!f->scanning)
        begin(f, false, NULL, NULL);
}

void
reconcile_doubt(struct folder *f)
{
    f->stale = true;
    if (f->scan_at == 0)
        f->scan_at = clock_monotonic_ms() + DOUBT_MS;
}

static void
nobody_waits(void *arg, const struct error *e)
{
    (void)arg;
    (void)e;
}

static bool
is_due(struct folder *f, int64_t now)
{
    if (f->views == NULL || f->scanning || f->deleted)
        return false;
    if (f->watch_new == -1 && f->scan_at == 0)
        f->scan_at = now + POLL_MS;
    return f->scan_at != 0 && f->scan_at <= now;
}

void
reconcile_tick(struct core *c)
{
    int64_t now = clock_monotonic_ms();
    struct folder *f;

    /* Folders with views stay in memory, whatever happens here. */
    for (size_t at = 0; folder_next(c, &at, &f);)
        if (is_due(f, now)) {
            f->stale = true;
            reconcile_ready(f, RECONCILE_FRESH, nobody_waits, NULL);
        }
}

/* --- stamps --------------------------------------------------------------------------- */

void
reconcile_compare_stamps(struct folder *f)
{
    struct index_stamp new_stamp;
    struct index_stamp cur_stamp;
    struct error e;

    f->stale = !is_verified(f) || !scan_stamp(f->dir, "new", &new_stamp, &e) ||
               !scan_stamp(f->dir, "cur", &cur_stamp, &e) ||
               !scan_same_stamp(&new_stamp, &f->record.new_stamp) ||
               !scan_same_stamp(&cur_stamp, &f->record.cur_stamp);
}

void
reconcile_save_stamp(struct folder *f)
{
    struct index_stamp new_stamp;
    struct index_stamp cur_stamp;
    struct index_folder *draft;
    struct index_txn *t;
    struct error e;

    notify_drain(f->core);
    if (f->stale || f->deleted || f->watch_new == -1 || f->guarded ||
        !scan_stamp(f->dir, "new", &new_stamp, &e) ||
        !scan_stamp(f->dir, "cur", &cur_stamp, &e))
        return;
    if (scan_same_stamp(&new_stamp, &f->record.new_stamp) &&
        scan_same_stamp(&cur_stamp, &f->record.cur_stamp))
        return;
    draft = folder_edit(f);
    draft->new_stamp = new_stamp;
    draft->cur_stamp = cur_stamp;
    t = core_begin(f->core);
    /* Otherwise the folder is looked through when it is opened next. */
    folder_commit(f, &t, false, &e);
}

void
reconcile_save_stamps(struct core *c)
{
    struct folder *f;

    for (size_t at = 0; folder_next(c, &at, &f);)
        reconcile_save_stamp(f);
}
