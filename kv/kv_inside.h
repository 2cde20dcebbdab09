/*
 * What the kv files share. Only kv.c, kv_txn.c and kv_scan.c include it; the
 * struct names with two underscores are libdb's, so that its header stays in
 * the .c files.
 */
#ifndef KV_KV_INSIDE_H
#define KV_KV_INSIDE_H

#include "kv/kv.h"

#include <stdatomic.h>

struct __db;
struct __db_env;
struct __db_txn;

struct kv {
    struct __db_env *env;
    struct __db **tables;
    const char **names; /* of the tables, for messages                       */
    unsigned table_count;
    char *dir; /* absolute: libdb opens log files by path, for ever          */
    int dir_fd;
    int lock_fd;
    bool in_txn;                     /* K3                                   */
    atomic_bool damaged;             /* no CLEAN mark at the end             */
    atomic_int system_error;         /* that libdb met, or 0                 */
    atomic_uint synced_file;         /* K2: last log file whose name is safe */
    atomic_uint_fast64_t log_bytes;  /* since the last checkpoint            */
    atomic_uint_fast64_t last_error; /* hash of what libdb last said     */
    struct buf scratch;              /* kv_get's, to copy out of             */
};

struct kv_txn {
    struct kv *kv;
    struct __db_txn *txn;
};

/* Fills *e from libdb's return value; remembers damage. Returns false. */
bool kv_failed(struct kv *kv, int ret, const char *doing, const char *what,
               struct error *e);

#endif
