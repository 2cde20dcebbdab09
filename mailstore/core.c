#include "mailstore/core.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/age.h"
#include "mailstore/committer.h"
#include "mailstore/dispose.h"
#include "mailstore/events.h"
#include "mailstore/expire.h"
#include "mailstore/folder.h"
#include "mailstore/gone.h"
#include "mailstore/intent.h"
#include "mailstore/maildir.h"
#include "mailstore/mounted.h"
#include "mailstore/names.h"
#include "mailstore/notify.h"
#include "mailstore/purge.h"
#include "mailstore/reconcile.h"
#include "mailstore/spare.h"
#include "mailstore/sweep.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define TICK_MS        200
#define ROOM_MS        1000
#define PLACE_TICKS    5
#define SETTLE_MS      10000
#define SETTLE_LOOK_MS 2
#define EXIT_TEMPFAIL  75
#define MODSEQ_SHIFT   20

struct deferred {
    core_fn *fn;
    void *arg;
    struct deferred *next;
};

struct index_txn *
core_begin(struct core *c)
{
    struct index_txn *t;
    struct error e;

    if (!index_begin(c->index, &t, &e)) {
        event_index_failed(&e);
        exit(EXIT_TEMPFAIL);
    }
    return t;
}

/* What the index says of itself, not of the thing asked for. */
static void
check_index(struct core *c, const struct error *e)
{
    if (e->kind != FAIL_CORRUPT)
        return;
    event_index_failed(e);
    index_condemn(c->index);
    exit(EXIT_TEMPFAIL);
}

bool
core_commit(struct core *c, struct index_txn **t, struct error *e)
{
    if (index_commit(t, e))
        return true;
    check_index(c, e);
    return false;
}

void
core_abort(struct core *c, struct index_txn **t, const struct error *e)
{
    index_abort(t);
    check_index(c, e);
}

struct flushed {
    struct core *core;
    core_fn *fn;
    void *arg;
};

static void
on_flushed(void *arg, const struct error *e)
{
    struct flushed *f = arg;

    if (e != NULL) {
        event_index_failed(e);
        exit(EXIT_TEMPFAIL);
    }
    f->core->flushing--;
    f->fn(f->arg);
    free(f);
}

void
core_flushed(struct core *c, core_fn *fn, void *arg)
{
    struct flushed *f = mem_take(sizeof *f);

    *f = (struct flushed){ c, fn, arg };
    c->flushing++;
    flush_after(c->flush, on_flushed, f);
}

void
core_defer(struct core *c, core_fn *fn, void *arg)
{
    struct deferred *d = mem_take(sizeof *d);

    *d = (struct deferred){ .fn = fn, .arg = arg };
    *c->deferred_last = d;
    c->deferred_last = &d->next;
    loop_wake(c->soon);
}

static void
run_deferred(void *arg)
{
    struct core *c = arg;
    struct deferred *d = c->deferred;

    c->deferred = NULL;
    c->deferred_last = &c->deferred;
    while (d != NULL) {
        struct deferred *next = d->next;

        d->fn(d->arg);
        free(d);
        d = next;
    }
}

uint64_t
core_disk_free(struct core *c)
{
    struct statvfs st;
    int64_t now = clock_monotonic_ms();

    if (c->room_checked != 0 && now - c->room_checked < ROOM_MS)
        return c->room;
    if (fstatvfs(c->root, &st) == -1)
        return c->room;
    c->room = (uint64_t)st.f_bavail * st.f_frsize;
    c->room_checked = now;
    return c->room;
}

bool
core_has_room(struct core *c, uint64_t bytes, struct error *e)
{
    uint64_t room = core_disk_free(c);
    uint64_t keep = c->options->min_free_disk;

    if (room < keep || room - keep < bytes)
        return fail(e, FAIL_FULL, "the disk is full");
    return true;
}

struct maildir_stamp
core_stamp(struct core *c)
{
    return (struct maildir_stamp){ .micros = clock_micros(),
                                   .pid = (uint32_t)getpid(),
                                   .number = ++c->file_number,
                                   .host = c->host };
}

uint64_t
core_modseq(uint64_t last)
{
    uint64_t now = (uint64_t)clock_seconds() << MODSEQ_SHIFT;

    return last + 1 > now ? last + 1 : now;
}

static void
on_tick(void *arg)
{
    struct core *c = arg;

    if (++c->ticks % PLACE_TICKS == 0)
        age_tick(c->age);
    if (c->ticks % PLACE_TICKS == 0 && !mounted_still(c)) {
        event_mail_dir_lost(c->options->mail_dir);
        exit(EXIT_TEMPFAIL); /* the next life takes what is there */
    }
    names_tick(c);
    gone_tick(c);
    reconcile_tick(c);
    folder_rows_tick(c);
}

static void
find_epoch(struct core *c)
{
    struct index_txn *t = core_begin(c);
    struct error e;

    if (!index_get_number(t, INDEX_EPOCH, &c->epoch, &e))
        c->epoch = 1;
    index_abort(&t);
}

static bool
open_dirs(struct core *c, struct error *e)
{
    return fs_mkdir_all(AT_FDCWD, c->options->mail_dir, 0700, e) &&
           fs_open_dir(AT_FDCWD, c->options->mail_dir, &c->root, e) &&
           (fs_mkdir(c->root, MAILDIR_TMP, 0700, e) || e->kind == FAIL_EXISTS);
}

static const char *
state_name(enum index_state state)
{
    static const char *const names[] = { "clean", "unclean", "new" };

    return names[state];
}

static void
start_parts(struct core *c, enum index_state state)
{
    c->deferred_last = &c->deferred;
    c->pool = pool_new(c->loop, c->options->workers > 0 ? c->options->workers
                                                        : STORE_WORKERS);
    c->flush = flush_new(c->loop, index_kv(c->index), c->options->sync);
    c->homes = map_new();
    c->folders = map_new();
    c->soon = wake_new(c->loop, run_deferred, c);
    c->tick = timer_new(c->loop, on_tick, c);
    timer_repeat(c->tick, TICK_MS);
    maildir_name_host(c->host);
    find_epoch(c);
    c->notify = notify_new(c);
    c->committer = committer_new(c);
    c->age = age_new(c);
    c->purge = purge_new(c);
    c->expire = expire_new(c);
    c->spare = spare_new(c);
    maildir_sweep_tmp(c->root);
    intent_replay(c);
    dispose_replay(c);
    gone_replay(c);
    if (state != INDEX_CLEAN)
        sweep_begin(c);
}

bool
core_open(struct core **core, struct loop *l, const struct core_options *o,
          struct error *e)
{
    struct core *c = mem_take(sizeof *c);
    enum index_state state;

    *c = (struct core){ .loop = l,
                        .options = o,
                        .root = -1,
                        .gone_turn = 1,
                        .kept_lock = PTHREAD_MUTEX_INITIALIZER };
    if (!open_dirs(c, e) ||
        !index_open(o->index_dir, 0, &c->index, &state, e) ||
        !mounted_check(c, e))
        goto undo;
    start_parts(c, state);
    event_started(o->mail_dir, state_name(state));
    *core = c;
    return true;
undo:
    if (c->index != NULL)
        index_close(&c->index);
    if (c->root != -1)
        close(c->root);
    free(c);
    return false;
}

static void
look_settled(void *arg)
{
    struct core *c = arg;
    bool idle = names_finish(c);

    idle = gone_finish(c) && idle;
    idle = idle && pool_busy(c->pool) == 0 && c->deferred == NULL &&
           c->flushing == 0;
    if (!idle && clock_monotonic_ms() - c->settle.since < SETTLE_MS)
        return;
    timer_stop(c->settle.timer);
    c->settle.fn(c->settle.arg);
}

void
core_settle(struct core *c, core_fn *fn, void *arg)
{
    c->stopping = true;
    c->settle.fn = fn;
    c->settle.arg = arg;
    c->settle.since = clock_monotonic_ms();
    c->settle.timer = timer_new(c->loop, look_settled, c);
    timer_repeat(c->settle.timer, SETTLE_LOOK_MS);
}

static void
free_all(struct core *c)
{
    size_t at = 0;
    struct folder *f;
    struct span key;
    void *value;

    while (folder_next(c, &at, &f))
        folder_free(f);
    for (at = 0; map_next(c->homes, &at, &key, &value);)
        home_free(value);
    map_free(&c->folders);
    map_free(&c->homes);
}

void
core_close(struct core **core)
{
    struct core *c = *core;

    if (c == NULL)
        return;
    c->stopping = true;
    pool_drain(c->pool);
    reconcile_save_stamps(c);
    flush_free(&c->flush);
    timer_free(&c->tick);
    timer_free(&c->settle.timer);
    notify_free(&c->notify);
    pool_free(&c->pool);
    committer_free(&c->committer);
    purge_free(&c->purge);
    age_free(&c->age);
    expire_free(&c->expire);
    spare_free(&c->spare);
    free_all(c);
    wake_free(&c->soon);
    index_close(&c->index);
    close(c->root);
    event_stopped();
    free(c);
    *core = NULL;
}
