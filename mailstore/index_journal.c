/*
 * What is left to do or to tell: tombstones (QRESYNC's VANISHED), files to be
 * removed, renames to be repeated (S5); and emptying a folder in slices.
 */
#include "mailstore/index_inside.h"
#include "mailstore/index_record.h"

/* --- tombstones -------------------------------------------------------------------- */

bool
index_put_tombstone(struct index_txn *t, uint32_t folder,
                    const struct index_tombstone *b, struct error *e)
{
    struct index_key k = index_key32_64(folder, b->modseq);

    buf_clear(&t->ix->row);
    index_record_put_tombstone(b, &t->ix->row);
    return index_row_put(t, INDEX_TOMBSTONES, &k, e);
}

bool
index_delete_tombstone(struct index_txn *t, uint32_t folder, uint64_t modseq,
                       struct error *e)
{
    struct index_key k = index_key32_64(folder, modseq);

    return index_row_delete(t, INDEX_TOMBSTONES, &k, e);
}

struct tombstone_walk {
    index_tombstone_fn *fn;
    void *arg;
    struct numset uids;
};

static enum index_step
each_tombstone(void *arg, struct span key, struct span row)
{
    struct tombstone_walk *w = arg;
    struct index_tombstone b = { .uids = &w->uids };
    uint32_t folder;

    numset_clear(&w->uids);
    if (!index_key_read32_64(key, &folder, &b.modseq) ||
        !index_record_take_tombstone(row, &b, &w->uids))
        return INDEX_WALK_BAD;
    return w->fn(w->arg, &b) ? INDEX_WALK_ON : INDEX_WALK_STOP;
}

bool
index_each_tombstone(struct index_txn *t, uint32_t folder, uint64_t after,
                     index_tombstone_fn *fn, void *arg, struct error *e)
{
    struct index_range range = {
        .from = index_key_after(index_key32_64(folder, after)),
        .upto = index_key_after(index_key32(folder)),
    };
    struct tombstone_walk w = { .fn = fn, .arg = arg };
    bool fine = after == UINT64_MAX ||
                index_walk(t, INDEX_TOMBSTONES, &range, each_tombstone, &w, e);

    numset_free(&w.uids);
    return fine;
}

/* --- gone --------------------------------------------------------------------------- */

bool
index_put_gone(struct index_txn *t, const struct index_gone *g, struct error *e)
{
    struct index_key k = index_key32_32(g->folder, g->uid);

    if (g->folder == 0 || g->file.n > INDEX_FILE_NAME_MAX)
        bug("gone file: name of %zu bytes", g->file.n);
    buf_clear(&t->ix->row);
    index_record_put_gone(g, &t->ix->row);
    return index_row_put(t, INDEX_GONE, &k, e);
}

bool
index_get_gone(struct index_txn *t, uint32_t folder, uint32_t uid,
               struct buf *store, struct index_gone *g, struct error *e)
{
    struct index_key k = index_key32_32(folder, uid);

    buf_clear(store);
    if (!kv_get(t->kv, INDEX_GONE, index_key_span(&k), store, e))
        return false;
    g->folder = folder;
    g->uid = uid;
    return index_record_take_gone(buf_span(store), g) ||
           index_unreadable(INDEX_GONE, e);
}

bool
index_delete_gone(struct index_txn *t, uint32_t folder, uint32_t uid,
                  struct error *e)
{
    struct index_key k = index_key32_32(folder, uid);

    return index_row_delete(t, INDEX_GONE, &k, e);
}

struct gone_walk {
    index_gone_fn *fn;
    void *arg;
};

static enum index_step
each_gone(void *arg, struct span key, struct span row)
{
    struct gone_walk *w = arg;
    struct index_gone g;

    if (!index_key_read32_32(key, &g.folder, &g.uid) ||
        !index_record_take_gone(row, &g))
        return INDEX_WALK_BAD;
    return w->fn(w->arg, &g) ? INDEX_WALK_ON : INDEX_WALK_STOP;
}

bool
index_each_gone(struct index_txn *t, uint32_t folder, index_gone_fn *fn,
                void *arg, struct error *e)
{
    struct index_range range = { .from = { .n = 0 } };
    struct gone_walk w = { fn, arg };

    if (folder != 0) {
        range.from = index_key32(folder);
        range.upto = index_key_after(range.from);
    }
    return index_walk(t, INDEX_GONE, &range, each_gone, &w, e);
}

/* --- intents -------------------------------------------------------------------------- */

bool
index_put_intent(struct index_txn *t, struct span redo, uint64_t *seq,
                 struct error *e)
{
    struct index_key k;

    if (!index_take_number(t, INDEX_NEXT_INTENT, seq, e))
        return false;
    k = index_key64(*seq);
    buf_clear(&t->ix->row);
    index_record_put_intent(redo, &t->ix->row);
    return index_row_put(t, INDEX_INTENTS, &k, e);
}

bool
index_delete_intent(struct index_txn *t, uint64_t seq, struct error *e)
{
    struct index_key k = index_key64(seq);

    return index_row_delete(t, INDEX_INTENTS, &k, e);
}

struct intent_walk {
    index_intent_fn *fn;
    void *arg;
};

static enum index_step
each_intent(void *arg, struct span key, struct span row)
{
    struct intent_walk *w = arg;
    struct span redo;
    uint64_t seq;

    if (!index_key_read64(key, &seq) || !index_record_take_intent(row, &redo))
        return INDEX_WALK_BAD;
    return w->fn(w->arg, seq, redo) ? INDEX_WALK_ON : INDEX_WALK_STOP;
}

bool
index_each_intent(struct index_txn *t, index_intent_fn *fn, void *arg,
                  struct error *e)
{
    const struct index_range all = { .from = { .n = 0 } };
    struct intent_walk w = { fn, arg };

    return index_walk(t, INDEX_INTENTS, &all, each_intent, &w, e);
}

/* --- emptying a folder ------------------------------------------------------------------ */

/* All begin with the folder's id. */
static const enum index_table of_folder[] = {
    INDEX_MESSAGES, INDEX_COLD, INDEX_NAMES, INDEX_TOMBSTONES, INDEX_GONE,
};

#define ALL_TABLES   (sizeof of_folder / sizeof *of_folder)
#define ALL_BUT_GONE (ALL_TABLES - 1)

struct gather {
    struct buf keys; /* all of one table, so all of key_n bytes */
    size_t key_n;
    unsigned left;
};

static enum index_step
gather_key(void *arg, struct span key, struct span row)
{
    struct gather *g = arg;

    (void)row;
    if (g->left == 0)
        return INDEX_WALK_STOP;
    if (g->key_n != 0 && g->key_n != key.n)
        return INDEX_WALK_BAD;
    g->key_n = key.n;
    buf_put(&g->keys, key);
    g->left--;
    return INDEX_WALK_ON;
}

static bool
delete_keys(struct index_txn *t, enum index_table table, const struct gather *g,
            struct error *e)
{
    struct span keys = buf_span(&g->keys);

    for (size_t at = 0; at < keys.n; at += g->key_n) {
        if (!kv_delete(t->kv, table, span_sub(keys, at, g->key_n), e))
            return false;
    }
    return true;
}

static bool
clear_tables(struct index_txn *t, uint32_t folder, size_t count, unsigned rows,
             bool *done, struct error *e)
{
    struct index_key k = index_key32(folder);
    struct index_range range = index_range_of(&k);
    struct gather g = { .left = rows };
    bool fine = true;

    for (size_t i = 0; i < count; i++) {
        buf_clear(&g.keys);
        g.key_n = 0;
        fine = fine && index_walk(t, of_folder[i], &range, gather_key, &g, e) &&
               delete_keys(t, of_folder[i], &g, e);
        if (g.left == 0)
            break;
    }
    buf_free(&g.keys);
    if (fine)
        *done = g.left > 0;
    return fine;
}

bool
index_clear_folder(struct index_txn *t, uint32_t folder, unsigned rows,
                   bool *done, struct error *e)
{
    return clear_tables(t, folder, ALL_TABLES, rows, done, e);
}

bool
index_clear_messages(struct index_txn *t, uint32_t folder, unsigned rows,
                     bool *done, struct error *e)
{
    return clear_tables(t, folder, ALL_BUT_GONE, rows, done, e);
}
