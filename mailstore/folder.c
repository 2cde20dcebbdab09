#include "mailstore/folder.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mail/flags.h"
#include "mail/mailbox_name.h"
#include "mailstore/committer.h"
#include "mailstore/gone.h"
#include "mailstore/maildir.h"
#include "mailstore/notify.h"
#include "mailstore/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct span
key_of(const uint32_t *id)
{
    return span_from(id, sizeof *id);
}

struct folder *
folder_in_memory(struct core *c, uint32_t id)
{
    return map_get(c->folders, key_of(&id));
}

bool
folder_next(struct core *c, size_t *at, struct folder **f)
{
    struct span key;
    void *value;

    if (!map_next(c->folders, at, &key, &value))
        return false;
    *f = value;
    return true;
}

struct span
folder_name(const struct folder *f)
{
    return span_of(f->record.name);
}

static bool
open_dir(struct folder *f, struct error *e)
{
    struct buf path = { 0 };
    bool done;

    maildir_path(f->home->path, f->path, &path);
    done = fs_open_dir(f->core->root, buf_text(&path), &f->dir, e);
    buf_free(&path);
    return done;
}

static bool
set_path(struct folder *f, struct error *e)
{
    struct buf folder = { .max = NAME_MAX };

    mailbox_name_to_folder(folder_name(f), &folder);
    if (folder.full || folder.n == 0) {
        buf_free(&folder);
        return fail(e, FAIL_INVALID, "no directory for %s", f->record.name);
    }
    snprintf(f->path, sizeof f->path, "%s", buf_text(&folder));
    buf_free(&folder);
    return true;
}

static struct folder *
make(struct home *h, const struct index_folder *record)
{
    struct folder *f = mem_take(sizeof *f);

    f->core = h->core;
    f->home = h;
    f->record = *record;
    f->next_uid = record->uid_next;
    f->dir = -1;
    f->watch_new = f->watch_cur = -1;
    f->moving = map_new();
    return f;
}

static bool
take_in(struct home *h, const struct index_folder *record, struct folder **out,
        struct error *e)
{
    struct folder *f = folder_in_memory(h->core, record->id);

    if (f != NULL) {
        folder_hold(f);
        *out = f;
        return true;
    }
    f = make(h, record);
    if (!set_path(f, e) || !open_dir(f, e)) {
        folder_free(f);
        return false;
    }
    map_put(h->core->folders, key_of(&f->record.id), f);
    notify_watch(f);
    reconcile_compare_stamps(f);
    folder_hold(f);
    *out = f;
    return true;
}

bool
folder_use(struct home *h, struct span name, struct folder **f, struct error *e)
{
    struct index_txn *t = core_begin(h->core);
    struct index_folder record;

    if (!index_find_folder(t, h->record.id, name, &record, e)) {
        core_abort(h->core, &t, e);
        return false;
    }
    index_abort(&t);
    return take_in(h, &record, f, e);
}

bool
folder_use_id(struct core *c, uint32_t id, struct folder **f, struct error *e)
{
    struct index_txn *t = core_begin(c);
    struct index_folder record;
    struct home *h;

    if (!index_get_folder(t, id, &record, e)) {
        core_abort(c, &t, e);
        return false;
    }
    index_abort(&t);
    return home_known(c, record.account, &h, e) && take_in(h, &record, f, e);
}

/* --- held, idle, gone ------------------------------------------------------- */

static void
leave_idle(struct folder *f)
{
    struct core *c = f->core;

    if (!f->is_idle)
        return;
    if (f->idle_prev != NULL)
        f->idle_prev->idle_next = f->idle_next;
    else
        c->idle_first = f->idle_next;
    if (f->idle_next != NULL)
        f->idle_next->idle_prev = f->idle_prev;
    else
        c->idle_last = f->idle_prev;
    f->is_idle = false;
    c->idle_count--;
    c->idle_bytes -= f->idle_bytes;
}

static void
enter_idle(struct folder *f)
{
    struct core *c = f->core;

    f->idle_prev = c->idle_last;
    f->idle_next = NULL;
    if (c->idle_last != NULL)
        c->idle_last->idle_next = f;
    else
        c->idle_first = f;
    c->idle_last = f;
    f->is_idle = true;
    f->idle_since = clock_monotonic_ms();
    f->idle_bytes = folder_rows_bytes(f);
    c->idle_count++;
    c->idle_bytes += f->idle_bytes;
}

/* The oldest go first: all that are idle since before then, and as many as
 * have too much memory. */
static void
forget_idle_rows(struct core *c, int64_t before)
{
    for (struct folder *f = c->idle_first; f != NULL; f = f->idle_next) {
        if (c->idle_bytes <= STORE_ROWS_BYTES && f->idle_since >= before)
            return;
        folder_forget_rows(f);
        c->idle_bytes -= f->idle_bytes;
        f->idle_bytes = 0;
    }
}

void
folder_rows_tick(struct core *c)
{
    if (c->idle_bytes > 0)
        forget_idle_rows(c, clock_monotonic_ms() -
                                (int64_t)STORE_ROWS_SECONDS * 1000);
}

void
folder_hold(struct folder *f)
{
    f->users++;
    leave_idle(f);
}

void
folder_release(struct folder *f)
{
    struct core *c = f->core;

    if (--f->users > 0)
        return;
    if (f->deleted) {
        folder_free(f);
        return;
    }
    enter_idle(f);
    forget_idle_rows(c, INT64_MIN);
    if (c->idle_count > STORE_FOLDERS_CACHED) {
        f = c->idle_first;
        reconcile_save_stamp(f);
        folder_free(f);
    }
}

void
folder_free(struct folder *f)
{
    leave_idle(f);
    if (folder_in_memory(f->core, f->record.id) == f)
        map_remove(f->core->folders, key_of(&f->record.id));
    notify_unwatch(f);
    folder_forget_rows(f);
    gone_forget(f);
    numset_free(&f->renames);
    map_free(&f->moving);
    if (f->dir != -1)
        close(f->dir);
    free(f->draft);
    free(f);
}

/* --- the record -------------------------------------------------------------- */

struct index_folder *
folder_edit(struct folder *f)
{
    f->saved = false;
    if (f->draft != NULL)
        return f->draft;
    f->draft = mem_take(sizeof *f->draft);
    *f->draft = f->record;
    return f->draft;
}

bool
folder_save(struct folder *f, struct index_txn *t, struct error *e)
{
    if (f->draft == NULL || f->saved || f->deleted)
        return true; /* a deleted one's row is dispose.c's */
    f->saved = index_put_folder(t, f->draft, e);
    return f->saved;
}

void
folder_keep(struct folder *f)
{
    if (f->draft == NULL)
        return;
    f->record = *f->draft;
    if (f->next_uid < f->record.uid_next)
        f->next_uid = f->record.uid_next;
    folder_drop(f);
}

void
folder_drop(struct folder *f)
{
    free(f->draft);
    f->draft = NULL;
}

bool
folder_commit(struct folder *f, struct index_txn **t, bool failed,
              struct error *e)
{
    if (failed || !folder_save(f, *t, e)) {
        core_abort(f->core, t, e);
        folder_drop(f);
        return false;
    }
    if (!core_commit(f->core, t, e)) {
        folder_drop(f);
        return false;
    }
    folder_keep(f);
    return true;
}

void
folder_count(struct index_folder *draft, const struct index_message *m, int by)
{
    uint32_t one = (uint32_t)by;

    draft->exists += one;
    draft->bytes += by < 0 ? -m->size : m->size;
    if ((m->flags & MAIL_SEEN) == 0)
        draft->unseen += one;
    if ((m->flags & MAIL_DELETED) != 0) {
        draft->deleted += one;
        draft->deleted_bytes += by < 0 ? -m->size : m->size;
    }
}

uint64_t
folder_modseq(struct index_folder *draft)
{
    draft->modseq = core_modseq(draft->modseq);
    return draft->modseq;
}

/* --- standing still ------------------------------------------------------------ */

bool
folder_may_share(const struct folder *f)
{
    return !f->locked && f->lock_waiters.first == NULL;
}

void
folder_share(struct folder *f)
{
    f->shared++;
    folder_hold(f);
}

static void
lock_next(struct folder *f)
{
    if (f->shared > 0 || f->locked || f->lock_waiters.first == NULL)
        return;
    f->locked = true;
    waiters_call_first(&f->lock_waiters);
}

void
folder_unshare(struct folder *f)
{
    f->shared--;
    lock_next(f);
    folder_release(f);
}

void
folder_lock(struct folder *f, core_done_fn *fn, void *arg)
{
    folder_hold(f);
    waiters_add(&f->lock_waiters, fn, arg);
    lock_next(f);
}

void
folder_unlock(struct folder *f)
{
    f->locked = false;
    lock_next(f);
    if (!f->locked)
        committer_go(f->core->committer);
    folder_release(f);
}

struct steady_wait {
    struct folder *folder; /* held */
    core_fn *fn;
    void *arg;
};

static void
is_steady(void *arg, const struct error *e)
{
    struct steady_wait *w = arg;

    (void)e;
    w->fn(w->arg);
    folder_release(w->folder);
    free(w);
}

bool
folder_steady(struct folder *f, core_fn *fn, void *arg)
{
    struct steady_wait *w;

    if (!f->rebuilding)
        return true;
    w = mem_take(sizeof *w);
    *w = (struct steady_wait){ f, fn, arg };
    folder_hold(f);
    waiters_add(&f->steady_waiters, is_steady, w);
    return false;
}

void
folder_rebuilt(struct folder *f)
{
    f->rebuilding = false;
    waiters_call(&f->steady_waiters, NULL);
}

/* --- names under way --------------------------------------------------------------- */

void
folder_moving(struct folder *f, struct span base)
{
    uintptr_t n = (uintptr_t)map_get(f->moving, base);

    map_put(f->moving, base, (void *)(n + 1));
}

void
folder_moved(struct folder *f, struct span base)
{
    uintptr_t n = (uintptr_t)map_get(f->moving, base);

    if (n <= 1)
        map_remove(f->moving, base);
    else
        map_put(f->moving, base, (void *)(n - 1));
}

bool
folder_is_moving(const struct folder *f, struct span base)
{
    return map_get(f->moving, base) != NULL;
}
