/*
 * Bringing back what was expunged, or deleted as a mailbox (kept.h): each
 * message under a new UID, with its flags but \Deleted, its keywords and its
 * date, in the mailbox that it was in; which is made again where it is missing.
 */
#ifndef MAILSTORE_UNDELETE_H
#define MAILSTORE_UNDELETE_H

#include "mailstore/client.h"
#include "mailstore/home.h"

struct undelete_request {
    struct span user;
    struct span mailbox;       /* "": all */
    int64_t since;             /* expunged then or later */
    const struct numset *uids; /* empty: all */
    struct span who;
};

/* One row for each message that is there again, and each mailbox. Of those
 * that could not be brought back the first reason is told at the end; they are
 * kept as before. BUSY: it is being done already. */
typedef void undelete_row_fn(void *arg, const struct store_undeleted *u);
struct undelete_calls {
    undelete_row_fn *row;
    core_done_fn *done;
};
void undelete_begin(struct core *c, const struct undelete_request *r,
                    const struct undelete_calls *calls, void *arg);

#endif
