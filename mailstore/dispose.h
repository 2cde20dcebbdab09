/*
 * A deleted mailbox leaves in pieces: its name at once, its rows and files
 * bit by bit. Until then its record has a name that no mailbox can have.
 */
#ifndef MAILSTORE_DISPOSE_H
#define MAILSTORE_DISPOSE_H

#include "mailstore/folder.h"

bool dispose_is_disposed(const struct index_folder *record);

/* Where the directory is moved to before dispose_folder(): in the account's. */
void dispose_trash_path(const struct index_folder *record, struct buf *out);

/* The mailbox is gone for everybody, durably once core_flushed() says so. */
bool dispose_folder(struct home *h, const struct index_folder *record,
                    struct error *e);

/* The same for one whose directory others have removed. */
void dispose_vanished(struct home *h, const struct index_folder *record);

/* Goes on with what an earlier life did not finish. */
void dispose_replay(struct core *c);

#endif
