/* Expunging messages: out of the index at once, the files later (gone.h). */
#ifndef MAILSTORE_EXPUNGE_H
#define MAILSTORE_EXPUNGE_H

#include "mailstore/folder.h"

struct expunge_request {
    struct folder *folder; /* its rows are in memory */
    const struct numset *uids;
    bool only_deleted;
    uint64_t actor;  /* the view that asks, or 0 */
    bool files_stay; /* they are gone already: nothing to remove */
    bool moved;      /* they live on elsewhere: nothing to keep, or to tell */
    struct span who; /* for the tombstone */
};

/* All views are told before fn is called, when it is durable. */
void expunge_messages(const struct expunge_request *r, core_done_fn *fn,
                      void *arg);

#endif
