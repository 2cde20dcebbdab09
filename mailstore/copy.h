/*
 * COPY and MOVE: all messages or none, also after a crash (RFC 3501 section
 * 6.4.7, RFC 6851).
 */
#ifndef MAILSTORE_COPY_H
#define MAILSTORE_COPY_H

#include "mailstore/folder.h"

struct copy_request {
    struct folder *from; /* its rows are in memory */
    struct folder *to;
    const struct numset *uids;
    bool move;
    uint64_t actor; /* the view that asks */
    struct span who;
};

typedef void copy_done_fn(void *arg, const struct store_copied *c,
                          const struct error *e);
void copy_messages(const struct copy_request *r, copy_done_fn *fn, void *arg);

#endif
