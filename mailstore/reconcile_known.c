/* Files that the index knows: changed names, and absent ones. */
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/expunge.h"
#include "mailstore/flag.h"
#include "mailstore/names.h"
#include "mailstore/reconcile_inside.h"
#include "mailstore/watch.h"

#include <stdlib.h>

#define PIECE 500

struct told {
    struct folder *folder;
    uint64_t event;
    struct store_row *rows;
    size_t count;
};

static void
tell(void *arg)
{
    struct told *p = arg;

    watch_flagged(p->folder, p->event, p->rows, p->count);
    folder_release(p->folder);
    free(p->rows);
    free(p);
}

/*
 * Three ways: bits that others have changed in the name since we last wrote it
 * win, unless the index has changed the same bit and its name is still to
 * follow.
 */
static uint64_t
merge(uint64_t index, uint64_t last, uint64_t name)
{
    uint64_t others = (name ^ last) & ~(index ^ last);

    return (index & ~others) | (name & others);
}

/* True: the message's flags are different now. */
static bool
take_name(const struct folder *f, const struct scan_changed *c,
          struct index_message *m)
{
    uint64_t letters =
        c->keywords & ((UINT64_C(1) << f->record.keyword_count) - 1);
    uint64_t last =
        m->name_keywords & ((UINT64_C(1) << f->record.keyword_count) - 1);
    uint16_t flags = (uint16_t)merge(m->flags, m->name_flags, c->flags);
    uint64_t keywords = merge(m->keywords, last, letters);
    bool differs = flags != m->flags || keywords != m->keywords;

    m->flags = flags;
    m->keywords = keywords;
    m->name_flags = (uint8_t)c->flags;
    m->name_keywords = c->keywords;
    m->state &= (uint8_t) ~(INDEX_IN_NEW | INDEX_NAME_PENDING);
    if (c->in_new)
        m->state |= INDEX_IN_NEW;
    if (m->flags != m->name_flags || m->keywords != m->name_keywords)
        m->state |= INDEX_NAME_PENDING;
    return differs;
}

static bool
put_changed(struct reconcile *r, const struct scan_changed *c,
            struct index_txn *t, struct told *p, struct error *e)
{
    struct folder *f = r->folder;
    struct index_message m;
    struct index_message before;

    if (!index_get_message(t, f->record.id, c->uid, &m, e))
        return e->kind == FAIL_NOT_FOUND; /* expunged meanwhile */
    before = m;
    if (take_name(f, c, &m)) {
        struct index_folder *draft = folder_edit(f);

        m.modseq = folder_modseq(draft);
        folder_count(draft, &before, -1);
        folder_count(draft, &m, 1);
        p->rows[p->count++] = folder_row(&m);
    }
    return index_put_message(t, f->record.id, &m, e);
}

static bool
put_piece(struct reconcile *r, size_t upto, struct told *p, struct error *e)
{
    struct folder *f = r->folder;
    struct index_txn *t = core_begin(f->core);
    bool done = true;

    for (size_t i = r->at; done && i < upto; i++)
        done = put_changed(r, &r->scan.changed[i], t, p, e);
    return folder_commit(f, &t, !done, e);
}

static void
next_piece(void *arg)
{
    struct reconcile *r = arg;
    struct folder *f = r->folder;
    size_t upto = r->at + PIECE;
    struct told *p;
    struct error e;

    if (r->at >= r->scan.changed_count) {
        reconcile_absent(r);
        return;
    }
    if (upto > r->scan.changed_count)
        upto = r->scan.changed_count;
    p = mem_take(sizeof *p);
    p->rows = mem_take_array(PIECE, sizeof *p->rows);
    if (!put_piece(r, upto, p, &e)) {
        free(p->rows);
        free(p);
        reconcile_fail(r, &e);
        return;
    }
    for (; r->at < upto; r->at++)
        names_add(f, r->scan.changed[r->at].uid, r->scan.changed[r->at].uid);
    for (size_t i = 0; i < p->count; i++)
        folder_change_row(f, &p->rows[i]);
    p->event = watch_event(f);
    p->folder = f;
    folder_hold(f);
    core_flushed(f->core, tell, p);
    core_defer(f->core, next_piece, r);
}

void
reconcile_changes(struct reconcile *r)
{
    next_piece(r);
}

/* --- absent ---------------------------------------------------------------------- */

/* More than half of a mailbox does not vanish: a disk is not mounted, or a
 * backup is just being put back. Nothing is taken for gone then. */
static bool
is_too_much(const struct reconcile *r, uint64_t absent)
{
    return absent > STORE_GUARD_COUNT && absent > r->scan.known_count / 2;
}

static void
expunged(void *arg, const struct error *e)
{
    struct reconcile *r = arg;

    if (e != NULL)
        reconcile_fail(r, e);
    else
        reconcile_found(r);
}

void
reconcile_absent(struct reconcile *r)
{
    struct folder *f = r->folder;
    uint64_t absent = numset_count(&r->scan.absent);
    struct expunge_request request = { .folder = f,
                                       .uids = &r->scan.absent,
                                       .files_stay = true,
                                       .who = span_of("files") };
    struct error e;

    f->guarded = r->scan.stable && is_too_much(r, absent);
    if (f->guarded)
        event_guarded(f, (size_t)absent);
    /* With nothing absent it does not matter who changed what meanwhile: the
     * watch tells of it. */
    if (absent == 0 && f->watch_new != -1)
        r->scan.stable = true;
    if (absent == 0 || f->guarded || f->unplaced || !r->scan.stable) {
        numset_clear(&r->scan.absent);
        reconcile_found(r);
        return;
    }
    if (folder_load_rows(f, &e))
        expunge_messages(&request, expunged, r);
    else
        reconcile_fail(r, &e);
}
