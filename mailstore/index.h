/*
 * The index: what mailstored remembers about the Maildirs, over kv/. One
 * function per fact and no policy; the numbering of the promises (S1..S5) is
 * that of docs and of the comments in this folder.
 *
 * The Maildir is the truth and the index is disposable (S4, S5): an index that
 * is damaged, of another schema or of another library is moved aside
 * ("index.bad.N" beside it) by index_open() and an empty one made.
 *
 * All calls are made by the loop's thread, inside a transaction that is over
 * before the loop turns (K3); reads see the transaction's own writes. At most
 * INDEX_TXN_ROWS rows should be changed in one. What was committed is durable
 * when flush_after() of mailstore/flush.h says so, and no answer that tells of
 * it goes out before (S1, S3).
 *
 * get functions fail with NOT_FOUND; put functions add or replace; delete
 * functions are content when nothing is there. Everything fails with CORRUPT
 * where a row cannot be read: call index_condemn() and end the process.
 */
#ifndef MAILSTORE_INDEX_H
#define MAILSTORE_INDEX_H

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/numset.h"
#include "mail/limits.h"

#include <stdint.h>

#define INDEX_ACCOUNT_NAME_MAX 320 /* local part, "@", domain                */
#define INDEX_FILE_NAME_MAX    255 /* a component of a path                  */
#define INDEX_WHO_MAX          128 /* session text of a tombstone            */
#define INDEX_KEYWORDS_MAX     64  /* of one folder                          */
#define INDEX_TXN_ROWS         1000
#define INDEX_ASIDE_KEPT       2 /* "index.bad.N" that stay                    */

struct index;
struct index_txn;
struct kv;

/* --- the whole -------------------------------------------------------------- */

enum index_state {
    INDEX_CLEAN, /* the last life ended in order                             */
    INDEX_UNCLEAN, /* recovered, maybe behind: epoch rose, and every folder
                      whose verified_epoch is lower must be verified (S5)      */
    INDEX_NEW /* empty: rebuild from the Maildirs                         */
};

/* Opens the environment in `dir`, made where missing. cache_bytes 0: the
 * default. BUSY: another process has it; IO, FULL, DENIED: the system's fault,
 * nothing was moved. */
bool index_open(const char *dir, uint64_t cache_bytes, struct index **ix,
                enum index_state *state, struct error *e);

/* Ends in order: the next index_open() says CLEAN, unless something failed. */
void index_close(struct index **ix);

/* After CORRUPT: the next index_open() moves this one aside. */
void index_condemn(struct index *ix);

/* For flush.h, backup. */
struct kv *index_kv(struct index *ix);

bool index_begin(struct index *ix, struct index_txn **t, struct error *e);
bool index_commit(struct index_txn **t, struct error *e); /* frees always */
void index_abort(struct index_txn **t);                   /* accepts NULL */

/* --- numbers that go on ------------------------------------------------------ */

enum index_number {
    INDEX_EPOCH,  /* index_open() counts it up after an unclean stop */
    INDEX_MODSEQ, /* the highest given out anywhere                  */
    INDEX_NEXT_ACCOUNT,
    INDEX_NEXT_FOLDER,
    INDEX_NEXT_INTENT,
    INDEX_NEXT_EVENT,
    INDEX_CLOCK, /* age.h */
    INDEX_NUMBERS
};

/* All start at 1, MODSEQ at 0, CLOCK where it is put first. */
bool index_get_number(struct index_txn *t, enum index_number which, uint64_t *n,
                      struct error *e);
bool index_put_number(struct index_txn *t, enum index_number which, uint64_t n,
                      struct error *e);
/* Its value, counting it up by one. */
bool index_take_number(struct index_txn *t, enum index_number which,
                       uint64_t *n, struct error *e);

/* --- accounts ---------------------------------------------------------------- */

struct index_account {
    uint32_t id; /* not 0 */
    char name[INDEX_ACCOUNT_NAME_MAX + 1];
    uint64_t modseq;          /* last given out                            */
    uint32_t uid_validity;    /* last given out                            */
    uint64_t bytes, messages; /* what its folders' rows add up to          */
    uint64_t limit_bytes;     /* its own quota; 0: as everybody has,       */
    uint64_t limit_messages;  /* INDEX_LIMIT_NONE: none                    */
    uint64_t keep_deleted;    /* seconds; likewise                         */
};

#define INDEX_LIMIT_NONE UINT64_MAX

bool index_get_account(struct index_txn *t, uint32_t id,
                       struct index_account *a, struct error *e);
bool index_find_account(struct index_txn *t, struct span name,
                        struct index_account *a, struct error *e);
/* The name belongs to the id from then on; an earlier name is given up.
 * EXISTS where the name is another account's. bytes and messages stay what
 * they are: putting and deleting folders counts them. */
bool index_put_account(struct index_txn *t, const struct index_account *a,
                       struct error *e);
/* The row and the name; its folders are the caller's. */
bool index_delete_account(struct index_txn *t, uint32_t id, struct error *e);

/* What the rows of its folders add up to, counted anew. */
bool index_sum_account(struct index_txn *t, uint32_t id, uint64_t *bytes,
                       uint64_t *messages, struct error *e);
/* Makes them the account's, whatever was there. */
bool index_set_usage(struct index_txn *t, uint32_t id, uint64_t bytes,
                     uint64_t messages, struct error *e);

/* Ordered by name. false stops the walk. The function may write. */
typedef bool index_account_fn(void *arg, const struct index_account *a);
bool index_each_account(struct index_txn *t, index_account_fn *fn, void *arg,
                        struct error *e);

/* --- folders ----------------------------------------------------------------- */

/* When a directory last changed, as far as we have taken it in. */
struct index_stamp {
    uint64_t dev, ino;
    int64_t mtime_ns, ctime_ns;
};

struct index_folder {
    uint32_t id; /* not 0 */
    uint32_t account;
    char name[MAILBOX_NAME_MAX + 1]; /* UTF-8, "/" between levels           */
    uint32_t flags;                  /* STORE_SUBSCRIBED, special use       */
    uint32_t uid_validity;
    uint32_t uid_next;       /* S2: below it everything was given out       */
    uint32_t uid_next_floor; /* recorded beside the Maildir; >= uid_next    */
    uint32_t first_recent;   /* UIDs from here on nobody has seen           */
    uint64_t modseq;         /* highest                                     */
    uint64_t tomb_floor;     /* tombstones at or below it were dropped      */
    uint32_t exists, unseen, deleted;
    uint64_t deleted_bytes; /* of those that are deleted */
    uint64_t bytes;
    uint8_t mailbox_id[16];
    uint32_t tag;            /* five hex digits of our file names           */
    uint64_t verified_epoch; /* 0: dirty; < INDEX_EPOCH: verify before use  */
    struct index_stamp new_stamp, cur_stamp;
    uint32_t keyword_count;
    char keywords[INDEX_KEYWORDS_MAX][KEYWORD_MAX + 1];
};

bool index_get_folder(struct index_txn *t, uint32_t id, struct index_folder *f,
                      struct error *e);
bool index_find_folder(struct index_txn *t, uint32_t account, struct span name,
                       struct index_folder *f, struct error *e);
/* As index_put_account() for the name within the account (a rename is a put
 * with another name). */
bool index_put_folder(struct index_txn *t, const struct index_folder *f,
                      struct error *e);
/* The row and the name; first empty it with index_clear_folder(). */
bool index_delete_folder(struct index_txn *t, uint32_t id, struct error *e);

/* Deletes at most `rows` rows of messages, names, tombstones and gone files;
 * *done: none are left. In slices, because a million take seconds. */
bool index_clear_folder(struct index_txn *t, uint32_t folder, unsigned rows,
                        bool *done, struct error *e);

/* The same but for its gone files: they are still on their way out. */
bool index_clear_messages(struct index_txn *t, uint32_t folder, unsigned rows,
                          bool *done, struct error *e);

/* Ordered by name (as bytes). false stops. The function may write. */
typedef bool index_folder_fn(void *arg, const struct index_folder *f);
bool index_each_folder(struct index_txn *t, uint32_t account,
                       index_folder_fn *fn, void *arg, struct error *e);

/* --- messages ---------------------------------------------------------------- */

enum index_message_state {
    INDEX_IN_NEW = 1,       /* the file is in new/, not cur/               */
    INDEX_NAME_PENDING = 2, /* flags here are newer than those in its name */
    INDEX_QUARANTINED = 4,  /* the file is unreadable or torn              */
    INDEX_BARE_LF = 8       /* line ends of the file are not CR LF: `size`
                                is as served, after conversion              */
};

/* The hot row: 64 bytes on disk, millions a second in a scan. */
struct index_message {
    uint32_t uid;
    uint16_t flags;         /* enum mail_flag without RECENT             */
    uint8_t state;          /* enum index_message_state                  */
    uint8_t name_flags;     /* as the file's name last said: for merging */
    uint32_t name_keywords; /* likewise, letters a-z                     */
    uint64_t keywords;      /* bit i: the folder's keyword i             */
    uint64_t modseq;
    uint64_t size;      /* RFC822.SIZE                               */
    int64_t date;       /* INTERNALDATE                              */
    int64_t save_date;  /* SAVEDATE (RFC 8514)                       */
    uint64_t name_hash; /* index_hash() of the base name             */
    uint64_t content;   /* index_content() of the file's bytes as they
                           were taken in; 0: not known               */
};

bool index_get_message(struct index_txn *t, uint32_t folder, uint32_t uid,
                       struct index_message *m, struct error *e);
bool index_put_message(struct index_txn *t, uint32_t folder,
                       const struct index_message *m, struct error *e);
bool index_delete_message(struct index_txn *t, uint32_t folder, uint32_t uid,
                          struct error *e);

/* first <= uid <= last in order, read in bulk; false stops. The function must
 * not write: copy out (for all: 1, UINT32_MAX). */
typedef bool index_message_fn(void *arg, const struct index_message *m);
bool index_each_message(struct index_txn *t, uint32_t folder, uint32_t first,
                        uint32_t last, index_message_fn *fn, void *arg,
                        struct error *e);

/* --- cold parts of messages ---------------------------------------------------- */

/* Spans borrow: from the caller in a put, from *store in a get, from the walk
 * in a callback. */
struct index_cold {
    uint32_t uid;
    struct span base;     /* file name up to ":2,"                          */
    struct span summary;  /* blob of mail/summary.h, or empty               */
    uint8_t email_id[16]; /* RFC 8474                                       */
};

/* store is cleared and holds the bytes that c borrows. */
bool index_get_cold(struct index_txn *t, uint32_t folder, uint32_t uid,
                    struct buf *store, struct index_cold *c, struct error *e);
bool index_put_cold(struct index_txn *t, uint32_t folder,
                    const struct index_cold *c, struct error *e);
bool index_delete_cold(struct index_txn *t, uint32_t folder, uint32_t uid,
                       struct error *e);

/* As index_each_message(). */
typedef bool index_cold_fn(void *arg, const struct index_cold *c);
bool index_each_cold(struct index_txn *t, uint32_t folder, uint32_t first,
                     uint32_t last, index_cold_fn *fn, void *arg,
                     struct error *e);

/* --- base name -> uid ------------------------------------------------------------ */

/* Fixed for the format: the hash is stored. Two names may share one: who must
 * be sure compares the cold row's base. */
uint64_t index_hash(struct span base);

/* What the row keeps of a message's content: 56 bits of a hash, never 0. It
 * finds what a disk does to a file, not what a person does on purpose. Lost
 * with the index; fixed for the format. */
#define INDEX_CONTENT_MASK ((UINT64_C(1) << 56) - 1)
struct hash_key index_content_key(void);
uint64_t index_content(uint64_t hash);

bool index_get_name(struct index_txn *t, uint32_t folder, uint64_t hash,
                    uint32_t *uid, struct error *e);
bool index_put_name(struct index_txn *t, uint32_t folder, uint64_t hash,
                    uint32_t uid, struct error *e);
bool index_delete_name(struct index_txn *t, uint32_t folder, uint64_t hash,
                       struct error *e);

/* --- tombstones: which UIDs were expunged at a modseq ------------------------------ */

struct index_tombstone {
    uint64_t modseq;
    int64_t time;
    struct span who; /* at most INDEX_WHO_MAX octets are kept; borrows        */
    const struct numset *uids;
};

bool index_put_tombstone(struct index_txn *t, uint32_t folder,
                         const struct index_tombstone *b, struct error *e);
bool index_delete_tombstone(struct index_txn *t, uint32_t folder,
                            uint64_t modseq, struct error *e);
/* Those with a modseq > after, in order. Must not write. */
typedef bool index_tombstone_fn(void *arg, const struct index_tombstone *b);
bool index_each_tombstone(struct index_txn *t, uint32_t folder, uint64_t after,
                          index_tombstone_fn *fn, void *arg, struct error *e);

/* --- gone: files of expunged messages, waiting to be removed ------------------------ */

enum index_fate {
    INDEX_KEPT = 16, /* has its second name in expunged/ (kept.h)           */
    INDEX_MOVED = 32 /* lives on elsewhere: nothing to keep                 */
};

struct index_gone {
    uint32_t folder, uid;
    int64_t time;      /* of the expunge                                      */
    uint64_t size;     /* RFC822.SIZE                                         */
    uint8_t state;     /* INDEX_IN_NEW, INDEX_BARE_LF, and enum index_fate    */
    uint16_t flags;    /* as they were                                        */
    uint32_t keywords; /* letters a-z                                         */
    struct span file;  /* whole name, as last known                           */
};

bool index_put_gone(struct index_txn *t, const struct index_gone *g,
                    struct error *e);
/* store is cleared and holds the bytes that g borrows. */
bool index_get_gone(struct index_txn *t, uint32_t folder, uint32_t uid,
                    struct buf *store, struct index_gone *g, struct error *e);
bool index_delete_gone(struct index_txn *t, uint32_t folder, uint32_t uid,
                       struct error *e);
/* Of one folder, or of all (folder 0). Must not write. */
typedef bool index_gone_fn(void *arg, const struct index_gone *g);
bool index_each_gone(struct index_txn *t, uint32_t folder, index_gone_fn *fn,
                     void *arg, struct error *e);

/* --- intents: renames to do again after a crash -------------------------------------- */

/* Bytes that only the caller understands; *seq ascends. */
bool index_put_intent(struct index_txn *t, struct span redo, uint64_t *seq,
                      struct error *e);
bool index_delete_intent(struct index_txn *t, uint64_t seq, struct error *e);
/* In order. Must not write. */
typedef bool index_intent_fn(void *arg, uint64_t seq, struct span redo);
bool index_each_intent(struct index_txn *t, index_intent_fn *fn, void *arg,
                       struct error *e);

/* --- journal: what happened to messages, for people to ask about ---------------------- */

/* Derived from nothing: an index that is lost takes it along. */
struct index_event {
    uint64_t seq;     /* given by the put, ascending                        */
    int64_t time;     /* seconds                                            */
    uint8_t kind;     /* enum history_kind of history.h                     */
    uint32_t account; /* id                                                 */
    uint32_t folder;  /* id: lasts when the mailbox is renamed              */
    uint32_t to_folder;
    struct span mailbox, to_mailbox; /* names, as they were then             */
    const struct numset *uids;
    const struct numset *to_uids; /* pair up with uids, in order; empty: none */
    struct span who, detail, message_id; /* at most INDEX_WHO_MAX octets of
                                            each are kept, of a message_id
                                            INDEX_MESSAGE_ID_MAX             */
};

#define INDEX_MESSAGE_ID_MAX 250

bool index_put_event(struct index_txn *t, struct index_event *ev,
                     struct error *e);
bool index_delete_event(struct index_txn *t, uint64_t seq, struct error *e);
/* Those with a seq > after, in order. Must not write. */
typedef bool index_event_fn(void *arg, const struct index_event *ev);
bool index_each_event(struct index_txn *t, uint64_t after, index_event_fn *fn,
                      void *arg, struct error *e);

#endif
