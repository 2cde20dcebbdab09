/*
 * Files that the index does not know (S4):
 *
 *   sort -> UIDs (in trust: the name's, where it may be believed) -> names of
 *   ours (pool, directories synced) -> index -> told
 *
 * A crash in between leaves names of ours that trust finds again.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/gone.h"
#include "mailstore/history.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"
#include "mailstore/reconcile_inside.h"
#include "mailstore/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 300

/* --- which is which ---------------------------------------------------------------- */

static bool
is_believed(const struct reconcile *r, const struct scan_found *f)
{
    const struct folder *folder = r->folder;

    return r->scan.trust && !f->torn && f->name.tag == folder->record.tag &&
           f->name.uid != 0 && f->name.uid >= r->uid_next &&
           f->name.uid < folder->record.uid_next_floor;
}

/* Files that keep their UIDs first, in order; of doubles the older. Then the
 * others, as they came in. */
static int
order_found(const void *a, const void *b)
{
    const struct scan_found *x = a;
    const struct scan_found *y = b;

    if (x->keeps != y->keeps)
        return x->keeps ? -1 : 1;
    if (x->keeps && x->name.uid != y->name.uid)
        return x->name.uid < y->name.uid ? -1 : 1;
    if (x->keeps && x->ctime_ns != y->ctime_ns)
        return x->ctime_ns < y->ctime_ns ? -1 : 1;
    if (x->name.seconds != y->name.seconds)
        return x->name.seconds < y->name.seconds ? -1 : 1;
    return span_cmp(span_of(x->file), span_of(y->file));
}

/* What was expunged, and is only waiting to be removed, is not new. */
static void
leave_gone_out(struct reconcile *r)
{
    struct scan *s = &r->scan;
    struct index_txn *t = core_begin(r->folder->core);
    size_t kept = 0;

    for (size_t i = 0; i < s->found_count; i++)
        if (!gone_has(r->folder, &s->found[i].name, t))
            s->found[kept++] = s->found[i];
    s->found_count = kept;
    index_abort(&t);
}

static void
sort(struct reconcile *r)
{
    struct scan *s = &r->scan;

    for (size_t i = 0; i < s->found_count; i++)
        s->found[i].keeps = is_believed(r, &s->found[i]);
    qsort(s->found, s->found_count, sizeof *s->found, order_found);
    for (size_t i = s->found_count; i-- > 1;)
        if (s->found[i].keeps && s->found[i - 1].keeps &&
            s->found[i].name.uid == s->found[i - 1].name.uid)
            s->found[i].keeps = false;
    qsort(s->found, s->found_count, sizeof *s->found, order_found);
}

/* --- in the pool: names of ours ------------------------------------------------------ */

static bool
quarantine(struct folder *f, const char *from, const char *name,
           struct error *e)
{
    struct buf to = { 0 };
    bool done;

    buf_printf(&to, "%s/" MAILDIR_QUARANTINE, f->home->path);
    done = fs_mkdir(f->core->root, buf_text(&to), 0700, e) ||
           e->kind == FAIL_EXISTS;
    buf_printf(&to, "/%s", name);
    done = done && fs_rename(f->dir, from, f->core->root, buf_text(&to), e);
    buf_free(&to);
    return done;
}

static bool
adopt_one(struct reconcile *r, struct scan_found *f, struct error *e)
{
    struct buf from = { 0 };
    struct buf to = { 0 };
    const char *part = f->in_new ? "new" : "cur";
    int dir = r->folder->dir;
    bool done;

    buf_printf(&from, "%s/%s", part, f->file);
    if (f->torn) {
        done = quarantine(r->folder, buf_text(&from), f->file, e);
    } else {
        buf_printf(&to, "%s/", part);
        if (f->in_new)
            buf_put_text(&to, f->base);
        else
            maildir_name_put(span_of(f->base), f->name.flags, f->name.keywords,
                             span_of(""), &to);
        done = span_eq(buf_span(&from), buf_span(&to)) ||
               fs_rename_new(dir, buf_text(&from), dir, buf_text(&to), e);
    }
    buf_free(&from);
    buf_free(&to);
    return done;
}

static void
run_adopt(struct pool_job *job)
{
    struct reconcile *r =
        (struct reconcile *)((char *)job - offsetof(struct reconcile, adopt));
    struct scan *s = &r->scan;
    struct error e;

    for (size_t i = 0; i < s->found_count; i++) {
        struct scan_found f = s->found[i];

        /* One that cannot be had now is found again. */
        f.missing = !adopt_one(r, &f, &e);
        s->stable = s->stable && !f.missing;
        s->found[i] = f;
    }
    if (r->folder->core->options->sync != FLUSH_NEVER)
        r->failed = !fs_sync_dir(r->folder->dir, "new", &r->e) ||
                    !fs_sync_dir(r->folder->dir, "cur", &r->e);
    if (!scan_stamp(r->folder->dir, "new", &s->new_stamp, &e) ||
        !scan_stamp(r->folder->dir, "cur", &s->cur_stamp, &e))
        s->stable = false;
}

/* --- the index ------------------------------------------------------------------------- */

struct told {
    struct folder *folder;
    uint64_t event;
    bool claimed;
    bool silent; /* a rebuild tells at its end what is different */
    struct store_row *rows;
    size_t count;
};

static void
tell(void *arg)
{
    struct told *p = arg;

    if (!p->silent)
        watch_added(p->folder, p->event, p->rows, p->count, p->claimed);
    folder_release(p->folder);
    free(p->rows);
    free(p);
}

static struct index_message
message_of(const struct folder *f, const struct scan_found *found)
{
    uint64_t known = (UINT64_C(1) << f->record.keyword_count) - 1;
    struct index_message m = { .uid = found->uid,
                               .flags = found->name.flags,
                               .name_flags = (uint8_t)found->name.flags,
                               .name_keywords = found->name.keywords,
                               .keywords = found->name.keywords & known,
                               .size = found->wire_size,
                               .date = found->date,
                               .save_date = clock_seconds() };

    if (found->keeps)
        m.save_date = found->name.seconds;
    if (found->in_new)
        m.state |= INDEX_IN_NEW;
    if (found->wire_size != found->size)
        m.state |= INDEX_BARE_LF;
    if (found->in_new && (m.flags != 0 || m.keywords != 0)) {
        m.name_flags = 0;
        m.name_keywords = 0;
        m.state |= INDEX_NAME_PENDING;
    }
    m.name_hash = index_hash(span_of(found->base));
    return m;
}

static bool
put_found(struct reconcile *r, const struct scan_found *found,
          struct index_txn *t, struct told *p, struct error *e)
{
    struct folder *f = r->folder;
    struct index_folder *draft = folder_edit(f);
    struct index_message m = message_of(f, found);
    struct index_cold cold = { .uid = m.uid, .base = span_of(found->base) };

    reconcile_recall(r, found, &m);
    m.modseq = folder_modseq(draft);
    folder_count(draft, &m, 1);
    if (draft->uid_next <= m.uid)
        draft->uid_next = m.uid + 1;
    if (p->claimed)
        draft->first_recent = m.uid + 1;
    else if (!r->clear && !found->in_new && draft->first_recent == m.uid)
        draft->first_recent = m.uid + 1; /* its owner has seen it */
    p->rows[p->count++] = folder_row(&m);
    return index_put_message(t, f->record.id, &m, e) &&
           index_put_cold(t, f->record.id, &cold, e) &&
           index_put_name(t, f->record.id, m.name_hash, m.uid, e);
}

static bool
put_piece(struct reconcile *r, size_t upto, struct told *p, struct error *e)
{
    struct folder *f = r->folder;
    struct index_txn *t = core_begin(f->core);
    const struct history_note note = { .kind = HISTORY_FOUND,
                                       .who = span_of("files") };
    struct numset uids = { 0 };
    bool done = true;

    p->silent = r->clear;
    p->claimed = !r->clear && watch_has_writer(f);
    for (size_t i = r->at; done && i < upto; i++)
        if (!r->scan.found[i].torn && !r->scan.found[i].missing) {
            done = put_found(r, &r->scan.found[i], t, p, e);
            numset_add(&uids, r->scan.found[i].uid, r->scan.found[i].uid);
        }
    if (done && uids.n > 0 && !r->clear)
        done = history_put(t, f, &note, &uids, e);
    numset_free(&uids);
    return folder_commit(f, &t, !done, e);
}

static void
kept_piece(struct reconcile *r, size_t upto, struct told *p)
{
    struct folder *f = r->folder;

    for (; r->at < upto; r->at++) {
        const struct scan_found *found = &r->scan.found[r->at];

        if (found->missing)
            continue;
        if (found->torn)
            event_quarantined(f, span_of(found->file));
        else if (found->in_new && (p->claimed || found->name.letters.n > 0))
            names_add(f, found->uid, found->uid);
    }
    folder_add_rows(f, p->rows, p->count);
    p->event = watch_event(f);
    p->folder = f;
    folder_hold(f);
    core_flushed(f->core, tell, p);
}

static void
next_piece(void *arg)
{
    struct reconcile *r = arg;
    size_t upto = r->at + PIECE;
    struct told *p;
    struct error e;

    if (r->at >= r->scan.found_count) {
        reconcile_end(r);
        return;
    }
    if (upto > r->scan.found_count)
        upto = r->scan.found_count;
    p = mem_take(sizeof *p);
    p->rows = mem_take_array(PIECE, sizeof *p->rows);
    if (!put_piece(r, upto, p, &e)) {
        free(p->rows);
        free(p);
        reconcile_fail(r, &e);
        return;
    }
    kept_piece(r, upto, p);
    core_defer(r->folder->core, next_piece, r);
}

static void
adopted(struct pool_job *job)
{
    struct reconcile *r =
        (struct reconcile *)((char *)job - offsetof(struct reconcile, adopt));

    if (r->failed) {
        reconcile_fail(r, &r->e);
        return;
    }
    r->at = 0;
    next_piece(r);
}

/* --- UIDs ---------------------------------------------------------------------------------- */

static const char *
new_base(struct reconcile *r, const struct scan_found *f)
{
    struct maildir_stamp by = core_stamp(r->folder->core);
    struct maildir_facts facts = { .tag = r->folder->record.tag,
                                   .uid = f->uid,
                                   .size = f->size,
                                   .wire_size = f->wire_size };
    struct buf base = { .max = NAME_MAX };
    const char *text;

    maildir_name_make(&by, &facts, &base);
    text = arena_text(&r->scan.arena, buf_span(&base));
    buf_free(&base);
    return text;
}

static void
give_uids(struct reconcile *r)
{
    struct folder *f = r->folder;

    for (size_t i = 0; i < r->scan.found_count; i++) {
        struct scan_found *one = &r->scan.found[i];

        if (one->torn)
            continue;
        if (one->keeps) {
            one->uid = one->name.uid;
            if (f->next_uid <= one->uid)
                f->next_uid = one->uid + 1;
            one->base = arena_text(&r->scan.arena, one->name.base);
        } else {
            one->uid = f->next_uid++;
            one->base = new_base(r, one);
        }
        folder_moving(f, span_of(one->base));
    }
}

static void
may_give(void *arg, const struct error *e)
{
    struct reconcile *r = arg;

    if (e != NULL) {
        reconcile_fail(r, e);
        return;
    }
    give_uids(r);
    r->adopt = (struct pool_job){ .run = run_adopt, .done = adopted };
    pool_add(r->folder->core->pool, &r->adopt);
}

void
reconcile_found(struct reconcile *r)
{
    size_t count;

    leave_gone_out(r);
    count = r->scan.found_count;
    if (count == 0 || r->folder->guarded) {
        reconcile_end(r);
        return;
    }
    sort(r);
    if (folder_may_give(r->folder, (uint32_t)count, may_give, r))
        may_give(r, NULL);
}
