/*
 * Where backups are: a directory of the administrator's, and in it one
 * directory for each backup, named by its date (UTC):
 *
 *   DIR/2026-11-22T01-30-00Z/              a whole one
 *   DIR/2026-11-22T03-30-00Z.partial/      being made, or torn
 *
 * It gets its name when it is whole and flushed; so what has such a name is a
 * backup, and what was interrupted never is. A backup may be removed (rm -r)
 * without harm to the others: they share files by hard links only.
 */
#ifndef PILLARBOX_BACKUP_DIR_H
#define PILLARBOX_BACKUP_DIR_H

#include "conf/settings.h"
#include "pillarbox/backup_manifest.h"

#include <sys/stat.h>

#define BACKUP_NAME_MAX 32
#define BACKUP_PARTIAL  ".partial"

/* What is in one, beside the manifest. */
#define BACKUP_ACCOUNTS      "accounts"      /* backup_text.h               */
#define BACKUP_CONFIGURATION "configuration" /* the file, and what it means */
#define BACKUP_TLS           "tls"           /* of our own CA               */
#define BACKUP_MAIL          "mail"          /* backup_mail.h               */
#define BACKUP_MAILBOXES     "mailboxes"     /* backup_text.h               */

struct backup_dir {
    const char *path; /* as typed */
    int fd;
    char (*names)[BACKUP_NAME_MAX]; /* oldest first */
    size_t count;
    char (*torn)[BACKUP_NAME_MAX];
    size_t torn_count;
};

/* NOT_FOUND: there is no such directory; it is not made, since it may be that a
 * disk is not mounted. */
bool backup_dir_open(const char *path, struct backup_dir *d, struct error *e);
void backup_dir_close(struct backup_dir *d);

/* Nobody else makes a backup here until it is closed: else BUSY. */
bool backup_dir_lock(const struct backup_dir *d, struct error *e);

/* INVALID where it is inside of what is to be backed up. */
bool backup_dir_check(const struct backup_dir *d, const struct settings *s,
                      struct error *e);

bool backup_dir_has(const struct backup_dir *d, const char *name);
void backup_dir_name(int64_t date, char name[BACKUP_NAME_MAX]);

/* --- trees ------------------------------------------------------------------------- */

/* Everything below dir, what is in a directory before the directory itself.
 * False from fn ends it. No symbolic link is followed. */
typedef bool backup_walk_fn(void *arg, const char *path, const struct stat *st,
                            struct error *e);
bool backup_walk(int dir, backup_walk_fn *fn, void *arg, struct error *e);

/* A directory in dir, with all that is in it. */
bool backup_remove(int dir, const char *name, struct error *e);

/* The files of our own CA, ended by NULL; ca.pem, by which it is known, is the
 * last. */
extern const char *const backup_tls_files[];

/* --- one backup, to read ------------------------------------------------------------ */

struct backup {
    int fd;
    char name[BACKUP_NAME_MAX];
    struct backup_manifest manifest;
};

/* NOT_FOUND, CORRUPT, INVALID (backup_manifest_parse). */
bool backup_open(const struct backup_dir *d, const char *name, struct backup *b,
                 struct error *e);
void backup_close(struct backup *b);

/*
 * A file of it; no symbolic link is followed on the way. CORRUPT where it is no
 * plain file. size is what the file has now.
 */
bool backup_open_file(const struct backup *b, const char *path, int *fd,
                      uint64_t *size, struct error *e);
bool backup_open_dir(const struct backup *b, const char *path, int *fd,
                     struct error *e);

/* A whole file, as the manifest has it; else CORRUPT. */
bool backup_read(const struct backup *b, const char *path, struct buf *out,
                 struct error *e);

/* Hands out the file's octets piece by piece (put may be NULL); then CORRUPT
 * where it was not what the manifest says. */
typedef bool backup_put_fn(void *arg, struct span piece, struct error *e);
bool backup_copy(const struct backup *b, const struct backup_entry *entry,
                 backup_put_fn *put, void *arg, struct error *e);

/* The digest of a file's octets, that pass put (or NULL) on the way. */
bool backup_digest(int fd, backup_put_fn *put, void *arg,
                   unsigned char digest[SHA256_SIZE], struct error *e);

#endif
