/*
 * The journal of what happened to messages, one row an event:
 *
 *   version u8, kind u8, time u64, account u32, folder u32, to_folder u32,
 *   mailbox, to_mailbox, who, detail, message_id (texts), uids, to_uids
 */
#include "mailstore/index_inside.h"
#include "mailstore/index_record.h"
#include "net/ipc.h"

#define VERSION 1

/* --- the row ------------------------------------------------------------------------ */

void
index_record_put_event(const struct index_event *ev, struct buf *out)
{
    put_u8(out, VERSION);
    put_u8(out, ev->kind);
    put_u64(out, (uint64_t)ev->time);
    put_u32(out, ev->account);
    put_u32(out, ev->folder);
    put_u32(out, ev->to_folder);
    put_span(out, ev->mailbox);
    put_span(out, ev->to_mailbox);
    put_span(out, span_sub(ev->who, 0, INDEX_WHO_MAX));
    put_span(out, span_sub(ev->detail, 0, INDEX_WHO_MAX));
    put_span(out, span_sub(ev->message_id, 0, INDEX_MESSAGE_ID_MAX));
    put_numset(out, ev->uids);
    put_numset(out, ev->to_uids);
}

static bool
take_texts(struct span *row, struct index_event *ev)
{
    return get_span(row, &ev->mailbox) && ev->mailbox.n <= MAILBOX_NAME_MAX &&
           get_span(row, &ev->to_mailbox) &&
           ev->to_mailbox.n <= MAILBOX_NAME_MAX && get_span(row, &ev->who) &&
           ev->who.n <= INDEX_WHO_MAX && get_span(row, &ev->detail) &&
           ev->detail.n <= INDEX_WHO_MAX && get_span(row, &ev->message_id) &&
           ev->message_id.n <= INDEX_MESSAGE_ID_MAX;
}

bool
index_record_take_event(struct span row, struct index_event *ev,
                        struct numset *uids, struct numset *to_uids)
{
    uint8_t version;
    uint64_t time;

    if (!get_u8(&row, &version) || version != VERSION ||
        !get_u8(&row, &ev->kind) || !get_u64(&row, &time) ||
        !get_u32(&row, &ev->account) || !get_u32(&row, &ev->folder) ||
        !get_u32(&row, &ev->to_folder) || !take_texts(&row, ev) ||
        !get_numset(&row, uids) || !get_numset(&row, to_uids) || row.n > 0)
        return false;
    ev->time = (int64_t)time;
    ev->uids = uids;
    ev->to_uids = to_uids;
    return true;
}

/* --- the table ------------------------------------------------------------------------ */

bool
index_put_event(struct index_txn *t, struct index_event *ev, struct error *e)
{
    struct index_key k;

    if (!index_take_number(t, INDEX_NEXT_EVENT, &ev->seq, e))
        return false;
    k = index_key64(ev->seq);
    buf_clear(&t->ix->row);
    index_record_put_event(ev, &t->ix->row);
    return index_row_put(t, INDEX_EVENTS, &k, e);
}

bool
index_delete_event(struct index_txn *t, uint64_t seq, struct error *e)
{
    struct index_key k = index_key64(seq);

    return index_row_delete(t, INDEX_EVENTS, &k, e);
}

struct event_walk {
    index_event_fn *fn;
    void *arg;
    struct numset uids, to_uids;
};

static enum index_step
each_event(void *arg, struct span key, struct span row)
{
    struct event_walk *w = arg;
    struct index_event ev = { 0 };

    numset_clear(&w->uids);
    numset_clear(&w->to_uids);
    if (!index_key_read64(key, &ev.seq) ||
        !index_record_take_event(row, &ev, &w->uids, &w->to_uids))
        return INDEX_WALK_BAD;
    return w->fn(w->arg, &ev) ? INDEX_WALK_ON : INDEX_WALK_STOP;
}

bool
index_each_event(struct index_txn *t, uint64_t after, index_event_fn *fn,
                 void *arg, struct error *e)
{
    struct index_range range = {
        .from = index_key_after(index_key64(after)),
    };
    struct event_walk w = { .fn = fn, .arg = arg };
    bool fine = after == UINT64_MAX ||
                index_walk(t, INDEX_EVENTS, &range, each_event, &w, e);

    numset_free(&w.uids);
    numset_free(&w.to_uids);
    return fine;
}
