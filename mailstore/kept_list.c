/* What is kept, and letting it go. */
#include "base/cursor.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "mailstore/kept.h"
#include "mailstore/maildir.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DELETED   "deleted,"
#define NAME_FILE "name"
#define NAMELESS  "Recovered" /* a box whose name was lost */

static DIR *
open_list(int dir, const char *path, struct error *e)
{
    int fd;
    DIR *d;

    if (!fs_open_dir(dir, path, &fd, e))
        return NULL;
    d = fdopendir(fd);
    if (d == NULL) {
        fail_sys(e, "list %s", path);
        close(fd);
    }
    return d;
}

static bool
is_box(const char *name)
{
    return strlen(name) == 32 && strspn(name, "0123456789abcdef") == 32;
}

static void
read_box(int dir, const char *id, struct kept_box *b)
{
    struct buf name = { .max = 4096 };
    struct error e;

    *b = (struct kept_box){ 0 };
    snprintf(b->id, sizeof b->id, "%s", id);
    if (!control_read(dir, &b->control, &e))
        b->control = (struct control){ 0 };
    if (fs_read_file(dir, NAME_FILE, &name, &e) && name.n > 1 &&
        mailbox_name_is_valid(span_sub(buf_span(&name), 0, name.n - 1)))
        snprintf(b->name, sizeof b->name, "%.*s", (int)(name.n - 1), name.p);
    else
        snprintf(b->name, sizeof b->name, NAMELESS);
    buf_free(&name);
}

static void
add_item(struct kept_list *l, const struct kept_item *item)
{
    if ((l->count & (l->count + 1)) == 0)
        l->items = mem_grow(l->items, (l->count * 2 + 2) * sizeof *l->items);
    l->items[l->count++] = *item;
}

/* "<time>,<uid>,<file name>" */
static bool
parse_message(struct span file, struct kept_item *item, struct maildir_name *n)
{
    struct cursor c = cursor_on(file);
    uint64_t time;

    if (!take_number64(&c, &time) || !take(&c, ',') ||
        !take_number(&c, &item->uid) || !take(&c, ',') ||
        !maildir_name_parse(cursor_rest(&c), n))
        return false;
    item->time = (int64_t)time;
    return true;
}

static void
take_flags(struct kept_item *item, const struct maildir_name *n)
{
    item->flags = n->flags;
    item->keywords = n->keywords;
}

/* A message of a mailbox that was deleted whole. */
static bool
list_part(struct kept_list *l, DIR *box, const struct kept_item *mailbox,
          const char *part, struct error *e)
{
    struct buf path = { 0 };
    struct dirent *entry;
    DIR *d;
    bool fine;

    buf_printf(&path, "%s/%s", strrchr(mailbox->path, '/') + 1, part);
    d = open_list(dirfd(box), buf_text(&path), e);
    fine = d != NULL || e->kind == FAIL_NOT_FOUND;
    while (d != NULL && (fine = fs_next_entry(d, &entry, e)) && entry != NULL) {
        struct kept_item item = { .box = mailbox->box, .time = mailbox->time };
        struct maildir_name n;

        if (!maildir_name_parse(span_of(entry->d_name), &n))
            continue;
        item.uid = n.uid;
        take_flags(&item, &n);
        item.path = arena_printf(&l->memory, "%s/%s/%s", mailbox->path, part,
                                 entry->d_name);
        add_item(l, &item);
    }
    if (d != NULL)
        closedir(d);
    buf_free(&path);
    return fine;
}

static bool
list_mailbox(struct kept_list *l, DIR *box, struct kept_item *item,
             struct span time, struct error *e)
{
    struct cursor c = cursor_on(time);
    uint64_t seconds;

    if (!take_number64(&c, &seconds) || !take_end(&c))
        return true;
    item->time = (int64_t)seconds;
    item->is_mailbox = true;
    add_item(l, item);
    return list_part(l, box, item, "cur", e) &&
           list_part(l, box, item, "new", e);
}

static bool
list_box(struct kept_list *l, DIR *d, struct error *e)
{
    struct dirent *entry;
    bool fine;

    while ((fine = fs_next_entry(d, &entry, e)) && entry != NULL) {
        struct span name = span_of(entry->d_name);
        struct kept_item item = { .box = l->box_count - 1 };
        struct maildir_name n;

        item.path = arena_printf(&l->memory, KEPT_DIR "/%s/%s",
                                 l->boxes[item.box].id, entry->d_name);
        if (span_starts(name, DELETED)) {
            if (!list_mailbox(l, d, &item, span_after(name, strlen(DELETED)),
                              e))
                return false;
        } else if (parse_message(name, &item, &n)) {
            take_flags(&item, &n);
            add_item(l, &item);
        }
    }
    return fine;
}

static int
order(const void *a, const void *b)
{
    const struct kept_item *x = a;
    const struct kept_item *y = b;

    if (x->box != y->box)
        return x->box < y->box ? -1 : 1;
    if (x->is_mailbox != y->is_mailbox)
        return x->is_mailbox ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->uid != y->uid)
        return x->uid < y->uid ? -1 : 1;
    return strcmp(x->path, y->path);
}

static DIR *
open_all(int root, const char *home, struct error *e)
{
    struct buf path = { 0 };
    DIR *d;

    buf_printf(&path, "%s/" KEPT_DIR, home);
    d = open_list(root, buf_text(&path), e);
    buf_free(&path);
    return d;
}

bool
kept_list(int root, const char *home, struct kept_list *l, struct error *e)
{
    DIR *all = open_all(root, home, e);
    struct dirent *entry;
    bool fine;

    *l = (struct kept_list){ 0 };
    if (all == NULL)
        return e->kind == FAIL_NOT_FOUND;
    while ((fine = fs_next_entry(all, &entry, e)) && entry != NULL) {
        DIR *d = is_box(entry->d_name) ? open_list(dirfd(all), entry->d_name, e)
                                       : NULL;

        if (d == NULL)
            continue;
        l->boxes = mem_grow(l->boxes, (l->box_count + 1) * sizeof *l->boxes);
        read_box(dirfd(d), entry->d_name, &l->boxes[l->box_count++]);
        fine = list_box(l, d, e);
        closedir(d);
        if (!fine)
            break;
    }
    closedir(all);
    if (!fine) {
        kept_list_free(l);
        return false;
    }
    if (l->count > 0)
        qsort(l->items, l->count, sizeof *l->items, order);
    return true;
}

void
kept_list_free(struct kept_list *l)
{
    arena_clear(&l->memory);
    free(l->boxes);
    free(l->items);
    *l = (struct kept_list){ 0 };
}

/* --- letting go ------------------------------------------------------------------------- */

static bool
box_is_used(const struct kept_list *l, size_t box)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].box == box)
            return true;
    return false;
}

/* With the lock: nobody is just bringing something. */
static void
remove_empty(struct core *c, const char *home)
{
    struct kept_list l;
    struct buf path = { 0 };
    struct error e;

    pthread_mutex_lock(&c->kept_lock);
    if (kept_list(c->root, home, &l, &e)) {
        for (size_t i = 0; i < l.box_count; i++) {
            if (box_is_used(&l, i))
                continue;
            buf_clear(&path);
            buf_printf(&path, "%s/" KEPT_DIR "/%s", home, l.boxes[i].id);
            maildir_remove(c->root, buf_text(&path), &e);
        }
        kept_list_free(&l);
    }
    pthread_mutex_unlock(&c->kept_lock);
    buf_free(&path);
}

/* Messages first: a mailbox is removed once it has none, so that no piece of
 * work is long. */
static bool
purge_items(int dir, const struct kept_list *l, int64_t before, unsigned *most)
{
    bool any = false;
    struct error e;

    for (size_t i = 0; i<l->count && * most> 0; i++) {
        const struct kept_item *item = &l->items[i];

        if (item->is_mailbox || item->time >= before)
            continue;
        any |= fs_unlink(dir, item->path, &e);
        --*most;
    }
    for (size_t i = 0; i<l->count && * most> 0; i++)
        if (l->items[i].is_mailbox && l->items[i].time < before)
            any |= maildir_remove(dir, l->items[i].path, &e);
    return any;
}

bool
kept_purge(struct core *c, const char *home, int64_t before, unsigned most,
           bool *more, struct error *e)
{
    struct kept_list l;
    bool any;
    int dir;

    *more = false;
    if (!kept_list(c->root, home, &l, e))
        return false;
    if (l.box_count == 0) {
        kept_list_free(&l);
        return true;
    }
    if (!fs_open_dir(c->root, home, &dir, e)) {
        kept_list_free(&l);
        return false;
    }
    any = purge_items(dir, &l, before, &most);
    *more = any && most == 0;
    close(dir);
    kept_list_free(&l);
    if (!*more)
        remove_empty(c, home);
    return true;
}
