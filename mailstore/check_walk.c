/*
 * Message by message: what its rows say of each other, and what its file says.
 * Rows are read in the loop, files in the pool, PIECE at a time, while the
 * folder is in use: a finding counts if the row is still the same afterwards.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/check_inside.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 100

struct item {
    struct index_message m;
    struct span base;
    const char *path;
    bool read_content;

    bool opened;
    struct error e; /* otherwise */
    uint64_t size, wire_size, content;
    int64_t date;
    bool dated; /* it has the row's time again */
};

struct walk {
    struct pool_job job;
    struct check *check;
    struct arena arena;
    struct item items[PIECE];
    size_t count;
    uint64_t seen; /* messages, with those whose files are not looked at */
};

/* --- in the pool ---------------------------------------------------------------------- */

static bool
open_item(struct walk *w, struct item *item, int *fd, struct stat *st)
{
    int dir = w->check->folder->dir;
    struct buf found = { 0 };
    bool done = maildir_open_file(dir, item->path, fd, st, &item->e);

    /* Its flags may just have changed. */
    if (!done && item->e.kind == FAIL_NOT_FOUND &&
        maildir_find(dir, item->base, &found, &item->e))
        done = maildir_open_file(dir, buf_text(&found), fd, st, &item->e);
    buf_free(&found);
    return done;
}

static bool
read_item(struct item *item, int fd, struct error *e)
{
    bool bare;

    if (!item->read_content)
        return true;
    return maildir_content(fd, &item->content, e) &&
           ((item->m.state & INDEX_BARE_LF) == 0 ||
            maildir_wire_size(fd, &item->wire_size, &bare, e));
}

static void
look_at(struct walk *w, struct item *item)
{
    struct stat st;
    struct error e;
    int fd;

    if (!open_item(w, item, &fd, &st))
        return;
    item->size = (uint64_t)st.st_size;
    item->wire_size =
        (item->m.state & INDEX_BARE_LF) != 0 ? item->m.size : item->size;
    item->date = st.st_mtime;
    item->opened = read_item(item, fd, &item->e);
    if (check_fixes(w->check) && item->date != item->m.date)
        item->dated = fs_set_time(fd, item->m.date, &e);
    close(fd);
}

static void
run_walk(struct pool_job *job)
{
    struct walk *w = (struct walk *)job;

    for (size_t i = 0; i < w->count; i++)
        look_at(w, &w->items[i]);
}

/* --- findings ------------------------------------------------------------------------- */

static void
find(struct walk *w, const struct item *item, enum check_what what,
     const char *text)
{
    struct check *c = w->check;

    check_find(c, what, item->m.uid, arena_text(&c->arena, span_of(item->path)),
               text);
}

static void
judge_size(struct walk *w, const struct item *item)
{
    struct arena *a = &w->check->arena;
    struct maildir_name n;

    if (maildir_name_parse(item->base, &n) && n.has_size &&
        n.size != item->size)
        find(w, item, CHECK_FILE_SIZE,
             arena_printf(a,
                          "the file has %" PRIu64
                          " octets, its name says %" PRIu64 ": it is damaged",
                          item->size, n.size));
    else if (item->wire_size != item->m.size)
        find(w, item, CHECK_ROW,
             arena_printf(
                 a, "the file has %" PRIu64 " octets, the index says %" PRIu64,
                 item->wire_size, item->m.size));
    else if (item->read_content && item->m.content != 0 &&
             item->m.content != item->content)
        find(w, item, CHECK_CONTENT,
             "the file's content is not what was stored: it is damaged");
}

static void
judge_date(struct walk *w, const struct item *item)
{
    struct check *c = w->check;

    if (item->date == item->m.date)
        return;
    find(w, item, CHECK_DATE,
         arena_printf(&c->arena,
                      "the file's time is %" PRId64
                      ", the message's date %" PRId64,
                      item->date, item->m.date));
    c->findings[c->count - 1].mended = item->dated;
}

static void
judge(struct walk *w, const struct item *item)
{
    if (!item->opened) {
        if (item->e.kind == FAIL_NOT_FOUND)
            find(w, item, CHECK_FILE_MISSING, "the message's file is missing");
        else
            find(w, item, CHECK_FILE_SIZE,
                 arena_text(&w->check->arena, span_of(item->e.text)));
        return;
    }
    judge_size(w, item);
    judge_date(w, item);
}

static bool
is_same(struct walk *w, const struct item *item, struct index_txn *t)
{
    const struct index_message *m = &item->m;
    struct index_message now;
    struct error e;

    return index_get_message(t, w->check->folder->record.id, m->uid, &now,
                             &e) &&
           now.name_hash == m->name_hash && now.size == m->size &&
           now.date == m->date && now.content == m->content;
}

/* What was never read cannot be compared; from now on it can. */
static bool
note_content(struct walk *w, const struct item *item, struct index_txn *t,
             struct error *e)
{
    uint32_t id = w->check->folder->record.id;
    struct index_message now;

    if (!item->opened || !item->read_content || item->m.content != 0)
        return true;
    w->check->unhashed++;
    if (!check_fixes(w->check))
        return true;
    if (!index_get_message(t, id, item->m.uid, &now, e))
        return false;
    now.content = item->content;
    return index_put_message(t, id, &now, e);
}

static void
walked(struct pool_job *job)
{
    struct walk *w = (struct walk *)job;
    struct check *c = w->check;
    struct index_txn *t = core_begin(c->folder->core);
    struct error e;
    bool done = true;

    for (size_t i = 0; done && i < w->count; i++)
        if (is_same(w, &w->items[i], t)) {
            judge(w, &w->items[i]);
            done = note_content(w, &w->items[i], t, &e);
        }
    if (done)
        core_commit(c->folder->core, &t, &e);
    else
        core_abort(c->folder->core, &t, &e);
    tour_progress(c->tour, c->tour->done + w->seen);
    arena_clear(&w->arena);
    free(w);
    check_walk(c);
}

/* --- rows ------------------------------------------------------------------------------- */

static bool
pick(void *arg, const struct index_message *m)
{
    struct walk *w = arg;
    struct check *c = w->check;

    if (m->uid >= c->folder->record.uid_next || w->count == PIECE)
        return false;
    c->next = m->uid + 1;
    w->seen++;
    if ((m->state & INDEX_QUARANTINED) == 0 &&
        !numset_has(&c->scan.absent, m->uid))
        w->items[w->count++] = (struct item){
            .m = *m, .read_content = (c->tour->how & STORE_CHECK_CONTENT) != 0
        };
    return c->next != 0;
}

/* False: where its file is nobody knows. */
static bool
compare_rows(struct walk *w, struct item *item, struct index_txn *t)
{
    struct check *c = w->check;
    uint32_t id = c->folder->record.id;
    uint32_t uid = item->m.uid;
    struct buf store = { 0 };
    struct buf path = { 0 };
    struct index_cold cold;
    uint32_t named;
    struct error e;
    const char *text = NULL;

    if (!index_get_cold(t, id, uid, &store, &cold, &e))
        text = "the index does not know the message's file";
    else if (index_hash(cold.base) != item->m.name_hash)
        text = "the index has two names for the message's file";
    else if (!index_get_name(t, id, item->m.name_hash, &named, &e) ||
             named != uid)
        text = "the index does not find the message by its file's name";
    if (text != NULL) {
        check_find(c, CHECK_ROW, uid, NULL, text);
    } else {
        names_path(&item->m, cold.base, &path);
        item->path = arena_text(&w->arena, buf_span(&path));
        item->base = arena_copy(&w->arena, cold.base);
    }
    buf_free(&store);
    buf_free(&path);
    return text == NULL;
}

static void
gather(struct walk *w)
{
    struct check *c = w->check;
    struct index_txn *t = core_begin(c->folder->core);
    struct error e;
    size_t kept = 0;

    if (!index_each_message(t, c->folder->record.id, c->next, UINT32_MAX, pick,
                            w, &e))
        core_abort(c->folder->core, &t, &e);
    for (size_t i = 0; t != NULL && i < w->count; i++)
        if (compare_rows(w, &w->items[i], t))
            w->items[kept++] = w->items[i];
    w->count = kept;
    index_abort(&t);
}

static void
walk_on(void *arg)
{
    struct check *c = arg;
    struct walk *w;

    if (!folder_steady(c->folder, walk_on, c))
        return;
    w = mem_take(sizeof *w);
    w->check = c;
    if (!tour_is_over(c->tour))
        gather(w);
    if (w->seen == 0) {
        free(w);
        check_mend(c);
        return;
    }
    w->job = (struct pool_job){ .run = run_walk, .done = walked };
    pool_add(c->folder->core->pool, &w->job);
}

void
check_walk(struct check *c)
{
    walk_on(c);
}
