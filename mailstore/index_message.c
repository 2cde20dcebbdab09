/*
 * Messages: a hot row (flags, size, dates) that lists are made of, and a cold
 * one (file name, summary) that is read for single messages; and from the hash
 * of a file's base name to its UID.
 */
#include "mailstore/index_inside.h"
#include "mailstore/index_record.h"

#include <stdlib.h>

/* Of the format: a change makes every stored hash wrong. */
static const struct hash_key name_key = { 0x70696c6c6172626f,
                                          0x78206e616d657331 };

static const struct hash_key content_key = { 0x6d65737361676520,
                                             0x62792062797465ff };

static struct index_range
uid_range(uint32_t folder, uint32_t first, uint32_t last)
{
    return (struct index_range){
        .from = index_key32_32(folder, first),
        .upto = index_key_after(index_key32_32(folder, last)),
    };
}

/* --- hot ------------------------------------------------------------------------ */

bool
index_get_message(struct index_txn *t, uint32_t folder, uint32_t uid,
                  struct index_message *m, struct error *e)
{
    struct index_key k = index_key32_32(folder, uid);

    if (!index_row_get(t, INDEX_MESSAGES, &k, e))
        return false;
    m->uid = uid;
    return index_record_take_message(buf_span(&t->ix->row), m) ||
           index_unreadable(INDEX_MESSAGES, e);
}

bool
index_put_message(struct index_txn *t, uint32_t folder,
                  const struct index_message *m, struct error *e)
{
    struct index_key k = index_key32_32(folder, m->uid);

    if (m->uid == 0)
        bug("message without a UID");
    buf_clear(&t->ix->row);
    index_record_put_message(m, &t->ix->row);
    return index_row_put(t, INDEX_MESSAGES, &k, e);
}

bool
index_delete_message(struct index_txn *t, uint32_t folder, uint32_t uid,
                     struct error *e)
{
    struct index_key k = index_key32_32(folder, uid);

    return index_row_delete(t, INDEX_MESSAGES, &k, e);
}

struct message_walk {
    index_message_fn *fn;
    void *arg;
};

static enum index_step
each_message(void *arg, struct span key, struct span row)
{
    struct message_walk *w = arg;
    struct index_message m;
    uint32_t folder;

    if (!index_key_read32_32(key, &folder, &m.uid) ||
        !index_record_take_message(row, &m))
        return INDEX_WALK_BAD;
    return w->fn(w->arg, &m) ? INDEX_WALK_ON : INDEX_WALK_STOP;
}

bool
index_each_message(struct index_txn *t, uint32_t folder, uint32_t first,
                   uint32_t last, index_message_fn *fn, void *arg,
                   struct error *e)
{
    struct index_range range = uid_range(folder, first, last);
    struct message_walk w = { fn, arg };

    return index_walk(t, INDEX_MESSAGES, &range, each_message, &w, e);
}

/* --- cold ------------------------------------------------------------------------- */

bool
index_get_cold(struct index_txn *t, uint32_t folder, uint32_t uid,
               struct buf *store, struct index_cold *c, struct error *e)
{
    struct index_key k = index_key32_32(folder, uid);

    buf_clear(store);
    if (!kv_get(t->kv, INDEX_COLD, index_key_span(&k), store, e))
        return false;
    c->uid = uid;
    return index_record_take_cold(buf_span(store), c) ||
           index_unreadable(INDEX_COLD, e);
}

bool
index_put_cold(struct index_txn *t, uint32_t folder, const struct index_cold *c,
               struct error *e)
{
    struct index_key k = index_key32_32(folder, c->uid);

    if (c->uid == 0 || c->base.n > INDEX_FILE_NAME_MAX)
        bug("cold message %u: name of %zu bytes", c->uid, c->base.n);
    buf_clear(&t->ix->row);
    index_record_put_cold(c, &t->ix->row);
    return index_row_put(t, INDEX_COLD, &k, e);
}

bool
index_delete_cold(struct index_txn *t, uint32_t folder, uint32_t uid,
                  struct error *e)
{
    struct index_key k = index_key32_32(folder, uid);

    return index_row_delete(t, INDEX_COLD, &k, e);
}

struct cold_walk {
    index_cold_fn *fn;
    void *arg;
};

static enum index_step
each_cold(void *arg, struct span key, struct span row)
{
    struct cold_walk *w = arg;
    struct index_cold c;
    uint32_t folder;

    if (!index_key_read32_32(key, &folder, &c.uid) ||
        !index_record_take_cold(row, &c))
        return INDEX_WALK_BAD;
    return w->fn(w->arg, &c) ? INDEX_WALK_ON : INDEX_WALK_STOP;
}

bool
index_each_cold(struct index_txn *t, uint32_t folder, uint32_t first,
                uint32_t last, index_cold_fn *fn, void *arg, struct error *e)
{
    struct index_range range = uid_range(folder, first, last);
    struct cold_walk w = { fn, arg };

    return index_walk(t, INDEX_COLD, &range, each_cold, &w, e);
}

/* --- names ------------------------------------------------------------------------- */

uint64_t
index_hash(struct span base)
{
    return hash64(name_key, base);
}

struct hash_key
index_content_key(void)
{
    return content_key;
}

uint64_t
index_content(uint64_t hash)
{
    uint64_t kept = hash & INDEX_CONTENT_MASK;

    return kept == 0 ? 1 : kept;
}

bool
index_get_name(struct index_txn *t, uint32_t folder, uint64_t hash,
               uint32_t *uid, struct error *e)
{
    struct index_key k = index_key32_64(folder, hash);
    uint64_t n;

    if (!index_get_u64(t, INDEX_NAMES, &k, &n, e))
        return false;
    if (n == 0 || n > UINT32_MAX)
        return index_unreadable(INDEX_NAMES, e);
    *uid = (uint32_t)n;
    return true;
}

bool
index_put_name(struct index_txn *t, uint32_t folder, uint64_t hash,
               uint32_t uid, struct error *e)
{
    struct index_key k = index_key32_64(folder, hash);

    return index_put_u64(t, INDEX_NAMES, &k, uid, e);
}

bool
index_delete_name(struct index_txn *t, uint32_t folder, uint64_t hash,
                  struct error *e)
{
    struct index_key k = index_key32_64(folder, hash);

    return index_row_delete(t, INDEX_NAMES, &k, e);
}
