/* Setting flags: in the index at once, the files' names follow (names.h). */
#ifndef MAILSTORE_FLAG_H
#define MAILSTORE_FLAG_H

#include "mailstore/folder.h"

struct flag_request {
    struct folder *folder; /* its rows are in memory */
    const struct numset *uids;
    enum store_flag_mode mode;
    uint16_t flags;
    const struct span *keywords; /* valid ones */
    size_t keyword_count;
    uint64_t unchanged_since; /* 0: whatever happened */
    struct span who;          /* for the journal */
};

/* All views are told before fn is called, when it is durable. modified: those
 * that were left alone since they changed after unchanged_since. LIMIT. */
typedef void flag_done_fn(void *arg, const struct numset *modified,
                          const struct error *e);
void flag_messages(const struct flag_request *r, flag_done_fn *fn, void *arg);

/* For those who change flags by themselves: puts the row's flags, keywords and
 * modseq into the index, and counts them in the draft. */
bool flag_put_row(struct folder *f, struct index_txn *t,
                  const struct store_row *row, struct error *e);

#endif
