/*
 * New messages: deliveries for any account and appends to one mailbox.
 *
 *   deliver_begin   a file without a name, for the front end to write into
 *   deliver_commit  durable, then visible, for every recipient or for none
 *   deliver_abort   forgets one that is not being committed
 */
#ifndef MAILSTORE_DELIVER_H
#define MAILSTORE_DELIVER_H

#include "mailstore/folder.h"
#include "mailstore/history.h"
#include "mailstore/quota.h"

struct delivery;

/* d is the caller's; fd stays d's. FULL, LIMIT; QUOTA and OVERSIZE (append). to: the mailbox of an append
 * (held by the delivery), or NULL. */
typedef void deliver_begun_fn(void *arg, struct delivery *d, int fd,
                              const struct error *e);
void deliver_begin(struct core *c, uint64_t size, struct folder *to,
                   deliver_begun_fn *fn, void *arg);

struct deliver_new {
    uint64_t size;
    int64_t date;
    uint16_t flags;
    const struct span *keywords; /* valid ones */
    size_t keyword_count;
    struct span summary;
    struct span session;                      /* for the log */
    const struct store_recipient *recipients; /* none for an append */
    size_t recipient_count;
    uint64_t wire_size; /* where line ends are bare LF: RFC822.SIZE; or 0 */
    struct history_note note; /* for the journal */
    /* Of an import: the UID to have (EXISTS where it is not free any more; 0:
     * the next), a mark for the file's name, and that it is not recent. */
    uint32_t uid;
    uint64_t mark;
    bool is_old;
};

/* Consumes d. All spans are copied. */
typedef void deliver_done_fn(void *arg, uint32_t uid_validity, uint32_t uid,
                             const struct error *e);
void deliver_commit(struct delivery *d, const struct deliver_new *n,
                    deliver_done_fn *fn, void *arg);

void deliver_abort(struct delivery **d);

/* --- for committer.c ------------------------------------------------------------ */

struct deliver_target {
    struct folder *folder;    /* held */
    struct quota_claim claim; /* until it is in the index */
    uint64_t keywords;
    uint32_t uid;            /* given by the committer             */
    char file[NAME_MAX + 8]; /* "new/NAME", "cur/NAME:2,S"         */
    bool linked;             /* the file has this name             */
    bool claimed;            /* a view takes its \Recent           */
    uint64_t event;
    struct store_row row;
};

struct delivery {
    struct pool_job job;
    struct core *core;
    int fd;
    char tmp[64]; /* its name in tmp/, where there are no unnamed files */
    uint64_t announced;
    struct folder *to;
    deliver_begun_fn *begun;
    void *begun_arg;

    uint64_t size;
    int64_t date;
    uint16_t flags;
    char **keywords;
    struct span *keyword_spans;
    size_t keyword_count;
    struct buf summary, session;
    uint64_t wire_size; /* 0: as size */
    uint64_t content;   /* of the file: index_content() */
    struct history_text note;
    char **users, **mailboxes;
    size_t recipient_count, resolved;
    struct deliver_target *targets;
    size_t count;
    bool wants_uids; /* may_go() will be called */
    uint32_t uid;    /* wanted; 0: the next */
    uint64_t mark;   /* not 0: an import; keeps its place in core->imports */
    bool is_old;
    bool settled;   /* its file is checked, dated and durable */
    bool resolving; /* an import whose turn it is */
    struct delivery *next_import;
    bool failed;
    struct error e;
    deliver_done_fn *done;
    void *done_arg;
    struct delivery *next; /* in the committer's list */
};

/* In the pool: writing begins, so that deliver_settle() waits for less. A hint. */
void deliver_begin_settling(const struct delivery *d);

/* In the pool: its file is as announced, has its date, and is durable. */
bool deliver_settle(struct delivery *d, struct error *e);

/* Then its files go to cur/, with flags (if any) in their names. */
bool deliver_has_flags(const struct delivery *d);

/* "new" or "cur". */
const char *deliver_part(const struct delivery *d);

/* How many UIDs are used up: an import's may lie further on. */
uint32_t deliver_uids(const struct delivery *d, const struct folder *f);

/* False, and d has failed: its UID is not free any more. */
bool deliver_has_uid(struct delivery *d);

/* Gives the UID and the name; the folder is shared until the end. */
void deliver_give_uid(struct delivery *d, struct deliver_target *t);

/* Answers and frees. */
void deliver_end(struct delivery *d);

/* For an import's commit: where it goes to. Takes f, which is held. */
void deliver_into(struct delivery *d, struct folder *f);

/* --- between deliver.c and deliver_import.c ---------------------------------------- */

/* Its mailboxes, and then the committer; its file may be settled by then. */
void deliver_find_targets(struct delivery *d);
void deliver_end_later(struct delivery *d);

/* One more, behind the others. */
void deliver_import_queue(struct delivery *d);
/* The first has found its mailbox, or failed. */
void deliver_import_resolved(struct delivery *d);
/* The first may have been settled. */
void deliver_imports_go_on(struct core *c);

/* Fails d (the first reason is kept). */
void deliver_fail(struct delivery *d, const struct error *e);

#endif
