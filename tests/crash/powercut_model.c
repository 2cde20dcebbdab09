/*
 * The strictest reading of POSIX: durable is what fsync was called for, and
 * nothing else.
 *
 *   a file's bytes, size, time   as of the last fsync/fdatasync of that file
 *   a name in a directory        as of the last fsync of that directory
 *   (modes and owners are durable at once: nobody here depends on them)
 *
 * live/ is the tree as the programs see it; only differences are kept:
 *
 *   directory ----> change "name": who had it when the directory was flushed
 *                   change "name": nobody
 *   file ---------> LIVE | EMPTY | COPY (a memfd) + ranges written since
 */
#include "powercut_model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct model model = { .lock = PTHREAD_MUTEX_INITIALIZER, .lost = -1 };

_Noreturn void
model_stop(const char *what)
{
    perror(what);
    exit(2);
}

static void *
take(size_t size)
{
    void *p = calloc(1, size);

    if (p == NULL)
        model_stop("memory");
    return p;
}

bool
model_enter(void)
{
    pthread_mutex_lock(&model.lock);
    if (!model.cut)
        return true;
    pthread_mutex_unlock(&model.lock);
    return false;
}

void
model_leave(void)
{
    pthread_mutex_unlock(&model.lock);
}

/* --- nodes ------------------------------------------------------------------------ */

/* Takes fd. */
static struct node *
node_of(int fd)
{
    struct stat st;
    struct node **list, *n;

    if (fstat(fd, &st) != 0)
        model_stop("fstat");
    list = &model.nodes[st.st_ino % MODEL_BUCKETS];
    for (n = *list; n != NULL; n = n->next)
        if (n->number == st.st_ino) {
            close(fd);
            return n;
        }
    n = take(sizeof *n);
    n->number = st.st_ino;
    n->fd = fd;
    n->copy = -1;
    n->is_dir = S_ISDIR(st.st_mode);
    n->next = *list;
    *list = n;
    return n;
}

struct node *
model_at(struct node *dir, const char *name)
{
    int fd = openat(dir->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 ? node_of(fd) : NULL;
}

int
model_reopen(const struct node *n, int flags)
{
    char path[40];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", n->fd);
    return open(path, (flags & ~O_NOFOLLOW) | O_CLOEXEC);
}

struct node *
model_root(void)
{
    return model.root;
}

bool
model_open(const char *state)
{
    int dir = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int live;

    if (dir < 0)
        return false;
    (void)mkdirat(dir, "lost", 0700);
    model.lost = openat(dir, "lost", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    live = openat(dir, "live", O_PATH | O_DIRECTORY | O_CLOEXEC);
    close(dir);
    if (live < 0 || model.lost < 0)
        return false;
    model.root = node_of(live);
    return true;
}

/* --- names ------------------------------------------------------------------------ */

void
model_name_changes(struct node *dir, const char *name, struct node *was,
                   bool moved)
{
    struct change *c = dir->changes;

    while (c != NULL && strcmp(c->name, name) != 0)
        c = c->next;
    if (c == NULL) {
        c = take(sizeof *c + strlen(name) + 1);
        memcpy(c->name, name, strlen(name) + 1);
        c->was = was;
        c->next = dir->changes;
        dir->changes = c;
    }
    c->moved = moved;
}

void
model_names_durable(struct node *dir)
{
    struct change *c, *next;

    for (c = dir->changes; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    dir->changes = NULL;
}

/* --- content ------------------------------------------------------------------------ */

int
model_copy(int from, int to, off_t at, off_t end)
{
    char room[65536];
    ssize_t got;

    while (at < end) {
        size_t want = sizeof room;

        if ((off_t)want > end - at)
            want = (size_t)(end - at);
        got = pread(from, room, want, at);
        if (got < 0 || (got > 0 && pwrite(to, room, (size_t)got, at) != got))
            return errno;
        if (got == 0)
            return 0;
        at += got;
    }
    return 0;
}

int
model_file_changes(struct node *n)
{
    struct stat st;
    int from, wrong;

    if (n->durable != DURABLE_LIVE)
        return 0;
    if (fstat(n->fd, &st) != 0)
        return errno;
    n->time = st.st_mtim;
    if (st.st_size == 0) {
        n->durable = DURABLE_EMPTY;
        return 0;
    }
    from = model_reopen(n, O_RDONLY);
    n->copy = memfd_create("durable", MFD_CLOEXEC);
    if (from < 0 || n->copy < 0)
        return errno;
    wrong = model_copy(from, n->copy, 0, st.st_size);
    close(from);
    n->durable = DURABLE_COPY;
    return wrong;
}

void
model_range_changes(struct node *n, off_t at, off_t end)
{
    if (n->range_count == n->range_room) {
        n->range_room = n->range_room == 0 ? 8 : 2 * n->range_room;
        n->ranges = realloc(n->ranges, n->range_room * sizeof *n->ranges);
        if (n->ranges == NULL)
            model_stop("memory");
    }
    n->ranges[n->range_count++] = (struct range){ at, end };
}

/* Of the ranges those that are wanted (all: wanted is NULL), into the copy. */
int
model_copy_ranges(struct node *n, bool (*wanted)(void))
{
    int from = model_reopen(n, O_RDONLY);
    int wrong = from < 0 ? errno : 0;

    for (size_t i = 0; i < n->range_count && wrong == 0; i++)
        if (wanted == NULL || wanted())
            wrong =
                model_copy(from, n->copy, n->ranges[i].at, n->ranges[i].end);
    if (from >= 0)
        close(from);
    return wrong;
}

int
model_file_durable(struct node *n)
{
    struct stat st;
    int wrong = 0;

    if (n->durable == DURABLE_COPY) {
        if (fstat(n->fd, &st) != 0)
            return errno;
        wrong = model_copy_ranges(n, NULL);
        if (wrong == 0 && ftruncate(n->copy, st.st_size) != 0)
            wrong = errno;
        n->time = st.st_mtim;
    } else {
        n->durable = DURABLE_LIVE;
    }
    n->range_count = 0;
    n->touched = false;
    return wrong;
}

void
model_file_forsaken(struct node *n)
{
    if (n->durable == DURABLE_EMPTY) {
        n->copy = memfd_create("durable", MFD_CLOEXEC);
        n->durable = DURABLE_COPY;
    }
    n->range_count = 0;
}
