/*
 * Making a mailbox ready for messages that come with UIDs of another server.
 *
 * It takes the other's UIDVALIDITY over while it has no messages; one that has
 * messages keeps its own. UIDs of the source are given to the source's own
 * messages only, so a UID that a crash made unusable (the floor of S2) may be
 * given by an import after all, as long as no message is known to have had it.
 */
#ifndef MAILSTORE_IMPORT_H
#define MAILSTORE_IMPORT_H

#include "mailstore/folder.h"

#define IMPORT_UID_MAX UINT32_C(0xf0000000) /* room for those that come later */

/* mark 0: expunged. */
typedef void import_mark_fn(void *arg, uint32_t uid, uint64_t mark);
/* uid_next: as it was before. */
typedef void import_ready_fn(void *arg, uint32_t uid_next,
                             const struct error *e);

/* All as store_import_begin() says. Marks are told before fn is called. */
void import_begin(struct folder *f, uint32_t uid_validity, import_mark_fn *mark,
                  import_ready_fn *fn, void *arg);

/* Raises UIDNEXT; durable when fn is called. */
void import_end(struct folder *f, uint32_t uid_next, core_done_fn *fn,
                void *arg);

/* The mark in a base name, 0: none. */
uint64_t import_mark_of(struct span base);

#endif
