/*
 * Group commit. What was committed to the index becomes durable in a thread of
 * its own; whoever must answer for it waits here (S1, S3, K1). All that wait
 * share one flush: the rate grows with the number of those who wait.
 *
 * A second thread writes checkpoints (every 30 seconds in which something
 * happened, after 8 MB of log, and at the end), because one can take a second.
 *
 * All calls come from the loop's thread, and so do the functions it calls.
 */
#ifndef MAILSTORE_FLUSH_H
#define MAILSTORE_FLUSH_H

#include "base/error.h"
#include "kv/kv.h"
#include "net/loop.h"

struct flush;

enum flush_mode {
    FLUSH_ALWAYS, /* at once; later ones gather while it runs                 */
    FLUSH_BATCH,  /* gather for up to 5 ms first: fewer flushes, more latency */
    FLUSH_NEVER   /* answers do not wait: a power cut loses the last second,
                     as the settings say                                      */
};

/* kv must outlive it. */
struct flush *flush_new(struct loop *l, struct kv *kv, enum flush_mode mode);

/* Flushes, calls everybody who waits, writes a last checkpoint, ends the
 * threads. Takes as long as that takes. Accepts NULL. */
void flush_free(struct flush **f);

/*
 * Calls fn, later and from the loop, in the order of these calls, once all that
 * was committed before this call is durable (e NULL), or when that failed: then
 * nothing is promised, all later ones fail too (what a failed fsync lost stays
 * lost, though the next one may say it is fine), and the process should end. fn
 * may call flush_after(), not flush_free().
 */
typedef void flush_fn(void *arg, const struct error *e);
void flush_after(struct flush *f, flush_fn *fn, void *arg);

/* How often the log was flushed, and for how many waiters, since the start. */
struct flush_counts {
    uint64_t flushes, waiters, checkpoints;
};
struct flush_counts flush_get_counts(struct flush *f);

#endif
