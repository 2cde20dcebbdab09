/*
 * What a session has open: the private mapping of a snapshot, and the events
 * that change it.
 */
#include "mailstore/client_private.h"

#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/row_map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the mapping ---------------------------------------------------------- */

/* A file that can shrink below its mapping would end the process. */
static bool
is_sealed(int fd, uint64_t size)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;

    return seals != -1 && (seals & F_SEAL_SHRINK) != 0 && fstat(fd, &st) == 0 &&
           (uint64_t)st.st_size >= size;
}

static int
compare_row(const void *key, const void *row)
{
    const uint32_t *uid = key;
    const struct store_row *r = row;

    return *uid < r->uid ? -1 : *uid > r->uid;
}

static struct store_row *
find_row(struct store_row *rows, size_t count, uint32_t uid)
{
    return count == 0 ? NULL
                      : bsearch(&uid, rows, count, sizeof *rows, compare_row);
}

static void
apply_changes(const struct wire_rows *changes, struct store_rows *to)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct store_row row = wire_row_at(changes, i);
        struct store_row *old = find_row(to->rows, to->count, row.uid);

        if (old != NULL)
            *old = row;
        else
            to->rows[to->count++] = row;
    }
}

bool
store_map_rows(int fd, const struct wire_view *w, struct store_rows *out,
               struct error *e)
{
    size_t count = (size_t)w->count;
    size_t room = count + w->changes.count;
    bool fine = true;

    *out = (struct store_rows){ .count = count };
    if (w->count > SIZE_MAX / 2 / sizeof *out->rows ||
        (count > 0 && !is_sealed(fd, count * sizeof *out->rows)))
        fine = fail(e, FAIL_IO, "a snapshot that is too short or not sealed");
    else if (room > 0)
        fine = row_map(fd, count, room, &out->rows, &out->mapped, e);
    if (fd != -1)
        close(fd);
    if (fine)
        apply_changes(&w->changes, out);
    return fine;
}

/* --- keywords ------------------------------------------------------------- */

static bool
set_keyword(struct store_opened *o, size_t i, struct span name)
{
    const char *old = o->keywords[i];
    char *text;

    if (old != NULL && span_is(name, old))
        return false;
    text = mem_take(name.n + 1);
    if (name.n > 0)
        memcpy(text, name.p, name.n);
    free((char *)old);
    o->keywords[i] = text;
    return old != NULL;
}

bool
store_opened_keywords(struct store_opened *o,
                      const struct wire_keyword_list *list)
{
    bool renamed = list->count < o->view.keyword_count;

    for (size_t i = list->count; i < o->view.keyword_count; i++) {
        free((char *)o->keywords[i]);
        o->keywords[i] = NULL;
    }
    for (size_t i = 0; i < list->count; i++)
        renamed = set_keyword(o, i, list->names[i]) || renamed;
    o->view.keywords = o->keywords;
    o->view.keyword_count = list->count;
    o->view.keywords_full = list->is_full;
    return renamed;
}

/* --- rows ----------------------------------------------------------------- */

static int
compare_known(const void *key, const void *known)
{
    const uint32_t *uid = key;
    const struct store_known *k = known;

    return *uid < k->uid ? -1 : *uid > k->uid;
}

static uint16_t
keep_recent(uint16_t now, uint16_t before)
{
    return (uint16_t)((now & ~MAIL_RECENT) | (before & MAIL_RECENT));
}

bool
store_opened_apply(struct store_opened *o, struct store_row *row)
{
    struct store_row *r = find_row(o->view.rows, o->view.count, row->uid);
    struct store_known *k = NULL;

    if (row->modseq > o->view.modseq)
        o->view.modseq = row->modseq;
    if (r != NULL) {
        row->flags = keep_recent(row->flags, r->flags);
        r->flags = row->flags;
        r->keywords = row->keywords;
        r->modseq = row->modseq;
        return true;
    }
    if (o->added_count > 0)
        k = bsearch(&row->uid, o->added, o->added_count, sizeof *k,
                    compare_known);
    if (k == NULL)
        return false;
    row->flags = keep_recent(row->flags, k->flags);
    *k = (struct store_known){ row->uid, row->flags, row->keywords,
                               row->modseq };
    return true;
}

void
store_opened_add(struct store_opened *o, const struct store_row *row)
{
    if (o->added_count == o->added_cap) {
        o->added_cap = o->added_cap == 0 ? 16 : o->added_cap * 2;
        o->added = mem_grow(o->added, o->added_cap * sizeof *o->added);
    }
    o->added[o->added_count++] =
        (struct store_known){ row->uid, row->flags, row->keywords,
                              row->modseq };
    o->highest = row->uid;
    if (row->uid >= o->view.uid_next)
        o->view.uid_next = row->uid + 1;
    if (row->modseq > o->view.modseq)
        o->view.modseq = row->modseq;
}

/* --- life ----------------------------------------------------------------- */

void
store_opened_free(struct store_opened *o)
{
    row_unmap(o->view.rows, o->mapped);
    for (size_t i = 0; i < WIRE_KEYWORDS_MAX; i++)
        free((char *)o->keywords[i]);
    buf_free(&o->name);
    free(o->added);
    numset_free(&o->expunged);
    free(o);
}

void
store_bury(struct store_session *x)
{
    struct store_opened *o = x->opened;

    if (o == NULL)
        return;
    x->opened = NULL;
    store_enter(x);
    o->below = x->buried;
    x->buried = o;
    store_leave(x);
}

void
store_opened_gone(struct store_session *x)
{
    struct store_opened *o = x->opened;

    if (o == NULL || o->gone)
        return;
    o->gone = true;
    o->calls->gone(o->arg);
}

/* --- events --------------------------------------------------------------- */

static void
on_added(struct store_opened *o, const struct wire_rows *w)
{
    struct store_row *rows = mem_take_array(w->count, sizeof *rows);
    size_t count = 0;

    for (size_t i = 0; i < w->count; i++) {
        rows[count] = wire_row_at(w, i);
        if (rows[count].uid > o->highest)
            store_opened_add(o, &rows[count++]);
    }
    if (count > 0)
        o->calls->added(o->arg, rows, count);
    free(rows);
}

static void
on_flagged(struct store_opened *o, const struct wire_rows *w)
{
    struct store_row *rows = mem_take_array(w->count, sizeof *rows);
    size_t count = 0;

    for (size_t i = 0; i < w->count; i++) {
        rows[count] = wire_row_at(w, i);
        if (store_opened_apply(o, &rows[count]))
            count++;
    }
    if (count > 0)
        o->calls->flagged(o->arg, rows, count);
    free(rows);
}

static void
on_rows(struct store_opened *o, uint16_t op, struct span body)
{
    struct wire_rows w;

    if (!wire_get_rows(&body, &w) || w.count == 0)
        return;
    if (op == WIRE_ADDED)
        on_added(o, &w);
    else
        on_flagged(o, &w);
}

static void
on_expunged(struct store_opened *o, struct span body)
{
    struct wire_expunged w = { 0 };

    if (wire_get_expunged(&body, &w)) {
        numset_add_set(&o->expunged, &w.uids);
        if (w.modseq > o->view.modseq)
            o->view.modseq = w.modseq;
        o->calls->expunged(o->arg, &w.uids);
    }
    numset_free(&w.uids);
}

static void
on_keywords(struct store_opened *o, struct span body)
{
    struct wire_keywords w;

    if (wire_get_keywords(&body, &w))
        store_opened_keywords(o, &w.keywords);
}

/* Between asking for close or another open and its answer, events of the old
 * one still come. */
void
store_event(struct store_session *x, uint16_t op, struct span body)
{
    struct store_opened *o = x->opened;

    if (o == NULL || o->gone)
        return;
    store_enter(x);
    switch (op) {
    case WIRE_ADDED:
    case WIRE_FLAGGED:
        on_rows(o, op, body);
        break;
    case WIRE_EXPUNGED:
        on_expunged(o, body);
        break;
    case WIRE_KEYWORDS:
        on_keywords(o, body);
        break;
    case WIRE_GONE:
        store_opened_gone(x);
        break;
    }
    store_leave(x);
}
