/*
 * Accounts and folders: a row by id, and a row from the name to the id. Both
 * are kept in step here, so that a rename is a put with another name.
 */
#include "mailstore/index_inside.h"
#include "mailstore/index_record.h"

#include <string.h>

/* --- names --------------------------------------------------------------------- */

struct named {
    enum index_table table; /* of names */
    struct index_key key;
};

static struct named
account_name(struct span name)
{
    return (struct named){ INDEX_ACCOUNT_NAMES, index_key_text(name) };
}

static struct named
folder_name(uint32_t account, struct span name)
{
    return (struct named){ INDEX_PATHS, index_key32_text(account, name) };
}

static bool
get_id(struct index_txn *t, const struct named *name, uint32_t *id,
       struct error *e)
{
    uint64_t n;

    if (!index_get_u64(t, name->table, &name->key, &n, e))
        return false;
    if (n == 0 || n > UINT32_MAX)
        return index_unreadable(name->table, e);
    *id = (uint32_t)n;
    return true;
}

/* The name for the id; EXISTS where another has it. */
static bool
claim(struct index_txn *t, const struct named *name, uint32_t id,
      struct error *e)
{
    uint32_t owner;

    if (get_id(t, name, &owner, e))
        return owner == id || fail(e, FAIL_EXISTS, "the name is taken");
    return e->kind == FAIL_NOT_FOUND &&
           index_put_u64(t, name->table, &name->key, id, e);
}

/* From the name `before` (NULL: none) to `now`. */
static bool
move_name(struct index_txn *t, const struct named *before,
          const struct named *now, uint32_t id, struct error *e)
{
    if (before != NULL &&
        span_eq(index_key_span(&before->key), index_key_span(&now->key)))
        return true;
    if (!claim(t, now, id, e))
        return false;
    return before == NULL ||
           index_row_delete(t, before->table, &before->key, e);
}

static bool
is_name(struct span name, size_t max)
{
    return name.n > 0 && name.n <= max;
}

/* --- accounts -------------------------------------------------------------------- */

bool
index_get_account(struct index_txn *t, uint32_t id, struct index_account *a,
                  struct error *e)
{
    struct index_key k = index_key32(id);

    if (!index_row_get(t, INDEX_ACCOUNTS, &k, e))
        return false;
    a->id = id;
    return index_record_take_account(buf_span(&t->ix->row), a) ||
           index_unreadable(INDEX_ACCOUNTS, e);
}

bool
index_find_account(struct index_txn *t, struct span name,
                   struct index_account *a, struct error *e)
{
    struct named row;
    uint32_t id;

    if (!is_name(name, INDEX_ACCOUNT_NAME_MAX))
        return fail(e, FAIL_NOT_FOUND, "no account has such a name");
    row = account_name(name);
    return get_id(t, &row, &id, e) && index_get_account(t, id, a, e);
}

static bool
put_account_row(struct index_txn *t, const struct index_account *a,
                struct error *e)
{
    struct index_key k = index_key32(a->id);

    buf_clear(&t->ix->row);
    index_record_put_account(a, &t->ix->row);
    return index_row_put(t, INDEX_ACCOUNTS, &k, e);
}

bool
index_put_account(struct index_txn *t, const struct index_account *a,
                  struct error *e)
{
    struct index_account old, copy;
    struct named before, now;
    bool was_there;

    if (a->id == 0 || !is_name(span_of(a->name), INDEX_ACCOUNT_NAME_MAX))
        bug("account %u without a name", a->id);
    was_there = index_get_account(t, a->id, &old, e);
    if (!was_there && e->kind != FAIL_NOT_FOUND)
        return false;
    now = account_name(span_of(a->name));
    if (was_there)
        before = account_name(span_of(old.name));
    if (!move_name(t, was_there ? &before : NULL, &now, a->id, e))
        return false;
    copy = *a;
    copy.bytes = was_there ? old.bytes : 0;
    copy.messages = was_there ? old.messages : 0;
    return put_account_row(t, &copy, e);
}

bool
index_delete_account(struct index_txn *t, uint32_t id, struct error *e)
{
    struct index_key k = index_key32(id);
    struct index_account old;
    struct named name;

    if (!index_get_account(t, id, &old, e))
        return e->kind == FAIL_NOT_FOUND;
    name = account_name(span_of(old.name));
    return index_row_delete(t, name.table, &name.key, e) &&
           index_row_delete(t, INDEX_ACCOUNTS, &k, e);
}

bool
index_set_usage(struct index_txn *t, uint32_t id, uint64_t bytes,
                uint64_t messages, struct error *e)
{
    struct index_account a;

    if (!index_get_account(t, id, &a, e))
        return false;
    a.bytes = bytes;
    a.messages = messages;
    return put_account_row(t, &a, e);
}

/* Every folder's row that changes takes its account's sums along, in the same
 * transaction: so they are exact whenever the rows are. */
static bool
count_folder(struct index_txn *t, const struct index_folder *before,
             const struct index_folder *now, struct error *e)
{
    uint32_t id = now != NULL ? now->account : before->account;
    struct index_account a;

    if (before != NULL && now != NULL && before->exists == now->exists &&
        before->bytes == now->bytes)
        return true;
    if (!index_get_account(t, id, &a, e))
        return e->kind == FAIL_NOT_FOUND;
    a.bytes +=
        (now != NULL ? now->bytes : 0) - (before != NULL ? before->bytes : 0);
    a.messages += (uint64_t)(now != NULL ? now->exists : 0) -
                  (before != NULL ? before->exists : 0);
    return put_account_row(t, &a, e);
}

/* --- folders ----------------------------------------------------------------------- */

bool
index_get_folder(struct index_txn *t, uint32_t id, struct index_folder *f,
                 struct error *e)
{
    struct index_key k = index_key32(id);

    if (!index_row_get(t, INDEX_FOLDERS, &k, e))
        return false;
    memset(f, 0, sizeof *f); /* no keyword of another folder stays behind */
    f->id = id;
    return index_record_take_folder(buf_span(&t->ix->row), f) ||
           index_unreadable(INDEX_FOLDERS, e);
}

bool
index_find_folder(struct index_txn *t, uint32_t account, struct span name,
                  struct index_folder *f, struct error *e)
{
    struct named row;
    uint32_t id;

    if (!is_name(name, MAILBOX_NAME_MAX))
        return fail(e, FAIL_NOT_FOUND, "no folder has such a name");
    row = folder_name(account, name);
    return get_id(t, &row, &id, e) && index_get_folder(t, id, f, e);
}

bool
index_put_folder(struct index_txn *t, const struct index_folder *f,
                 struct error *e)
{
    struct index_key k = index_key32(f->id);
    struct index_folder old;
    struct named before, now;
    bool was_there;

    if (f->id == 0 || !is_name(span_of(f->name), MAILBOX_NAME_MAX) ||
        f->keyword_count > INDEX_KEYWORDS_MAX)
        bug("folder %u without a name", f->id);
    was_there = index_get_folder(t, f->id, &old, e);
    if (!was_there && e->kind != FAIL_NOT_FOUND)
        return false;
    now = folder_name(f->account, span_of(f->name));
    if (was_there)
        before = folder_name(old.account, span_of(old.name));
    if (!move_name(t, was_there ? &before : NULL, &now, f->id, e))
        return false;
    buf_clear(&t->ix->row);
    index_record_put_folder(f, &t->ix->row);
    return index_row_put(t, INDEX_FOLDERS, &k, e) &&
           count_folder(t, was_there ? &old : NULL, f, e);
}

bool
index_delete_folder(struct index_txn *t, uint32_t id, struct error *e)
{
    struct index_key k = index_key32(id);
    struct index_folder old;
    struct named name;

    if (!index_get_folder(t, id, &old, e))
        return e->kind == FAIL_NOT_FOUND;
    name = folder_name(old.account, span_of(old.name));
    return index_row_delete(t, name.table, &name.key, e) &&
           index_row_delete(t, INDEX_FOLDERS, &k, e) &&
           count_folder(t, &old, NULL, e);
}

/* --- walks: ids are gathered first, so that the function may write ------------------ */

static enum index_step
gather(void *arg, struct span key, struct span row)
{
    struct buf *ids = arg;
    uint64_t n;
    uint32_t id;

    (void)key;
    if (!index_record_take_number(row, &n) || n == 0 || n > UINT32_MAX)
        return INDEX_WALK_BAD;
    id = (uint32_t)n;
    buf_put(ids, span_from(&id, sizeof id));
    return ids->full ? INDEX_WALK_BAD : INDEX_WALK_ON;
}

static bool
next_id(struct buf *ids, size_t *at, uint32_t *id)
{
    if (*at == ids->n)
        return false;
    memcpy(id, ids->p + *at, sizeof *id);
    *at += sizeof *id;
    return true;
}

/* A name whose row is missing is damage; one that the function deleted on the
 * way is none, but we cannot tell: both are passed over. */
static bool
is_gone(const struct error *e)
{
    return e->kind == FAIL_NOT_FOUND;
}

bool
index_each_account(struct index_txn *t, index_account_fn *fn, void *arg,
                   struct error *e)
{
    const struct index_range all = { .from = { .n = 0 } };
    struct index_account a;
    struct buf ids = { 0 };
    bool fine = index_walk(t, INDEX_ACCOUNT_NAMES, &all, gather, &ids, e);
    uint32_t id;

    for (size_t at = 0; fine && next_id(&ids, &at, &id);) {
        if (!index_get_account(t, id, &a, e))
            fine = is_gone(e);
        else if (!fn(arg, &a))
            break;
    }
    buf_free(&ids);
    return fine;
}

bool
index_each_folder(struct index_txn *t, uint32_t account, index_folder_fn *fn,
                  void *arg, struct error *e)
{
    struct index_key k = index_key32(account);
    struct index_range range = index_range_of(&k);
    struct index_folder f;
    struct buf ids = { 0 };
    bool fine = index_walk(t, INDEX_PATHS, &range, gather, &ids, e);
    uint32_t id;

    for (size_t at = 0; fine && next_id(&ids, &at, &id);) {
        if (!index_get_folder(t, id, &f, e))
            fine = is_gone(e);
        else if (!fn(arg, &f))
            break;
    }
    buf_free(&ids);
    return fine;
}

struct sum {
    uint64_t bytes, messages;
};

static bool
add_folder(void *arg, const struct index_folder *f)
{
    struct sum *s = arg;

    s->bytes += f->bytes;
    s->messages += f->exists;
    return true;
}

bool
index_sum_account(struct index_txn *t, uint32_t id, uint64_t *bytes,
                  uint64_t *messages, struct error *e)
{
    struct sum s = { 0 };

    if (!index_each_folder(t, id, add_folder, &s, e))
        return false;
    *bytes = s.bytes;
    *messages = s.messages;
    return true;
}
