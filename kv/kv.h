/*
 * Ordered tables of bytes with transactions: Berkeley DB behind fifteen
 * functions (kv*.c alone name libdb), so that it can be exchanged.
 *
 * One process opens an environment: DB_PRIVATE | DB_RECOVER behind a lock file
 * ("LOCK" in the directory, flock): shared environments do not survive a kill.
 *
 * Promise: what kv_commit() has returned true for is in every later read of
 * this process; it is in every later life of the environment once a kv_flush()
 * that began after it has returned true. Transactions are atomic over all
 * tables. Page checksums are on: damage is reported, never served.
 *
 * K1  The log is flushed before an answer depends on it (kv_flush).
 * K2  libdb never syncs its directory: kv_open() and every kv_flush() that
 *     found a new log file do, before they return.
 * K3  No transaction is kept over a turn of a loop; one thread writes, and has
 *     one transaction at a time (a second kv_begin() is a bug()).
 * K4  A deadlock is a bug of ours; kv functions report BUSY then.
 *
 * Threads: kv_flush() and kv_checkpoint() may run in other threads beside the
 * one that does everything else.
 *
 * Fails with: NOT_FOUND (kv_get), EXISTS (kv_put_new), BUSY, FULL, UNAVAILABLE
 * (kv_flush: the directory is gone; stop the process), IO (of
 * kv_commit, kv_flush, kv_checkpoint: stop the process; the next kv_open writes
 * all files anew, kv_anew.c), CORRUPT (damage or DB_RUNRECOVERY: stop the
 * process; the next kv_open recovers), and kv_open with BUSY where another process holds the environment.
 */
#ifndef KV_KV_H
#define KV_KV_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

struct kv;
struct kv_txn;

struct kv_table {
    const char *name;
    uint32_t page_size; /* 0: 4096 */
};

struct kv_options {
    const char *dir; /* made where missing, mode 0700 */
    const struct kv_table *tables;
    unsigned table_count;
    uint64_t cache_bytes; /* 0: 16 MiB */
};

/* The library and its version, for who must not mix two of them. */
const char *kv_engine(void);

/* Opens, recovering first where needed. *was_clean: the last life ended with
 * kv_close(), or this is the first. The names of tables must stay valid. */
bool kv_open(struct kv **kv, const struct kv_options *o, bool *was_clean,
             struct error *e);
void kv_close(struct kv **kv);

bool kv_begin(struct kv *kv, struct kv_txn **t, struct error *e);
bool kv_commit(struct kv_txn **t, struct error *e); /* frees also on failure */
void kv_abort(struct kv_txn **t);                   /* accepts NULL */

/* table: index into the options' tables. The value is added to *out. */
bool kv_get(struct kv_txn *t, unsigned table, struct span key, struct buf *out,
            struct error *e);
bool kv_put(struct kv_txn *t, unsigned table, struct span key,
            struct span value, struct error *e);
bool kv_put_new(struct kv_txn *t, unsigned table, struct span key,
                struct span value, struct error *e);
bool kv_delete(struct kv_txn *t, unsigned table, struct span key,
               struct error *e); /* NOT_FOUND where it is not there */

/*
 * Rows with from <= key < upto in order (upto empty: to the end), read in
 * bulk. Stops, and returns true, when row returns false. row must not write.
 */
typedef bool kv_row_fn(void *arg, struct span key, struct span value);
bool kv_scan(struct kv_txn *t, unsigned table, struct span from,
             struct span upto, kv_row_fn *row, void *arg, struct error *e);

/* The last row with key < upto and >= from; NOT_FOUND where there is none. */
bool kv_last(struct kv_txn *t, unsigned table, struct span from,
             struct span upto, struct buf *key, struct buf *value,
             struct error *e);

/* All that was committed before this call is durable when it returns. */
bool kv_flush(struct kv *kv, struct error *e);

/* Bytes of log since the last checkpoint, as the last kv_flush() saw it. Any
 * thread. */
uint64_t kv_log_bytes(const struct kv *kv);

/* Bound the work of the next recovery; removes old log files. May take a
 * second: never in a loop. */
bool kv_checkpoint(struct kv *kv, struct error *e);

/* A consistent, durable copy into an empty directory while running. */
bool kv_backup(struct kv *kv, const char *to, struct error *e);

#endif
