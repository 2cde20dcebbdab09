/*
 * Flags live in the index; the names of the files follow in the background.
 * Messages that somebody has seen leave new/ for cur/ the same way.
 */
#ifndef MAILSTORE_NAMES_H
#define MAILSTORE_NAMES_H

#include "mailstore/folder.h"

/* The names of these messages are to follow (some need not be there). */
void names_add(struct folder *f, uint32_t first, uint32_t last);

/* Soon, for instance because nobody looks at the mailbox any more. */
void names_hurry(struct folder *f);

/* The mailbox is deleted. */
void names_drop(struct folder *f);

/* Once a second: begins what is due. */
void names_tick(struct core *c);

/* Begins everything; true when nothing is left. */
bool names_finish(struct core *c);

/* Where the index thinks the message's file is: "cur/BASE:2,S". */
void names_path(const struct index_message *m, struct span base,
                struct buf *out);

#endif
