/*
 * The life of a message, told from mailstored's journal.
 *
 * A message is a chain of places (account, mailbox, UID): what starts the chain
 * is asked for, copies and moves make it longer at both ends. The journal is
 * read over and over until it does not grow any more, and then once to print.
 */
#include "pillarbox/command.h"

#include "base/cursor.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 1000
#define ROUNDS_MAX 20

static const char *const columns[] = { "time",    "event",   "user",
                                       "message", "service", "session",
                                       "address", "detail",  NULL };

struct place {
    char *user, *mailbox; /* as it was called when it was there */
    uint32_t folder;      /* 0: see the name                    */
    uint32_t uid;
};

struct tracing {
    struct cli_wait wait; /* first: cli_done() takes it */
    struct cli_table table;
    struct span wanted; /* message-id or session; empty: see user */
    bool is_id;
    const char *user;    /* "": everybody's events are looked at */
    struct span mailbox; /* of a place; empty: none               */
    uint32_t uid;
    struct place *places;
    size_t place_count;
    struct place *deleted; /* mailboxes, as the journal is read */
    size_t deleted_count;
    bool resolve; /* which mailbox of this name: the last one */
    bool print;
    uint64_t after; /* seq of the last event */
    unsigned count; /* in this answer */
};

/* --- places ------------------------------------------------------------------------ */

static bool
is_place(const struct place *p, struct span user, uint32_t folder,
         struct span mailbox)
{
    if (!span_is(user, p->user))
        return false;
    if (p->folder != 0 && folder != 0)
        return p->folder == folder;
    return span_is(mailbox, p->mailbox);
}

static char *
copy_text(struct span s)
{
    char *p = mem_take(s.n + 1);

    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

static void
add_place(struct tracing *t, struct span user, const struct place *where,
          struct span mailbox)
{
    struct place *p;

    for (size_t i = 0; i < t->place_count; i++)
        if (t->places[i].uid == where->uid &&
            is_place(&t->places[i], user, where->folder, mailbox)) {
            if (t->places[i].folder == 0)
                t->places[i].folder = where->folder;
            return;
        }
    if (t->place_count == PLACES_MAX)
        return;
    t->places = mem_grow(t->places, (t->place_count + 1) * sizeof *t->places);
    p = &t->places[t->place_count++];
    *p = *where;
    p->user = copy_text(user);
    p->mailbox = copy_text(mailbox);
}

/* The n-th number of the set. */
static bool
nth(const struct numset *s, uint64_t n, uint32_t *uid)
{
    for (size_t i = 0; i < s->n; i++) {
        uint64_t here = (uint64_t)s->r[i].last - s->r[i].first + 1;

        if (n < here) {
            *uid = s->r[i].first + (uint32_t)n;
            return true;
        }
        n -= here;
    }
    return false;
}

/* How many numbers of the set are lower. */
static uint64_t
rank(const struct numset *s, uint32_t uid)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s->n && s->r[i].first < uid; i++)
        n += (s->r[i].last < uid ? s->r[i].last + UINT64_C(1) : uid) -
             s->r[i].first;
    return n;
}

/* --- events ------------------------------------------------------------------------- */

static bool
of_from(const struct place *p, const struct store_event *ev)
{
    return is_place(p, ev->user, ev->folder, ev->mailbox) &&
           (numset_has(ev->uids, p->uid) ||
            strcmp(ev->kind, "mailbox-deleted") == 0);
}

static bool
of_to(const struct place *p, const struct store_event *ev)
{
    return ev->to_uids->n > 0 &&
           is_place(p, ev->user, ev->to_folder, ev->to_mailbox) &&
           numset_has(ev->to_uids, p->uid);
}

/* Where it came from, where it went. */
static void
follow(struct tracing *t, const struct store_event *ev)
{
    for (size_t i = 0; ev->to_uids->n > 0 && i < t->place_count; i++) {
        const struct place p = t->places[i];
        struct place other = { 0 };

        if (numset_has(ev->uids, p.uid) && of_from(&p, ev) &&
            nth(ev->to_uids, rank(ev->uids, p.uid), &other.uid)) {
            other.folder = ev->to_folder;
            add_place(t, ev->user, &other, ev->to_mailbox);
        }
        if (of_to(&p, ev) &&
            nth(ev->uids, rank(ev->to_uids, p.uid), &other.uid)) {
            other.folder = ev->folder;
            add_place(t, ev->user, &other, ev->mailbox);
        }
    }
}

/* "imap 7f3a 192.168.1.7" */
static void
cut_who(struct span who, struct span parts[3])
{
    for (int i = 0; i < 3; i++)
        if (i == 2 || !span_cut(&who, ' ', &parts[i]))
            parts[i] = who;
}

static void
print_event(struct tracing *t, const struct store_event *ev,
            const struct place *p)
{
    struct span who[3] = { { 0 }, { 0 }, { 0 } };
    struct buf text = { 0 };
    struct buf detail = { 0 };
    uint32_t uid;

    cli_table_add_time(&t->table, ev->time);
    cli_table_add(&t->table, span_of(ev->kind));
    cli_table_add(&t->table, ev->user);
    buf_printf(&text, "%.*s", SPAN(ev->mailbox));
    buf_put(&detail, ev->detail);
    if (ev->message_id.n > 0)
        buf_printf(&detail, "%s%.*s", detail.n > 0 ? " " : "",
                   SPAN(ev->message_id));
    if (p == NULL || !numset_has(ev->uids, p->uid)) {
        if (ev->uids->n > 0)
            buf_put_ch(&text, ':');
        numset_print(ev->uids, &text);
    } else {
        buf_printf(&text, ":%u", p->uid);
    }
    if (ev->to_uids->n > 0) {
        buf_printf(&detail, "%sto %.*s:", detail.n > 0 ? " " : "",
                   SPAN(ev->to_mailbox));
        if (p != NULL && numset_has(ev->uids, p->uid) &&
            nth(ev->to_uids, rank(ev->uids, p->uid), &uid))
            buf_printf(&detail, "%u", uid);
        else
            numset_print(ev->to_uids, &detail);
    }
    cli_table_add(&t->table, buf_span(&text));
    cut_who(ev->who, who);
    for (int i = 0; i < 3; i++)
        cli_table_add(&t->table, who[i]);
    cli_table_add(&t->table, buf_span(&detail));
    buf_free(&text);
    buf_free(&detail);
}

/* What was asked for, without places. */
static bool
is_wanted(const struct tracing *t, const struct store_event *ev)
{
    struct span who[3] = { { 0 }, { 0 }, { 0 } };

    if (t->mailbox.n > 0)
        return false;
    if (t->wanted.n == 0)
        return true;
    cut_who(ev->who, who);
    return t->is_id ? span_eq(ev->message_id, t->wanted)
                    : span_eq(who[1], t->wanted);
}

/* --- mailboxes that were deleted and made again ----------------------------------------- */

static void
note_deleted(struct tracing *t, const struct store_event *ev)
{
    t->deleted =
        mem_grow(t->deleted, (t->deleted_count + 1) * sizeof *t->deleted);
    t->deleted[t->deleted_count++] =
        (struct place){ .user = copy_text(ev->user),
                        .mailbox = copy_text(ev->mailbox),
                        .folder = ev->folder };
}

/* What came back had been in the last mailbox of that name. */
static uint32_t
folder_of(const struct tracing *t, const struct store_event *ev)
{
    for (size_t i = t->deleted_count; ev->folder == 0 && i > 0; i--)
        if (span_is(ev->user, t->deleted[i - 1].user) &&
            span_is(ev->mailbox, t->deleted[i - 1].mailbox))
            return t->deleted[i - 1].folder;
    return ev->folder;
}

static void
resolve(struct tracing *t, const struct store_event *ev)
{
    struct place *p = &t->places[0];

    if (ev->folder != 0 && span_is(ev->mailbox, p->mailbox))
        p->folder = ev->folder;
    if (ev->to_folder != 0 && span_is(ev->to_mailbox, p->mailbox))
        p->folder = ev->to_folder;
}

static void
look_at(struct tracing *t, const struct store_event *ev)
{
    bool wanted = is_wanted(t, ev);
    const struct place *p = NULL;

    if (wanted && t->is_id) {
        struct place here = { .folder = ev->folder };
        uint64_t n = numset_count(ev->uids);

        for (uint64_t i = 0; i < n && nth(ev->uids, i, &here.uid); i++)
            add_place(t, ev->user, &here, ev->mailbox);
    }
    follow(t, ev);
    if (!t->print)
        return;
    for (size_t i = 0; p == NULL && i < t->place_count; i++)
        if (of_from(&t->places[i], ev))
            p = &t->places[i];
    if (wanted || p != NULL)
        print_event(t, ev, p);
}

static void
on_event(void *arg, const struct store_event *given)
{
    struct tracing *t = arg;
    struct store_event ev = *given;

    t->count++;
    t->after = ev.seq;
    ev.folder = folder_of(t, given);
    if (strcmp(ev.kind, "mailbox-deleted") == 0)
        note_deleted(t, given);
    if (t->resolve)
        resolve(t, &ev);
    else
        look_at(t, &ev);
}

/* --- reading ------------------------------------------------------------------------- */

static void
forget_places(struct place **places, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        free((*places)[i].user);
        free((*places)[i].mailbox);
    }
    free(*places);
    *places = NULL;
    *count = 0;
}

static bool
read_journal(struct tracing *t)
{
    t->after = 0;
    forget_places(&t->deleted, &t->deleted_count);
    do {
        t->count = 0;
        t->wait.over = false;
        store_history(cli_store(t->wait.cli), span_of(t->user), t->after,
                      on_event, cli_done, t);
        if (!cli_wait(&t->wait))
            return false;
    } while (t->count == STORE_HISTORY_MAX);
    return true;
}

static bool
read_until_whole(struct tracing *t)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        size_t before = t->place_count;

        if (!read_journal(t))
            return false;
        if (t->place_count == before && i > 0)
            break;
    }
    return true;
}

/* --- what is asked for ---------------------------------------------------------------- */

/* USER:MAILBOX:UID */
static bool
parse_place(struct tracing *t, struct cli *c, struct span text)
{
    size_t colon = span_find(text, ':');
    size_t last = text.n;
    struct place here = { 0 };
    struct cursor number;

    if (colon == text.n)
        return false;
    while (last > colon && text.p[last - 1] != ':')
        last--;
    number = cursor_on(span_after(text, last));
    if (last < colon + 3 || !take_number(&number, &here.uid) ||
        !take_end(&number))
        return false;
    t->user = cli_user(c, arena_text(&c->memory, span_sub(text, 0, colon)));
    t->mailbox = span_sub(text, colon + 1, last - colon - 2);
    t->uid = here.uid;
    add_place(t, span_of(t->user), &here, t->mailbox);
    return true;
}

/* A session's id is hexadecimal and short; an account has mail. */
static void
parse(struct tracing *t, struct cli *c)
{
    struct span text = span_of(c->args[0]);

    t->user = "";
    if (span_starts(text, "<")) {
        t->wanted = text;
        t->is_id = true;
    } else if (!parse_place(t, c, text)) {
        if (span_has(text, '@'))
            t->user = cli_user(c, c->args[0]);
        else
            t->wanted = text;
    }
}

/* A bare word may be a session or a user; "a@b" a user or a Message-ID that
 * was typed without its brackets. */
static void
parse_again(struct tracing *t, struct cli *c)
{
    if (t->user[0] != '\0') {
        t->user = "";
        t->wanted = span_of(arena_printf(&c->memory, "<%s>", c->args[0]));
        t->is_id = true;
    } else {
        t->wanted = (struct span){ 0 };
        t->user = cli_user(c, c->args[0]);
    }
}

static bool
trace(struct tracing *t)
{
    t->print = false;
    t->resolve = t->mailbox.n > 0;
    if (t->resolve && !read_journal(t))
        return false;
    t->resolve = false;
    if ((t->is_id || t->place_count > 0) && !read_until_whole(t))
        return false;
    t->print = true;
    return read_journal(t);
}

int
command_trace(struct cli *c)
{
    struct tracing t = { .wait = { .cli = c },
                         .table = { .columns = columns, .json = c->json } };
    bool done;

    parse(&t, c);
    done = trace(&t);
    if ((done || t.wait.e.kind == FAIL_NOT_FOUND) && t.table.rows == 0 &&
        !t.is_id && t.mailbox.n == 0) {
        parse_again(&t, c);
        t.wait.failed = false;
        done = trace(&t);
    }
    forget_places(&t.places, &t.place_count);
    forget_places(&t.deleted, &t.deleted_count);
    if (!done)
        return cli_fail(c, c->args[0], &t.wait.e);
    if (t.table.rows == 0 && !c->json) {
        fprintf(stderr, "pillarbox: the journal knows nothing of %s\n",
                c->args[0]);
        return CLI_PROBLEM;
    }
    cli_table_print(&t.table);
    return CLI_DONE;
}
