/* What the index_*.c files share: tables, keys, and reading and writing rows. */
#ifndef MAILSTORE_INDEX_INSIDE_H
#define MAILSTORE_INDEX_INSIDE_H

#include "kv/kv.h"
#include "mailstore/index.h"

enum index_table {
    INDEX_META,
    INDEX_ACCOUNTS,      /* account u32             -> account     */
    INDEX_ACCOUNT_NAMES, /* name                    -> account id  */
    INDEX_FOLDERS,       /* folder u32              -> folder      */
    INDEX_PATHS,         /* account u32, name       -> folder id   */
    INDEX_MESSAGES,      /* folder u32, uid u32     -> message     */
    INDEX_COLD,          /* folder u32, uid u32     -> cold        */
    INDEX_NAMES,         /* folder u32, hash u64    -> uid         */
    INDEX_TOMBSTONES,    /* folder u32, modseq u64  -> tombstone   */
    INDEX_GONE,          /* folder u32, uid u32     -> gone        */
    INDEX_INTENTS,       /* seq u64                 -> intent      */
    INDEX_EVENTS,        /* seq u64                 -> event       */
    INDEX_TABLES
};

struct index_txn {
    struct index *ix;
    struct kv_txn *kv;
};

struct index {
    struct kv *kv;
    char *dir;
    int lock_fd;
    struct index_txn txn; /* one at a time (K3)                 */
    struct buf row;       /* the row being written or just read */
};

/* --- keys: big-endian, so that they sort as numbers do ------------------------ */

#define INDEX_KEY_MAX (4 + INDEX_ACCOUNT_NAME_MAX)

struct index_key {
    unsigned char p[INDEX_KEY_MAX];
    size_t n;
};

struct index_key index_key32(uint32_t a);
struct index_key index_key32_32(uint32_t a, uint32_t b);
struct index_key index_key32_64(uint32_t a, uint64_t b);
struct index_key index_key64(uint64_t a);
struct index_key index_key_text(struct span text);
struct index_key index_key32_text(uint32_t a, struct span text);

/* The first key behind all that begin with this one; empty: there is none. */
struct index_key index_key_after(struct index_key k);
struct span index_key_span(const struct index_key *k);

/* The numbers back; false where the key has another length. */
bool index_key_read32_32(struct span key, uint32_t *a, uint32_t *b);
bool index_key_read32_64(struct span key, uint32_t *a, uint64_t *b);
bool index_key_read64(struct span key, uint64_t *a);

/* --- rows --------------------------------------------------------------------- */

/* To ix->row, cleared before. */
bool index_row_get(struct index_txn *t, enum index_table table,
                   const struct index_key *k, struct error *e);
/* From ix->row. */
bool index_row_put(struct index_txn *t, enum index_table table,
                   const struct index_key *k, struct error *e);
/* Content where there is none. */
bool index_row_delete(struct index_txn *t, enum index_table table,
                      const struct index_key *k, struct error *e);
bool index_get_u64(struct index_txn *t, enum index_table table,
                   const struct index_key *k, uint64_t *n, struct error *e);
bool index_put_u64(struct index_txn *t, enum index_table table,
                   const struct index_key *k, uint64_t n, struct error *e);

/* Fills *e with CORRUPT, returns false. */
bool index_unreadable(enum index_table table, struct error *e);

/*
 * A walk over rows from <= key < upto. row() returns INDEX_WALK_ON,
 * INDEX_WALK_STOP, or INDEX_WALK_BAD when the row cannot be read, which makes
 * index_walk() fail with CORRUPT.
 */
enum index_step { INDEX_WALK_ON, INDEX_WALK_STOP, INDEX_WALK_BAD };
typedef enum index_step index_row_fn(void *arg, struct span key,
                                     struct span row);
struct index_range {
    struct index_key from, upto;
};
bool index_walk(struct index_txn *t, enum index_table table,
                const struct index_range *range, index_row_fn *row, void *arg,
                struct error *e);

/* Every key that begins with k. */
struct index_range index_range_of(const struct index_key *k);

#endif
