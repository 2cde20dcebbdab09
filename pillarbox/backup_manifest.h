/*
 * What is in a backup: the file `manifest`, text.
 *
 *   pillarbox-backup 1
 *   date 1795310400                     seconds since 1970
 *   host mail.example.org
 *   only anna@example.org               where it is of one user
 *   users 3
 *   messages 1234
 *   octets 567890                       of the messages
 *   copied 4711                         of them, not linked from elsewhere
 *   file <sha256> <size> <path>         one for each, as often as needed
 *   end <files> <sha256>                of everything above this line
 *
 * Paths are relative, of plain names: no "..", nothing empty; octets outside of
 * ! to ~, and "%", are written %XX. Unknown lines are ignored, but for those
 * behind the end.
 */
#ifndef PILLARBOX_BACKUP_MANIFEST_H
#define PILLARBOX_BACKUP_MANIFEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/map.h"
#include "net/crypto.h"

#include <stdint.h>

#define BACKUP_MANIFEST     "manifest"
#define BACKUP_MANIFEST_MAX ((size_t)4 << 30)
#define BACKUP_PATH_MAX     1024

struct backup_head {
    int64_t date;
    const char *host; /* in the manifest's memory, as is: */
    const char *only; /* the one user whose backup it is; NULL: everybody's */
    uint64_t users, messages, octets, copied;
};

struct backup_entry {
    const char *path;
    uint64_t size;
    unsigned char digest[SHA256_SIZE];
};

struct backup_manifest {
    struct arena memory;
    struct backup_head head;
    struct backup_entry *entries; /* in the order of the file */
    size_t count, room;
    struct map *by_path; /* path -> (void *)(index + 1) */
};

/* May this be the path of a file in a backup? */
bool backup_path_is_safe(struct span path);

/*
 * CORRUPT for what is damaged, cut off or was tampered with by accident;
 * INVALID for what a later version made. Free also after a failure.
 */
bool backup_manifest_parse(struct span text, struct backup_manifest *m,
                           struct error *e);
void backup_manifest_free(struct backup_manifest *m);

/* Only the head, of the file's first octets. */
bool backup_manifest_parse_head(struct span text, struct arena *memory,
                                struct backup_head *out, struct error *e);

/* NULL: it has none of this path. */
const struct backup_entry *backup_manifest_find(const struct backup_manifest *m,
                                                const char *path);

void backup_manifest_print_head(const struct backup_head *h, struct buf *out);
void backup_manifest_print_file(const struct backup_entry *f, struct buf *out);
/* text holds all but this line. */
void backup_manifest_print_end(uint64_t files, struct buf *text);

#endif
