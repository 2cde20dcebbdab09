#include "pillarbox/backup_match.h"

#include "base/mem.h"
#include "pillarbox/moving.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct live {
    struct store_row row;
    bool used;     /* it stands for a message of the backup */
    size_t skip;   /* of the first of a size: so many from it on are used */
    bool has_read; /* then digest is its content's, unless it is gone */
    bool gone;
    unsigned char digest[SHA256_SIZE];
};

struct matching {
    struct cli_wait wait; /* first: cli_done() takes it */
    struct store_session *session;
    struct backup_source *source;
    struct store_view *view;
    uint32_t uid_validity;
    struct live *live; /* by size, then UID */
    size_t count;
    bool *matched; /* messages of the source */
    int fd;
    struct error e;
};

/* --- the mailbox -------------------------------------------------------------------------- */

static void
on_opened(void *arg, struct store_view *view, const struct error *e)
{
    struct matching *m = arg;

    m->view = view;
    cli_done(&m->wait, e);
}

static void
on_message(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct matching *m = arg;

    (void)size;
    m->fd = fd;
    cli_done(&m->wait, e);
}

static int
order_live(const void *a, const void *b)
{
    const struct live *x = a;
    const struct live *y = b;

    if (x->row.size != y->row.size)
        return x->row.size < y->row.size ? -1 : 1;
    return x->row.uid < y->row.uid ? -1 : x->row.uid > y->row.uid;
}

static bool
open_mailbox(struct matching *m, struct error *e)
{
    store_open(m->session, span_of(m->source->source.mailbox), STORE_EXAMINE,
               &moving_quiet, on_opened, m);
    if (!moving_wait(&m->wait, e))
        return false;
    m->uid_validity = m->view->uid_validity;
    m->count = m->view->count;
    m->live = mem_take_array(m->count + 1, sizeof *m->live);
    for (size_t i = 0; i < m->count; i++)
        m->live[i].row = m->view->rows[i];
    qsort(m->live, m->count, sizeof *m->live, order_live);
    return true;
}

/* --- comparing ----------------------------------------------------------------------------- */

/* The first of this size and at least this UID, or the one behind where it
 * would be. */
static size_t
find_place(const struct matching *m, uint64_t size, uint32_t uid)
{
    const struct live wanted = { .row = { .size = size, .uid = uid } };
    size_t low = 0;
    size_t high = m->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (order_live(&m->live[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct live *
find_uid(const struct matching *m, const struct source_message *message,
         uint64_t size)
{
    size_t i = find_place(m, size, message->uid);
    struct live *l = &m->live[i];

    if (i < m->count && l->row.size == size && l->row.uid == message->uid &&
        l->row.date == message->date)
        return l;
    return NULL;
}

/* False: it cannot go on. One that is gone meanwhile is like no other. */
static bool
read_content(struct matching *m, struct live *l, struct error *e)
{
    l->has_read = l->gone = true;
    store_message(m->session, l->row.uid, on_message, m);
    if (!moving_wait(&m->wait, e))
        return e->kind != FAIL_UNAVAILABLE;
    l->gone = !backup_digest(m->fd, NULL, NULL, l->digest, e);
    close(m->fd);
    return true;
}

static bool
find_content(struct matching *m, const struct backup_entry *entry,
             struct live **found, struct error *e)
{
    size_t first = find_place(m, entry->size, 0);
    size_t *skip = &m->live[first].skip;

    *found = NULL;
    while (first + *skip < m->count && m->live[first + *skip].used)
        ++*skip;
    for (size_t i = first + *skip;
         i < m->count && m->live[i].row.size == entry->size; i++) {
        struct live *l = &m->live[i];

        if (l->used)
            continue;
        if (!l->has_read && !read_content(m, l, e))
            return false;
        if (!l->gone && memcmp(l->digest, entry->digest, SHA256_SIZE) == 0) {
            *found = l;
            return true;
        }
    }
    return true;
}

static void
match_uids(struct matching *m)
{
    const struct source *s = &m->source->source;

    if (s->uid_validity != m->uid_validity)
        return;
    for (size_t i = 0; i < s->count; i++) {
        const struct source_message *x = &s->messages[i];
        struct live *l =
            find_uid(m, x, backup_source_entry(m->source, x)->size);

        if (l != NULL && !l->used)
            l->used = m->matched[i] = true;
    }
}

static bool
match_contents(struct matching *m, struct error *e)
{
    const struct source *s = &m->source->source;

    for (size_t i = 0; i < s->count; i++) {
        struct live *l;

        if (m->matched[i])
            continue;
        if (!find_content(m, backup_source_entry(m->source, &s->messages[i]),
                          &l, e))
            return false;
        if (l != NULL)
            l->used = m->matched[i] = true;
        if (moving_is_interrupted())
            return fail(e, FAIL_BUSY, "interrupted");
    }
    return true;
}

struct keeping {
    const struct source_message *first;
    const bool *matched;
};

static bool
is_missing(void *arg, const struct source_message *m)
{
    const struct keeping *k = arg;

    return !k->matched[m - k->first];
}

bool
backup_match(struct cli *c, struct store_session *session,
             struct backup_source *s, uint64_t *there, struct error *e)
{
    struct matching m = {
        .wait = { .cli = c }, .session = session, .source = s, .fd = -1
    };
    size_t count = s->source.count;
    bool done;

    m.matched = mem_take_array(count + 1, sizeof *m.matched);
    done = open_mailbox(&m, e);
    if (done) {
        match_uids(&m);
        done = match_contents(&m, e);
        store_close(session);
    }
    if (done) {
        struct keeping k = { s->source.messages, m.matched };

        backup_source_keep(s, is_missing, &k);
        *there = count - s->source.count;
    }
    free(m.matched);
    free(m.live);
    return done;
}
