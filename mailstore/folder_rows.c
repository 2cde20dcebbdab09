/* The rows of an open mailbox, in memory, as committed. */
#include "base/mem.h"
#include "mailstore/folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void
make_room(struct folder *f, size_t more)
{
    if (f->count + more <= f->room)
        return;
    f->room = (f->count + more) + (f->count + more) / 4 + 64;
    f->rows = mem_grow(f->rows, f->room * sizeof *f->rows);
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
    f->version++;
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
    f->version++;
}

void
folder_change_row(struct folder *f, const struct store_row *row)
{
    struct store_row *mine = f->has_rows ? folder_find(f, row->uid) : NULL;

    if (mine == NULL)
        return;
    *mine = *row;
    f->version++;
}

void
folder_remove_rows(struct folder *f, const struct numset *uids)
{
    size_t kept;

    if (!f->has_rows || uids->n == 0)
        return;
    kept = folder_find_index(f, uids->r[0].first);
    for (size_t i = kept; i < f->count; i++)
        if (!numset_has(uids, f->rows[i].uid))
            f->rows[kept++] = f->rows[i];
    f->count = kept;
    f->version++;
}

void
folder_remove_all_rows(struct folder *f)
{
    f->count = 0;
    f->version++;
}

void
folder_forget_rows(struct folder *f)
{
    free(f->rows);
    f->rows = NULL;
    f->count = f->room = 0;
    f->has_rows = false;
    if (f->snapshot != -1)
        close(f->snapshot);
    f->snapshot = -1;
    f->version++;
}
