/*
 * Trash and Junk empty themselves: what has lain there for mail.trash_keep or
 * mail.junk_keep is expunged, in the background, as a client would do it, so
 * that it can still be brought back for mail.keep_deleted.
 *
 * What counts is how long a message has been in that mailbox, not its age. A
 * clock that was not set when it came (before EXPIRE_SANE), or that jumps while
 * we look, removes nothing.
 */
#ifndef MAILSTORE_EXPIRE_H
#define MAILSTORE_EXPIRE_H

#include "mailstore/core.h"

struct expire;

/* NULL where everything is kept. */
struct expire *expire_new(struct core *c);
void expire_free(struct expire **x);

#endif
