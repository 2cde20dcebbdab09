/*
 * What shall happen on disk once the index says so, written down in the same
 * transaction: after a crash it is done again. Doing it twice is harmless.
 */
#ifndef MAILSTORE_INTENT_H
#define MAILSTORE_INTENT_H

#include "mailstore/folder.h"

/* A copy: the files of UIDs first..last lie in tmp/ of `target` and belong
 * into cur/. move: then `uids` of `source` are expunged. */
struct intent_copy {
    uint32_t target, first, last;
    bool move;
    uint32_t source;
    struct numset uids;
};
void intent_put_copy(const struct intent_copy *i, struct buf *out);

/* Renamed mailboxes of an account: directories (in the account's), and names
 * that the index already holds. */
struct intent_rename {
    uint32_t account;
    char from[NAME_MAX + 1], to[NAME_MAX + 1];
};
void intent_put_rename(const struct intent_rename *i, struct buf *out);

/* At the start: does what was left undone. */
void intent_replay(struct core *c);

/* In a worker: the file leaves tmp/. Both directories are the folder's. */
bool intent_place(int dir, const char *tmp, const char *cur, struct error *e);
/* Renames the directory unless it was done already. */
bool intent_rename_dir(int root, const char *home,
                       const struct intent_rename *i, struct error *e);

#endif
