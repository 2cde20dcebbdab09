/* Counting anew, and putting right. One folder's rows in one turn of the loop:
 * nothing can come or go meanwhile. */
#include "base/mem.h"
#include "mailstore/folder.h"
#include "mailstore/quota.h"
#include "mailstore/reconcile.h"

#include <stdlib.h>

struct counting {
    struct folder *folder; /* held */
    struct quota_off *off;
    struct index_folder sums; /* what the messages add up to */
    core_done_fn *fn;
    void *arg;
};

/* Rows at or above UIDNEXT are of a copy that never ended (copy.c). */
static bool
add_message(void *arg, const struct index_message *m)
{
    struct counting *c = arg;

    if (m->uid >= c->folder->record.uid_next)
        return false;
    folder_count(&c->sums, m, 1);
    return true;
}

static bool
is_right(const struct index_folder *record, const struct index_folder *sums)
{
    return record->exists == sums->exists && record->unseen == sums->unseen &&
           record->deleted == sums->deleted && record->bytes == sums->bytes &&
           record->deleted_bytes == sums->deleted_bytes;
}

static void
put_right(struct counting *c)
{
    struct index_folder *draft = folder_edit(c->folder);

    c->off->bytes += (int64_t)(c->sums.bytes - draft->bytes);
    c->off->messages += (int64_t)c->sums.exists - (int64_t)draft->exists;
    draft->exists = c->sums.exists;
    draft->unseen = c->sums.unseen;
    draft->deleted = c->sums.deleted;
    draft->bytes = c->sums.bytes;
    draft->deleted_bytes = c->sums.deleted_bytes;
}

static bool
count_now(struct counting *c, struct error *e)
{
    struct folder *f = c->folder;
    struct index_txn *t;
    bool done;

    if (f->deleted)
        return true;
    t = core_begin(f->core);
    done =
        index_each_message(t, f->record.id, 1, UINT32_MAX, add_message, c, e);
    if (done && is_right(&f->record, &c->sums)) {
        index_abort(&t);
        return true;
    }
    if (done)
        put_right(c);
    return folder_commit(f, &t, !done, e);
}

static void
is_ready(void *arg, const struct error *e)
{
    struct counting *c = arg;
    struct error mine;

    if (e == NULL && !count_now(c, &mine))
        e = &mine;
    c->fn(c->arg, e);
    folder_release(c->folder);
    free(c);
}

void
quota_recount_folder(struct folder *f, struct quota_off *off, core_done_fn *fn,
                     void *arg)
{
    struct counting *c = mem_take(sizeof *c);

    *c = (struct counting){ .folder = f, .off = off, .fn = fn, .arg = arg };
    folder_hold(f);
    reconcile_ready(f, RECONCILE_FRESH, is_ready, c);
}

/* What its folders' rows add up to, in *sums. */
static bool
compare(struct home *h, struct index_txn *t, struct index_account *sums,
        struct quota_off *off, struct error *e)
{
    struct index_account a;

    if (!index_get_account(t, h->record.id, &a, e) ||
        !index_sum_account(t, h->record.id, &sums->bytes, &sums->messages, e))
        return false;
    off->bytes += (int64_t)(sums->bytes - a.bytes);
    off->messages += (int64_t)(sums->messages - a.messages);
    return true;
}

bool
quota_compare_account(struct home *h, struct quota_off *off, struct error *e)
{
    struct index_txn *t = core_begin(h->core);
    struct index_account sums;

    if (!compare(h, t, &sums, off, e)) {
        core_abort(h->core, &t, e);
        return false;
    }
    index_abort(&t);
    return true;
}

bool
quota_recount_account(struct home *h, struct quota_off *off, struct error *e)
{
    struct index_txn *t = core_begin(h->core);
    struct index_account sums;

    if (!compare(h, t, &sums, off, e) ||
        !index_set_usage(t, h->record.id, sums.bytes, sums.messages, e)) {
        core_abort(h->core, &t, e);
        return false;
    }
    return core_commit(h->core, &t, e);
}
