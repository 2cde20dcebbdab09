#include "mailstore/history.h"

#include "base/clock.h"

#define PIECE 500

/* --- writing ------------------------------------------------------------------------ */

static struct index_event
event_of(const struct folder *f, const struct history_note *n)
{
    static const struct numset none;

    return (struct index_event){ .time = clock_seconds(),
                                 .kind = (uint8_t)n->kind,
                                 .account = f->home->record.id,
                                 .folder = f->record.id,
                                 .mailbox = folder_name(f),
                                 .uids = &none,
                                 .to_uids = &none,
                                 .who = n->who,
                                 .detail = n->detail,
                                 .message_id = n->message_id };
}

bool
history_put(struct index_txn *t, const struct folder *f,
            const struct history_note *n, const struct numset *uids,
            struct error *e)
{
    struct index_event ev = event_of(f, n);

    ev.uids = uids;
    return n->kind == HISTORY_NONE || index_put_event(t, &ev, e);
}

bool
history_put_one(struct index_txn *t, const struct folder *f,
                const struct history_note *n, uint32_t uid, struct error *e)
{
    struct numrange now = { uid, uid };
    struct numrange before = { n->from_uid, n->from_uid };
    const struct numset one = { .r = &now, .n = 1, .cap = 1 };
    const struct numset from = { .r = &before, .n = 1, .cap = 1 };
    struct index_event ev = event_of(f, n);

    if (n->from_uid == 0)
        return history_put(t, f, n, &one, e);
    ev.folder = n->from_folder;
    ev.uids = &from;
    ev.to_folder = f->record.id;
    ev.to_mailbox = folder_name(f);
    ev.to_uids = &one;
    return index_put_event(t, &ev, e);
}

bool
history_put_copy(struct index_txn *t, const struct history_note *n,
                 const struct history_copy *c, struct error *e)
{
    struct index_event ev = event_of(c->from, n);

    ev.uids = c->from_uids;
    ev.to_uids = c->to_uids;
    ev.to_folder = c->to->record.id;
    ev.to_mailbox = folder_name(c->to);
    return index_put_event(t, &ev, e);
}

void
history_note(struct folder *f, const struct history_note *n, uint32_t uid)
{
    struct index_txn *t = core_begin(f->core);
    struct error e;

    if (history_put_one(t, f, n, uid, &e))
        core_commit(f->core, &t, &e);
    else
        core_abort(f->core, &t, &e);
}

void
history_note_mailbox(struct core *c, const struct index_folder *record,
                     const struct history_note *n)
{
    static const struct numset none;
    struct index_txn *t = core_begin(c);
    struct index_event ev = { .time = clock_seconds(),
                              .kind = (uint8_t)n->kind,
                              .account = record->account,
                              .folder = record->id,
                              .mailbox = span_of(record->name),
                              .uids = &none,
                              .to_uids = &none,
                              .who = n->who,
                              .detail = n->detail };
    struct error e;

    if (index_put_event(t, &ev, &e))
        core_commit(c, &t, &e);
    else
        core_abort(c, &t, &e);
}

/* --- texts ---------------------------------------------------------------------------- */

void
history_text_take(struct history_text *x, const struct history_note *n)
{
    x->kind = n->kind;
    x->from_uid = n->from_uid;
    x->from_folder = n->from_folder;
    buf_put(&x->who, n->who);
    buf_put(&x->detail, n->detail);
    buf_put(&x->message_id, n->message_id);
}

struct history_note
history_text_note(const struct history_text *x)
{
    return (struct history_note){ .kind = x->kind,
                                  .who = buf_span(&x->who),
                                  .detail = buf_span(&x->detail),
                                  .message_id = buf_span(&x->message_id),
                                  .from_uid = x->from_uid,
                                  .from_folder = x->from_folder };
}

void
history_text_free(struct history_text *x)
{
    buf_free(&x->who);
    buf_free(&x->detail);
    buf_free(&x->message_id);
}

/* --- pruning ---------------------------------------------------------------------------- */

struct prune {
    int64_t before;
    uint64_t from; /* events below it are too many */
    uint64_t seqs[PIECE];
    size_t count;
};

static bool
is_due(void *arg, const struct index_event *ev)
{
    struct prune *p = arg;

    if (p->count == PIECE || (ev->time >= p->before && ev->seq >= p->from))
        return false;
    p->seqs[p->count++] = ev->seq;
    return true;
}

static bool
prune_piece(struct prune *p, struct index_txn *t, struct error *e)
{
    uint64_t next;

    if (!index_get_number(t, INDEX_NEXT_EVENT, &next, e))
        return false;
    p->from = next > HISTORY_EVENTS ? next - HISTORY_EVENTS : 0;
    if (!index_each_event(t, 0, is_due, p, e))
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (!index_delete_event(t, p->seqs[i], e))
            return false;
    return true;
}

static void
prune_next(void *arg)
{
    struct core *c = arg;
    struct prune p = { .before = clock_seconds() - HISTORY_SECONDS };
    struct index_txn *t = core_begin(c);
    struct error e;

    if (!prune_piece(&p, t, &e))
        core_abort(c, &t, &e);
    else if (core_commit(c, &t, &e) && p.count == PIECE && !c->stopping)
        core_defer(c, prune_next, c);
}

void
history_prune(struct core *c)
{
    core_defer(c, prune_next, c);
}
