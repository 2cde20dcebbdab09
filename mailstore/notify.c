#include "mailstore/notify.h"

#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/names.h"
#include "mailstore/reconcile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS                                                                 \
    (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR |        \
     IN_DONT_FOLLOW | IN_EXCL_UNLINK)
#define ADDED (IN_CREATE | IN_MOVED_TO)

struct notify {
    struct core *core;
    int fd; /* -1: the system has none left; folders are looked through */
    struct watch *watch;
    struct map *folders; /* by watch descriptor */
};

static struct span
key_of(const int *wd)
{
    return span_from(wd, sizeof *wd);
}

static void
on_readable(void *arg, int events)
{
    struct notify *n = arg;

    (void)events;
    notify_drain(n->core);
}

struct notify *
notify_new(struct core *c)
{
    struct notify *n = mem_take(sizeof *n);
    struct error e;

    n->core = c;
    n->folders = map_new();
    n->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (n->fd == -1) {
        fail_sys(&e, "inotify");
        event_watch_failed(&e);
        return n;
    }
    n->watch = watch_new(c->loop, n->fd, on_readable, n);
    watch_set(n->watch, LOOP_READ);
    return n;
}

void
notify_free(struct notify **notify)
{
    struct notify *n = *notify;

    if (n == NULL)
        return;
    watch_free(&n->watch);
    if (n->fd != -1)
        close(n->fd);
    map_free(&n->folders);
    free(n);
    *notify = NULL;
}

static int
add(struct notify *n, struct folder *f, const char *part)
{
    char path[64];
    struct error e;
    int wd;

    if (n->fd == -1)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", f->dir, part);
    wd = inotify_add_watch(n->fd, path, EVENTS);
    if (wd == -1) {
        fail_sys(&e, "watch %s of %s", part, f->record.name);
        event_watch_failed(&e);
        return -1;
    }
    map_put(n->folders, key_of(&wd), f);
    return wd;
}

static void
drop(struct notify *n, int *wd)
{
    if (*wd == -1)
        return;
    map_remove(n->folders, key_of(wd));
    inotify_rm_watch(n->fd, *wd);
    *wd = -1;
}

void
notify_watch(struct folder *f)
{
    struct notify *n = f->core->notify;

    f->watch_new = add(n, f, "new");
    f->watch_cur = add(n, f, "cur");
    if (f->watch_new == -1 || f->watch_cur == -1)
        notify_unwatch(f);
}

void
notify_unwatch(struct folder *f)
{
    struct notify *n = f->core->notify;

    if (n == NULL)
        return;
    drop(n, &f->watch_new);
    drop(n, &f->watch_cur);
}

/* Does the index hold the file under exactly this name? *known: under some. */
static bool
is_as_known(struct folder *f, struct index_txn *t, struct span base,
            const char *path, bool *known)
{
    struct buf store = { 0 };
    struct buf usual = { 0 };
    struct index_message m;
    struct index_cold cold;
    struct error e;
    uint32_t uid;
    bool same = false;

    *known = index_get_name(t, f->record.id, index_hash(base), &uid, &e) &&
             index_get_message(t, f->record.id, uid, &m, &e) &&
             index_get_cold(t, f->record.id, uid, &store, &cold, &e);
    if (*known) {
        names_path(&m, cold.base, &usual);
        same = span_is(buf_span(&usual), path);
    }
    buf_free(&store);
    buf_free(&usual);
    return same;
}

static void
look_at(struct folder *f, struct index_txn *t, const struct inotify_event *ev)
{
    char path[NAME_MAX + 8];
    struct maildir_name name;
    bool known;
    bool same;

    if (f->stale || ev->len == 0 ||
        !maildir_name_parse(span_of(ev->name), &name) ||
        folder_is_moving(f, name.base))
        return;
    snprintf(path, sizeof path, "%s/%s", ev->wd == f->watch_new ? "new" : "cur",
             ev->name);
    same = is_as_known(f, t, name.base, path, &known);
    if ((ev->mask & ADDED) != 0 ? !same : same)
        reconcile_doubt(f);
}

static void
doubt_all(struct core *c)
{
    struct folder *f;

    for (size_t at = 0; folder_next(c, &at, &f);)
        reconcile_doubt(f);
}

static void
take_events(struct notify *n, const char *p, size_t size)
{
    struct index_txn *t = core_begin(n->core);
    const struct inotify_event *ev;
    struct folder *f;

    for (size_t at = 0; at < size; at += sizeof *ev + ev->len) {
        ev = (const struct inotify_event *)(const void *)(p + at);
        f = map_get(n->folders, key_of(&ev->wd));
        if ((ev->mask & IN_Q_OVERFLOW) != 0)
            doubt_all(n->core);
        else if (f != NULL)
            look_at(f, t, ev);
    }
    index_abort(&t);
}

void
notify_drain(struct core *c)
{
    struct notify *n = c->notify;
    char room[16384] __attribute__((aligned(8)));
    ssize_t got;

    while (n->fd != -1 && (got = read(n->fd, room, sizeof room)) > 0)
        take_events(n, room, (size_t)got);
}
