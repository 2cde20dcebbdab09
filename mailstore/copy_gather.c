/* Which messages are copied, and what they will be called. */
#include "base/clock.h"
#include "base/mem.h"
#include "mailstore/copy_inside.h"
#include "mailstore/names.h"

#include <stdlib.h>

/* --- UIDs and names ------------------------------------------------------------------------ */

static void
name_item(struct copying *c, struct copy_item *item, uint64_t modseq)
{
    struct folder *f = c->to;
    struct maildir_stamp by = core_stamp(f->core);
    struct maildir_name old;
    struct maildir_facts facts = { .tag = f->record.tag };
    struct index_message *m = &item->message;
    struct buf text = { .max = NAME_MAX };

    item->uid = f->next_uid++;
    maildir_name_parse(item->from_base, &old);
    facts.uid = item->uid;
    facts.size = old.has_size ? old.size : m->size;
    facts.wire_size = m->size;
    maildir_name_make(&by, &facts, &text);
    item->base = arena_text(&c->arena, buf_span(&text));
    item->tmp = arena_printf(&c->arena, "tmp/%s", item->base);
    m->uid = item->uid;
    m->modseq = modseq;
    m->save_date = clock_seconds();
    m->state &= INDEX_BARE_LF;
    m->name_flags = (uint8_t)m->flags;
    m->name_keywords = (uint32_t)m->keywords;
    m->name_hash = index_hash(span_of(item->base));
    buf_clear(&text);
    names_path(m, span_of(item->base), &text);
    item->to = arena_text(&c->arena, buf_span(&text));
    item->row = folder_row(m);
    numset_add(&c->copied, item->from_uid, item->from_uid);
    numset_add(&c->given, item->uid, item->uid);
    buf_free(&text);
}

/* The source's keyword bits in the target's numbers; new ones are made. */
static bool
map_keywords(struct copying *c, struct error *e)
{
    const struct index_folder *record = &c->from->record;
    uint64_t to[STORE_KEYWORDS_MAX];

    for (size_t k = 0; k < STORE_KEYWORDS_MAX; k++)
        to[k] = UINT64_MAX;
    for (size_t i = 0; i < c->count; i++) {
        uint64_t old = c->items[i].message.keywords;
        uint64_t bits = 0;

        for (size_t k = 0; k < record->keyword_count; k++) {
            struct span name = span_of(record->keywords[k]);

            if ((old >> k & 1) == 0)
                continue;
            if (to[k] == UINT64_MAX &&
                !folder_keywords(c->to, &name, 1, &to[k], e))
                return false;
            bits |= to[k];
        }
        c->items[i].message.keywords = bits;
    }
    return true;
}

static void
may_give(void *arg, const struct error *e)
{
    struct copying *c = arg;
    uint64_t modseq = core_modseq(c->to->record.modseq);
    struct error mine;

    if (e != NULL || !map_keywords(c, &mine)) {
        copy_fail(c, e != NULL ? e : &mine);
        copy_end(c);
        return;
    }
    for (size_t i = 0; i < c->count; i++)
        name_item(c, &c->items[i], modseq);
    copy_link(c);
}

/* --- gathering ------------------------------------------------------------------------------- */

static bool
gather_one(struct copying *c, uint32_t uid, struct index_txn *t,
           struct error *e)
{
    uint32_t id = c->from->record.id;
    struct buf store = { 0 };
    struct buf path = { 0 };
    struct index_cold cold;
    struct copy_item *item;
    bool done;

    if (c->count == c->room) {
        c->room = c->room * 2 + 16;
        c->items = mem_grow(c->items, c->room * sizeof *c->items);
    }
    item = &c->items[c->count];
    *item = (struct copy_item){ .from_uid = uid };
    done = index_get_message(t, id, uid, &item->message, e) &&
           index_get_cold(t, id, uid, &store, &cold, e);
    if (done) {
        names_path(&item->message, cold.base, &path);
        item->from = arena_text(&c->arena, buf_span(&path));
        item->from_base = arena_copy(&c->arena, cold.base);
        c->count++;
    }
    buf_free(&store);
    buf_free(&path);
    return done;
}

/* What is moved is there already. */
static bool
claim_room(struct copying *c, struct error *e)
{
    uint64_t bytes = 0;

    if (c->move)
        return true;
    for (size_t i = 0; i < c->count; i++)
        bytes += c->items[i].message.size;
    return quota_take(c->to->home, bytes, c->count, &c->claim, e);
}

static void
gathered(struct copying *c)
{
    struct error e;

    if (c->count > 0 && !claim_room(c, &e))
        copy_fail(c, &e);
    if (c->count == 0 || c->failed)
        copy_end(c);
    else if (folder_may_give(c->to, (uint32_t)c->count, may_give, c))
        may_give(c, NULL);
}

static void
gather_next(void *arg)
{
    struct copying *c = arg;
    struct folder *f = c->from;
    struct index_txn *t;
    size_t i;
    struct error e;
    bool done = true;

    if (!folder_steady(f, gather_next, c))
        return;
    t = core_begin(f->core);
    i = folder_find_index(f, c->next);
    for (unsigned n = 0; done && n < COPY_PIECE && i < f->count; n++, i++) {
        c->next = f->rows[i].uid + 1;
        if (numset_has(&c->uids, f->rows[i].uid))
            done = gather_one(c, f->rows[i].uid, t, &e);
    }
    if (!done) {
        core_abort(f->core, &t, &e);
        copy_fail(c, &e);
        copy_end(c);
        return;
    }
    index_abort(&t);
    if (i < f->count)
        core_defer(f->core, gather_next, c);
    else
        gathered(c);
}

void
copy_gather(struct copying *c)
{
    gather_next(c);
}
