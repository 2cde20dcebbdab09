/*
 * The rows of a mailbox, in memory, as committed. They are ours, or, since a
 * snapshot was made of them, a private mapping of it: then only what was
 * changed since takes memory.
 */
#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/row_map.h"
#include "mailstore/snapshot.h"

#include <stdlib.h>
#include <string.h>

struct store_row
folder_row(const struct index_message *m)
{
    return (struct store_row){ .uid = m->uid,
                               .flags = m->flags,
                               .keywords = m->keywords,
                               .modseq = m->modseq,
                               .date = m->date,
                               .size = m->size };
}

static size_t
room_for(size_t count)
{
    return count + count / 4 + 64;
}

static void
free_rows(struct folder *f)
{
    if (f->mapped > 0)
        row_unmap(f->rows, f->mapped);
    else
        free(f->rows);
    f->rows = NULL;
    f->mapped = f->room = 0;
}

static void
make_room(struct folder *f, size_t more)
{
    size_t room = room_for(f->count + more);
    struct store_row *rows;

    if (f->count + more <= f->room)
        return;
    if (f->mapped == 0) {
        f->rows = mem_grow(f->rows, room * sizeof *f->rows);
    } else {
        rows = mem_take_array(room, sizeof *rows);
        memcpy(rows, f->rows, f->count * sizeof *rows);
        free_rows(f);
        f->rows = rows;
    }
    f->room = room;
}

/* Without it they only take more memory. */
void
folder_share_rows(struct folder *f, int snapshot)
{
    size_t room = room_for(f->count);
    struct store_row *rows;
    struct error unused;
    size_t bytes;

    if (!row_map(snapshot, f->count, room, &rows, &bytes, &unused))
        return;
    free_rows(f);
    f->rows = rows;
    f->room = room;
    f->mapped = bytes;
}

size_t
folder_rows_bytes(const struct folder *f)
{
    size_t bytes = f->mapped > 0 ? 0 : f->room * sizeof *f->rows;

    if (f->shared_snapshot != NULL)
        return bytes + f->shared_snapshot->count * sizeof *f->rows;
    return f->mapped > 0 ? f->count * sizeof *f->rows : bytes;
}

/* Rows at or above UIDNEXT are of a copy that never ended (copy.c). */
static bool
load_row(void *arg, const struct index_message *m)
{
    struct folder *f = arg;

    if (m->uid >= f->record.uid_next)
        return false;
    make_room(f, 1);
    f->rows[f->count++] = folder_row(m);
    return true;
}

bool
folder_load_rows(struct folder *f, struct error *e)
{
    struct index_txn *t;

    if (f->has_rows)
        return true;
    f->count = 0;
    make_room(f, f->record.exists);
    t = core_begin(f->core);
    if (!index_each_message(t, f->record.id, 1, UINT32_MAX, load_row, f, e)) {
        core_abort(f->core, &t, e);
        return false;
    }
    index_abort(&t);
    f->has_rows = true;
    f->seen_until = 0;
    return true;
}

size_t
folder_find_index(const struct folder *f, uint32_t uid)
{
    size_t low = 0;
    size_t high = f->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (f->rows[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct store_row *
folder_find(const struct folder *f, uint32_t uid)
{
    size_t at = folder_find_index(f, uid);

    if (at == f->count || f->rows[at].uid != uid)
        return NULL;
    return &f->rows[at];
}

void
folder_add_rows(struct folder *f, const struct store_row *rows, size_t count)
{
    if (!f->has_rows || count == 0)
        return;
    if (f->count > 0 && rows[0].uid <= f->rows[f->count - 1].uid)
        bug("rows of %s out of order", f->record.name);
    make_room(f, count);
    memcpy(&f->rows[f->count], rows, count * sizeof *rows);
    f->count += count;
}

void
folder_change_row(struct folder *f, const struct store_row *row)
{
    struct store_row *mine = f->has_rows ? folder_find(f, row->uid) : NULL;
    size_t at;

    if (mine == NULL)
        return;
    *mine = *row;
    at = (size_t)(mine - f->rows);
    if ((row->flags & MAIL_SEEN) == 0 && f->seen_until > at)
        f->seen_until = at;
    snapshot_changed(f, at);
}

void
folder_remove_rows(struct folder *f, const struct numset *uids)
{
    size_t kept;

    if (!f->has_rows || uids->n == 0)
        return;
    kept = folder_find_index(f, uids->r[0].first);
    if (f->seen_until > kept)
        f->seen_until = kept;
    for (size_t i = kept; i < f->count; i++)
        if (!numset_has(uids, f->rows[i].uid))
            f->rows[kept++] = f->rows[i];
    if (f->count == kept)
        return;
    f->count = kept;
    snapshot_drop(f);
}

void
folder_remove_all_rows(struct folder *f)
{
    f->count = 0;
    f->seen_until = 0;
    snapshot_drop(f);
}

void
folder_forget_rows(struct folder *f)
{
    free_rows(f);
    f->count = 0;
    f->has_rows = false;
    snapshot_drop(f);
}

uint32_t
folder_first_unseen(struct folder *f)
{
    while (f->seen_until < f->count &&
           (f->rows[f->seen_until].flags & MAIL_SEEN) != 0)
        f->seen_until++;
    return f->seen_until < f->count ? (uint32_t)f->seen_until + 1 : 0;
}
