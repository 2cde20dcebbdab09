/*
 * Files of expunged messages. They stay until every view that has not yet
 * been told, or may still fetch them (RFC 2180 section 4.1), is closed, or for
 * STORE_GONE_SECONDS; the index remembers them, so that a scan does not take
 * them for new messages, and so that they go after a crash too.
 */
#ifndef MAILSTORE_GONE_H
#define MAILSTORE_GONE_H

#include "mailstore/watch.h"

/* These were expunged, for the view `actor` or (0) for nobody's; all views
 * have just been told. */
void gone_add(struct folder *f, uint64_t event, uint64_t actor,
              const struct numset *uids);
void gone_view_closed(struct folder *f, const struct view *v);

/* A file of this name belongs to one of them. */
bool gone_has(struct folder *f, const struct maildir_name *name,
              struct index_txn *t);

/* The folder leaves memory. */
void gone_forget(struct folder *f);

/* What was expunged by now is not yet all kept (kept.h). */
bool gone_is_keeping(const struct home *h);
/* fn is called when it is, or cannot be for now. */
void gone_wait(struct home *h, core_done_fn *fn, void *arg);

/* Now and then: keeps and removes what is due. */
void gone_tick(struct core *c);
/* For a clean stop: nobody looks any more, all of it is due. True when there is
 * nothing left that can be done. */
bool gone_finish(struct core *c);
/* What an earlier life left. */
void gone_replay(struct core *c);

#endif
