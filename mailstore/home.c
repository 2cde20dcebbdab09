/*
 * An account goes through these states:
 *
 *   (not in memory) --home_use--> looking --looked--> importing --> ready
 *   ready --home_use(HOME_FRESH), ten seconds later--> looking ...
 *
 * "looking" reads the directory in the pool, "importing" (home_import.c) makes
 * index and directory agree on which folders there are.
 */
#include "mailstore/home.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mail/account.h"
#include "mailstore/client.h"
#include "mailstore/events.h"
#include "mailstore/maildir.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRESH_MS 10000

struct look {
    struct pool_job job;
    struct home *home;
    bool create, sweep;
    bool made; /* the directory was missing */
    struct maildir_folders found;
    struct buf subscriptions;
    struct account_file file;
    bool failed;
    struct error e;
};

struct use {
    struct home *home;
    home_fn *fn;
    void *arg;
};

static struct home *
add_home(struct core *c, struct span name)
{
    struct home *h = mem_take(sizeof *h);
    struct buf path = { 0 };

    account_name_to_path(name, &path);
    h->core = c;
    h->name = mem_take(name.n + 1);
    memcpy(h->name, name.p, name.n);
    h->path = mem_text(buf_text(&path));
    buf_free(&path);
    map_put(c->homes, name, h);
    return h;
}

void
home_free(struct home *h)
{
    for (size_t i = 0; i < h->subscription_count; i++)
        free(h->subscriptions[i]);
    free(h->subscriptions);
    free(h->name);
    free(h->path);
    free(h);
}

static struct home *
from_record(struct core *c, const struct index_account *record)
{
    struct home *h = map_get(c->homes, span_of(record->name));

    if (h == NULL)
        h = add_home(c, span_of(record->name));
    if (h->record.id == 0)
        h->record = *record;
    return h;
}

bool
home_known(struct core *c, uint32_t id, struct home **h, struct error *e)
{
    struct index_txn *t = core_begin(c);
    struct index_account record;
    bool found = index_get_account(t, id, &record, e);

    index_abort(&t);
    if (!found)
        return false;
    *h = from_record(c, &record);
    return true;
}

/* --- looking ------------------------------------------------------------------ */

/* A damaged one changes nothing until somebody mends it. */
static bool
read_account_file(struct look *l, int dir, struct error *e)
{
    if (account_file_read(dir, &l->file, e))
        return true;
    if (e->kind != FAIL_CORRUPT)
        return false;
    event_account_file_damaged(span_of(l->home->name), e);
    return true;
}

static bool
look_at_dir(struct look *l, struct error *e)
{
    struct home *h = l->home;
    int root = h->core->root;
    struct stat st;
    int dir;
    bool done;

    if (!l->create && !fs_stat(root, h->path, &st, e))
        return false;
    if (!maildir_make_home(root, h->path, &l->made, e) ||
        !fs_open_dir(root, h->path, &dir, e))
        return false;
    if (l->sweep) {
        maildir_sweep_tmp(dir);
        maildir_sweep_trash(dir);
    }
    done = maildir_make_parts(dir, true, e);
    if (done &&
        !fs_read_file(dir, CONTROL_SUBSCRIPTIONS, &l->subscriptions, e) &&
        e->kind != FAIL_NOT_FOUND)
        done = false;
    done = done && read_account_file(l, dir, e);
    close(dir);
    return done && maildir_list(root, h->path, &l->found, e);
}

static void
run_look(struct pool_job *job)
{
    struct look *l = (struct look *)job;

    l->failed = !look_at_dir(l, &l->e);
}

bool
home_take_limits(struct home *h, const struct account_file *a, struct error *e)
{
    struct index_account *record = &h->record;
    struct index_txn *t;

    if (record->limit_bytes == a->limit_bytes &&
        record->limit_messages == a->limit_messages &&
        record->keep_deleted == a->keep_deleted)
        return true;
    record->limit_bytes = a->limit_bytes;
    record->limit_messages = a->limit_messages;
    record->keep_deleted = a->keep_deleted;
    if (record->id == 0)
        return true; /* its first row is still to come */
    t = core_begin(h->core);
    if (!index_put_account(t, record, e)) {
        core_abort(h->core, &t, e);
        return false;
    }
    return core_commit(h->core, &t, e);
}

/* A home that came to nothing is forgotten. */
static void
looked_all(void *arg, const struct error *e)
{
    struct home *h = arg;

    h->looking = false;
    h->ready = e == NULL || h->ready;
    if (e == NULL)
        h->looked = clock_monotonic_ms();
    home_changed(h);
    waiters_call(&h->waiting, e);
    if (h->ready || h->record.id != 0 || h->looking)
        return;
    map_remove(h->core->homes, span_of(h->name));
    home_free(h);
}

static void
look_done(struct pool_job *job)
{
    struct look *l = (struct look *)job;
    struct home *h = l->home;

    if (!l->failed)
        l->failed = !home_take_limits(h, &l->file, &l->e);
    if (!l->failed) {
        home_parse_subscriptions(h, buf_span(&l->subscriptions));
        h->swept = true;
        home_import(h, &l->found, l->made, looked_all, h);
    } else {
        if (h->record.id != 0)
            event_account_missing(span_of(h->name));
        if ((h->record.id != 0 || l->create) && l->e.kind == FAIL_NOT_FOUND)
            l->e.kind = FAIL_UNAVAILABLE; /* the directory, not the user */
        looked_all(h, &l->e);
    }
    maildir_list_free(&l->found);
    buf_free(&l->subscriptions);
    free(l);
}

/* It is our turn: no create, delete or rename is half done. */
static void
begin_look(void *arg, const struct error *e)
{
    struct look *l = arg;

    (void)e;
    pool_add(l->home->core->pool, &l->job);
}

/*
 * A known account's directory may be made again, unless so many messages are
 * missing with it that a disk or a backup must be on its way: then mail waits
 * until somebody makes the directory.
 */
static bool
may_make(struct home *h)
{
    struct index_txn *t = core_begin(h->core);
    struct index_account now;
    struct error e;
    bool few = index_get_account(t, h->record.id, &now, &e) &&
               now.messages <= STORE_GUARD_COUNT;

    index_abort(&t);
    return few;
}

static void
start_look(struct home *h, bool create)
{
    struct look *l = mem_take(sizeof *l);

    *l = (struct look){ .job = { .run = run_look, .done = look_done },
                        .home = h,
                        .create = h->record.id != 0 ? may_make(h) : create,
                        .sweep = !h->swept,
                        .file = { h->record.limit_bytes,
                                  h->record.limit_messages,
                                  h->record.keep_deleted },
                        .subscriptions = { .max = 4 << 20 } };
    h->looking = true;
    home_change(h, begin_look, l);
}

static void
used(void *arg, const struct error *e)
{
    struct use *u = arg;

    u->fn(u->arg, e == NULL ? u->home : NULL, e);
    free(u);
}

static struct home *
find(struct core *c, struct span name)
{
    struct home *h = map_get(c->homes, name);
    struct index_account record;
    struct index_txn *t;
    struct error e;
    bool found;

    if (h != NULL)
        return h;
    t = core_begin(c);
    found = index_find_account(t, name, &record, &e);
    index_abort(&t);
    return found ? from_record(c, &record) : add_home(c, name);
}

void
home_use(struct core *c, struct span name, unsigned need, home_fn *fn,
         void *arg)
{
    int64_t now = clock_monotonic_ms();
    struct home *h;
    struct use *u;
    struct error e;

    if (!account_name_is_valid(name)) {
        fail(&e, FAIL_INVALID, "no account name: %.*s", SPAN(name));
        fn(arg, NULL, &e);
        return;
    }
    h = find(c, name);
    if (h->ready && ((need & HOME_FRESH) == 0 || now - h->looked < FRESH_MS)) {
        fn(arg, h, NULL);
        return;
    }
    u = mem_take(sizeof *u);
    *u = (struct use){ h, fn, arg };
    waiters_add(&h->waiting, used, u);
    if (!h->looking)
        start_look(h, (need & HOME_CREATE) != 0);
}

uint64_t
home_keep_by_file(const struct core *c, const struct account_file *a)
{
    if (a->keep_deleted == INDEX_LIMIT_NONE)
        return 0;
    if (a->keep_deleted > STORE_KEEP_MAX)
        return STORE_KEEP_MAX;
    return a->keep_deleted != 0 ? a->keep_deleted : c->options->keep_deleted;
}

uint64_t
home_keep_deleted(const struct home *h)
{
    const struct account_file a = { .keep_deleted = h->record.keep_deleted };

    return home_keep_by_file(h->core, &a);
}

/* --- turns ---------------------------------------------------------------------- */

static void
next_change(struct home *h)
{
    if (h->changing || h->change_waiters.first == NULL)
        return;
    h->changing = true;
    waiters_call_first(&h->change_waiters);
}

void
home_change(struct home *h, core_done_fn *fn, void *arg)
{
    waiters_add(&h->change_waiters, fn, arg);
    next_change(h);
}

void
home_changed(struct home *h)
{
    h->changing = false;
    next_change(h);
}

void
home_doubt(struct home *h)
{
    h->ready = false;
}

uint32_t
home_take_uid_validity(struct home *h)
{
    uint32_t now = (uint32_t)clock_seconds();
    uint32_t last = h->record.uid_validity;

    h->record.uid_validity = now > last ? now : last + 1;
    return h->record.uid_validity;
}
