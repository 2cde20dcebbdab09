/*
 * Which mailboxes there are. Names are valid and canonical. Changes are made
 * one at a time for an account, and are durable when their fn is called.
 */
#ifndef MAILSTORE_MAILBOXES_H
#define MAILSTORE_MAILBOXES_H

#include "mailstore/folder.h"

/* As store_list() says. */
bool mailboxes_list(struct home *h, store_mailbox_fn *row, void *arg,
                    struct error *e);
/* How many there are; *verified: all were looked at since the last unclean
 * stop, so their counts are right. */
size_t mailboxes_count(struct home *h, bool *verified);
bool mailboxes_status(struct home *h, struct span name, store_mailbox_fn *row,
                      void *arg, struct error *e);

void mailboxes_create(struct home *h, struct span name, uint32_t special_use,
                      core_done_fn *fn, void *arg);
void mailboxes_delete(struct home *h, struct span name, core_done_fn *fn,
                      void *arg);
void mailboxes_rename(struct home *h, struct span from, struct span to,
                      core_done_fn *fn, void *arg);
void mailboxes_subscribe(struct home *h, struct span name, bool on,
                         core_done_fn *fn, void *arg);

/* --- among these files ----------------------------------------------------------- */

/* Makes one mailbox; whose turn it is (home_change) must be ours. */
void mailboxes_make(struct home *h, struct span name, uint32_t special_use,
                    core_done_fn *fn, void *arg);

/* The record of a mailbox. NOT_FOUND. */
bool mailboxes_find(struct home *h, struct span name,
                    struct index_folder *record, struct error *e);

#endif
