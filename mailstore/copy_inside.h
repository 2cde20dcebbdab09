/* What copy.c and copy_gather.c share. See the head of copy.c. */
#ifndef MAILSTORE_COPY_INSIDE_H
#define MAILSTORE_COPY_INSIDE_H

#include "base/arena.h"
#include "mailstore/copy.h"
#include "mailstore/quota.h"

#define COPY_PIECE 300 /* messages in one turn of the loop */

struct copy_item {
    uint32_t from_uid, uid;
    struct span from_base;
    const char *from;     /* path in the source's directory */
    const char *tmp, *to; /* in the target's */
    const char *base;
    struct store_row row;
    struct index_message message;
    bool linked;
};

struct copying {
    struct pool_job job;
    struct folder *from, *to; /* held */
    struct numset uids, copied, given;
    bool move, locked;
    uint64_t actor, event, intent;
    struct buf who;
    struct quota_claim claim; /* until it is in the index */
    struct arena arena;
    struct copy_item *items;
    size_t count, room;
    uint32_t next; /* source UIDs below are gathered */
    size_t at;     /* items before it are in the index */
    bool claimed;
    bool failed;
    struct error e;
    copy_done_fn *fn;
    void *arg;
};

/* The target is locked: finds the messages, and gives them UIDs and names.
 * Then copy_link(), or copy_end() where there is nothing to copy. */
void copy_gather(struct copying *c);
void copy_link(struct copying *c);

void copy_fail(struct copying *c, const struct error *e);
void copy_end(struct copying *c);

#endif
