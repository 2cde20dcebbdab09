#include "mailstore/mailboxes.h"

#include "base/arena.h"
#include "base/mem.h"
#include "mailstore/dispose.h"

#include <stdlib.h>
#include <string.h>

struct listing {
    struct home *home;
    struct index_txn *txn;
    struct arena arena;
    struct map *by_name; /* -> struct store_mailbox, in the arena */
};

static bool
count_one(void *arg, const struct index_message *m)
{
    uint32_t *n = arg;

    (void)m;
    (*n)++;
    return true;
}

static struct store_mailbox
mailbox_of(struct home *h, struct index_txn *t, const struct index_folder *f)
{
    struct store_mailbox m = { .name = span_of(f->name),
                               .flags = f->flags & STORE_ALL_SPECIAL,
                               .uid_validity = f->uid_validity,
                               .uid_next = f->uid_next,
                               .messages = f->exists,
                               .unseen = f->unseen,
                               .deleted = f->deleted,
                               .modseq = f->modseq,
                               .bytes = f->bytes,
                               .deleted_bytes = f->deleted_bytes };
    struct error e;

    if (home_is_subscribed(h, m.name))
        m.flags |= STORE_SUBSCRIBED;
    if (f->first_recent < f->uid_next &&
        !index_each_message(t, f->id, f->first_recent, f->uid_next - 1,
                            count_one, &m.recent, &e))
        m.recent = 0;
    return m;
}

static struct store_mailbox *
add(struct listing *l, struct span name)
{
    struct store_mailbox *m = arena_take(&l->arena, sizeof *m);

    m->name = arena_copy(&l->arena, name);
    map_put(l->by_name, m->name, m);
    return m;
}

static bool
add_folder(void *arg, const struct index_folder *f)
{
    struct listing *l = arg;
    struct store_mailbox *m;
    struct span name;

    if (dispose_is_disposed(f))
        return true;
    m = add(l, span_of(f->name));
    name = m->name;
    *m = mailbox_of(l->home, l->txn, f);
    m->name = name;
    return true;
}

/* Levels above it that are no mailboxes themselves. */
static void
add_parents(struct listing *l, struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        struct span parent = span_sub(name, 0, i);
        struct store_mailbox *m;

        if (name.p[i] != '/' || map_get(l->by_name, parent) != NULL)
            continue;
        m = add(l, parent);
        m->flags = STORE_NOSELECT;
        if (home_is_subscribed(l->home, parent))
            m->flags |= STORE_SUBSCRIBED;
    }
}

static int
order_mailboxes(const void *a, const void *b)
{
    const struct store_mailbox *const *x = a;
    const struct store_mailbox *const *y = b;
    bool x_inbox = span_is((*x)->name, "INBOX");
    bool y_inbox = span_is((*y)->name, "INBOX");

    if (x_inbox != y_inbox)
        return x_inbox ? -1 : 1;
    return span_cmp((*x)->name, (*y)->name);
}

static struct store_mailbox **
collect(const struct listing *l, size_t *count)
{
    struct store_mailbox **all =
        mem_take_array(map_count(l->by_name), sizeof *all);
    struct span key;
    void *value;

    *count = 0;
    for (size_t at = 0; map_next(l->by_name, &at, &key, &value);)
        all[(*count)++] = value;
    return all;
}

static void
add_what_is_missing(struct listing *l)
{
    struct home *h = l->home;
    size_t count;
    struct store_mailbox **all = collect(l, &count);

    for (size_t i = 0; i < count; i++)
        add_parents(l, all[i]->name);
    free(all);
    for (size_t i = 0; i < h->subscription_count; i++) {
        struct span name = span_of(h->subscriptions[i]);

        if (map_get(l->by_name, name) == NULL)
            add(l, name)->flags = STORE_SUBSCRIBED | STORE_NONEXISTENT;
    }
}

bool
mailboxes_list(struct home *h, store_mailbox_fn *row, void *arg,
               struct error *e)
{
    struct listing l = { .home = h, .by_name = map_new() };
    struct store_mailbox **all;
    size_t count;
    bool done;

    l.txn = core_begin(h->core);
    done = index_each_folder(l.txn, h->record.id, add_folder, &l, e);
    if (!done)
        core_abort(h->core, &l.txn, e);
    index_abort(&l.txn);
    if (done) {
        add_what_is_missing(&l);
        all = collect(&l, &count);
        qsort(all, count, sizeof(void *), order_mailboxes);
        for (size_t i = 0; i < count; i++)
            row(arg, all[i]);
        free(all);
    }
    map_free(&l.by_name);
    arena_clear(&l.arena);
    return done;
}

struct counting {
    uint64_t epoch;
    size_t count;
    bool verified;
};

static bool
count_folder(void *arg, const struct index_folder *f)
{
    struct counting *v = arg;

    if (dispose_is_disposed(f))
        return true;
    v->count++;
    v->verified = v->verified && f->verified_epoch == v->epoch;
    return true;
}

size_t
mailboxes_count(struct home *h, bool *verified)
{
    struct counting v = { .epoch = h->core->epoch, .verified = true };
    struct index_txn *t = core_begin(h->core);
    struct error e;

    if (!index_each_folder(t, h->record.id, count_folder, &v, &e))
        core_abort(h->core, &t, &e);
    index_abort(&t);
    *verified = v.verified;
    return v.count;
}

bool
mailboxes_find(struct home *h, struct span name, struct index_folder *record,
               struct error *e)
{
    struct index_txn *t = core_begin(h->core);

    if (!index_find_folder(t, h->record.id, name, record, e)) {
        core_abort(h->core, &t, e);
        return false;
    }
    index_abort(&t);
    return true;
}

bool
mailboxes_status(struct home *h, struct span name, store_mailbox_fn *row,
                 void *arg, struct error *e)
{
    struct index_folder record;
    struct index_txn *t;
    struct store_mailbox m;

    if (!mailboxes_find(h, name, &record, e))
        return false;
    t = core_begin(h->core);
    m = mailbox_of(h, t, &record);
    index_abort(&t);
    row(arg, &m);
    return true;
}
