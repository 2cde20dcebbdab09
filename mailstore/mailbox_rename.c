/*
 * Renaming: the mailbox and those below it, which on disk lie beside it.
 *
 *   missing parents of the new name are made
 *     -> every folder in memory and locked
 *     -> one transaction: new names, and an intent for each directory
 *     -> flush -> rename(2) of each, sync (pool) -> intents forgotten
 *
 * INBOX stays and its messages move (RFC 3501 section 6.3.5).
 */
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "mailstore/copy.h"
#include "mailstore/dispose.h"
#include "mailstore/events.h"
#include "mailstore/intent.h"
#include "mailstore/mailboxes.h"
#include "mailstore/watch.h"

#include <stdlib.h>
#include <string.h>

struct item {
    uint32_t id;
    char to[MAILBOX_NAME_MAX + 1];
    struct intent_rename intent;
    uint64_t seq;
    struct folder *folder; /* held, and locked once `locked` passed it */
};

struct renaming {
    struct pool_job job;
    struct home *home;
    struct buf from, to;
    size_t made; /* so much of `to` was looked at for parents */
    struct item *items;
    size_t count, locked;
    bool too_long;
    bool failed;
    struct error e;
    struct folder *inbox, *target; /* INBOX: held */
    core_done_fn *fn;
    void *arg;
};

static void
end(struct renaming *r)
{
    struct home *h = r->home;

    for (size_t i = 0; i < r->count; i++) {
        if (i < r->locked)
            folder_unlock(r->items[i].folder);
        if (r->items[i].folder != NULL)
            folder_release(r->items[i].folder);
    }
    if (r->inbox != NULL)
        folder_release(r->inbox);
    if (r->target != NULL)
        folder_release(r->target);
    r->fn(r->arg, r->failed ? &r->e : NULL);
    buf_free(&r->from);
    buf_free(&r->to);
    free(r->items);
    free(r);
    home_changed(h);
}

static void
fail_with(struct renaming *r, const struct error *e)
{
    r->failed = true;
    r->e = *e;
    end(r);
}

/* --- directories ------------------------------------------------------------------ */

static void
run_renames(struct pool_job *job)
{
    struct renaming *r = (struct renaming *)job;
    struct home *h = r->home;

    for (size_t i = 0; i < r->count && !r->failed; i++)
        r->failed = !intent_rename_dir(h->core->root, h->path,
                                       &r->items[i].intent, &r->e);
}

static void
renamed(struct pool_job *job)
{
    struct renaming *r = (struct renaming *)job;
    struct core *c = r->home->core;
    struct index_txn *t = core_begin(c);
    struct error e;
    bool done = !r->failed;

    for (size_t i = 0; done && i < r->count; i++)
        done = index_delete_intent(t, r->items[i].seq, &e);
    if (done)
        core_commit(c, &t, &e);
    index_abort(&t);
    if (r->failed)
        event_unlink_failed(&r->e); /* the next start tries again */
    for (size_t i = 0; i < r->count; i++)
        watch_gone(r->items[i].folder);
    end(r);
}

static void
durable(void *arg)
{
    struct renaming *r = arg;

    r->job = (struct pool_job){ .run = run_renames, .done = renamed };
    pool_add(r->home->core->pool, &r->job);
}

/* --- names in the index -------------------------------------------------------------- */

static bool
put_item(struct item *item, struct index_txn *t, struct error *e)
{
    struct index_folder *draft = folder_edit(item->folder);
    struct buf body = { 0 };
    bool done;

    memcpy(draft->name, item->to, sizeof draft->name);
    intent_put_rename(&item->intent, &body);
    done = index_put_intent(t, buf_span(&body), &item->seq, e) &&
           folder_save(item->folder, t, e);
    buf_free(&body);
    return done;
}

static void
put_names(struct renaming *r)
{
    struct core *c = r->home->core;
    struct index_txn *t = core_begin(c);
    struct error e;
    bool done = true;

    for (size_t i = 0; done && i < r->count; i++)
        done = put_item(&r->items[i], t, &e);
    if (!done)
        core_abort(c, &t, &e);
    else
        done = core_commit(c, &t, &e);
    for (size_t i = 0; i < r->count; i++) {
        struct item *item = &r->items[i];

        if (done) {
            folder_keep(item->folder);
            memcpy(item->folder->path, item->intent.to, sizeof item->intent.to);
        } else {
            folder_drop(item->folder);
        }
    }
    if (done)
        core_flushed(c, durable, r);
    else
        fail_with(r, &e);
}

static void
lock_next(void *arg, const struct error *e)
{
    struct renaming *r = arg;

    /* Called first with none, then with one more each time. */
    if (e == NULL)
        r->locked++;
    if (r->locked == r->count)
        put_names(r);
    else
        folder_lock(r->items[r->locked].folder, lock_next, r);
}

/* --- which mailboxes -------------------------------------------------------------------- */

static void
add_item(struct renaming *r, const struct index_folder *f)
{
    struct span rest = span_after(span_of(f->name), r->from.n);
    struct buf to = { .max = MAILBOX_NAME_MAX };
    struct buf path = { .max = NAME_MAX };
    struct item *item;

    buf_put(&to, buf_span(&r->to));
    buf_put(&to, rest);
    r->items = mem_grow(r->items, (r->count + 1) * sizeof *r->items);
    item = &r->items[r->count++];
    *item = (struct item){ .id = f->id };
    item->intent.account = f->account;
    if (to.full || !mailbox_name_is_valid(buf_span(&to))) {
        r->too_long = true;
    } else {
        memcpy(item->to, to.p, to.n);
        mailbox_name_to_folder(span_of(f->name), &path);
        memcpy(item->intent.from, path.p, path.n);
        buf_clear(&path);
        mailbox_name_to_folder(buf_span(&to), &path);
        memcpy(item->intent.to, path.p, path.n);
    }
    buf_free(&to);
    buf_free(&path);
}

static bool
find_items(void *arg, const struct index_folder *f)
{
    struct renaming *r = arg;
    struct span name = span_of(f->name);
    struct span head = span_sub(name, 0, r->from.n);

    if (!dispose_is_disposed(f) && span_eq(head, buf_span(&r->from)) &&
        (name.n == r->from.n || name.p[r->from.n] == '/'))
        add_item(r, f);
    return true;
}

static bool
take_items(struct renaming *r, struct error *e)
{
    struct home *h = r->home;
    struct index_txn *t = core_begin(h->core);
    struct index_folder record;

    if (!index_each_folder(t, h->record.id, find_items, r, e)) {
        core_abort(h->core, &t, e);
        return false;
    }
    index_abort(&t);
    if (r->count == 0)
        return fail(e, FAIL_NOT_FOUND, "no such mailbox");
    if (r->too_long)
        return fail(e, FAIL_INVALID, "a name would be too long");
    for (size_t i = 0; i < r->count; i++)
        if (mailboxes_find(h, span_of(r->items[i].to), &record, e))
            return fail(e, FAIL_EXISTS, "%s exists", r->items[i].to);
    for (size_t i = 0; i < r->count; i++)
        if (!folder_use_id(h->core, r->items[i].id, &r->items[i].folder, e))
            return false;
    return true;
}

static void
rename_all(struct renaming *r)
{
    struct error e = { 0 };

    if (!take_items(r, &e))
        fail_with(r, &e);
    else
        lock_next(r, &e); /* none is locked yet */
}

/* --- parents ------------------------------------------------------------------------------ */

static void next_parent(struct renaming *r);

static void
parent_made(void *arg, const struct error *e)
{
    struct renaming *r = arg;

    if (e != NULL && e->kind != FAIL_EXISTS)
        fail_with(r, e);
    else
        next_parent(r);
}

static void
next_parent(struct renaming *r)
{
    struct span to = buf_span(&r->to);
    size_t slash = r->made + span_find(span_after(to, r->made), '/');

    if (slash >= to.n) {
        rename_all(r);
        return;
    }
    r->made = slash + 1;
    mailboxes_make(r->home, span_sub(to, 0, slash), 0, parent_made, r);
}

/* --- INBOX ---------------------------------------------------------------------------------- */

static void
inbox_moved(void *arg, const struct store_copied *c, const struct error *e)
{
    struct renaming *r = arg;

    (void)c;
    if (e != NULL)
        fail_with(r, e);
    else
        end(r);
}

static void
target_made(void *arg, const struct error *e)
{
    struct renaming *r = arg;
    struct numset all = { 0 };
    struct copy_request copy = { .move = true, .uids = &all };
    struct error mine;

    if (e != NULL) {
        fail_with(r, e);
        return;
    }
    if (!folder_use(r->home, buf_span(&r->from), &r->inbox, &mine) ||
        !folder_use(r->home, buf_span(&r->to), &r->target, &mine)) {
        fail_with(r, &mine);
        return;
    }
    numset_add(&all, 1, UINT32_MAX);
    copy.from = r->inbox;
    copy.to = r->target;
    copy.who = span_of("rename");
    copy_messages(&copy, inbox_moved, r);
    numset_free(&all);
}

/* --- the beginning --------------------------------------------------------------------------- */

static bool
may_rename(struct renaming *r, struct error *e)
{
    struct span from = buf_span(&r->from);
    struct span to = buf_span(&r->to);
    struct index_folder record;

    if (mailboxes_find(r->home, to, &record, e))
        return fail(e, FAIL_EXISTS, "there is such a mailbox");
    if (e->kind != FAIL_NOT_FOUND)
        return false;
    if (to.n > from.n && span_eq(span_sub(to, 0, from.n), from) &&
        to.p[from.n] == '/' && !span_is(from, "INBOX"))
        return fail(e, FAIL_INVALID, "into itself");
    return true;
}

static void
begin(void *arg, const struct error *e)
{
    struct renaming *r = arg;
    struct error mine;

    (void)e;
    if (!may_rename(r, &mine))
        fail_with(r, &mine);
    else if (span_is(buf_span(&r->from), "INBOX"))
        mailboxes_make(r->home, buf_span(&r->to), 0, target_made, r);
    else
        next_parent(r);
}

void
mailboxes_rename(struct home *h, struct span from, struct span to,
                 core_done_fn *fn, void *arg)
{
    struct renaming *r = mem_take(sizeof *r);

    r->home = h;
    r->fn = fn;
    r->arg = arg;
    buf_put(&r->from, from);
    buf_put(&r->to, to);
    home_change(h, begin, r);
}
