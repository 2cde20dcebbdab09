#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    fs_fault_fn *fn;
    void *arg;
    atomic_uint_fast64_t number;
} hook;

void
fs_fault(fs_fault_fn *fn, void *arg)
{
    hook.fn = fn;
    hook.arg = arg;
    atomic_store(&hook.number, 0);
}

/* True, with errno set, when a test wants this call to fail. */
static bool
is_stopped(const char *call)
{
    int err;

    if (hook.fn == NULL)
        return false;
    err = hook.fn(call, atomic_fetch_add(&hook.number, 1) + 1, hook.arg);
    if (err == 0)
        return false;
    errno = err;
    return true;
}

bool
fs_open_read(int dir, const char *path, int *fd, struct error *e)
{
    int got = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (got == -1)
        return fail_sys(e, "open %s", path);
    *fd = got;
    return true;
}

bool
fs_open_dir(int dir, const char *path, int *fd, struct error *e)
{
    int got =
        openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY);

    if (got == -1)
        return fail_sys(e, "open directory %s", path);
    *fd = got;
    return true;
}

bool
fs_create(int dir, const char *path, mode_t mode, int *fd, struct error *e)
{
    int got;

    if (is_stopped("create"))
        return fail_sys(e, "create %s", path);
    got = openat(dir, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                 mode);
    if (got == -1)
        return fail_sys(e, "create %s", path);
    *fd = got;
    return true;
}

bool
fs_create_unnamed(int dir, const char *path, mode_t mode, int *fd,
                  struct error *e)
{
    int got;

    if (is_stopped("create"))
        return fail_sys(e, "create a file in %s", path);
    got = openat(dir, path, O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
    if (got == -1 && (errno == EOPNOTSUPP || errno == EISDIR))
        return fail(e, FAIL_INVALID, "%s: no unnamed files here", path);
    if (got == -1)
        return fail_sys(e, "create a file in %s", path);
    *fd = got;
    return true;
}

bool
fs_link_fd(int fd, int dir, const char *path, struct error *e)
{
    char from[64];

    if (is_stopped("link"))
        return fail_sys(e, "link %s", path);
    if (linkat(fd, "", dir, path, AT_EMPTY_PATH) == 0)
        return true;
    /* Without CAP_DAC_READ_SEARCH the empty path is refused: open(2). */
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, from, dir, path, AT_SYMLINK_FOLLOW) == -1)
        return fail_sys(e, "link %s", path);
    return true;
}

bool
fs_link(int from_dir, const char *from, int to_dir, const char *to,
        struct error *e)
{
    if (is_stopped("link") || linkat(from_dir, from, to_dir, to, 0) == -1)
        return fail_sys(e, "link %s to %s", from, to);
    return true;
}

bool
fs_rename(int from_dir, const char *from, int to_dir, const char *to,
          struct error *e)
{
    if (is_stopped("rename") || renameat(from_dir, from, to_dir, to) == -1)
        return fail_sys(e, "rename %s to %s", from, to);
    return true;
}

bool
fs_rename_new(int from_dir, const char *from, int to_dir, const char *to,
              struct error *e)
{
    if (is_stopped("rename"))
        return fail_sys(e, "rename %s to %s", from, to);
    if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return fail_sys(e, "rename %s to %s", from, to);
    if (linkat(from_dir, from, to_dir, to, 0) == -1)
        return fail_sys(e, "link %s to %s", from, to);
    return fs_unlink(from_dir, from, e);
}

bool
fs_unlink(int dir, const char *path, struct error *e)
{
    if (is_stopped("unlink") || unlinkat(dir, path, 0) == -1)
        return fail_sys(e, "remove %s", path);
    return true;
}

bool
fs_rmdir(int dir, const char *path, struct error *e)
{
    if (is_stopped("rmdir") || unlinkat(dir, path, AT_REMOVEDIR) == -1)
        return fail_sys(e, "remove directory %s", path);
    return true;
}

bool
fs_mkdir(int dir, const char *path, mode_t mode, struct error *e)
{
    if (is_stopped("mkdir") || mkdirat(dir, path, mode) == -1)
        return fail_sys(e, "make directory %s", path);
    return true;
}

bool
fs_mkdir_all(int dir, const char *path, mode_t mode, struct error *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof part)
        return fail(e, FAIL_INVALID, "path of %zu bytes", n);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (!fs_mkdir(dir, part, mode, e) && e->kind != FAIL_EXISTS)
            return false;
    }
    return true;
}

bool
fs_write(int fd, struct span bytes, struct error *e)
{
    if (is_stopped("write"))
        return fail_sys(e, "write");
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return fail_sys(e, "write");
        bytes = span_after(bytes, (size_t)n);
    }
    return true;
}

bool
fs_truncate(int fd, uint64_t size, struct error *e)
{
    if (is_stopped("truncate") || ftruncate(fd, (off_t)size) == -1)
        return fail_sys(e, "truncate");
    return true;
}

bool
fs_set_time(int fd, int64_t seconds, struct error *e)
{
    const struct timespec both[2] = { { .tv_sec = seconds },
                                      { .tv_sec = seconds } };

    if (is_stopped("utimes") || futimens(fd, both) == -1)
        return fail_sys(e, "set the time of a file");
    return true;
}

bool
fs_sync(int fd, struct error *e)
{
    if (is_stopped("fsync") || fsync(fd) == -1)
        return fail_sys(e, "fsync");
    return true;
}

bool
fs_sync_dir(int dir, const char *path, struct error *e)
{
    int fd;
    bool done;

    if (!fs_open_dir(dir, path, &fd, e))
        return false;
    done = fs_sync(fd, e);
    close(fd);
    return done;
}

bool
fs_stat(int dir, const char *path, struct stat *st, struct error *e)
{
    if (fstatat(dir, path, st, AT_SYMLINK_NOFOLLOW) == -1)
        return fail_sys(e, "look at %s", path);
    return true;
}

bool
fs_next_entry(DIR *d, struct dirent **entry, struct error *e)
{
    errno = 0;
    *entry = readdir(d);
    return *entry != NULL || errno == 0 || fail_sys(e, "list a directory");
}

bool
fs_read_at(int fd, uint64_t offset, char *to, size_t n, size_t *got,
           struct error *e)
{
    size_t have = 0;

    while (have < n) {
        ssize_t r = pread(fd, to + have, n - have, (off_t)(offset + have));

        if (r == -1 && errno == EINTR)
            continue;
        if (r == -1)
            return fail_sys(e, "read");
        if (r == 0)
            break;
        have += (size_t)r;
    }
    *got = have;
    return true;
}

static bool
read_all(int fd, const char *path, struct buf *out, struct error *e)
{
    for (uint64_t at = 0;;) {
        size_t got;
        char *room = buf_room(out, 4096);

        if (room == NULL)
            return fail(e, FAIL_LIMIT, "%s is too large", path);
        if (!fs_read_at(fd, at, room, 4096, &got, e))
            return false;
        out->n += got;
        at += got;
        if (got < 4096)
            return true;
    }
}

bool
fs_read_file(int dir, const char *path, struct buf *out, struct error *e)
{
    int fd;
    bool done;

    if (!fs_open_read(dir, path, &fd, e))
        return false;
    done = read_all(fd, path, out, e);
    close(fd);
    return done;
}

static bool
write_synced(int fd, struct span content, struct error *e)
{
    return fs_write(fd, content, e) && fs_sync(fd, e);
}

static bool
sync_parent(int dir, const char *path, struct error *e)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return fs_sync_dir(dir, ".", e);
    snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
    return fs_sync_dir(dir, parent[0] == '\0' ? "/" : parent, e);
}

bool
fs_replace(int dir, const char *path, struct span content, mode_t mode,
           struct error *e)
{
    char fresh[PATH_MAX];
    int fd;
    bool written;

    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return fail(e, FAIL_INVALID, "path too long: %s", path);
    unlinkat(dir, fresh, 0); /* what a crash may have left */
    if (!fs_create(dir, fresh, mode, &fd, e))
        return false;
    written = write_synced(fd, content, e);
    close(fd);
    if (!written || !fs_rename(dir, fresh, dir, path, e))
        goto undo;
    return sync_parent(dir, path, e);
undo:
    unlinkat(dir, fresh, 0);
    return false;
}
