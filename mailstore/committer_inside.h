/* Inside of the committer: committer.c (the loop), committer_files.c (the
 * pool). Nobody else includes it. */
#ifndef MAILSTORE_COMMITTER_INSIDE_H
#define MAILSTORE_COMMITTER_INSIDE_H

#include "mailstore/committer.h"

struct batch {
    struct pool_job job;
    struct committer *committer;
    struct core *core;
    struct delivery *first, **last;
    size_t links;
    bool linked;
    struct batch *next;
};

/* Jobs of the pool: makes files and names of a batch durable, where a delivery
 * does not fail; takes the names away again. */
void committer_run_batch(struct pool_job *job);
void committer_run_unlink(struct pool_job *job);

#endif
