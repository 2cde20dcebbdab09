/*
 * The file system, one call at a time: every call that changes what is on disk
 * goes through here, so that tests can count them, stop after any of them, or
 * make one fail (fs_fault).
 *
 * Paths are relative to a directory descriptor (AT_FDCWD for the working
 * directory). No call follows a symbolic link in the last component.
 * Descriptors are close-on-exec. All fail with the kind of fail_sys().
 */
#ifndef BASE_FS_H
#define BASE_FS_H

#include "base/buf.h"
#include "base/error.h"

#include <dirent.h>
#include <sys/stat.h>

/* Open for reading; a directory with fs_open_dir. The caller closes. */
bool fs_open_read(int dir, const char *path, int *fd, struct error *e);
bool fs_open_dir(int dir, const char *path, int *fd, struct error *e);

/* A new file that must not exist yet, for reading and writing. */
bool fs_create(int dir, const char *path, mode_t mode, int *fd,
               struct error *e);

/*
 * A file without a name in directory dir (O_TMPFILE), for fs_link_fd. Fails
 * with FAIL_INVALID where the file system has none: fall back to fs_create in
 * tmp/ and fs_rename.
 */
bool fs_create_unnamed(int dir, const char *path, mode_t mode, int *fd,
                       struct error *e);

/* Give an unnamed or open file a name; EXISTS where it is taken. */
bool fs_link_fd(int fd, int dir, const char *path, struct error *e);

bool fs_link(int from_dir, const char *from, int to_dir, const char *to,
             struct error *e);
bool fs_rename(int from_dir, const char *from, int to_dir, const char *to,
               struct error *e);

/* As fs_rename, but EXISTS where `to` is there (link and unlink where the
 * system has no RENAME_NOREPLACE). */
bool fs_rename_new(int from_dir, const char *from, int to_dir, const char *to,
                   struct error *e);
bool fs_unlink(int dir, const char *path, struct error *e);
bool fs_rmdir(int dir, const char *path, struct error *e);
bool fs_mkdir(int dir, const char *path, mode_t mode, struct error *e);

/* All missing parts of the path; what exists is fine. */
bool fs_mkdir_all(int dir, const char *path, mode_t mode, struct error *e);

/* All of the bytes. */
bool fs_write(int fd, struct span bytes, struct error *e);
bool fs_truncate(int fd, uint64_t size, struct error *e);

/* Access and modification time of an open file, in seconds. */
bool fs_set_time(int fd, int64_t seconds, struct error *e);

/* Durable when it returns: a file's bytes and size; a directory's names. */
bool fs_sync(int fd, struct error *e);
bool fs_sync_dir(int dir, const char *path, struct error *e);

bool fs_stat(int dir, const char *path, struct stat *st, struct error *e);

/* The next entry of a directory, "." and ".." among them; NULL after the last.
 * Where it cannot be read, readdir(3) alone would show a short list: files that
 * look as if they were removed. */
bool fs_next_entry(DIR *d, struct dirent **entry, struct error *e);

/* The whole file, at most out->max bytes (LIMIT beyond). */
bool fs_read_file(int dir, const char *path, struct buf *out, struct error *e);

/* n bytes from offset; fewer only at the end of the file. */
bool fs_read_at(int fd, uint64_t offset, char *to, size_t n, size_t *got,
                struct error *e);

/*
 * Replace or make a file so that after any crash either the old or the whole
 * new content is there: temporary name, write, fsync, rename, fsync directory.
 */
bool fs_replace(int dir, const char *path, struct span content, mode_t mode,
                struct error *e);

/*
 * For tests: called before every call that writes, with its name ("fsync",
 * "link", ...) and number since the hook was set. A return other than 0 is an
 * errno that the call then fails with. NULL takes the hook away.
 */
typedef int fs_fault_fn(const char *call, uint64_t number, void *arg);
void fs_fault(fs_fault_fn *hook, void *arg);

#endif
