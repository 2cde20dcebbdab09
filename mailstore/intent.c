/*
 *   copy    'C' u32 target, first, last  u8 move  u32 source  numset uids
 *   rename  'R' u32 account  span from  span to
 */
#include "mailstore/intent.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/expunge.h"
#include "mailstore/names.h"
#include "net/ipc.h"

#include <stdlib.h>
#include <string.h>

void
intent_put_copy(const struct intent_copy *i, struct buf *out)
{
    put_u8(out, 'C');
    put_u32(out, i->target);
    put_u32(out, i->first);
    put_u32(out, i->last);
    put_u8(out, i->move ? 1 : 0);
    put_u32(out, i->source);
    put_numset(out, &i->uids);
}

static bool
get_copy(struct span s, struct intent_copy *i)
{
    uint8_t move;
    bool done = get_u32(&s, &i->target) && get_u32(&s, &i->first) &&
                get_u32(&s, &i->last) && get_u8(&s, &move) &&
                get_u32(&s, &i->source) && get_numset(&s, &i->uids);

    i->move = done && move != 0;
    return done;
}

void
intent_put_rename(const struct intent_rename *i, struct buf *out)
{
    put_u8(out, 'R');
    put_u32(out, i->account);
    put_span(out, span_of(i->from));
    put_span(out, span_of(i->to));
}

static bool
get_rename(struct span s, struct intent_rename *i)
{
    struct span from;
    struct span to;

    if (!get_u32(&s, &i->account) || !get_span(&s, &from) ||
        !get_span(&s, &to) || from.n >= sizeof i->from || to.n >= sizeof i->to)
        return false;
    memcpy(i->from, from.p, from.n);
    memcpy(i->to, to.p, to.n);
    return true;
}

/* --- doing it, in any thread --------------------------------------------------- */

bool
intent_place(int dir, const char *tmp, const char *cur, struct error *e)
{
    struct stat st;

    if (fs_link(dir, tmp, dir, cur, e) || e->kind == FAIL_EXISTS)
        return true;
    return e->kind == FAIL_NOT_FOUND && fs_stat(dir, cur, &st, e);
}

bool
intent_rename_dir(int root, const char *home, const struct intent_rename *i,
                  struct error *e)
{
    struct buf from = { 0 };
    struct buf to = { 0 };
    struct stat st;
    bool done;

    buf_printf(&from, "%s/%s", home, i->from);
    buf_printf(&to, "%s/%s", home, i->to);
    done = fs_rename_new(root, buf_text(&from), root, buf_text(&to), e) ||
           (e->kind == FAIL_NOT_FOUND && fs_stat(root, buf_text(&to), &st, e));
    done = done && fs_sync_dir(root, home, e);
    buf_free(&from);
    buf_free(&to);
    return done;
}

/* --- after a crash ------------------------------------------------------------------ */

struct redo {
    struct core *core;
    uint64_t seq;
    struct intent_copy copy;
    struct folder *target, *source; /* held */
};

static void
forget(struct core *c, uint64_t seq)
{
    struct index_txn *t = core_begin(c);
    struct error e;

    if (index_delete_intent(t, seq, &e))
        core_commit(c, &t, &e);
    else
        core_abort(c, &t, &e);
}

static void
copy_redone(void *arg, const struct error *e)
{
    struct redo *r = arg;

    if (e == NULL) {
        forget(r->core, r->seq);
        event_intent_redone(folder_name(r->target), r->copy.first,
                            r->copy.last);
    } else {
        event_file_failed(r->target, e);
    }
    folder_release(r->target);
    if (r->source != NULL)
        folder_release(r->source);
    numset_free(&r->copy.uids);
    free(r);
}

/* The file of one UID, wherever it is now. */
static bool
place_again(struct folder *f, uint32_t uid, struct index_txn *t,
            struct error *e)
{
    struct index_message m;
    struct index_cold cold;
    struct buf store = { 0 };
    struct buf tmp = { 0 };
    struct buf cur = { 0 };
    struct error gone;
    bool done;

    if (!index_get_message(t, f->record.id, uid, &m, e) ||
        !index_get_cold(t, f->record.id, uid, &store, &cold, e)) {
        buf_free(&store);
        return e->kind == FAIL_NOT_FOUND;
    }
    buf_put_text(&tmp, "tmp/");
    buf_put(&tmp, cold.base);
    names_path(&m, cold.base, &cur);
    done = intent_place(f->dir, buf_text(&tmp), buf_text(&cur), e);
    if (done && fs_sync_dir(f->dir, "cur", e))
        fs_unlink(f->dir, buf_text(&tmp), &gone);
    buf_free(&store);
    buf_free(&tmp);
    buf_free(&cur);
    return done;
}

static bool
place_all(struct redo *r, struct error *e)
{
    struct index_txn *t = core_begin(r->core);
    bool done = true;

    for (uint64_t uid = r->copy.first; done && uid <= r->copy.last; uid++)
        done = place_again(r->target, (uint32_t)uid, t, e);
    index_abort(&t);
    return done;
}

static void
redo_copy(struct core *c, uint64_t seq, struct span body)
{
    struct redo *r = mem_take(sizeof *r);
    struct expunge_request x = { .uids = &r->copy.uids };
    struct error e;

    *r = (struct redo){ .core = c, .seq = seq };
    if (!get_copy(body, &r->copy) ||
        !folder_use_id(c, r->copy.target, &r->target, &e)) {
        forget(c, seq); /* the mailbox was deleted since */
        numset_free(&r->copy.uids);
        free(r);
        return;
    }
    if (!place_all(r, &e)) {
        r->target->unplaced = true;
        copy_redone(r, &e);
        return;
    }
    if (!r->copy.move || !folder_use_id(c, r->copy.source, &r->source, &e)) {
        copy_redone(r, NULL);
        return;
    }
    x.folder = r->source;
    x.moved = true;
    x.who = span_of("move");
    expunge_messages(&x, copy_redone, r);
}

static void
redo_rename(struct core *c, uint64_t seq, struct span body)
{
    struct intent_rename i = { 0 };
    struct home *h;
    struct error e;

    if (get_rename(body, &i) && home_known(c, i.account, &h, &e) &&
        !intent_rename_dir(c->root, h->path, &i, &e))
        event_unlink_failed(&e);
    forget(c, seq);
}

static bool
keep_intent(void *arg, uint64_t seq, struct span redo)
{
    struct buf *all = arg;

    put_u64(all, seq);
    put_span(all, redo);
    return true;
}

void
intent_replay(struct core *c)
{
    struct buf all = { 0 };
    struct index_txn *t = core_begin(c);
    struct span rest;
    struct span body;
    uint64_t seq;
    uint8_t kind;
    struct error e;

    if (!index_each_intent(t, keep_intent, &all, &e))
        core_abort(c, &t, &e);
    index_abort(&t);
    rest = buf_span(&all);
    while (get_u64(&rest, &seq) && get_span(&rest, &body)) {
        if (!get_u8(&body, &kind))
            kind = 0;
        if (kind == 'C')
            redo_copy(c, seq, body);
        else if (kind == 'R')
            redo_rename(c, seq, body);
        else
            forget(c, seq);
    }
    buf_free(&all);
}
