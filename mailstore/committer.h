/*
 * The one place where new messages get their UIDs: in order, many at a time.
 * See the head of committer.c.
 */
#ifndef MAILSTORE_COMMITTER_H
#define MAILSTORE_COMMITTER_H

#include "mailstore/deliver.h"

struct committer;

struct committer *committer_new(struct core *c);
void committer_free(struct committer **k);

/* d is prepared: its file is durable, its folders are known. */
void committer_add(struct committer *k, struct delivery *d);

/* Something that a delivery waited for may have changed. */
void committer_go(struct committer *k);

#endif
