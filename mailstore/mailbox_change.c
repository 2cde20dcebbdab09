/* Making, deleting and subscribing to mailboxes. */
#include "base/fs.h"
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "mailstore/dispose.h"
#include "mailstore/kept_mailbox.h"
#include "mailstore/mailboxes.h"
#include "mailstore/maildir.h"
#include "net/crypto.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct change {
    struct pool_job job;
    struct home *home;
    struct buf name, path;
    uint32_t special_use;
    bool on;
    bool turn; /* home_changed() at the end */
    struct control control;
    struct folder *folder;     /* being deleted: held and locked */
    struct kept_mailbox *kept; /* NULL: nothing is kept */
    bool failed;
    struct error e;
    core_done_fn *fn;
    void *arg;
};

static struct change *
new_change(struct home *h, struct span name, core_done_fn *fn, void *arg)
{
    struct change *c = mem_take(sizeof *c);

    c->home = h;
    c->fn = fn;
    c->arg = arg;
    buf_put(&c->name, name);
    return c;
}

static void
end(struct change *c)
{
    struct home *h = c->home;
    bool turn = c->turn;

    if (c->folder != NULL) {
        folder_unlock(c->folder);
        folder_release(c->folder);
    }
    c->fn(c->arg, c->failed ? &c->e : NULL);
    kept_mailbox_free(&c->kept);
    buf_free(&c->name);
    buf_free(&c->path);
    free(c);
    if (turn)
        home_changed(h);
}

static void
durable(void *arg)
{
    end(arg);
}

static void
end_durably(struct change *c)
{
    if (c->failed)
        end(c);
    else
        core_flushed(c->home->core, durable, c);
}

/* --- making ------------------------------------------------------------------------ */

static void
run_make(struct pool_job *job)
{
    struct change *c = (struct change *)job;
    struct home *h = c->home;
    int dir;

    c->failed = !maildir_make_folder(h->core->root, h->path, buf_text(&c->path),
                                     &dir, &c->e);
    if (c->failed)
        return;
    c->failed = !control_write(dir, &c->control, &c->e);
    close(dir);
}

static bool
put_made(struct change *c, struct error *e)
{
    struct home *h = c->home;
    struct index_folder *record = mem_take(sizeof *record);
    struct index_txn *t = core_begin(h->core);
    uint64_t id;
    bool done;

    home_new_record(h, &c->control, buf_span(&c->name), record);
    record->verified_epoch = h->core->epoch;
    done = index_take_number(t, INDEX_NEXT_FOLDER, &id, e);
    if (done) {
        record->id = (uint32_t)id;
        done = index_put_folder(t, record, e) &&
               index_put_account(t, &h->record, e);
    }
    free(record);
    if (!done) {
        core_abort(h->core, &t, e);
        return false;
    }
    return core_commit(h->core, &t, e);
}

static void
make_done(struct pool_job *job)
{
    struct change *c = (struct change *)job;

    if (c->failed && c->e.kind == FAIL_EXISTS)
        c->home->looked = 0; /* others made it: look again */
    if (!c->failed)
        c->failed = !put_made(c, &c->e);
    end_durably(c);
}

static bool
may_make(struct change *c, struct error *e)
{
    struct home *h = c->home;
    struct index_folder record;
    bool verified;

    if (mailboxes_find(h, buf_span(&c->name), &record, e))
        return fail(e, FAIL_EXISTS, "there is such a mailbox");
    if (e->kind != FAIL_NOT_FOUND)
        return false;
    if (mailboxes_count(h, &verified) >= STORE_MAILBOXES_MAX)
        return fail(e, FAIL_LIMIT, "more than %d mailboxes",
                    STORE_MAILBOXES_MAX);
    return core_has_room(h->core, 0, e);
}

static void
make(void *arg, const struct error *e)
{
    struct change *c = arg;

    (void)e;
    if (!may_make(c, &c->e)) {
        c->failed = true;
        end(c);
        return;
    }
    mailbox_name_to_folder(buf_span(&c->name), &c->path);
    c->control =
        (struct control){ .uid_validity = home_take_uid_validity(c->home),
                          .uid_floor = 1 + STORE_FLOOR_BLOCK,
                          .special_use = c->special_use };
    crypto_random(c->control.id, sizeof c->control.id);
    c->job = (struct pool_job){ .run = run_make, .done = make_done };
    pool_add(c->home->core->pool, &c->job);
}

void
mailboxes_make(struct home *h, struct span name, uint32_t special_use,
               core_done_fn *fn, void *arg)
{
    struct change *c = new_change(h, name, fn, arg);

    c->special_use = special_use;
    make(c, NULL);
}

void
mailboxes_create(struct home *h, struct span name, uint32_t special_use,
                 core_done_fn *fn, void *arg)
{
    struct change *c = new_change(h, name, fn, arg);

    c->special_use = special_use;
    c->turn = true;
    home_change(h, make, c);
}

/* --- deleting ------------------------------------------------------------------------- */

/* Kept, so that it can be brought back. A full disk gets its room instead. */
static bool
keep(struct change *c)
{
    if (c->kept == NULL)
        return false;
    c->failed = !kept_mailbox_move(c->kept, &c->e);
    if (c->failed && c->e.kind == FAIL_NOT_FOUND)
        c->failed = false; /* others have removed it */
    return !c->failed || c->e.kind != FAIL_FULL;
}

static void
run_delete(struct pool_job *job)
{
    struct change *c = (struct change *)job;
    struct home *h = c->home;
    int root = h->core->root;
    struct buf from = { 0 };
    struct buf to = { 0 };

    if (keep(c))
        return;
    maildir_path(h->path, c->folder->path, &from);
    buf_printf(&to, "%s/", h->path);
    dispose_trash_path(&c->folder->record, &to);
    c->failed =
        (!fs_rename(root, buf_text(&from), root, buf_text(&to), &c->e) &&
         c->e.kind != FAIL_NOT_FOUND) ||
        !fs_sync_dir(root, h->path, &c->e);
    buf_free(&from);
    buf_free(&to);
}

static void
delete_done(struct pool_job *job)
{
    struct change *c = (struct change *)job;

    if (!c->failed)
        c->failed = !dispose_folder(c->home, &c->folder->record, &c->e);
    end_durably(c);
}

static void
delete_locked(void *arg, const struct error *e)
{
    struct change *c = arg;

    (void)e;
    if (home_keep_deleted(c->home) > 0)
        c->kept = kept_mailbox_new(c->folder);
    c->job = (struct pool_job){ .run = run_delete, .done = delete_done };
    pool_add(c->home->core->pool, &c->job);
}

static void
delete_now(void *arg, const struct error *e)
{
    struct change *c = arg;
    struct folder *f;

    (void)e;
    c->failed = !folder_use(c->home, buf_span(&c->name), &f, &c->e);
    if (c->failed) {
        end(c);
        return;
    }
    c->folder = f;
    folder_lock(f, delete_locked, c);
}

void
mailboxes_delete(struct home *h, struct span name, core_done_fn *fn, void *arg)
{
    struct change *c = new_change(h, name, fn, arg);

    if (span_is(name, "INBOX")) {
        c->failed = !fail(&c->e, FAIL_INVALID, "INBOX cannot be deleted");
        end(c);
        return;
    }
    c->turn = true;
    home_change(h, delete_now, c);
}

/* --- subscribing ------------------------------------------------------------------------ */

static void
saved(void *arg, const struct error *e)
{
    struct change *c = arg;

    if (e != NULL) {
        home_subscribe(c->home, buf_span(&c->name), !c->on);
        c->failed = true;
        c->e = *e;
    }
    end(c);
}

static void
subscribe_now(void *arg, const struct error *e)
{
    struct change *c = arg;
    struct home *h = c->home;

    (void)e;
    if (c->on && h->subscription_count >= STORE_MAILBOXES_MAX)
        c->failed = !fail(&c->e, FAIL_LIMIT, "too many subscriptions");
    if (c->failed || !home_subscribe(h, buf_span(&c->name), c->on))
        end(c);
    else
        home_save_subscriptions(h, saved, c);
}

void
mailboxes_subscribe(struct home *h, struct span name, bool on, core_done_fn *fn,
                    void *arg)
{
    struct change *c = new_change(h, name, fn, arg);

    c->on = on;
    c->turn = true;
    home_change(h, subscribe_now, c);
}
