/* The beginning of a check: the directory as a whole, and the sums. */
#include "mailstore/check.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/check_inside.h"
#include "mailstore/gone.h"
#include "mailstore/kept.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- sums and the control file ------------------------------------------------------ */

static void
compare_sum(struct check *c, const char *of, uint64_t is, uint64_t should)
{
    if (is != should)
        check_find(c, CHECK_COUNT, 0, NULL,
                   arena_printf(&c->arena,
                                "the count of %s is %" PRIu64
                                ", its messages add up to %" PRIu64,
                                of, is, should));
}

static void
compare_sums(struct check *c)
{
    const struct index_folder *record = &c->folder->record;
    const struct index_folder *sums = &c->sums;

    compare_sum(c, "messages", record->exists, sums->exists);
    compare_sum(c, "unseen messages", record->unseen, sums->unseen);
    compare_sum(c, "deleted messages", record->deleted, sums->deleted);
    compare_sum(c, "deleted octets", record->deleted_bytes,
                sums->deleted_bytes);
    compare_sum(c, "octets", record->bytes, sums->bytes);
}

static void
compare_control(struct check *c)
{
    const struct index_folder *record = &c->folder->record;
    const struct control *control = &c->scan.control;
    const char *text = NULL;

    if (!c->scan.has_control)
        text = "it is missing or damaged";
    else if (control->uid_validity != record->uid_validity)
        text = arena_printf(
            &c->arena, "it says UIDVALIDITY %" PRIu32 ", the index %" PRIu32,
            control->uid_validity, record->uid_validity);
    else if (memcmp(control->id, record->mailbox_id, sizeof control->id) != 0)
        text = "it is another mailbox's";
    else if (control->uid_floor < record->uid_next)
        text = arena_printf(&c->arena,
                            "it promises UIDs below %" PRIu32
                            ", the index has UIDNEXT %" PRIu32,
                            control->uid_floor, record->uid_next);
    if (text != NULL)
        check_find(c, CHECK_CONTROL, 0, CONTROL_FILE, text);
}

/* --- files --------------------------------------------------------------------------- */

static const char *
file_path(struct check *c, bool in_new, const char *file)
{
    return arena_printf(&c->arena, "%s/%s", in_new ? "new" : "cur", file);
}

/* The index had this very file under the UID in its name: its row was lost. */
static bool
was_known(struct check *c, const struct scan_found *found, struct index_txn *t)
{
    struct buf store = { 0 };
    struct index_message m;
    struct index_cold cold;
    struct error e;
    uint32_t id = c->folder->record.id;
    uint32_t uid = found->name.uid;
    bool known = uid != 0 && found->name.tag == c->folder->record.tag &&
                 !index_get_message(t, id, uid, &m, &e) &&
                 index_get_cold(t, id, uid, &store, &cold, &e) &&
                 span_eq(cold.base, found->name.base);

    buf_free(&store);
    return known;
}

/* What was expunged is in nobody's way while its file waits to be removed. */
static void
find_unknown(struct check *c)
{
    struct index_txn *t = core_begin(c->folder->core);

    for (size_t i = 0; i < c->scan.found_count; i++) {
        const struct scan_found *found = &c->scan.found[i];
        const char *file;

        if (gone_has(c->folder, &found->name, t))
            continue;
        file = file_path(c, found->in_new, found->file);
        if (was_known(c, found, t))
            check_find(c, CHECK_ROW_LOST, found->name.uid, file,
                       "the index has lost the message of this file");
        else
            check_find(c, CHECK_FILE_UNKNOWN, 0, file,
                       "the file is not in the index");
    }
    index_abort(&t);
}

/* Where the index thinks it is, or NULL. */
static const char *
file_of(struct check *c, struct index_txn *t, const struct index_message *m)
{
    struct buf store = { 0 };
    struct buf path = { 0 };
    struct index_cold cold;
    struct error e;
    const char *file = NULL;

    if (index_get_cold(t, c->folder->record.id, m->uid, &store, &cold, &e)) {
        names_path(m, cold.base, &path);
        file = arena_text(&c->arena, buf_span(&path));
    }
    buf_free(&store);
    buf_free(&path);
    return file;
}

static void
find_known(struct check *c, enum check_what what, uint32_t uid,
           const char *text, struct index_txn *t)
{
    struct index_message m;
    struct error e;

    if (index_get_message(t, c->folder->record.id, uid, &m, &e))
        check_find(c, what, uid, file_of(c, t, &m), text);
}

/* Letters in another order say the same. */
static void
find_changed(struct check *c, const struct scan_changed *changed,
             struct index_txn *t)
{
    struct index_message m;
    struct error e;

    if (!index_get_message(t, c->folder->record.id, changed->uid, &m, &e))
        return;
    if (changed->flags == m.name_flags &&
        changed->keywords == m.name_keywords &&
        changed->in_new == ((m.state & INDEX_IN_NEW) != 0))
        return;
    check_find(c, CHECK_FLAGS, m.uid, file_of(c, t, &m),
               "the file's name says other flags, or another place, than the "
               "index");
}

/* Of a directory that others keep changing a list says nothing. */
static void
find_missing(struct check *c)
{
    struct index_txn *t = core_begin(c->folder->core);
    struct numset_walk at = { 0 };
    uint32_t uid;

    while (c->scan.stable && numset_next(&c->scan.absent, &at, &uid))
        find_known(c, CHECK_FILE_MISSING, uid, "the message's file is missing",
                   t);
    for (size_t i = 0; i < c->scan.changed_count; i++)
        find_changed(c, &c->scan.changed[i], t);
    index_abort(&t);
    for (size_t i = 0; i < c->scan.skipped_count; i++)
        check_find(c, CHECK_NOT_MAIL, 0,
                   arena_text(&c->arena, span_of(c->scan.skipped[i])),
                   "no readable plain file");
}

static void
find_gone(struct check *c)
{
    for (size_t i = 0; i < c->gone_count; i++)
        if (c->gone[i].lost)
            check_find(c, CHECK_GONE, c->gone[i].uid, c->gone[i].path,
                       "the file of an expunged message is missing");
}

static void
scanned(struct pool_job *job)
{
    struct check *c = (struct check *)job;
    struct folder *f = c->folder;

    folder_hold(f);
    folder_unlock(f);
    if (c->scan.failed) {
        check_find(c, CHECK_NOT_MAIL, 0, NULL,
                   arena_text(&c->arena, span_of(c->scan.e.text)));
        check_tell(c);
        return;
    }
    compare_sums(c);
    compare_control(c);
    find_unknown(c);
    find_missing(c);
    find_gone(c);
    free(c->scan.known);
    free(c->scan.found);
    c->scan.known = NULL;
    c->scan.found = NULL;
    check_walk(c);
}

/* --- in the pool ---------------------------------------------------------------------- */

static bool
is_there(int dir, const char *path)
{
    struct stat st;
    struct error e;

    return fs_stat(dir, path, &st, &e);
}

static void
look_for_gone(struct check *c, struct check_gone *g)
{
    struct folder *f = c->folder;
    struct buf found = { 0 };
    struct buf kept = { 0 };
    struct error e;

    buf_printf(&kept, "%s/" KEPT_DIR "/%s/%s", f->home->path, c->kept_id,
               g->kept);
    g->lost = !is_there(f->dir, g->path) &&
              !maildir_find(f->dir, g->base, &found, &e) &&
              !(g->is_kept && is_there(f->core->root, buf_text(&kept)));
    buf_free(&found);
    buf_free(&kept);
}

static void
run_check(struct pool_job *job)
{
    struct check *c = (struct check *)job;

    scan_run(job);
    for (size_t i = 0; i < c->gone_count; i++)
        look_for_gone(c, &c->gone[i]);
}

/* --- what the index says ---------------------------------------------------------------- */

static bool
gather(void *arg, const struct index_message *m)
{
    struct check *c = arg;
    struct scan *s = &c->scan;

    if (m->uid >= c->folder->record.uid_next)
        return false;
    folder_count(&c->sums, m, 1);
    if (s->known_count == c->known_room) {
        c->known_room = c->known_room * 2 + 256;
        s->known = mem_grow(s->known, c->known_room * sizeof *s->known);
    }
    s->known[s->known_count++] =
        (struct scan_known){ .hash = m->name_hash,
                             .uid = m->uid,
                             .name_keywords = m->name_keywords,
                             .name_flags = m->name_flags,
                             .state = m->state };
    return true;
}

static bool
gather_gone(void *arg, const struct index_gone *g)
{
    struct check *c = arg;
    struct maildir_name n;
    struct check_gone *one;
    struct buf kept = { 0 };

    if ((g->state & INDEX_MOVED) != 0 || !maildir_name_parse(g->file, &n))
        return true;
    c->gone = mem_grow(c->gone, (c->gone_count + 1) * sizeof *c->gone);
    one = &c->gone[c->gone_count++];
    kept_name(g, n.base, &kept);
    *one =
        (struct check_gone){ .uid = g->uid,
                             .is_kept = (g->state & INDEX_KEPT) != 0,
                             .base = arena_copy(&c->arena, n.base),
                             .kept = arena_text(&c->arena, buf_span(&kept)) };
    one->path = arena_printf(&c->arena, "%s/%.*s",
                             (g->state & INDEX_IN_NEW) != 0 ? "new" : "cur",
                             SPAN(g->file));
    buf_free(&kept);
    return true;
}

static void
locked(void *arg, const struct error *e)
{
    struct check *c = arg;
    struct folder *f = c->folder;
    struct index_txn *t = core_begin(f->core);
    struct kept_box box;
    struct error mine;

    (void)e;
    kept_describe(&f->record, &box);
    memcpy(c->kept_id, box.id, sizeof c->kept_id);
    if (!index_each_message(t, f->record.id, 1, UINT32_MAX, gather, c, &mine) ||
        !index_each_gone(t, f->record.id, gather_gone, c, &mine))
        core_abort(f->core, &t, &mine);
    index_abort(&t);
    c->scan.job = (struct pool_job){ .run = run_check, .done = scanned };
    pool_add(f->core->pool, &c->scan.job);
}

void
check_folder(struct tour *t, struct folder *f, core_done_fn *fn, void *arg)
{
    struct check *c = mem_take(sizeof *c);

    c->scan.folder = f;
    c->tour = t;
    c->folder = f;
    c->next = 1;
    c->fn = fn;
    c->arg = arg;
    folder_lock(f, locked, c);
}
