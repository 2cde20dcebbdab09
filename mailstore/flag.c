/* In pieces of PIECE rows, one transaction and one turn of the loop each. */
#include "mailstore/flag.h"

#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/history.h"
#include "mailstore/names.h"
#include "mailstore/watch.h"

#include <stdlib.h>

#define PIECE 1000

struct flagging {
    struct folder *folder;
    struct numset uids, modified;
    enum store_flag_mode mode;
    uint16_t flags;
    uint64_t keywords;
    uint64_t unchanged_since;
    struct history_text note;
    uint32_t next; /* UIDs below are done */
    flag_done_fn *fn;
    void *arg;
};

struct piece {
    struct folder *folder;
    uint64_t event;
    struct store_row *rows; /* as they are now */
    size_t count;
};

static void
told(void *arg)
{
    struct piece *p = arg;

    watch_flagged(p->folder, p->event, p->rows, p->count);
    folder_release(p->folder);
    free(p->rows);
    free(p);
}

/* False: the row stays as it is. */
static bool
change(struct flagging *g, struct store_row *row)
{
    struct store_row before = *row;

    switch (g->mode) {
    case STORE_FLAGS_SET:
        row->flags = g->flags;
        row->keywords = g->keywords;
        break;
    case STORE_FLAGS_ADD:
        row->flags |= g->flags;
        row->keywords |= g->keywords;
        break;
    case STORE_FLAGS_REMOVE:
        row->flags &= (uint16_t)~g->flags;
        row->keywords &= ~g->keywords;
        break;
    }
    return row->flags != before.flags || row->keywords != before.keywords;
}

/* The rows of the next piece, with their new flags. False: there are none. */
static bool
pick(struct flagging *g, struct piece *p)
{
    const struct folder *f = g->folder;
    size_t i = folder_find_index(f, g->next);

    p->rows = mem_take_array(PIECE, sizeof *p->rows);
    for (; i < f->count && p->count < PIECE; i++) {
        struct store_row row = f->rows[i];

        g->next = row.uid + 1;
        if (!numset_has(&g->uids, row.uid))
            continue;
        if (g->unchanged_since != 0 && row.modseq > g->unchanged_since)
            numset_add(&g->modified, row.uid, row.uid);
        else if (change(g, &row))
            p->rows[p->count++] = row;
    }
    return p->count > 0;
}

bool
flag_put_row(struct folder *f, struct index_txn *t, const struct store_row *row,
             struct error *e)
{
    struct index_folder *draft = folder_edit(f);
    struct index_message m;

    if (!index_get_message(t, f->record.id, row->uid, &m, e))
        return false;
    folder_count(draft, &m, -1);
    m.flags = row->flags;
    m.keywords = row->keywords;
    m.modseq = row->modseq;
    folder_count(draft, &m, 1);
    if (m.flags == m.name_flags && m.keywords == m.name_keywords)
        m.state &= (uint8_t)~INDEX_NAME_PENDING;
    else
        m.state |= INDEX_NAME_PENDING;
    return index_put_message(t, f->record.id, &m, e);
}

static bool
put_piece(struct flagging *g, struct piece *p, struct index_txn *t,
          struct error *e)
{
    uint64_t modseq = folder_modseq(folder_edit(g->folder));
    struct numset uids = { 0 };
    struct history_note note;
    bool done;

    for (size_t i = 0; i < p->count; i++) {
        p->rows[i].modseq = modseq;
        if (!flag_put_row(g->folder, t, &p->rows[i], e)) {
            numset_free(&uids);
            return false;
        }
        numset_add(&uids, p->rows[i].uid, p->rows[i].uid);
    }
    note = history_text_note(&g->note);
    done = history_put(t, g->folder, &note, &uids, e);
    numset_free(&uids);
    return done;
}

static void
end(struct flagging *g, const struct error *e)
{
    g->fn(g->arg, &g->modified, e);
    folder_release(g->folder);
    numset_free(&g->uids);
    numset_free(&g->modified);
    history_text_free(&g->note);
    free(g);
}

static void
all_told(void *arg)
{
    end(arg, NULL);
}

static void
free_piece(struct piece *p)
{
    free(p->rows);
    free(p);
}

static void
next_piece(void *arg)
{
    struct flagging *g = arg;
    struct folder *f = g->folder;
    struct piece *p;
    struct index_txn *t;
    struct error e;
    bool done;

    if (!folder_steady(f, next_piece, g))
        return;
    p = mem_take(sizeof *p);
    if (!folder_load_rows(f, &e) || !pick(g, p)) {
        free_piece(p);
        core_flushed(f->core, all_told, g);
        return;
    }
    t = core_begin(f->core);
    done = put_piece(g, p, t, &e);
    if (!folder_commit(f, &t, !done, &e)) {
        free_piece(p);
        end(g, &e);
        return;
    }
    for (size_t i = 0; i < p->count; i++) {
        folder_change_row(f, &p->rows[i]);
        names_add(f, p->rows[i].uid, p->rows[i].uid);
    }
    p->event = watch_event(f);
    p->folder = f;
    folder_hold(f);
    core_flushed(f->core, told, p);
    core_defer(f->core, next_piece, g);
}

/* "+\Seen $Label1" */
static void
describe(struct flagging *g, const struct flag_request *r)
{
    static const char signs[] = { [STORE_FLAGS_SET] = '=',
                                  [STORE_FLAGS_ADD] = '+',
                                  [STORE_FLAGS_REMOVE] = '-' };
    struct buf flags = { .max = INDEX_WHO_MAX };
    const struct history_note note = { .kind = HISTORY_FLAGGED, .who = r->who };

    history_text_take(&g->note, &note);
    mail_flags_print(g->flags, &flags);
    for (size_t i = 0; i < r->keyword_count && !flags.full; i++) {
        if (flags.n > 0)
            buf_put_ch(&flags, ' ');
        buf_put(&flags, r->keywords[i]);
    }
    buf_put_ch(&g->note.detail, signs[r->mode]);
    buf_put(&g->note.detail, buf_span(&flags));
    buf_free(&flags);
}

void
flag_messages(const struct flag_request *r, flag_done_fn *fn, void *arg)
{
    struct flagging *g = mem_take(sizeof *g);
    struct error e;

    *g = (struct flagging){ .folder = r->folder,
                            .mode = r->mode,
                            .flags = r->flags & (uint16_t)~MAIL_RECENT,
                            .unchanged_since = r->unchanged_since,
                            .next = 1,
                            .fn = fn,
                            .arg = arg };
    folder_hold(r->folder);
    if (r->mode == STORE_FLAGS_REMOVE) {
        g->keywords =
            folder_known_keywords(r->folder, r->keywords, r->keyword_count);
    } else if (!folder_keywords(r->folder, r->keywords, r->keyword_count,
                                &g->keywords, &e)) {
        end(g, &e);
        return;
    }
    numset_add_set(&g->uids, r->uids);
    describe(g, r);
    next_piece(g);
}
