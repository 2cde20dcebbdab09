#include "mailstore/check.h"

#include "base/mem.h"
#include "mailstore/gone.h"
#include "mailstore/scan.h"

#include <inttypes.h>
#include <stdlib.h>

struct checking {
    struct scan scan;         /* first: it is the job */
    struct index_folder sums; /* what the messages add up to */
    size_t room;
    store_report_fn *row;
    void *row_arg;
    core_done_fn *fn;
    void *arg;
};

static void
report(struct checking *c, const char *file, const char *what, uint64_t n)
{
    struct folder *f = c->scan.folder;
    struct buf path = { 0 };
    struct buf text = { 0 };

    buf_printf(&path, "%s/%s", f->home->name, f->record.name);
    if (file != NULL)
        buf_printf(&path, "/%s", file);
    buf_put_text(&text, what);
    if (n > 0)
        buf_printf(&text, " %" PRIu64, n);
    c->row(c->row_arg, buf_span(&path), buf_span(&text));
    buf_free(&path);
    buf_free(&text);
}

static void
report_sums(struct checking *c)
{
    const struct index_folder *record = &c->scan.folder->record;
    const struct index_folder *sums = &c->sums;

    if (record->exists != sums->exists)
        report(c, NULL, "count of messages should be", sums->exists);
    if (record->unseen != sums->unseen)
        report(c, NULL, "count of unseen messages should be", sums->unseen);
    if (record->deleted != sums->deleted)
        report(c, NULL, "count of deleted messages should be", sums->deleted);
    if (record->deleted_bytes != sums->deleted_bytes)
        report(c, NULL, "count of deleted octets should be",
               sums->deleted_bytes);
    if (record->bytes != sums->bytes)
        report(c, NULL, "count of octets should be", sums->bytes);
}

/* What was expunged is in nobody's way while its file waits to be removed. */
static void
report_found(struct checking *c)
{
    struct folder *f = c->scan.folder;
    struct index_txn *t = core_begin(f->core);

    for (size_t i = 0; i < c->scan.found_count; i++)
        if (!gone_has(f, &c->scan.found[i].name, t))
            report(c, c->scan.found[i].file, "not in the index", 0);
    index_abort(&t);
}

static void
report_all(struct checking *c)
{
    const struct scan *s = &c->scan;
    struct numset_walk at = { 0 };
    uint32_t uid;

    report_sums(c);
    if (!s->has_control)
        report(c, CONTROL_FILE, "missing or damaged", 0);
    else if (s->control.uid_validity != s->folder->record.uid_validity)
        report(c, CONTROL_FILE, "has UIDVALIDITY", s->control.uid_validity);
    report_found(c);
    while (numset_next(&s->absent, &at, &uid))
        report(c, NULL, "no file for UID", uid);
    for (size_t i = 0; i < s->changed_count; i++)
        report(c, NULL, "flags differ from the name for UID",
               s->changed[i].uid);
    for (size_t i = 0; i < s->skipped_count; i++)
        report(c, s->skipped[i], "no readable plain file", 0);
}

static void
scanned(struct pool_job *job)
{
    struct checking *c = (struct checking *)job;
    struct folder *f = c->scan.folder;

    if (!c->scan.failed)
        report_all(c);
    c->fn(c->arg, c->scan.failed ? &c->scan.e : NULL);
    scan_free(&c->scan);
    free(c);
    folder_unlock(f);
}

static bool
gather(void *arg, const struct index_message *m)
{
    struct checking *c = arg;
    struct scan *s = &c->scan;

    if (m->uid >= s->folder->record.uid_next)
        return false;
    folder_count(&c->sums, m, 1);
    if (s->known_count == c->room) {
        c->room = c->room * 2 + 256;
        s->known = mem_grow(s->known, c->room * sizeof *s->known);
    }
    s->known[s->known_count++] =
        (struct scan_known){ .hash = m->name_hash,
                             .uid = m->uid,
                             .name_keywords = m->name_keywords,
                             .name_flags = m->name_flags,
                             .state = m->state };
    return true;
}

static void
locked(void *arg, const struct error *e)
{
    struct checking *c = arg;
    struct folder *f = c->scan.folder;
    struct index_txn *t = core_begin(f->core);
    struct error mine;

    (void)e;
    if (!index_each_message(t, f->record.id, 1, UINT32_MAX, gather, c, &mine))
        core_abort(f->core, &t, &mine);
    index_abort(&t);
    c->scan.job = (struct pool_job){ .run = scan_run, .done = scanned };
    pool_add(f->core->pool, &c->scan.job);
}

void
check_folder(struct folder *f, store_report_fn *row, void *row_arg,
             core_done_fn *fn, void *arg)
{
    struct checking *c = mem_take(sizeof *c);

    c->scan.folder = f;
    c->row = row;
    c->row_arg = row_arg;
    c->fn = fn;
    c->arg = arg;
    folder_lock(f, locked, c);
}
