/*
 * A rebuild: the index forgets the folder's messages, and takes them in again
 * from their files, with the UIDs in the names (trust, see reconcile.c).
 *
 *   facts remembered -> "nothing verified, no UID given" committed
 *     -> rows deleted, STORE_TXN_RECORDS a turn -> scan -> ... -> all there
 *
 * A crash anywhere leaves a folder that is verified when it is used next, with
 * UIDNEXT 1: leftover rows go, and the names are believed. Whoever asks for the
 * folder's messages meanwhile waits (folder_steady(), reconcile_ready()).
 *
 * Files that wait to be removed stay known as gone. What the index has and the
 * files do not say is carried over: flags that their names have yet to follow,
 * when a message was saved, and what its content was.
 */
#include "base/mem.h"
#include "mailstore/names.h"
#include "mailstore/reconcile_inside.h"
#include "mailstore/watch.h"

#include <stdlib.h>

struct remembering {
    struct reconcile *r;
    size_t room;
};

static bool
remember(void *arg, const struct index_message *m)
{
    struct remembering *x = arg;
    struct reconcile *r = x->r;

    if (m->uid >= r->folder->record.uid_next)
        return false;
    if (r->before_count == x->room) {
        x->room = x->room * 2 + 256;
        r->before = mem_grow(r->before, x->room * sizeof *r->before);
    }
    r->before[r->before_count++] = *m;
    return true;
}

static const struct index_message *
find_before(const struct reconcile *r, uint32_t uid)
{
    size_t low = 0;
    size_t high = r->before_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->before[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == r->before_count || r->before[low].uid != uid)
        return NULL;
    return &r->before[low];
}

void
reconcile_recall(struct reconcile *r, const struct scan_found *found,
                 struct index_message *m)
{
    const struct index_message *old =
        found->keeps ? find_before(r, m->uid) : NULL;

    if (old == NULL || old->name_hash != m->name_hash)
        return;
    m->save_date = old->save_date;
    m->content = old->content;
    if ((old->state & INDEX_NAME_PENDING) == 0)
        return;
    m->flags = old->flags;
    m->keywords = old->keywords;
    m->state |= INDEX_NAME_PENDING;
    numset_add(&r->pending, m->uid, m->uid);
}

/* --- emptying ---------------------------------------------------------------------- */

static bool
forget_counts(struct folder *f, struct error *e)
{
    struct index_folder *draft = folder_edit(f);
    struct index_txn *t = core_begin(f->core);

    draft->exists = draft->unseen = draft->deleted = 0;
    draft->bytes = draft->deleted_bytes = 0;
    draft->uid_next = 1;
    draft->verified_epoch = 0;
    draft->tomb_floor = folder_modseq(draft);
    return folder_commit(f, &t, false, e);
}

static void
clear_some(void *arg)
{
    struct reconcile *r = arg;
    struct folder *f = r->folder;
    struct index_txn *t = core_begin(f->core);
    struct error e;
    bool cleared = false;

    if (!index_clear_messages(t, f->record.id, STORE_TXN_RECORDS, &cleared,
                              &e)) {
        core_abort(f->core, &t, &e);
        reconcile_fail(r, &e);
    } else if (!core_commit(f->core, &t, &e)) {
        reconcile_fail(r, &e);
    } else if (!cleared) {
        core_defer(f->core, clear_some, r);
    } else {
        folder_remove_all_rows(f);
        reconcile_scan(r);
    }
}

void
reconcile_clear(struct reconcile *r)
{
    struct remembering x = { .r = r };
    struct folder *f = r->folder;
    struct index_txn *t = core_begin(f->core);
    struct error e;
    bool done =
        index_each_message(t, f->record.id, 1, UINT32_MAX, remember, &x, &e);

    if (!done)
        core_abort(f->core, &t, &e);
    index_abort(&t);
    f->rebuilding = true;
    if (done && forget_counts(f, &e))
        clear_some(r);
    else
        reconcile_fail(r, &e);
}

/* --- afterwards ----------------------------------------------------------------------- */

static void
tell_differences(struct reconcile *r)
{
    struct folder *f = r->folder;
    struct numset lost = { 0 };
    struct store_row *changed =
        mem_take_array(r->before_count, sizeof *changed);
    size_t count = 0;
    uint32_t last =
        r->before_count == 0 ? 0 : r->before[r->before_count - 1].uid;
    size_t fresh = folder_find_index(f, last + 1);

    for (size_t i = 0; i < r->before_count; i++) {
        const struct index_message *old = &r->before[i];
        const struct store_row *now = folder_find(f, old->uid);

        if (now == NULL)
            numset_add(&lost, old->uid, old->uid);
        else if (now->flags != old->flags || now->keywords != old->keywords)
            changed[count++] = *now;
    }
    watch_flagged(f, UINT64_MAX, changed, count);
    watch_expunged(f, UINT64_MAX, f->record.modseq, &lost);
    if (fresh < f->count)
        watch_added(f, UINT64_MAX, &f->rows[fresh], f->count - fresh, false);
    numset_free(&lost);
    free(changed);
}

void
reconcile_cleared(struct reconcile *r)
{
    struct folder *f = r->folder;

    for (size_t i = 0; i < r->pending.n; i++)
        names_add(f, r->pending.r[i].first, r->pending.r[i].last);
    if (!r->failed && f->has_rows)
        tell_differences(r);
    numset_free(&r->pending);
    free(r->before);
    folder_rebuilt(f);
}
