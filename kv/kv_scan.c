/*
 * Rows in order. A scan asks libdb for many rows at once (DB_MULTIPLE_KEY),
 * ten times quicker than one at a time: the first read is small, because most
 * scans are, the following ones fill BULK bytes.
 *
 * Cursors give back their page locks as they move on (DB_READ_COMMITTED): a
 * scan over a million rows would otherwise hold one for each page. With one
 * thread (K3) nobody else can change what was read.
 */
#include "kv/kv_inside.h"

#include "base/mem.h"

#include <db.h>
#include <stdlib.h>

#define BULK_FIRST ((uint32_t)32 << 10) /* not below the largest page */
#define BULK       ((uint32_t)256 << 10)
#define BULK_MAX   ((uint32_t)64 << 20) /* a row larger than this is damage */

struct scan {
    DBC *cursor;
    DBT bulk; /* memory of ours, bulk.ulen bytes */
    struct span upto;
    kv_row_fn *row;
    void *arg;
};

static void
grow_bulk(struct scan *s, uint32_t n)
{
    s->bulk.data = mem_grow(s->bulk.data, n);
    s->bulk.ulen = n;
}

/* Calls row for each row in the buffer; false when the scan is over. */
static bool
walk_bulk(struct scan *s)
{
    struct span key, value;
    void *at;
    void *key_p, *value_p;
    uint32_t key_n, value_n;

    DB_MULTIPLE_INIT(at, &s->bulk);
    for (;;) {
        DB_MULTIPLE_KEY_NEXT(at, &s->bulk, key_p, key_n, value_p, value_n);
        if (at == NULL)
            return true;
        key = (struct span){ key_p, key_n };
        value = (struct span){ value_p, value_n };
        if (s->upto.n > 0 && span_cmp(key, s->upto) >= 0)
            return false;
        if (!s->row(s->arg, key, value))
            return false;
    }
}

/*
 * One read, again with more memory where a single row does not fit. A key is
 * handed back in memory of libdb's (DB_THREAD leaves no other way), though it
 * stands among the rows too.
 */
static int
read_bulk(struct scan *s, struct span from, uint32_t how)
{
    for (;;) {
        DBT key = { .data = (void *)from.p,
                    .size = (uint32_t)from.n,
                    .flags = DB_DBT_MALLOC };
        int ret =
            s->cursor->get(s->cursor, &key, &s->bulk, how | DB_MULTIPLE_KEY);

        if (key.data != from.p)
            free(key.data);
        if (ret != DB_BUFFER_SMALL || s->bulk.ulen >= BULK_MAX)
            return ret;
        grow_bulk(s, s->bulk.ulen * 2);
    }
}

static int
first_bulk(struct scan *s, struct span from)
{
    return read_bulk(s, from, from.n == 0 ? DB_FIRST : DB_SET_RANGE);
}

static int
next_bulk(struct scan *s)
{
    if (s->bulk.ulen < BULK)
        grow_bulk(s, BULK);
    return read_bulk(s, (struct span){ 0 }, DB_NEXT);
}

static int
run_scan(struct scan *s, struct span from)
{
    int ret;

    for (ret = first_bulk(s, from); ret == 0; ret = next_bulk(s)) {
        if (!walk_bulk(s))
            return 0;
    }
    return ret == DB_NOTFOUND ? 0 : ret;
}

static int
open_cursor(struct kv_txn *t, unsigned table, DBC **cursor)
{
    DB *db = t->kv->tables[table];

    return db->cursor(db, t->txn, cursor, DB_READ_COMMITTED);
}

bool
kv_scan(struct kv_txn *t, unsigned table, struct span from, struct span upto,
        kv_row_fn *row, void *arg, struct error *e)
{
    struct scan s = { .bulk = { .flags = DB_DBT_USERMEM },
                      .upto = upto,
                      .row = row,
                      .arg = arg };
    int ret = open_cursor(t, table, &s.cursor);
    int closed;

    if (ret != 0)
        return kv_failed(t->kv, ret, "scan", t->kv->names[table], e);
    grow_bulk(&s, BULK_FIRST);
    ret = run_scan(&s, from);
    closed = s.cursor->close(s.cursor);
    free(s.bulk.data);
    if (ret == 0)
        ret = closed;
    return ret == 0 || kv_failed(t->kv, ret, "scan", t->kv->names[table], e);
}

/* The cursor on the last row before upto; key and value are malloc'ed. */
static int
seek_before(DBC *cursor, struct span upto, DBT *key, DBT *value)
{
    DBT nothing = { .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
    DBT at = { .data = (void *)upto.p,
               .size = (uint32_t)upto.n,
               .flags = DB_DBT_MALLOC };
    int ret;

    if (upto.n == 0)
        return cursor->get(cursor, key, value, DB_LAST);
    ret = cursor->get(cursor, &at, &nothing, DB_SET_RANGE);
    if (at.data != upto.p)
        free(at.data);
    if (ret == DB_NOTFOUND) /* all rows are before it */
        return cursor->get(cursor, key, value, DB_LAST);
    if (ret != 0)
        return ret;
    return cursor->get(cursor, key, value, DB_PREV);
}

bool
kv_last(struct kv_txn *t, unsigned table, struct span from, struct span upto,
        struct buf *key, struct buf *value, struct error *e)
{
    DBT k = { .flags = DB_DBT_MALLOC };
    DBT v = { .flags = DB_DBT_MALLOC };
    DBC *cursor;
    int ret = open_cursor(t, table, &cursor);
    int closed;

    if (ret != 0)
        return kv_failed(t->kv, ret, "scan", t->kv->names[table], e);
    ret = seek_before(cursor, upto, &k, &v);
    if (ret == 0 && span_cmp(span_from(k.data, k.size), from) < 0)
        ret = DB_NOTFOUND;
    if (ret == 0) {
        buf_put(key, span_from(k.data, k.size));
        buf_put(value, span_from(v.data, v.size));
    }
    free(k.data);
    free(v.data);
    closed = cursor->close(cursor);
    if (ret == 0)
        ret = closed;
    return ret == 0 || kv_failed(t->kv, ret, "scan", t->kv->names[table], e);
}
