/* One account's mail, from a backup into the store. */
#include "pillarbox/backup_restore.h"

#include "base/fs.h"
#include "base/map.h"
#include "mail/account.h"
#include "pillarbox/backup_match.h"
#include "pillarbox/moving.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPECIAL STORE_ALL_SPECIAL

/* A mailbox that is there now. */
struct now {
    uint32_t flags, messages;
};

struct account {
    struct cli_wait wait; /* first: cli_done() takes it */
    struct restoring *restoring;
    const char *user;
    bool is_new; /* it had no mail at all */
    struct importing im;
    struct restoring_mailboxes list; /* of the backup */
    struct map *now;                 /* name -> struct now */
    struct arena memory;
};

static bool
wait_now(struct account *a, struct error *e)
{
    return moving_wait(&a->wait, e);
}

/* --- before -------------------------------------------------------------------------------- */

static void
on_quota(void *arg, const struct store_quota *q)
{
    struct account *a = arg;

    if (span_is(q->user, a->user))
        a->is_new = false;
}

/* Known to the index, or there on disk. */
static bool
look_whether_new(struct account *a, struct error *e)
{
    struct cli *c = a->restoring->cli;
    struct buf path = { .max = PATH_MAX };
    struct stat st;
    struct error ignored;

    buf_printf(&path, "%s/", c->settings->mail.dir);
    account_name_to_path(span_of(a->user), &path);
    a->is_new = !fs_stat(AT_FDCWD, buf_text(&path), &st, &ignored);
    buf_free(&path);
    store_list_quota(cli_store(c), span_of(""), on_quota, cli_done, a);
    return wait_now(a, e);
}

static void
on_mailbox(void *arg, const struct store_mailbox *m)
{
    struct account *a = arg;
    struct now *now = arena_take(&a->memory, sizeof *now);

    now->flags = m->flags;
    now->messages = m->messages;
    map_put(a->now, m->name, now);
}

static bool
list_now(struct account *a, struct error *e)
{
    map_free(&a->now);
    a->now = map_new();
    store_list(a->im.session, on_mailbox, cli_done, a);
    return wait_now(a, e);
}

/* --- a new account ----------------------------------------------------------------------------- */

static const struct backup_mailbox *
find_mailbox(const struct account *a, struct span name)
{
    for (size_t i = 0; i < a->list.count; i++)
        if (span_eq(a->list.all[i].name, name))
            return &a->list.all[i];
    return NULL;
}

/* A new account has the usual mailboxes: those that it did not have in the
 * backup, or had for another use, go while they are empty. */
static bool
trim(struct account *a, struct error *e)
{
    size_t at = 0;
    struct span name;
    void *value;

    while (map_next(a->now, &at, &name, &value)) {
        const struct now *now = value;
        const struct backup_mailbox *m = find_mailbox(a, name);

        if (span_is(name, "INBOX") || now->messages > 0 ||
            (now->flags & (STORE_NOSELECT | STORE_NONEXISTENT)) != 0 ||
            (m != NULL && (m->flags & STORE_NONEXISTENT) == 0 &&
             (m->flags & SPECIAL) == (now->flags & SPECIAL)))
            continue;
        store_delete(a->im.session, name, cli_done, a);
        if (!wait_now(a, e) && e->kind != FAIL_NOT_FOUND)
            return false;
    }
    return list_now(a, e);
}

static bool
subscribe(struct account *a, struct span name, bool on, struct error *e)
{
    store_subscribe(a->im.session, name, on, cli_done, a);
    return wait_now(a, e);
}

/* As they were, no more and no fewer. */
static bool
set_subscriptions(struct account *a, struct error *e)
{
    size_t at = 0;
    struct span name;
    void *value;

    while (map_next(a->now, &at, &name, &value)) {
        const struct now *now = value;
        const struct backup_mailbox *m = find_mailbox(a, name);

        if ((now->flags & STORE_SUBSCRIBED) != 0 &&
            (m == NULL || (m->flags & STORE_SUBSCRIBED) == 0) &&
            !subscribe(a, name, false, e))
            return false;
    }
    for (size_t i = 0; i < a->list.count; i++)
        if ((a->list.all[i].flags & STORE_SUBSCRIBED) != 0 &&
            !subscribe(a, a->list.all[i].name, true, e))
            return false;
    return true;
}

/* --- a mailbox ---------------------------------------------------------------------------------- */

static void
on_opened(void *arg, struct store_view *view, const struct error *e)
{
    (void)view;
    cli_done(arg, e);
}

static void
on_flagged(void *arg, const struct numset *modified, const struct error *e)
{
    (void)modified;
    cli_done(arg, e);
}

/* Keywords get their letters, and with them their order in FETCH, as they come:
 * so they come in the order that they had, before the messages. */
static bool
name_keywords(struct account *a, const struct source *s, struct error *e)
{
    struct numset none = { 0 };
    struct span names[FOREIGN_KEYWORDS];
    struct store_flags f = { .keywords = names };
    bool done;

    for (int i = 0; i < FOREIGN_KEYWORDS; i++)
        if (s->keywords.names[i].n > 0)
            names[f.keyword_count++] = s->keywords.names[i];
    if (f.keyword_count == 0)
        return true;
    store_open(a->im.session, span_of(s->mailbox), 0, &moving_quiet, on_opened,
               a);
    if (!wait_now(a, e))
        return false;
    store_set_flags(a->im.session, &none, STORE_FLAGS_ADD, &f, 0, on_flagged,
                    a);
    done = wait_now(a, e);
    store_close(a->im.session);
    return done;
}

static bool
make_mailbox(struct account *a, const struct backup_mailbox *m,
             const struct now *now, struct source *s, struct error *e)
{
    bool is_there =
        now != NULL && (now->flags & (STORE_NOSELECT | STORE_NONEXISTENT)) == 0;

    if (!is_there) {
        store_create(a->im.session, m->name, m->flags & SPECIAL, cli_done, a);
        if (!wait_now(a, e) && e->kind != FAIL_EXISTS)
            return false;
        s->is_subscribed = (m->flags & STORE_SUBSCRIBED) != 0;
    }
    return (is_there && now->messages > 0) || name_keywords(a, s, e);
}

static void
add_row(struct account *a, const struct backup_mailbox *m,
        const struct importing *before, uint64_t there)
{
    struct cli_table *t = &a->restoring->table;

    cli_table_add(t, span_of(a->user));
    cli_table_add(t, m->name);
    cli_table_add_number(t, a->im.imported - before->imported);
    cli_table_add_number(t, a->im.there - before->there + there);
    cli_table_add_number(t, a->im.renumbered - before->renumbered);
    cli_table_add_number(t, a->im.failed - before->failed);
}

static bool
fill(struct account *a, const struct backup_mailbox *m, struct backup_source *s,
     struct error *e)
{
    const struct now *now = map_get(a->now, m->name);
    const struct importing before = a->im;
    bool has_mail = now != NULL && now->messages > 0;
    uint64_t there = 0;
    bool done = make_mailbox(a, m, now, &s->source, e);

    a->im.total += s->source.count;
    if (done && has_mail)
        done = backup_match(a->restoring->cli, a->im.session, s, &there, e);
    a->im.passed += there;
    if (done && (!has_mail || s->source.count > 0))
        done = importing_run(&a->im, &s->source, e);
    if (!done && moving_is_interrupted())
        a->im.interrupted = true;
    add_row(a, m, &before, there);
    return done;
}

/* A mailbox that is in use is told, and the others have their turn. */
static bool
restore_mailbox(struct account *a, const struct backup_mailbox *m,
                struct error *e)
{
    struct restoring *r = a->restoring;
    struct backup_source s;
    bool done = true;

    if (restoring_open(r, a->user, m, &s))
        done = fill(a, m, &s, e);
    source_free(&s.source);
    if (done || a->im.interrupted || e->kind != FAIL_BUSY)
        return done;
    progress_clear(&a->im.progress);
    restoring_complain(r, a->user, e);
    return true;
}

/* --- the account ----------------------------------------------------------------------------------- */

static bool
has_wanted(const struct account *a, struct error *e)
{
    const char *wanted = a->restoring->mailbox;
    const struct backup_mailbox *m =
        wanted == NULL ? NULL : find_mailbox(a, span_of(wanted));

    return wanted == NULL ||
           (m != NULL && (m->flags & STORE_NONEXISTENT) == 0) ||
           fail(e, FAIL_NOT_FOUND, "the backup has no mailbox \"%.100s\" of %s",
                wanted, a->user);
}

static bool
restore_mailboxes(struct account *a, struct error *e)
{
    struct restoring *r = a->restoring;
    bool all = r->mailbox == NULL && r->message_id == NULL;
    bool done = list_now(a, e);

    if (done && a->is_new && all)
        done = trim(a, e) && set_subscriptions(a, e);
    for (size_t i = 0; done && i < a->list.count; i++)
        done = restore_mailbox(a, &a->list.all[i], e);
    return done;
}

bool
restoring_mail(struct restoring *r, const char *user, struct error *e)
{
    struct account a = { .wait = { .cli = r->cli },
                         .restoring = r,
                         .user = user };
    bool done = restoring_list(r, user, &a.list, e) && has_wanted(&a, e) &&
                look_whether_new(&a, e);

    if (done) {
        done = importing_begin(&a.im, r->cli, user, "restore", e) &&
               restore_mailboxes(&a, e);
        importing_end(&a.im);
        r->problems += a.im.failed;
        r->interrupted = a.im.interrupted;
    }
    restoring_list_free(&a.list);
    map_free(&a.now);
    arena_clear(&a.memory);
    return done || r->interrupted;
}
