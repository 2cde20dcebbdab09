/*
 * The journal: what happened to which message, when, and by whose doing, for
 * `pillarbox trace`. Written in the transaction of the change itself; kept for
 * HISTORY_SECONDS and HISTORY_EVENTS at most. It stands in the index only: an
 * index that is lost takes it along.
 */
#ifndef MAILSTORE_HISTORY_H
#define MAILSTORE_HISTORY_H

#include "mailstore/folder.h"
#include "mailstore/history_kind.h"

#define HISTORY_SECONDS (30 * 86400)
#define HISTORY_EVENTS  1000000

struct history_note {
    enum history_kind kind; /* HISTORY_NONE: nothing is noted          */
    struct span who;        /* "imap 7f3a 192.168.1.7": service,
                               session, address                         */
    struct span detail, message_id;
    /* Of history_put_one(): what it was before; 0: nothing. The folder may be
     * gone (0) and then had the same name. */
    uint32_t from_uid, from_folder;
};

bool history_put(struct index_txn *t, const struct folder *f,
                 const struct history_note *n, const struct numset *uids,
                 struct error *e);
bool history_put_one(struct index_txn *t, const struct folder *f,
                     const struct history_note *n, uint32_t uid,
                     struct error *e);

/* from and to hold equally many numbers and pair up in order. */
struct history_copy {
    const struct folder *from, *to;
    const struct numset *from_uids, *to_uids;
};
bool history_put_copy(struct index_txn *t, const struct history_note *n,
                      const struct history_copy *c, struct error *e);

/* By itself, where there is no change: what fails is only missing then. */
void history_note(struct folder *f, const struct history_note *n, uint32_t uid);

/* Likewise, of a whole mailbox. */
void history_note_mailbox(struct core *c, const struct index_folder *record,
                          const struct history_note *n);

/* A note whose texts are its own. */
struct history_text {
    enum history_kind kind;
    struct buf who, detail, message_id;
    uint32_t from_uid, from_folder;
};
void history_text_take(struct history_text *x, const struct history_note *n);
struct history_note history_text_note(const struct history_text *x);
void history_text_free(struct history_text *x);

/* Begins to drop what is too old or too much. */
void history_prune(struct core *c);

#endif
