/*
 * Writing a backup, file by file, under a temporary name.
 *
 * A message is a hard link to the file in the live store where both are on one
 * file system; else to the same message in the newest earlier backup; else a
 * copy. (Where the earlier backup's file is a link to the live one, that is
 * linked: the same file, without asking mailstored for it.) A link shares the inode with the live store: that is safe because
 * mailstored never writes into a message's file once it is delivered; flags
 * change names only, and names are each backup's own.
 *
 * What is taken from the earlier backup has its digest in that one's manifest:
 * so a second backup reads what is new.
 */
#ifndef PILLARBOX_BACKUP_WRITE_H
#define PILLARBOX_BACKUP_WRITE_H

#include "pillarbox/backup_dir.h"

struct backup_writer {
    const struct backup_dir *dir;
    char name[BACKUP_NAME_MAX], partial[BACKUP_NAME_MAX];
    int root;
    bool links_live; /* the live store is on the same file system */
    struct backup_head head;
    struct buf files; /* the manifest's lines */
    uint64_t count;
    struct backup previous; /* fd -1: there is none */
    struct map *known;      /* of its messages, by what does not change */
};

/* Makes the directory. mail_dir: where the live store is. only: as in the
 * head. */
bool backup_writer_begin(struct backup_writer *w, const struct backup_dir *d,
                         const char *mail_dir, const char *only,
                         struct error *e);

bool backup_writer_mkdir(struct backup_writer *w, const char *path,
                         struct error *e);
bool backup_writer_text(struct backup_writer *w, const char *path,
                        struct span text, struct error *e);

struct backup_message {
    const char *path; /* ".../cur/BASE:2,S" */
    int64_t date;
    uint64_t size;
    int fd;        /* to read it, or -1 */
    bool is_there; /* backup_writer_reuse() has made it */
};

/* True: it was linked from the earlier backup, where that will do. */
bool backup_writer_reuse(struct backup_writer *w,
                         const struct backup_message *m);
bool backup_writer_message(struct backup_writer *w,
                           const struct backup_message *m, struct error *e);

/* Flushes everything, and gives the backup its name. */
bool backup_writer_commit(struct backup_writer *w, struct error *e);
/* Also after a commit; what was not committed is removed. */
void backup_writer_end(struct backup_writer *w);

#endif
