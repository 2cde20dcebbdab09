/*
 * Transactions and single rows. Locks never wait (DB_TXN_NOWAIT): with one
 * writer (K3) a conflict is a bug of ours and is reported as BUSY (K4), where
 * waiting for ourselves would stand still for ever. Reads give their locks back
 * at once (DB_READ_COMMITTED; nobody else writes), so that a transaction holds
 * only those of the pages that it changed.
 */
#include "kv/kv_inside.h"

#include "base/log.h"
#include "base/mem.h"

#include <db.h>
#include <stdlib.h>

#define SCRATCH_START 1024

/* libdb's interface has no const; it does not write to a key or a value. */
static DBT
borrow(struct span s)
{
    return (DBT){ .data = (void *)s.p, .size = (uint32_t)s.n };
}

bool
kv_begin(struct kv *kv, struct kv_txn **out, struct error *e)
{
    DB_TXN *txn;
    int ret;

    if (kv->in_txn)
        bug("two transactions at once");
    ret =
        kv->env->txn_begin(kv->env, NULL, &txn, DB_TXN_NOSYNC | DB_TXN_NOWAIT);
    if (ret != 0)
        return kv_failed(kv, ret, "begin in", kv->dir, e);
    *out = mem_take(sizeof **out);
    (*out)->kv = kv;
    (*out)->txn = txn;
    kv->in_txn = true;
    return true;
}

static void
forget(struct kv_txn **t)
{
    (*t)->kv->in_txn = false;
    free(*t);
    *t = NULL;
}

bool
kv_commit(struct kv_txn **t, struct error *e)
{
    struct kv *kv = (*t)->kv;
    int ret = (*t)->txn->commit((*t)->txn, DB_TXN_NOSYNC);

    forget(t);
    return ret == 0 || kv_failed(kv, ret, "commit in", kv->dir, e);
}

void
kv_abort(struct kv_txn **t)
{
    struct error e;
    struct kv *kv;
    int ret;

    if (*t == NULL)
        return;
    kv = (*t)->kv;
    ret = (*t)->txn->abort((*t)->txn);
    forget(t);
    /* Damage from here on: everything that follows says so itself. */
    if (ret != 0 && !kv_failed(kv, ret, "abort in", kv->dir, &e))
        log_event(LOG_ERROR, "database-error", log_text("text", e.text));
}

/* Reads into kv->scratch, which grows to what is there. */
static int
get_scratch(struct kv_txn *t, unsigned table, struct span key)
{
    DB *db = t->kv->tables[table];
    struct buf *scratch = &t->kv->scratch;
    DBT k = borrow(key);
    size_t want = SCRATCH_START;

    for (;;) {
        DBT v = { .flags = DB_DBT_USERMEM };
        int ret;

        buf_clear(scratch);
        v.data = buf_room(scratch, want);
        if (v.data == NULL)
            return DB_BUFFER_SMALL;
        v.ulen = (uint32_t)scratch->cap;
        ret = db->get(db, t->txn, &k, &v, DB_READ_COMMITTED);
        if (ret == DB_BUFFER_SMALL && v.size > v.ulen) {
            want = v.size;
            continue;
        }
        if (ret == 0)
            scratch->n = v.size;
        return ret;
    }
}

bool
kv_get(struct kv_txn *t, unsigned table, struct span key, struct buf *out,
       struct error *e)
{
    int ret = get_scratch(t, table, key);

    if (ret == DB_BUFFER_SMALL)
        return fail(e, FAIL_LIMIT, "row of %s too large", t->kv->names[table]);
    if (ret != 0)
        return kv_failed(t->kv, ret, "read", t->kv->names[table], e);
    buf_put(out, buf_span(&t->kv->scratch));
    if (out->full)
        return fail(e, FAIL_LIMIT, "row of %s: %zu bytes", t->kv->names[table],
                    t->kv->scratch.n);
    return true;
}

static bool
put(struct kv_txn *t, unsigned table, DBT *key, DBT *value, uint32_t flags,
    struct error *e)
{
    DB *db = t->kv->tables[table];
    int ret = db->put(db, t->txn, key, value, flags);

    return ret == 0 || kv_failed(t->kv, ret, "write", t->kv->names[table], e);
}

bool
kv_put(struct kv_txn *t, unsigned table, struct span key, struct span value,
       struct error *e)
{
    DBT k = borrow(key);
    DBT v = borrow(value);

    return put(t, table, &k, &v, 0, e);
}

bool
kv_put_new(struct kv_txn *t, unsigned table, struct span key, struct span value,
           struct error *e)
{
    DBT k = borrow(key);
    DBT v = borrow(value);

    return put(t, table, &k, &v, DB_NOOVERWRITE, e);
}

bool
kv_delete(struct kv_txn *t, unsigned table, struct span key, struct error *e)
{
    DB *db = t->kv->tables[table];
    DBT k = borrow(key);
    int ret = db->del(db, t->txn, &k, 0);

    return ret == 0 ||
           kv_failed(t->kv, ret, "delete from", t->kv->names[table], e);
}
