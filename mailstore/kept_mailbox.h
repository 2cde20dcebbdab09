/* A mailbox that is deleted, on its way to what is kept (kept.h). */
#ifndef MAILSTORE_KEPT_MAILBOX_H
#define MAILSTORE_KEPT_MAILBOX_H

#include "mailstore/folder.h"

struct kept_mailbox;

/* In the loop, with the folder locked: what of it was expunged before. */
struct kept_mailbox *kept_mailbox_new(struct folder *f);

/* In the pool: keeps that first, each for itself, then moves the mailbox's
 * directory, durably. NOT_FOUND: it is not there any more. */
bool kept_mailbox_move(struct kept_mailbox *k, struct error *e);

void kept_mailbox_free(struct kept_mailbox **k);

#endif
