/*
 * What a session gets when it opens a mailbox: a sealed memfd with the rows,
 * shared by all who open it, and the few rows that are different by now.
 *
 *   the folder's rows    1 2 3'4 5 6 7    3 was changed, 6 and 7 came later
 *   the snapshot         1 2 3 4 5
 *   changes                  3'    6 7
 *
 * It is made anew when too much is different, or when a row was removed.
 */
#ifndef MAILSTORE_SNAPSHOT_H
#define MAILSTORE_SNAPSHOT_H

#include "mailstore/folder.h"
#include "mailstore/wire.h"

/* Of a folder, while its rows are in memory. */
struct snapshot {
    int fd;
    size_t count;
    struct numset changed; /* UIDs of its rows that are not as they were */
};

struct snapshot_taken {
    int fd;
    size_t count;
    struct store_row *changes; /* ascending */
    size_t change_count;
};

/* Rows from first_recent on come with \Recent. The caller frees it. */
bool snapshot_take(struct folder *f, uint32_t first_recent,
                   struct snapshot_taken *out, struct error *e);
void snapshot_free(struct snapshot_taken *t);

/* The row at this place was changed; rows were removed. */
void snapshot_changed(struct folder *f, size_t at);
void snapshot_drop(struct folder *f);

#endif
