#include "mailstore/kept_mailbox.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/age.h"
#include "mailstore/kept.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"

#include <stdlib.h>
#include <unistd.h>

/* A file that was expunged, or one whose name does not yet follow its flags. */
struct item {
    const char *path;    /* in the folder's directory               */
    const char *kept;    /* NULL: it is kept, or lives on elsewhere */
    const char *flagged; /* its name with its flags; NULL: expunged */
};

struct kept_mailbox {
    struct folder *folder;
    struct kept_box box;
    int64_t time;
    struct arena memory;
    struct item *items;
    size_t count, room;
};

static struct item *
add_item(struct kept_mailbox *k)
{
    struct item *item;

    if (k->count == k->room) {
        k->room = k->room * 2 + 16;
        k->items = mem_grow(k->items, k->room * sizeof *k->items);
    }
    item = &k->items[k->count++];
    *item = (struct item){ .kept = NULL };
    return item;
}

static bool
add_gone(void *arg, const struct index_gone *g)
{
    struct kept_mailbox *k = arg;
    struct buf name = { 0 };
    struct maildir_name n;
    struct item *item;

    if (!maildir_name_parse(g->file, &n))
        return true;
    item = add_item(k);
    item->path = arena_printf(&k->memory, "%s/%.*s",
                              (g->state & INDEX_IN_NEW) != 0 ? "new" : "cur",
                              SPAN(g->file));
    if ((g->state & (INDEX_KEPT | INDEX_MOVED)) == 0) {
        kept_name(g, n.base, &name);
        item->kept = arena_text(&k->memory, buf_span(&name));
    }
    buf_free(&name);
    return true;
}

static bool
note_pending(void *arg, const struct index_message *m)
{
    if ((m->state & INDEX_NAME_PENDING) != 0)
        numset_add(arg, m->uid, m->uid);
    return true;
}

static bool
add_flagged(struct kept_mailbox *k, struct index_txn *t, uint32_t uid,
            struct error *e)
{
    uint32_t id = k->folder->record.id;
    struct buf store = { 0 };
    struct buf path = { 0 };
    struct buf flagged = { .max = NAME_MAX };
    struct index_message m;
    struct index_cold cold;
    struct item *item;
    bool done = index_get_message(t, id, uid, &m, e) &&
                index_get_cold(t, id, uid, &store, &cold, e);

    if (done) {
        names_path(&m, cold.base, &path);
        buf_put_text(&flagged, "cur/");
        maildir_name_put(cold.base, m.flags, (uint32_t)m.keywords, span_of(""),
                         &flagged);
        item = add_item(k);
        item->path = arena_text(&k->memory, buf_span(&path));
        item->flagged = arena_text(&k->memory, buf_span(&flagged));
    }
    buf_free(&store);
    buf_free(&path);
    buf_free(&flagged);
    return done;
}

/* The index goes with the mailbox, and the flags that stand only there. */
static bool
add_pending(struct kept_mailbox *k, struct index_txn *t, struct error *e)
{
    struct numset uids = { 0 };
    struct numset_walk at = { 0 };
    uint32_t uid;
    bool done = index_each_message(t, k->folder->record.id, 1, UINT32_MAX,
                                   note_pending, &uids, e);

    while (done && numset_next(&uids, &at, &uid))
        done = add_flagged(k, t, uid, e);
    numset_free(&uids);
    return done;
}

struct kept_mailbox *
kept_mailbox_new(struct folder *f)
{
    struct kept_mailbox *k = mem_take(sizeof *k);
    struct index_txn *t = core_begin(f->core);
    struct error e;

    k->folder = f;
    k->time = age_stamp(f->core->age);
    kept_describe(&f->record, &k->box);
    if (!index_each_gone(t, f->record.id, add_gone, k, &e) ||
        !add_pending(k, t, &e))
        core_abort(f->core, &t, &e);
    index_abort(&t);
    return k;
}

void
kept_mailbox_free(struct kept_mailbox **kept)
{
    struct kept_mailbox *k = *kept;

    if (k == NULL)
        return;
    arena_clear(&k->memory);
    free(k->items);
    free(k);
    *kept = NULL;
}

/* Else it would come back as a message of the mailbox that was not deleted. */
static bool
keep_expunged(struct kept_mailbox *k, int dir, struct error *e)
{
    int from = k->folder->dir;

    for (size_t i = 0; i < k->count; i++)
        if (k->items[i].kept != NULL &&
            !kept_link(from, k->items[i].path, dir, k->items[i].kept, e) &&
            e->kind != FAIL_NOT_FOUND)
            return false;
    if (k->count > 0 && !fs_sync(dir, e))
        return false;
    for (size_t i = 0; i < k->count; i++) {
        const struct item *item = &k->items[i];
        bool done = item->flagged != NULL
                        ? fs_rename(from, item->path, from, item->flagged, e)
                        : fs_unlink(from, item->path, e);

        if (!done && e->kind != FAIL_NOT_FOUND)
            return false;
    }
    return true;
}

static bool
move(struct kept_mailbox *k, struct error *e)
{
    const struct home *h = k->folder->home;
    int root = h->core->root;
    struct buf from = { 0 };
    struct buf to = { 0 };
    struct buf box = { 0 };
    bool done;

    maildir_path(h->path, k->folder->path, &from);
    buf_printf(&to, "%s/", h->path);
    kept_mailbox_path(&k->box, k->time, &to);
    buf_printf(&box, "%s/" KEPT_DIR "/%s", h->path, k->box.id);
    done = fs_rename_new(root, buf_text(&from), root, buf_text(&to), e) &&
           fs_sync_dir(root, buf_text(&box), e) &&
           fs_sync_dir(root, h->path, e);
    buf_free(&from);
    buf_free(&to);
    buf_free(&box);
    return done;
}

bool
kept_mailbox_move(struct kept_mailbox *k, struct error *e)
{
    struct home *h = k->folder->home;
    int dir;
    bool done;

    pthread_mutex_lock(&h->core->kept_lock);
    done = kept_open(h->core, h->path, &k->box, &dir, e);
    if (done) {
        done = keep_expunged(k, dir, e) && move(k, e);
        close(dir);
    }
    pthread_mutex_unlock(&h->core->kept_lock);
    return done;
}
