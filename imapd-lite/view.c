/* The numbers: see the picture in view.h. */
#include "base/mem.h"
#include "imapd-lite/view_private.h"

#include <stdlib.h>
#include <string.h>

struct imap_view *
imap_view_new(struct store_view *sv)
{
    struct imap_view *v = mem_take(sizeof *v);

    v->store = sv;
    v->base = sv->count;
    v->told = sv->count;
    v->recent = v->recent_told = sv->recent;
    return v;
}

void
imap_view_free(struct imap_view **v)
{
    if (*v == NULL)
        return;
    imap_bits_free(&(*v)->pending);
    imap_bits_free(&(*v)->dirty);
    imap_bits_free(&(*v)->silent);
    free((*v)->removed);
    free((*v)->late);
    free(*v);
    *v = NULL;
}

/* --- slots -------------------------------------------------------------- */

size_t
imap_view_slots(const struct imap_view *v)
{
    return v->base + v->late_count;
}

struct store_row *
imap_view_slot_row(const struct imap_view *v, size_t slot)
{
    return slot < v->base ? &v->store->rows[slot] : &v->late[slot - v->base];
}

static size_t
rows_at_uid(const struct store_row *rows, size_t count, uint64_t uid)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;

        if (rows[middle].uid < uid)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

size_t
imap_view_slot_at_uid(const struct imap_view *v, uint64_t uid)
{
    if (v->base > 0 && v->store->rows[v->base - 1].uid >= uid)
        return rows_at_uid(v->store->rows, v->base, uid);
    return v->base + rows_at_uid(v->late, v->late_count, uid);
}

size_t
imap_view_removed_at(const struct imap_view *v, size_t slot)
{
    size_t low = 0;
    size_t high = v->removed_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (v->removed[middle] < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool
imap_view_is_removed(const struct imap_view *v, size_t slot)
{
    size_t at = imap_view_removed_at(v, slot);

    return at < v->removed_count && v->removed[at] == slot;
}

void
imap_view_remove(struct imap_view *v, const uint32_t *slots, size_t count)
{
    size_t from = v->removed_count;
    size_t to = from + count;

    if (to > v->removed_cap) {
        v->removed_cap = to + to / 2;
        v->removed = mem_grow(v->removed, v->removed_cap * sizeof *v->removed);
    }
    v->removed_count = to;
    while (count > 0) {
        if (from > 0 && v->removed[from - 1] > slots[count - 1])
            v->removed[--to] = v->removed[--from];
        else
            v->removed[--to] = slots[--count];
    }
}

/*
 * removed[i] - i messages stand before the i-th hole, so the slot of number n
 * (from 0) is n plus the count of holes that have at most n before them.
 */
size_t
imap_view_slot_of(const struct imap_view *v, uint32_t seq)
{
    size_t n = seq - 1;
    size_t low = 0;
    size_t high = v->removed_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (v->removed[middle] - middle <= n)
            low = middle + 1;
        else
            high = middle;
    }
    return n + low;
}

/* --- what the client knows ------------------------------------------------- */

const struct store_view *
imap_view_store(const struct imap_view *v)
{
    return v->store;
}

uint32_t
imap_view_exists(const struct imap_view *v)
{
    return (uint32_t)(v->told - imap_view_removed_at(v, v->told));
}

uint32_t
imap_view_recent(const struct imap_view *v)
{
    return v->recent;
}

const struct store_row *
imap_view_row(const struct imap_view *v, uint32_t seq)
{
    return imap_view_slot_row(v, imap_view_slot_of(v, seq));
}

uint32_t
imap_view_last_uid(const struct imap_view *v)
{
    uint32_t exists = imap_view_exists(v);

    return exists == 0 ? 0 : imap_view_row(v, exists)->uid;
}

bool
imap_view_find(const struct imap_view *v, uint32_t uid, uint32_t *seq)
{
    size_t slot = imap_view_slot_at_uid(v, uid);
    size_t holes;

    if (slot >= v->told || imap_view_slot_row(v, slot)->uid != uid)
        return false;
    holes = imap_view_removed_at(v, slot);
    if (holes < v->removed_count && v->removed[holes] == slot)
        return false;
    *seq = (uint32_t)(slot - holes + 1);
    return true;
}

bool
imap_view_is_expunged(const struct imap_view *v, uint32_t seq)
{
    return imap_bits_has(&v->pending, imap_view_slot_of(v, seq));
}

/* --- sets -------------------------------------------------------------------- */

struct imap_walk
imap_walk_on(const struct imap_view *v, const struct numset *set, bool by_uid)
{
    return (struct imap_walk){ .view = v, .set = set, .by_uid = by_uid };
}

static size_t
min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The slots [slot, end) that a range of the set spans. */
static void
open_range(struct imap_walk *w, struct numrange r)
{
    const struct imap_view *v = w->view;
    uint32_t exists = imap_view_exists(v);

    if (w->by_uid) {
        w->slot = imap_view_slot_at_uid(v, r.first);
        w->end = imap_view_slot_at_uid(v, (uint64_t)r.last + 1);
    } else {
        w->slot = r.first > exists
                      ? v->told
                      : imap_view_slot_of(v, r.first == 0 ? 1 : r.first);
        w->end = r.last >= exists ? v->told : imap_view_slot_of(v, r.last) + 1;
    }
    w->end = min_size(w->end, v->told);
    w->skip = imap_view_removed_at(v, w->slot);
    w->seq = (uint32_t)(w->slot - w->skip + 1);
}

static bool
next_range(struct imap_walk *w)
{
    if (w->set == NULL && w->range == 0)
        open_range(w, (struct numrange){ 1, UINT32_MAX });
    else if (w->set != NULL && w->range < w->set->n)
        open_range(w, w->set->r[w->range]);
    else
        return false;
    w->range++;
    return true;
}

bool
imap_walk_next(struct imap_walk *w, uint32_t *seq, const struct store_row **row)
{
    const struct imap_view *v = w->view;

    do {
        for (; w->slot < w->end; w->slot++) {
            if (w->skip == v->removed_count || v->removed[w->skip] != w->slot) {
                *row = imap_view_slot_row(v, w->slot++);
                *seq = w->seq++;
                return true;
            }
            w->skip++;
        }
    } while (next_range(w));
    return false;
}

void
imap_view_uids(const struct imap_view *v, const struct numset *set, bool by_uid,
               struct numset *uids)
{
    struct imap_walk w = imap_walk_on(v, set, by_uid);
    const struct store_row *row;
    uint32_t seq;

    while (imap_walk_next(&w, &seq, &row))
        if (!imap_bits_has(&v->pending, w.slot - 1))
            numset_add(uids, row->uid, row->uid);
}
