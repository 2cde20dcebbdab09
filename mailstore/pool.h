/*
 * Threads for work on files. A job is run in one of them and comes back to the
 * loop, in whatever order jobs finish. Jobs share nothing with the loop but
 * what they carry.
 */
#ifndef MAILSTORE_POOL_H
#define MAILSTORE_POOL_H

#include "base/error.h"
#include "net/loop.h"

struct pool;

/* Embedded at the head of what a job carries. */
struct pool_job {
    void (*run)(struct pool_job *job); /* in a worker   */
    void (*done)(
        struct pool_job *job); /* in the loop; the job is its own again */
    struct pool_job *next;
};

struct pool *pool_new(struct loop *l, unsigned threads);
void pool_add(struct pool *p, struct pool_job *job);

/* Jobs under way. */
unsigned pool_busy(const struct pool *p);

/* Waits for all jobs and calls their done(); those may add more. */
void pool_drain(struct pool *p);
void pool_free(struct pool **p);

#endif
