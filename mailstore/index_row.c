/* Keys, single rows and walks: what is the same for every table. */
#include "mailstore/index_inside.h"

#include "mailstore/index_record.h"

#include <endian.h>
#include <string.h>

static const char *const table_words[INDEX_TABLES] = {
    [INDEX_META] = "number",
    [INDEX_ACCOUNTS] = "account",
    [INDEX_ACCOUNT_NAMES] = "account name",
    [INDEX_FOLDERS] = "folder",
    [INDEX_PATHS] = "folder name",
    [INDEX_MESSAGES] = "message",
    [INDEX_COLD] = "cold message",
    [INDEX_NAMES] = "file name",
    [INDEX_TOMBSTONES] = "tombstone",
    [INDEX_GONE] = "gone file",
    [INDEX_INTENTS] = "intent",
    [INDEX_EVENTS] = "event",
};

/* --- keys ---------------------------------------------------------------------- */

static void
add(struct index_key *k, const void *p, size_t n)
{
    if (n > sizeof k->p - k->n)
        bug("index key of %zu bytes", k->n + n);
    if (n > 0)
        memcpy(k->p + k->n, p, n);
    k->n += n;
}

static void
add32(struct index_key *k, uint32_t n)
{
    n = htobe32(n);
    add(k, &n, sizeof n);
}

static void
add64(struct index_key *k, uint64_t n)
{
    n = htobe64(n);
    add(k, &n, sizeof n);
}

struct index_key
index_key32(uint32_t a)
{
    struct index_key k = { .n = 0 };

    add32(&k, a);
    return k;
}

struct index_key
index_key32_32(uint32_t a, uint32_t b)
{
    struct index_key k = { .n = 0 };

    add32(&k, a);
    add32(&k, b);
    return k;
}

struct index_key
index_key32_64(uint32_t a, uint64_t b)
{
    struct index_key k = { .n = 0 };

    add32(&k, a);
    add64(&k, b);
    return k;
}

struct index_key
index_key64(uint64_t a)
{
    struct index_key k = { .n = 0 };

    add64(&k, a);
    return k;
}

struct index_key
index_key_text(struct span text)
{
    struct index_key k = { .n = 0 };

    add(&k, text.p, text.n);
    return k;
}

struct index_key
index_key32_text(uint32_t a, struct span text)
{
    struct index_key k = { .n = 0 };

    add32(&k, a);
    add(&k, text.p, text.n);
    return k;
}

struct index_key
index_key_after(struct index_key k)
{
    while (k.n > 0 && ++k.p[k.n - 1] == 0)
        k.n--; /* 0xff was the last: carry */
    return k;
}

struct span
index_key_span(const struct index_key *k)
{
    return span_from(k->p, k->n);
}

static uint32_t
read32(const char *p)
{
    uint32_t n;

    memcpy(&n, p, sizeof n);
    return be32toh(n);
}

static uint64_t
read64(const char *p)
{
    uint64_t n;

    memcpy(&n, p, sizeof n);
    return be64toh(n);
}

bool
index_key_read32_32(struct span key, uint32_t *a, uint32_t *b)
{
    if (key.n != 8)
        return false;
    *a = read32(key.p);
    *b = read32(key.p + 4);
    return true;
}

bool
index_key_read32_64(struct span key, uint32_t *a, uint64_t *b)
{
    if (key.n != 12)
        return false;
    *a = read32(key.p);
    *b = read64(key.p + 4);
    return true;
}

bool
index_key_read64(struct span key, uint64_t *a)
{
    if (key.n != 8)
        return false;
    *a = read64(key.p);
    return true;
}

/* --- single rows ----------------------------------------------------------------- */

bool
index_unreadable(enum index_table table, struct error *e)
{
    return fail(e, FAIL_CORRUPT, "%s row cannot be read", table_words[table]);
}

bool
index_row_get(struct index_txn *t, enum index_table table,
              const struct index_key *k, struct error *e)
{
    buf_clear(&t->ix->row);
    return kv_get(t->kv, table, index_key_span(k), &t->ix->row, e);
}

bool
index_row_put(struct index_txn *t, enum index_table table,
              const struct index_key *k, struct error *e)
{
    if (t->ix->row.full)
        return fail(e, FAIL_LIMIT, "%s row too large", table_words[table]);
    return kv_put(t->kv, table, index_key_span(k), buf_span(&t->ix->row), e);
}

bool
index_row_delete(struct index_txn *t, enum index_table table,
                 const struct index_key *k, struct error *e)
{
    return kv_delete(t->kv, table, index_key_span(k), e) ||
           e->kind == FAIL_NOT_FOUND;
}

bool
index_get_u64(struct index_txn *t, enum index_table table,
              const struct index_key *k, uint64_t *n, struct error *e)
{
    return index_row_get(t, table, k, e) &&
           (index_record_take_number(buf_span(&t->ix->row), n) ||
            index_unreadable(table, e));
}

bool
index_put_u64(struct index_txn *t, enum index_table table,
              const struct index_key *k, uint64_t n, struct error *e)
{
    buf_clear(&t->ix->row);
    index_record_put_number(n, &t->ix->row);
    return index_row_put(t, table, k, e);
}

/* --- walks -------------------------------------------------------------------------- */

struct walk {
    index_row_fn *row;
    void *arg;
    enum index_step last;
};

static bool
walk_row(void *arg, struct span key, struct span value)
{
    struct walk *w = arg;

    w->last = w->row(w->arg, key, value);
    return w->last == INDEX_WALK_ON;
}

bool
index_walk(struct index_txn *t, enum index_table table,
           const struct index_range *range, index_row_fn *row, void *arg,
           struct error *e)
{
    struct walk w = { .row = row, .arg = arg };

    if (!kv_scan(t->kv, table, index_key_span(&range->from),
                 index_key_span(&range->upto), walk_row, &w, e))
        return false;
    return w.last != INDEX_WALK_BAD || index_unreadable(table, e);
}

struct index_range
index_range_of(const struct index_key *k)
{
    return (struct index_range){ .from = *k, .upto = index_key_after(*k) };
}
