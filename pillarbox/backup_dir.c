#include "pillarbox/backup_dir.h"

#include "base/fs.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define DEPTH_MAX 32 /* ours have six levels */

/* --- names ------------------------------------------------------------------------- */

void
backup_dir_name(int64_t date, char name[BACKUP_NAME_MAX])
{
    time_t seconds = (time_t)date;
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(name, BACKUP_NAME_MAX, "%Y-%m-%dT%H-%M-%SZ", &tm);
}

/* "2026-11-22T01-30-00Z" */
static bool
is_name(struct span name)
{
    static const char form[] = "dddd-dd-ddTdd-dd-ddZ";

    if (name.n != sizeof form - 1)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (form[i] == 'd' ? !ascii_is_digit(name.p[i]) : name.p[i] != form[i])
            return false;
    return true;
}

static bool
is_torn(struct span name)
{
    size_t n = sizeof BACKUP_PARTIAL - 1;

    return span_ends(name, BACKUP_PARTIAL) &&
           is_name(span_sub(name, 0, name.n - n));
}

static void
add_name(char (**names)[BACKUP_NAME_MAX], size_t *count, const char *name)
{
    *names = mem_grow(*names, (*count + 1) * sizeof **names);
    snprintf((*names)[(*count)++], BACKUP_NAME_MAX, "%s", name);
}

static int
order_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* --- the directory -------------------------------------------------------------------- */

static bool
list(struct backup_dir *d, struct error *e)
{
    int fd;
    DIR *dir;

    if (!fs_open_dir(d->fd, ".", &fd, e))
        return false;
    dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return fail_sys(e, "read the directory");
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (is_name(span_of(entry->d_name)))
            add_name(&d->names, &d->count, entry->d_name);
        else if (is_torn(span_of(entry->d_name)))
            add_name(&d->torn, &d->torn_count, entry->d_name);
    }
    closedir(dir);
    if (d->count > 0)
        qsort(d->names, d->count, sizeof *d->names, order_names);
    return true;
}

/* Somebody typed it: a link to it is fine. */
bool
backup_dir_open(const char *path, struct backup_dir *d, struct error *e)
{
    *d = (struct backup_dir){ .path = path };
    d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->fd == -1 && errno == ENOENT)
        return fail(e, FAIL_NOT_FOUND,
                    "there is no such directory; mount the "
                    "disk, or make it: mkdir -m 700 %s",
                    path);
    if (d->fd == -1)
        return fail_sys(e, "cannot be opened");
    if (list(d, e))
        return true;
    backup_dir_close(d);
    return false;
}

void
backup_dir_close(struct backup_dir *d)
{
    if (d->fd != -1)
        close(d->fd);
    free(d->names);
    free(d->torn);
    *d = (struct backup_dir){ .fd = -1 };
}

bool
backup_dir_lock(const struct backup_dir *d, struct error *e)
{
    if (flock(d->fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return fail(e, FAIL_BUSY,
                    "another backup is being made here; wait "
                    "for it");
    return fail_sys(e, "lock the directory");
}

static bool
is_inside(const char *path, const char *tree)
{
    char real[PATH_MAX];
    size_t n;

    if (realpath(tree, real) == NULL)
        return false;
    n = strlen(real);
    return strncmp(path, real, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

bool
backup_dir_check(const struct backup_dir *d, const struct settings *s,
                 struct error *e)
{
    const char *trees[] = { s->mail.dir, s->mail.index_dir, s->auth.dir };
    char real[PATH_MAX];

    if (realpath(d->path, real) == NULL)
        return fail_sys(e, "where is it");
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++)
        if (is_inside(real, trees[i]))
            return fail(e, FAIL_INVALID,
                        "lies in %s, which is what backups are of: choose "
                        "another directory, best on another disk",
                        trees[i]);
    return true;
}

bool
backup_dir_has(const struct backup_dir *d, const char *name)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->names[i], name) == 0)
            return true;
    return false;
}

/* --- trees ----------------------------------------------------------------------------- */

struct walking {
    backup_walk_fn *fn;
    void *arg;
    struct buf path;
    unsigned depth;
};

static bool walk_dir(struct walking *w, int fd, struct error *e);

static bool
walk_entry(struct walking *w, int fd, const char *name, struct error *e)
{
    struct stat st;
    size_t n = w->path.n;
    bool done;
    int below;

    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
        return errno == ENOENT || fail_sys(e, "%s", name);
    buf_printf(&w->path, "%s%s", n == 0 ? "" : "/", name);
    done =
        !w->path.full || fail(e, FAIL_LIMIT, "%s: the path is too long", name);
    if (done && S_ISDIR(st.st_mode)) {
        done = (++w->depth <= DEPTH_MAX ||
                fail(e, FAIL_LIMIT, "%s: too deep", name)) &&
               fs_open_dir(fd, name, &below, e) && walk_dir(w, below, e);
        w->depth--;
    }
    done = done && w->fn(w->arg, buf_text(&w->path), &st, e);
    w->path.n = n;
    return done;
}

/* fd is closed. */
static bool
walk_dir(struct walking *w, int fd, struct error *e)
{
    DIR *d = fdopendir(fd);
    bool done = true;

    if (d == NULL) {
        close(fd);
        return fail_sys(e, "read a directory");
    }
    for (struct dirent *entry; done && (entry = readdir(d)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            done = walk_entry(w, dirfd(d), entry->d_name, e);
    closedir(d);
    return done;
}

bool
backup_walk(int dir, backup_walk_fn *fn, void *arg, struct error *e)
{
    struct walking w = { .fn = fn, .arg = arg, .path = { .max = PATH_MAX } };
    int fd;
    bool done = fs_open_dir(dir, ".", &fd, e) && walk_dir(&w, fd, e);

    buf_free(&w.path);
    return done;
}

static bool
remove_one(void *arg, const char *path, const struct stat *st, struct error *e)
{
    const int *root = arg;

    return S_ISDIR(st->st_mode) ? fs_rmdir(*root, path, e)
                                : fs_unlink(*root, path, e);
}

bool
backup_remove(int dir, const char *name, struct error *e)
{
    int root;
    bool done;

    if (!fs_open_dir(dir, name, &root, e))
        return false;
    done = backup_walk(root, remove_one, &root, e);
    close(root);
    return done && fs_rmdir(dir, name, e);
}
