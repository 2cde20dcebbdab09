/*
 * LIST, LSUB, NAMESPACE. The store tells every mailbox; which of them are
 * shown, and how, is decided in three passes that each let others have their
 * turn:
 *
 *     collect (rows of the store) -> match (patterns) -> link (parents and
 *     children) -> show
 */
#include "base/map.h"
#include "imapd-lite/command.h"
#include "imapd-lite/list.h"
#include "imapd-lite/special.h"
#include "imapd-lite/status.h"

struct entry {
    struct entry *next;
    struct store_mailbox m;
    bool matches;      /* a pattern                                   */
    bool has_children; /* that exist                                  */
    bool has_selected; /* something below is selected...              */
    bool has_unshown;  /* ...and does not match, so is not shown      */
};

struct list {
    struct list_request request;
    struct entry *first, **last;
    struct entry *at; /* of the pass that is under way */
    struct map *by_name;
};

static void
free_list(void *own)
{
    struct list *l = own;

    map_free(&l->by_name);
}

static struct entry *
add_entry(struct imap *s, struct list *l, const struct store_mailbox *m)
{
    struct entry *n = arena_take(&s->run.arena, sizeof *n);

    n->m = *m;
    n->m.name = arena_copy(&s->run.arena, m->name);
    *l->last = n;
    l->last = &n->next;
    map_put(l->by_name, n->m.name, n);
    return n;
}

/* --- which ones -------------------------------------------------------------- */

static bool
is_there(const struct entry *n)
{
    return (n->m.flags & STORE_NONEXISTENT) == 0;
}

static bool
is_selected(const struct list_request *r, const struct entry *n)
{
    if ((r->select & LIST_SUBSCRIBED) != 0) {
        if ((n->m.flags & STORE_SUBSCRIBED) == 0)
            return false;
    } else if (!is_there(n)) {
        return false;
    }
    return (r->select & LIST_SPECIAL_USE) == 0 ||
           (n->m.flags & STORE_ALL_SPECIAL) != 0;
}

/* The name one level up; false at the top. */
static bool
parent_of(struct span *name)
{
    while (name->n > 0)
        if (name->p[--name->n] == '/')
            return true;
    return false;
}

/* Names above a subscription may not exist; they are told as parents. */
static struct entry *
get_parent(struct imap *s, struct list *l, struct span name)
{
    struct entry *n = map_get(l->by_name, name);

    if (n != NULL)
        return n;
    n = add_entry(
        s, l,
        &(struct store_mailbox){ .name = name, .flags = STORE_NONEXISTENT });
    n->matches = imap_list_matches(&l->request, name);
    return n;
}

static void
mark_existing_parents(struct list *l, const struct entry *n)
{
    struct span name = n->m.name;

    while (parent_of(&name)) {
        struct entry *up = map_get(l->by_name, name);

        if (up != NULL && up->has_children)
            return;
        if (up != NULL)
            up->has_children = true;
    }
}

static void
mark_selected_parents(struct imap *s, struct list *l, const struct entry *n)
{
    struct span name = n->m.name;

    while (parent_of(&name)) {
        struct entry *up = get_parent(s, l, name);

        up->has_selected = true;
        up->has_unshown = up->has_unshown || !n->matches;
    }
}

static void
link_entries(struct imap *s, struct list *l)
{
    const struct list_request *r = &l->request;

    for (struct entry *n = l->first; n != NULL; n = n->next) {
        if (is_there(n))
            mark_existing_parents(l, n);
        if ((r->select & LIST_RECURSIVE) != 0 && is_selected(r, n))
            mark_selected_parents(s, l, n);
    }
}

/* --- how ------------------------------------------------------------------------ */

static void
put_attributes(const struct list_request *r, const struct entry *n,
               struct buf *out)
{
    bool selected = is_selected(r, n);

    buf_put_text(out, n->has_children ? "\\HasChildren" : "\\HasNoChildren");
    if (!is_there(n) && !r->lsub)
        buf_put_text(out, " \\NonExistent");
    if ((n->m.flags & STORE_NOSELECT) != 0 || (r->lsub && !selected))
        buf_put_text(out, " \\Noselect");
    if ((n->m.flags & STORE_SUBSCRIBED) != 0 && !r->lsub &&
        ((r->select & LIST_SUBSCRIBED) != 0 ||
         (r->returns & LIST_RETURN_SUBSCRIBED) != 0))
        buf_put_text(out, " \\Subscribed");
    imap_put_special_use(n->m.flags, out);
}

/* childinfo-extended-item = "CHILDINFO" SP "(" list-select-base-opt-quoted
 *                    *(SP list-select-base-opt-quoted) ")"
 *                                                  RFC 5258 section 6 */
static void
put_childinfo(const struct list_request *r, struct buf *out)
{
    bool both = (r->select & LIST_SUBSCRIBED) != 0 &&
                (r->select & LIST_SPECIAL_USE) != 0;

    buf_put_text(out, " (\"CHILDINFO\" (");
    if ((r->select & LIST_SUBSCRIBED) != 0)
        buf_put_text(out, "\"SUBSCRIBED\"");
    if (both)
        buf_put_ch(out, ' ');
    if ((r->select & LIST_SPECIAL_USE) != 0)
        buf_put_text(out, "\"SPECIAL-USE\"");
    buf_put_text(out, "))");
}

static void
put_entry(struct imap *s, const struct list_request *r, const struct entry *n)
{
    struct buf *out = &s->out;

    buf_put_text(out, r->lsub ? "* LSUB (" : "* LIST (");
    put_attributes(r, n, out);
    buf_put_text(out, ") \"/\" ");
    imap_put_mailbox(out, n->m.name);
    if (!r->lsub && n->has_selected)
        put_childinfo(r, out);
    buf_put_text(out, "\r\n");
    if ((r->returns & LIST_RETURN_STATUS) != 0 && is_there(n) &&
        (n->m.flags & STORE_NOSELECT) == 0)
        imap_put_status(out, r->status_items, &n->m,
                        s->shared->settings->limits.message_size);
}

static enum run
show(struct imap *s, struct error *e)
{
    struct list *l = s->run.own;

    (void)e;
    for (; l->at != NULL; l->at = l->at->next) {
        const struct entry *n = l->at;

        if (imap_is_full(s))
            return imap_wait(s, IMAP_FOR_DRAIN, show);
        if (!n->matches || (!is_selected(&l->request, n) && !n->has_unshown))
            continue;
        put_entry(s, &l->request, n);
        imap_flush(s);
    }
    return RUN_OK;
}

static enum run
match(struct imap *s, struct error *e)
{
    struct list *l = s->run.own;

    for (int turn = 0; l->at != NULL; l->at = l->at->next) {
        if (turn++ == IMAP_LIST_TURN)
            return imap_wait(s, IMAP_FOR_DRAIN, match);
        l->at->matches = imap_list_matches(&l->request, l->at->m.name);
    }
    link_entries(s, l);
    l->at = l->first;
    return show(s, e);
}

/* --- the commands --------------------------------------------------------------- */

static void
got_mailbox(void *arg, const struct store_mailbox *m)
{
    struct imap *s = arg;

    add_entry(s, s->run.own, m);
}

static enum run
got_all(struct imap *s, struct error *e)
{
    struct list *l = s->run.own;

    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    l->at = l->first;
    return match(s, e);
}

static enum run
list(struct imap *s, struct cursor *c, bool lsub)
{
    struct list *l = arena_take(&s->run.arena, sizeof *l);

    if (!imap_take_list_request(c, &s->run.arena, lsub, &l->request))
        return RUN_BAD;
    if (l->request.root) {
        conn_text(s->conn, "* LIST (\\Noselect) \"/\" \"\"\r\n");
        return RUN_OK;
    }
    l->last = &l->first;
    l->by_name = map_new();
    s->run.own = l;
    imap_at_end(s, free_list);
    store_list(s->store, got_mailbox, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER, got_all);
}

/* list: see list_request.c                         RFC 3501 section 6.3.8 */
enum run
imap_cmd_list(struct imap *s, struct cursor *c, struct error *e)
{
    (void)e;
    return list(s, c, false);
}

/* lsub = "LSUB" SP mailbox SP list-mailbox         RFC 3501 section 6.3.9
 * A name that is not subscribed comes with \Noselect when something below it
 * is, and the pattern does not reach that. */
enum run
imap_cmd_lsub(struct imap *s, struct cursor *c, struct error *e)
{
    (void)e;
    return list(s, c, true);
}

/* namespace = "NAMESPACE"                          RFC 2342 section 5 */
enum run
imap_cmd_namespace(struct imap *s, struct cursor *c, struct error *e)
{
    (void)e;
    if (!take_end(c))
        return RUN_BAD;
    conn_text(s->conn, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
    return RUN_OK;
}
