/*
 * After mailstored was away: what the session was told (the rows of its view,
 * those that came by added(), less what was expunged) is held against the new
 * snapshot. The session hears the difference as the events it missed.
 */
#include "mailstore/client_private.h"

#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/row_map.h"

#include <stdlib.h>
#include <unistd.h>

#define REPORT_ROWS 512

struct resync {
    struct store_session *x;
    struct store_opened *o;
    const struct store_row *rows; /* of the new snapshot */
    size_t count;
    bool renamed; /* keywords are numbered anew */
};

/* The messages that the session was told of, by uid. */
struct told {
    const struct store_opened *o;
    size_t at;
};

static bool
next_told(struct told *t, struct store_known *out)
{
    const struct store_opened *o = t->o;

    for (; t->at < o->view.count + o->added_count; t->at++) {
        if (t->at < o->view.count) {
            const struct store_row *r = &o->view.rows[t->at];

            *out = (struct store_known){ r->uid, r->flags, r->keywords,
                                         r->modseq };
        } else {
            *out = o->added[t->at - o->view.count];
        }
        if (!numset_has(&o->expunged, out->uid)) {
            t->at++;
            return true;
        }
    }
    return false;
}

/* The session may end, or close it, in any call. */
static bool
is_over(const struct resync *y)
{
    return y->x->dead || y->x->opened != y->o;
}

static void
report_expunged(struct resync *y)
{
    struct told t = { .o = y->o };
    struct numset missing = { 0 };
    struct store_known known;
    size_t at = 0;

    while (next_told(&t, &known)) {
        while (at < y->count && y->rows[at].uid < known.uid)
            at++;
        if (at == y->count || y->rows[at].uid != known.uid)
            numset_add(&missing, known.uid, known.uid);
    }
    if (missing.n > 0) {
        numset_add_set(&y->o->expunged, &missing);
        y->o->calls->expunged(y->o->arg, &missing);
    }
    numset_free(&missing);
}

static bool
differs(const struct resync *y, const struct store_known *k,
        const struct store_row *r)
{
    return y->renamed || r->modseq != k->modseq || r->keywords != k->keywords ||
           ((r->flags ^ k->flags) & ~MAIL_RECENT) != 0;
}

static void
report_flagged(struct resync *y)
{
    struct store_row *rows = mem_take_array(REPORT_ROWS, sizeof *rows);
    struct told t = { .o = y->o };
    struct store_known known;
    size_t count = 0;
    size_t at = 0;

    while (!is_over(y) && next_told(&t, &known)) {
        while (at < y->count && y->rows[at].uid < known.uid)
            at++;
        if (at == y->count || y->rows[at].uid != known.uid ||
            !differs(y, &known, &y->rows[at]))
            continue;
        rows[count] = y->rows[at];
        store_opened_apply(y->o, &rows[count]);
        if (++count < REPORT_ROWS)
            continue;
        y->o->calls->flagged(y->o->arg, rows, count);
        count = 0;
    }
    if (count > 0 && !is_over(y))
        y->o->calls->flagged(y->o->arg, rows, count);
    free(rows);
}

/* What is above all that was told is the end of the snapshot. */
static void
report_added(struct resync *y)
{
    size_t first = y->count;

    while (first > 0 && y->rows[first - 1].uid > y->o->highest)
        first--;
    for (size_t i = first; i < y->count; i++)
        store_opened_add(y->o, &y->rows[i]);
    if (first < y->count)
        y->o->calls->added(y->o->arg, y->rows + first, y->count - first);
}

static void
report(struct resync *y)
{
    y->o->calls->resync(y->o->arg);
    if (!is_over(y))
        report_expunged(y);
    if (!is_over(y))
        report_flagged(y);
    if (!is_over(y))
        report_added(y);
}

bool
store_resync(struct store_session *x, struct span body, int fd)
{
    struct store_opened *o = x->opened;
    struct store_rows got;
    struct wire_view w;
    struct resync y;
    struct error e;
    bool same =
        wire_get_view(&body, &w) && w.uid_validity == o->view.uid_validity;

    if (!same) {
        if (fd != -1)
            close(fd);
        return false;
    }
    if (!store_map_rows(fd, &w, &got, &e))
        return false;
    y = (struct resync){ .x = x,
                         .o = o,
                         .rows = got.rows,
                         .count = got.count,
                         .renamed = store_opened_keywords(o, &w.keywords) };
    o->view.read_only = w.read_only;
    report(&y);
    if (!is_over(&y) && w.modseq > o->view.modseq)
        o->view.modseq = w.modseq;
    if (!is_over(&y) && w.uid_next > o->view.uid_next)
        o->view.uid_next = w.uid_next;
    row_unmap(got.rows, got.mapped);
    return true;
}
