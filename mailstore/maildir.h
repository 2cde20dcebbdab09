/*
 * Maildir++ on disk: an account's directories, folders and what is in them.
 * Pure work on files, for the pool's threads: nothing here knows the index.
 *
 *   <mail.dir>/tmp                      deliveries that have no name yet
 *   <mail.dir>/example.org/anna/        INBOX
 *     cur/ new/ tmp/ pillarbox-mailbox
 *     .Sent/ .Archive.2024/             the same, and an empty `maildirfolder`
 *     subscriptions  quarantine/  expunged/ (kept.h)
 *     .#trash-<id>                      a deleted folder on its way out
 */
#ifndef MAILSTORE_MAILDIR_H
#define MAILSTORE_MAILDIR_H

#include "base/buf.h"
#include "base/error.h"

#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#define MAILDIR_TRASH      ".#trash-"
#define MAILDIR_TMP        "tmp"
#define MAILDIR_QUARANTINE "quarantine"

/* One folder's name as a directory, "." for INBOX. */
struct maildir_folders {
    char (*names)[NAME_MAX + 1];
    size_t count;
};

/* The account's directory with its parents, made and synced; *made tells
 * whether it was missing. Symbolic links are refused. */
bool maildir_make_home(int root, const char *path, bool *made, struct error *e);

/* The folders that are there. */
bool maildir_list(int root, const char *path, struct maildir_folders *f,
                  struct error *e);
void maildir_list_free(struct maildir_folders *f);

/* cur/, new/, tmp/ (and `maildirfolder`) of a folder, made where missing and
 * synced. dir is the folder's own directory. */
bool maildir_make_parts(int dir, bool is_inbox, struct error *e);

/* home/folder made with its parts; EXISTS where it was there. *dir is the
 * caller's. */
bool maildir_make_folder(int root, const char *home, const char *folder,
                         int *dir, struct error *e);

/* "home/folder", or "home" for INBOX. */
void maildir_path(const char *home, const char *folder, struct buf *out);

/* Removes a directory and all below it, not following links. */
bool maildir_remove(int root, const char *path, struct error *e);

/* What deliveries left in tmp/ more than 36 hours ago. */
typedef void maildir_litter_fn(void *arg, const char *file);
void maildir_each_litter(int dir, maildir_litter_fn *fn, void *arg);
/* Removes it. */
void maildir_sweep_tmp(int dir);

/* Removes deleted folders that are still there. */
void maildir_sweep_trash(int home);

/* A file for reading: regular, no link followed, nothing waited for. */
bool maildir_open_file(int dir, const char *path, int *fd, struct stat *st,
                       struct error *e);

/*
 * Finds the file of a base name in cur/, new/ and tmp/ by looking through all;
 * *path is "cur/NAME" as it is now. NOT_FOUND.
 */
bool maildir_find(int dir, struct span base, struct buf *path, struct error *e);

/* A second name for the file; a copy where the file system refuses one
 * (EXDEV, EMLINK). */
bool maildir_link(int from_dir, const char *from, int to_dir, const char *to,
                  struct error *e);

/* A synced copy of the open file. */
bool maildir_copy_fd(int fd, int64_t date, int to_dir, const char *to,
                     struct error *e);

/* How large the file is with CR LF line ends; *bare: some line has none. */
bool maildir_wire_size(int fd, uint64_t *size, bool *bare, struct error *e);

/* index_content() of the file's bytes as they are. */
bool maildir_content(int fd, uint64_t *content, struct error *e);

/* A sealed memfd with the file's bytes and CR LF line ends. */
bool maildir_converted(int fd, int *out, uint64_t *size, struct error *e);

#endif
