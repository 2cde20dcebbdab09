/*
 *  begin: ready -> lock -> marks, piece by piece -> settle -> (durable) answer
 *
 *  settle, by UIDVALIDITY:
 *    none wanted, or another and there are messages   nothing
 *    the same                                         UIDNEXT back to the last
 *                                                     UID known to be used
 *    another, and there is nothing                    taken over
 */
#include "mailstore/import.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailstore/maildir_name.h"
#include "mailstore/reconcile.h"

#include <stdlib.h>

#define PIECE 1000
/* Later UIDVALIDITYs of the account start behind a sensible one only. */
#define YEARS_AHEAD (UINT32_C(10) * 366 * 86400)

struct beginning {
    struct folder *folder; /* held, then locked too */
    uint32_t uid_validity;
    uint32_t at;   /* UIDs below were looked at */
    uint32_t last; /* highest UID known to be used */
    unsigned left; /* of this piece */
    bool locked;
    uint32_t uid_next; /* before */
    bool failed;
    struct error e;
    import_mark_fn *mark;
    import_ready_fn *fn;
    void *arg;
};

uint64_t
import_mark_of(struct span base)
{
    struct span tail = span_after(base, base.n < 19 ? base.n : base.n - 19);
    uint64_t mark = 0;

    if (!span_starts(tail, ",I="))
        return 0;
    for (size_t i = 3; i < tail.n; i++) {
        char ch = tail.p[i];

        if (ascii_is_digit(ch))
            mark = mark << 4 | (uint64_t)(ch - '0');
        else if (ch >= 'a' && ch <= 'f')
            mark = mark << 4 | (uint64_t)(ch - 'a' + 10);
        else
            return 0;
    }
    return mark;
}

/* --- the end ------------------------------------------------------------------ */

static void
durable(void *arg)
{
    struct beginning *b = arg;

    if (b->locked)
        folder_unlock(b->folder);
    b->fn(b->arg, b->uid_next, b->failed ? &b->e : NULL);
    folder_release(b->folder);
    free(b);
}

static void
finish(struct beginning *b, const struct error *e)
{
    b->failed = e != NULL;
    if (b->failed)
        b->e = *e;
    core_flushed(b->folder->core, durable, b);
}

static void
written(void *arg, const struct error *e)
{
    finish(arg, e);
}

/* --- settling ----------------------------------------------------------------- */

static bool
stop_at_first(void *arg, const struct index_gone *g)
{
    bool *found = arg;

    (void)g;
    *found = true;
    return false;
}

/* Tombstones of the UIDVALIDITY that ends. */
static bool
clear(struct folder *f, struct error *e)
{
    struct index_txn *t = core_begin(f->core);
    bool found = false;
    bool done = false;

    if (!index_each_gone(t, f->record.id, stop_at_first, &found, e) ||
        (found &&
         !fail(e, FAIL_BUSY, "files of the mailbox are on their way out"))) {
        core_abort(f->core, &t, e);
        return false;
    }
    while (!done) {
        if (!index_clear_folder(t, f->record.id, PIECE, &done, e)) {
            core_abort(f->core, &t, e);
            return false;
        }
        if (!core_commit(f->core, &t, e))
            return false;
        t = done ? NULL : core_begin(f->core);
    }
    return true;
}

static bool
take_over(struct folder *f, uint32_t uid_validity, struct error *e)
{
    uint32_t now = (uint32_t)clock_seconds();
    struct home *h = f->home;
    struct index_folder *draft;
    struct index_txn *t;

    if (f->views != NULL || f->gone != NULL)
        return fail(e, FAIL_BUSY, "the mailbox is in use");
    if (!clear(f, e))
        return false;
    draft = folder_edit(f);
    draft->uid_validity = uid_validity;
    draft->tag = maildir_name_tag(draft->mailbox_id, uid_validity);
    draft->uid_next = draft->uid_next_floor = draft->first_recent = 1;
    draft->modseq = core_modseq(draft->modseq);
    draft->tomb_floor = draft->modseq;
    f->next_uid = 1;
    f->floor_wanted = 0;
    if (h->record.uid_validity < uid_validity &&
        uid_validity < now + YEARS_AHEAD)
        h->record.uid_validity = uid_validity;
    t = core_begin(f->core);
    return folder_commit(f, &t, !index_put_account(t, &h->record, e), e);
}

static bool
lower(struct beginning *b, struct error *e)
{
    struct folder *f = b->folder;
    struct index_folder *draft;
    struct index_txn *t;

    if (f->views != NULL || b->last + 1 >= f->record.uid_next)
        return true;
    draft = folder_edit(f);
    draft->uid_next = b->last + 1;
    if (draft->first_recent > draft->uid_next)
        draft->first_recent = draft->uid_next;
    t = core_begin(f->core);
    if (!folder_commit(f, &t, false, e))
        return false;
    f->next_uid = b->last + 1;
    return true;
}

static void
settle(struct beginning *b)
{
    struct folder *f = b->folder;
    struct error e;

    b->uid_next = f->next_uid;
    if (b->uid_validity == f->record.uid_validity) {
        finish(b, lower(b, &e) ? NULL : &e);
    } else if (b->uid_validity == 0 || f->record.exists > 0) {
        finish(b, NULL);
    } else if (take_over(f, b->uid_validity, &e)) {
        b->uid_next = 1;
        folder_write_control(f, written, b);
    } else {
        finish(b, &e);
    }
}

/* --- what is there -------------------------------------------------------------- */

static bool
tell_message(void *arg, const struct index_cold *c)
{
    struct beginning *b = arg;
    uint64_t mark = import_mark_of(c->base);

    b->last = c->uid;
    if (mark != 0)
        b->mark(b->arg, c->uid, mark);
    return --b->left > 0;
}

static bool
tell_expunged(void *arg, const struct index_tombstone *t)
{
    struct beginning *b = arg;
    struct numset_walk at = { 0 };
    uint32_t uid;

    while (numset_next(t->uids, &at, &uid)) {
        b->mark(b->arg, uid, 0);
        if (uid > b->last)
            b->last = uid;
    }
    return true;
}

static void
look(void *arg)
{
    struct beginning *b = arg;
    struct folder *f = b->folder;
    struct index_txn *t = core_begin(f->core);
    struct error e;
    bool done;

    b->left = PIECE;
    done = index_each_cold(t, f->record.id, b->last + 1, UINT32_MAX,
                           tell_message, b, &e);
    if (done && b->left > 0)
        done = index_each_tombstone(t, f->record.id, 0, tell_expunged, b, &e);
    if (!done) {
        core_abort(f->core, &t, &e);
        finish(b, &e);
        return;
    }
    index_abort(&t);
    if (b->left == 0)
        core_defer(f->core, look, b);
    else
        settle(b);
}

static void
locked(void *arg, const struct error *e)
{
    struct beginning *b = arg;

    (void)e;
    b->locked = true;
    look(b);
}

static void
ready(void *arg, const struct error *e)
{
    struct beginning *b = arg;

    if (e != NULL)
        finish(b, e);
    else
        folder_lock(b->folder, locked, b);
}

void
import_begin(struct folder *f, uint32_t uid_validity, import_mark_fn *mark,
             import_ready_fn *fn, void *arg)
{
    struct beginning *b = mem_take(sizeof *b);

    *b = (struct beginning){ .folder = f,
                             .uid_validity = uid_validity,
                             .mark = mark,
                             .fn = fn,
                             .arg = arg };
    folder_hold(f);
    reconcile_ready(f, RECONCILE_FRESH, ready, b);
}

/* --- UIDNEXT ----------------------------------------------------------------------- */

struct ending {
    struct folder *folder; /* held */
    uint32_t uid_next;
    core_done_fn *fn;
    void *arg;
};

static void
end_ending(struct ending *x, const struct error *e)
{
    x->fn(x->arg, e);
    folder_release(x->folder);
    free(x);
}

static void
raised(void *arg)
{
    end_ending(arg, NULL);
}

static void
raise_next(void *arg, const struct error *e)
{
    struct ending *x = arg;
    struct folder *f = x->folder;
    struct index_txn *t;
    struct error mine;

    if (e != NULL) {
        end_ending(x, e);
        return;
    }
    if (x->uid_next > f->next_uid) {
        if (!folder_may_give(f, x->uid_next - f->next_uid, raise_next, x))
            return;
        folder_edit(f)->uid_next = x->uid_next;
        t = core_begin(f->core);
        if (!folder_commit(f, &t, false, &mine)) {
            end_ending(x, &mine);
            return;
        }
    }
    core_flushed(f->core, raised, x);
}

void
import_end(struct folder *f, uint32_t uid_next, core_done_fn *fn, void *arg)
{
    struct ending *x = mem_take(sizeof *x);

    *x = (struct ending){ f, uid_next, fn, arg };
    folder_hold(f);
    raise_next(x, NULL);
}
