/*
 * What the parts of mailstored share: the index and its flush, the threads for
 * files, the accounts and folders in memory. Everything here belongs to the
 * loop's thread; jobs in the pool carry copies.
 *
 *   session.c  answers a front end's requests, has at most one view
 *   view       what one session sees of one folder           (watch.h)
 *   folder     one mailbox in memory: record, rows, views    (folder.h)
 *   home       one account in memory: directory, list        (home.h)
 *   core       one of each thing that there is one of
 *
 * The promises S1 to S5 stand at the head of deliver.c.
 */
#ifndef MAILSTORE_CORE_H
#define MAILSTORE_CORE_H

#include "base/map.h"
#include "mailstore/flush.h"
#include "mailstore/index.h"
#include "mailstore/maildir_name.h"
#include "mailstore/pool.h"
#include "mailstore/waiters.h"

#include <pthread.h>

struct folder;
struct delivery;
struct committer;
struct notify;
struct purge;
struct age;
struct spare;

struct core_options {
    const char *mail_dir;
    const char *index_dir;
    const char *const *folders; /* made for new accounts */
    size_t folder_count;
    enum flush_mode sync;
    uint64_t min_free_disk;
    uint64_t message_size; /* largest that is taken */
    uint64_t quota_bytes;  /* of accounts without their own; 0: none */
    uint64_t quota_messages;
    unsigned quota_warning; /* percent that an account is told of; 0: none */
    unsigned workers;       /* 0: STORE_WORKERS */
    unsigned keep_deleted;  /* seconds; 0: what is expunged goes at once */
    unsigned trash_keep, junk_keep; /* seconds (expire.h); 0: for ever */
};

struct deferred;

typedef void core_fn(void *arg);

struct core {
    struct loop *loop;
    struct pool *pool;
    struct index *index;
    struct flush *flush;
    const struct core_options *options;
    int root;       /* mail_dir */
    uint64_t epoch; /* folders verified in an earlier one are looked at again */
    char host[64];
    uint64_t file_number;
    struct map *homes;                     /* by account name */
    struct map *folders;                   /* by id           */
    struct folder *idle_first, *idle_last; /* unused ones, oldest first */
    unsigned idle_count;
    size_t idle_bytes; /* of their rows */
    struct committer *committer;
    struct delivery *imports; /* being committed, in the order of UIDs */
    bool going_on;            /* with imports, further up the stack    */
    struct notify *notify;
    struct purge *purge;
    struct age *age;
    struct expire *expire; /* NULL: all is kept */
    struct spare *spare;
    pthread_mutex_t kept_lock; /* kept.h */
    struct timer *tick;
    struct wake *soon;
    unsigned flushing; /* who waits in core_flushed() */
    struct {
        struct timer *timer;
        core_fn *fn;
        void *arg;
        int64_t since; /* monotonic ms */
    } settle;
    struct deferred *deferred, **deferred_last;
    int64_t room_checked; /* monotonic ms */
    uint64_t room;        /* bytes that were free then */
    uint64_t delivered, sessions, views;
    uint64_t next_view;
    uint64_t gone_turn; /* counts gone_tick() */
    uint64_t ticks;
    bool stopping;
};

/* options must stay valid. Opens the index (recovering, or starting a new
 * one), replays what a crash left undone. */
bool core_open(struct core **c, struct loop *l, const struct core_options *o,
               struct error *e);

/* Calls fn when nothing is under way any more and all names follow their
 * flags, or after ten seconds. For the end; nothing new may be begun. */
void core_settle(struct core *c, core_fn *fn, void *arg);

/* Closes the index in order. What core_settle() did not wait for is done again
 * at the next start. */
void core_close(struct core **c);

/* An index transaction. A failure that the index cannot recover from by itself
 * ends the process: the next life recovers (exit 75). */
struct index_txn *core_begin(struct core *c);
bool core_commit(struct core *c, struct index_txn **t, struct error *e);
/* Gives a transaction up; e says why. */
void core_abort(struct core *c, struct index_txn **t, const struct error *e);

/* fn runs once all that was committed is durable (S3). A failing flush ends
 * the process. */
void core_flushed(struct core *c, core_fn *fn, void *arg);

/* fn runs in the next turn of the loop: how long work is cut into pieces. */
void core_defer(struct core *c, core_fn *fn, void *arg);

/* FULL where storing so many bytes more would leave less than min_free_disk. */
bool core_has_room(struct core *c, uint64_t bytes, struct error *e);
uint64_t core_disk_free(struct core *c);

/* For a new file name. */
struct maildir_stamp core_stamp(struct core *c);

/* The next modseq after `last`: time-based, so that one that was forgotten in
 * a crash is not given again (store page, section 6). */
uint64_t core_modseq(uint64_t last);

#endif
