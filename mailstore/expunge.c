/*
 * In pieces of PIECE messages, one transaction and one turn of the loop each:
 *
 *   pick rows -> out of msg, cold, name; into tomb and gone -> flush -> told
 */
#include "mailstore/expunge.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/age.h"
#include "mailstore/gone.h"
#include "mailstore/history.h"
#include "mailstore/names.h"
#include "mailstore/watch.h"

#include <stdlib.h>
#include <string.h>

#define PIECE       250
#define PRUNE_PIECE 100

struct expunge {
    struct folder *folder;
    struct numset uids;
    bool only_deleted, files_stay, moved;
    uint64_t actor;
    struct buf who;
    uint32_t next; /* UIDs below are done */
    core_done_fn *fn;
    void *arg;
};

struct piece {
    struct folder *folder;
    uint64_t event, modseq, actor;
    bool files_stay;
    struct numset uids;
};

static void
told(void *arg)
{
    struct piece *p = arg;

    watch_expunged(p->folder, p->event, p->modseq, &p->uids);
    if (!p->files_stay)
        gone_add(p->folder, p->event, p->actor, &p->uids);
    folder_release(p->folder);
    numset_free(&p->uids);
    free(p);
}

static bool
put_gone(struct expunge *x, struct index_txn *t, const struct index_message *m,
         struct error *e)
{
    struct folder *f = x->folder;
    struct buf store = { 0 };
    struct buf path = { 0 };
    struct index_cold cold;
    struct index_gone g = { .folder = f->record.id,
                            .uid = m->uid,
                            .time = age_stamp(f->core->age),
                            .size = m->size,
                            .state = m->state,
                            .flags = m->flags,
                            .keywords = (uint32_t)m->keywords };
    bool done = index_get_cold(t, f->record.id, m->uid, &store, &cold, e);

    if (x->moved)
        g.state |= INDEX_MOVED;
    if (done) {
        names_path(m, cold.base, &path);
        g.file = span_after(buf_span(&path), strlen("cur/"));
        done = index_put_gone(t, &g, e);
    }
    buf_free(&store);
    buf_free(&path);
    return done;
}

static bool
take_out(struct expunge *x, struct index_txn *t, uint32_t uid, struct error *e)
{
    uint32_t id = x->folder->record.id;
    struct index_message m;

    if (!index_get_message(t, id, uid, &m, e))
        return false;
    if (!x->files_stay && !put_gone(x, t, &m, e))
        return false;
    folder_count(folder_edit(x->folder), &m, -1);
    return index_delete_message(t, id, uid, e) &&
           index_delete_cold(t, id, uid, e) &&
           index_delete_name(t, id, m.name_hash, e);
}

/* The oldest tombstones that nobody needs any more. */
struct prune {
    int64_t before;
    uint64_t modseqs[PRUNE_PIECE];
    size_t count;
};

static bool
is_old(void *arg, const struct index_tombstone *b)
{
    struct prune *p = arg;

    if (b->time >= p->before || p->count == PRUNE_PIECE)
        return false;
    p->modseqs[p->count++] = b->modseq;
    return true;
}

static bool
prune(struct folder *f, struct index_txn *t, struct error *e)
{
    struct prune p = { .before = clock_seconds() - STORE_TOMB_SECONDS };

    if (!index_each_tombstone(t, f->record.id, 0, is_old, &p, e))
        return false;
    for (size_t i = 0; i < p.count; i++) {
        if (!index_delete_tombstone(t, f->record.id, p.modseqs[i], e))
            return false;
        folder_edit(f)->tomb_floor = p.modseqs[i];
    }
    return true;
}

static bool
put_piece(struct expunge *x, struct piece *p, struct index_txn *t,
          struct error *e)
{
    struct numset_walk at = { 0 };
    struct index_tombstone tomb = { .time = clock_seconds(),
                                    .who = buf_span(&x->who),
                                    .uids = &p->uids };
    struct history_note note = { .kind = HISTORY_EXPUNGED,
                                 .who = buf_span(&x->who) };
    uint32_t uid;

    if (x->moved)
        note.kind = HISTORY_NONE; /* the copy was noted as a move */
    else if (x->files_stay)
        note.kind = HISTORY_VANISHED;
    p->modseq = folder_modseq(folder_edit(x->folder));
    tomb.modseq = p->modseq;
    while (numset_next(&p->uids, &at, &uid))
        if (!take_out(x, t, uid, e))
            return false;
    return index_put_tombstone(t, x->folder->record.id, &tomb, e) &&
           history_put(t, x->folder, &note, &p->uids, e) &&
           prune(x->folder, t, e);
}

/* The rows of the next piece. */
static void
pick(struct expunge *x, struct numset *uids)
{
    const struct folder *f = x->folder;
    unsigned n = 0;

    for (size_t i = folder_find_index(f, x->next); i < f->count && n < PIECE;
         i++) {
        const struct store_row *row = &f->rows[i];

        x->next = row->uid + 1;
        if (!numset_has(&x->uids, row->uid) ||
            (x->only_deleted && (row->flags & MAIL_DELETED) == 0))
            continue;
        numset_add(uids, row->uid, row->uid);
        n++;
    }
}

static void
end(struct expunge *x, const struct error *e)
{
    x->fn(x->arg, e);
    folder_release(x->folder);
    numset_free(&x->uids);
    buf_free(&x->who);
    free(x);
}

static void
all_told(void *arg)
{
    end(arg, NULL);
}

static void
next_piece(void *arg)
{
    struct expunge *x = arg;
    struct folder *f = x->folder;
    struct piece *p;
    struct index_txn *t;
    struct error e;
    bool done;

    if (!folder_steady(f, next_piece, x))
        return;
    p = mem_take(sizeof *p);
    if (folder_load_rows(f, &e))
        pick(x, &p->uids);
    if (p->uids.n == 0) {
        free(p);
        core_flushed(f->core, all_told, x);
        return;
    }
    t = core_begin(f->core);
    done = put_piece(x, p, t, &e);
    if (!folder_commit(f, &t, !done, &e)) {
        numset_free(&p->uids);
        free(p);
        end(x, &e);
        return;
    }
    folder_remove_rows(f, &p->uids);
    p->event = watch_event(f);
    p->actor = x->actor;
    p->files_stay = x->files_stay;
    p->folder = f;
    folder_hold(f);
    core_flushed(f->core, told, p);
    core_defer(f->core, next_piece, x);
}

void
expunge_messages(const struct expunge_request *r, core_done_fn *fn, void *arg)
{
    struct expunge *x = mem_take(sizeof *x);

    *x = (struct expunge){ .folder = r->folder,
                           .only_deleted = r->only_deleted,
                           .files_stay = r->files_stay,
                           .moved = r->moved,
                           .actor = r->actor,
                           .next = 1,
                           .fn = fn,
                           .arg = arg };
    numset_add_set(&x->uids, r->uids);
    buf_put(&x->who, r->who);
    folder_hold(r->folder);
    next_piece(x);
}
