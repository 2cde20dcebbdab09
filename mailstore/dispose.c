#include "mailstore/dispose.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mail/account.h"
#include "mailstore/events.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"
#include "mailstore/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK '\001'

struct disposal {
    struct pool_job job; /* removes the directory */
    struct core *core;
    uint32_t id;
    struct buf path;
    bool cleared, removed;
};

bool
dispose_is_disposed(const struct index_folder *record)
{
    return record->name[0] == MARK;
}

void
dispose_trash_path(const struct index_folder *record, struct buf *out)
{
    buf_printf(out, MAILDIR_TRASH "%" PRIu32, record->id);
}

static void
end_if_done(struct disposal *d)
{
    if (!d->cleared || !d->removed)
        return;
    buf_free(&d->path);
    free(d);
}

static void
run_remove(struct pool_job *job)
{
    struct disposal *d = (struct disposal *)job;
    struct error e;

    /* What stays behind is swept at a later start. */
    maildir_remove(d->core->root, buf_text(&d->path), &e);
}

static void
removed(struct pool_job *job)
{
    struct disposal *d = (struct disposal *)job;

    d->removed = true;
    end_if_done(d);
}

static bool
clear_some(struct disposal *d, struct index_txn *t, struct error *e)
{
    if (!index_clear_folder(t, d->id, STORE_TXN_RECORDS, &d->cleared, e))
        return false;
    return !d->cleared || index_delete_folder(t, d->id, e);
}

static void
clear_next(void *arg)
{
    struct disposal *d = arg;
    struct index_txn *t = core_begin(d->core);
    struct error e;
    bool done = clear_some(d, t, &e);

    if (!done)
        core_abort(d->core, &t, &e);
    else
        done = core_commit(d->core, &t, &e);
    /* After a failure: at the next start. */
    if (!done)
        d->cleared = true;
    if (d->cleared)
        end_if_done(d);
    else
        core_defer(d->core, clear_next, d);
}

static void
begin(struct core *c, const char *home_path, const struct index_folder *record)
{
    struct disposal *d = mem_take(sizeof *d);

    *d = (struct disposal){ .job = { .run = run_remove, .done = removed },
                            .core = c,
                            .id = record->id };
    buf_printf(&d->path, "%s/", home_path);
    dispose_trash_path(record, &d->path);
    pool_add(c->pool, &d->job);
    core_defer(c, clear_next, d);
}

static void
take_name(struct index_folder *record)
{
    memset(record->name, 0, sizeof record->name);
    snprintf(record->name, sizeof record->name, "%c%" PRIu32, MARK, record->id);
}

static bool
put_renamed(struct core *c, const struct index_folder *record, struct error *e)
{
    struct index_txn *t = core_begin(c);

    if (!index_put_folder(t, record, e)) {
        core_abort(c, &t, e);
        return false;
    }
    return core_commit(c, &t, e);
}

static void
tell_gone(void *arg)
{
    struct folder *f = arg;

    watch_gone(f);
    names_drop(f);
    folder_release(f);
}

bool
dispose_folder(struct home *h, const struct index_folder *record,
               struct error *e)
{
    struct core *c = h->core;
    struct folder *f = folder_in_memory(c, record->id);
    struct index_folder *copy = mem_take(sizeof *copy);
    bool done;

    *copy = *record;
    copy->exists = copy->unseen = copy->deleted = 0;
    copy->bytes = copy->deleted_bytes = 0; /* no longer the account's */
    take_name(copy);
    done = put_renamed(c, copy, e);
    free(copy);
    if (!done)
        return false;
    if (f != NULL) {
        folder_hold(f);
        f->deleted = true;
        take_name(&f->record);
        core_flushed(c, tell_gone, f);
    }
    begin(c, h->path, record);
    return true;
}

void
dispose_vanished(struct home *h, const struct index_folder *record)
{
    struct error e;

    dispose_folder(h, record, &e);
}

struct replay {
    struct core *core;
    struct index_txn *txn;
    struct buf path; /* of the account */
};

static bool
replay_folder(void *arg, const struct index_folder *f)
{
    struct replay *r = arg;

    if (dispose_is_disposed(f))
        begin(r->core, buf_text(&r->path), f);
    return true;
}

static bool
replay_account(void *arg, const struct index_account *a)
{
    struct replay *r = arg;
    struct error e;

    buf_clear(&r->path);
    account_name_to_path(span_of(a->name), &r->path);
    return index_each_folder(r->txn, a->id, replay_folder, r, &e);
}

void
dispose_replay(struct core *c)
{
    struct replay r = { .core = c, .txn = core_begin(c) };
    struct error e;

    if (!index_each_account(r.txn, replay_account, &r, &e))
        core_abort(c, &r.txn, &e);
    index_abort(&r.txn);
    buf_free(&r.path);
}
