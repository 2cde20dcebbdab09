/* Attributes, content and listings for powercut_fs.c. */
#include "powercut_fault.h"
#include "powercut_ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* --- attributes -------------------------------------------------------------------- */

void
ops_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
    struct stat st;
    int wrong;

    (void)file;
    if (!ops_enter_for(req, "getattr", ops_node(ino), NULL))
        return;
    wrong = fstat(ops_node(ino)->fd, &st) == 0 ? 0 : errno;
    model_leave();
    if (wrong != 0)
        fuse_reply_err(req, wrong);
    else
        fuse_reply_attr(req, &st, 0.0);
}

static int
resize(struct node *n, off_t size)
{
    struct stat st;
    int fd = model_reopen(n, O_WRONLY);
    int wrong = fd < 0 ? errno : model_file_changes(n);

    if (wrong == 0 && (fstat(fd, &st) != 0 || ftruncate(fd, size) != 0))
        wrong = errno;
    if (wrong == 0 && size < st.st_size)
        model_range_changes(n, size, st.st_size);
    n->touched = true;
    if (fd >= 0)
        close(fd);
    return wrong;
}

static int
date(struct node *n, const struct stat *st, int what)
{
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
                                 { .tv_nsec = UTIME_OMIT } };
    char path[40];
    int wrong = n->is_dir ? 0 : model_file_changes(n);

    if ((what & FUSE_SET_ATTR_ATIME) != 0)
        times[0] = st->st_atim;
    if ((what & FUSE_SET_ATTR_MTIME) != 0)
        times[1] = st->st_mtim;
    if ((what & FUSE_SET_ATTR_ATIME_NOW) != 0)
        times[0].tv_nsec = UTIME_NOW;
    if ((what & FUSE_SET_ATTR_MTIME_NOW) != 0)
        times[1].tv_nsec = UTIME_NOW;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", n->fd);
    n->touched = true;
    if (wrong == 0 && utimensat(AT_FDCWD, path, times, 0) != 0)
        wrong = errno;
    return wrong;
}

static int
change(struct node *n, const struct stat *st, int what)
{
    char path[40];
    int wrong = 0;

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", n->fd);
    if ((what & FUSE_SET_ATTR_MODE) != 0 && chmod(path, st->st_mode) != 0)
        return errno;
    if ((what & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) != 0 &&
        fchownat(n->fd, "",
                 (what & FUSE_SET_ATTR_UID) != 0 ? st->st_uid : (uid_t)-1,
                 (what & FUSE_SET_ATTR_GID) != 0 ? st->st_gid : (gid_t)-1,
                 AT_EMPTY_PATH) != 0)
        return errno;
    if ((what & FUSE_SET_ATTR_SIZE) != 0)
        wrong = resize(n, st->st_size);
    if (wrong == 0 &&
        (what & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME |
                 FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW)) != 0)
        wrong = date(n, st, what);
    return wrong;
}

void
ops_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *to, int what,
            struct fuse_file_info *file)
{
    struct node *n = ops_node(ino);
    struct stat st;
    int wrong;

    (void)file;
    if (!ops_enter_for(req, "setattr", n, NULL))
        return;
    wrong = change(n, to, what);
    if (wrong == 0 && fstat(n->fd, &st) != 0)
        wrong = errno;
    model_leave();
    if (wrong != 0)
        fuse_reply_err(req, wrong);
    else
        fuse_reply_attr(req, &st, 0.0);
}

void
ops_statfs(fuse_req_t req, fuse_ino_t ino)
{
    struct statvfs st;

    (void)ino;
    if (!ops_enter(req))
        return;
    (void)fstatvfs(model_root()->fd, &st);
    model_leave();
    fuse_reply_statfs(req, &st);
}

/* --- files -------------------------------------------------------------------------- */

/* The kernel opens for reading and writing alike; O_APPEND is its business. */
void
ops_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
    int fd;

    if (!ops_enter_for(req, "open", ops_node(ino), NULL))
        return;
    fd = model_reopen(ops_node(ino), file->flags & O_ACCMODE);
    if (fd < 0) {
        ops_leave(req, errno);
        return;
    }
    model_leave();
    file->fh = (uint64_t)fd;
    fuse_reply_open(req, file);
}

void
ops_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
           struct fuse_file_info *file)
{
    struct node *dir = ops_node(parent);
    struct fuse_entry_param entry;
    int fd, wrong = 0;

    if (!ops_enter_for(req, "create", dir, name))
        return;
    fd = openat(dir->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0) {
        model_name_changes(dir, name, NULL, false);
        ops_own(req, dir, name);
    } else if (errno == EEXIST && (file->flags & O_EXCL) == 0) {
        fd = openat(dir->fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0 || !ops_entry(dir, name, &entry))
        wrong = errno;
    model_leave();
    if (wrong != 0) {
        fuse_reply_err(req, wrong);
        return;
    }
    file->fh = (uint64_t)fd;
    fuse_reply_create(req, &entry, file);
}

void
ops_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
    (void)ino;
    close((int)file->fh);
    fuse_reply_err(req, 0);
}

void
ops_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
         struct fuse_file_info *file)
{
    char *room = malloc(size);
    ssize_t got = -1;

    if (room == NULL)
        model_stop("memory");
    if (ops_enter_for(req, "read", ops_node(ino), NULL)) {
        got = pread((int)file->fh, room, size, at);
        model_leave();
        if (got < 0)
            fuse_reply_err(req, EIO);
        else
            fuse_reply_buf(req, room, (size_t)got);
    }
    free(room);
}

void
ops_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size,
          off_t at, struct fuse_file_info *file)
{
    struct node *n = ops_node(ino);
    ssize_t put = 0;
    int wrong;

    if (!ops_enter_for(req, "write", n, NULL))
        return;
    wrong = model_file_changes(n);
    if (wrong == 0) {
        put = pwrite((int)file->fh, bytes, size, at);
        wrong = put < 0 ? errno : 0;
    }
    if (wrong == 0)
        model_range_changes(n, at, at + put);
    model_leave();
    if (wrong != 0)
        fuse_reply_err(req, wrong);
    else
        fuse_reply_write(req, (size_t)put);
}

void
ops_fsync(fuse_req_t req, fuse_ino_t ino, int only_data,
          struct fuse_file_info *file)
{
    struct node *n = ops_node(ino);
    int wrong;

    (void)only_data;
    (void)file;
    if (ops_sync_microseconds > 0)
        usleep(ops_sync_microseconds);
    if (!ops_enter(req))
        return;
    wrong = fault_of("fsync", n, NULL);
    if (wrong != 0)
        model_file_forsaken(n);
    else
        wrong = model_file_durable(n);
    ops_leave(req, wrong);
}

/* --- directories ----------------------------------------------------------------------- */

void
ops_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
    DIR *d = NULL;
    int fd;

    if (!ops_enter_for(req, "opendir", ops_node(ino), NULL))
        return;
    fd = model_reopen(ops_node(ino), O_RDONLY | O_DIRECTORY);
    if (fd >= 0)
        d = fdopendir(fd);
    if (d == NULL) {
        ops_leave(req, errno);
        return;
    }
    model_leave();
    file->fh = (uint64_t)(uintptr_t)d;
    fuse_reply_open(req, file);
}

void
ops_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
            struct fuse_file_info *file)
{
    DIR *d = (DIR *)(uintptr_t)file->fh;
    char *room = malloc(size);
    size_t used = 0;
    struct dirent *entry;

    if (room == NULL)
        model_stop("memory");
    if (ops_enter_for(req, "readdir", ops_node(ino), NULL)) {
        seekdir(d, at);
        while ((entry = readdir(d)) != NULL) {
            struct stat st = { .st_ino = entry->d_ino,
                               .st_mode = (mode_t)DTTOIF(entry->d_type) };
            size_t more = fuse_add_direntry(req, room + used, size - used,
                                            entry->d_name, &st, entry->d_off);

            if (more > size - used)
                break;
            used += more;
        }
        model_leave();
        fuse_reply_buf(req, room, used);
    }
    free(room);
}

void
ops_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
    (void)ino;
    closedir((DIR *)(uintptr_t)file->fh);
    fuse_reply_err(req, 0);
}

void
ops_fsyncdir(fuse_req_t req, fuse_ino_t ino, int only_data,
             struct fuse_file_info *file)
{
    (void)only_data;
    (void)file;
    if (ops_sync_microseconds > 0)
        usleep(ops_sync_microseconds);
    if (!ops_enter_for(req, "fsyncdir", ops_node(ino), NULL))
        return;
    model_names_durable(ops_node(ino));
    ops_leave(req, 0);
}
