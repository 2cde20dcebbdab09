/* What a test does with a rig (store_rig_base.h), a call each. */
#ifndef TESTS_MAILSTORE_STORE_RIG_H
#define TESTS_MAILSTORE_STORE_RIG_H

#include "tests/mailstore/store_rig_base.h"

/* --- what tests do ----------------------------------------------------------------- */

static __attribute__((unused)) struct store_session *
rig_login_on(struct rig *r, struct store *on, const char *service,
             const char *user)
{
    struct rig_answer a = rig_ask(r);
    struct buf ticket = { 0 };
    struct store_session *x;

    ticket_make(rig_key, span_of(service), span_of(user),
                clock_seconds() + TICKET_SECONDS, &ticket);
    x = store_login(on, buf_span(&ticket), "0123456789abcdef", "192.0.2.1",
                    rig_done, &a);
    rig_wait(r, &a.done);
    buf_free(&ticket);
    if (a.failed)
        store_logout(&x);
    return x;
}

static __attribute__((unused)) struct store_session *
rig_login(struct rig *r, const char *user)
{
    return rig_login_on(r, r->imap, "imap", user);
}

struct rig_mail {
    const char *user, *mailbox, *text;
    int64_t date;
    uint16_t flags;
    const char *keyword;
    const char *summary;
    struct store_session *append; /* or NULL: a delivery */
};

static __attribute__((unused)) void
rig_commit(struct rig *r, const struct rig_mail *m, struct rig_answer *a)
{
    struct span keyword = span_of(m->keyword == NULL ? "" : m->keyword);
    struct store_recipient to = { span_of(m->user == NULL ? "" : m->user),
                                  span_of(m->mailbox) };
    struct store_new n = {
        .size = strlen(m->text),
        .date = m->date,
        .flags = { .flags = m->flags,
                   .keywords = &keyword,
                   .keyword_count = m->keyword == NULL ? 0 : 1 },
        .summary = span_of(m->summary == NULL ? "" : m->summary),
        .session = "s1"
    };
    struct error e;

    fs_write(a->fd, span_of(m->text), &e);
    a->done = false;
    store_delivery_commit(a->delivery, &n, m->append != NULL ? NULL : &to,
                          m->append != NULL ? 0 : 1, rig_committed, a);
    rig_wait(r, &a->done);
}

/* The UID it got; 0: it failed, and *e says why. */
static __attribute__((unused)) uint32_t
rig_put(struct rig *r, const struct rig_mail *m, struct error *e)
{
    struct rig_answer a = rig_ask(r);

    if (m->append != NULL)
        a.delivery = store_append_begin(m->append, span_of(m->mailbox),
                                        strlen(m->text), rig_begun, &a);
    else
        a.delivery =
            store_delivery_begin(r->smtp, strlen(m->text), rig_begun, &a);
    rig_wait(r, &a.done);
    if (!a.failed)
        rig_commit(r, m, &a);
    store_delivery_abort(&a.delivery);
    if (a.failed)
        *e = a.e;
    return a.failed ? 0 : a.uid;
}

static __attribute__((unused)) uint32_t
rig_deliver(struct rig *r, const char *user, const char *text)
{
    struct rig_mail m = {
        .user = user, .mailbox = "", .text = text, .date = 1700000000
    };
    struct error e;
    uint32_t uid = rig_put(r, &m, &e);

    CHECK(uid != 0, "a message is delivered to %s", user);
    return uid;
}

/* An open mailbox, and what was told of it. */
struct rig_seen {
    struct rig_answer a; /* of the opening */
    struct store_view *view;
    unsigned added, flagged, gone, resync;
    struct store_row last; /* added or flagged */
    struct numset new_uids, expunged;
};

static __attribute__((unused)) void
rig_saw_added(void *arg, const struct store_row *rows, size_t count)
{
    struct rig_seen *s = arg;

    s->added += (unsigned)count;
    s->last = rows[count - 1];
    for (size_t i = 0; i < count; i++)
        numset_add(&s->new_uids, rows[i].uid, rows[i].uid);
}

static __attribute__((unused)) void
rig_saw_expunged(void *arg, const struct numset *uids)
{
    struct rig_seen *s = arg;

    numset_add_set(&s->expunged, uids);
}

static __attribute__((unused)) void
rig_saw_flagged(void *arg, const struct store_row *rows, size_t count)
{
    struct rig_seen *s = arg;

    s->flagged += (unsigned)count;
    s->last = rows[count - 1];
}

static __attribute__((unused)) void
rig_saw_gone(void *arg)
{
    struct rig_seen *s = arg;

    s->gone++;
}

static __attribute__((unused)) void
rig_saw_resync(void *arg)
{
    struct rig_seen *s = arg;

    s->resync++;
}

static const struct store_view_calls rig_calls = { .added = rig_saw_added,
                                                   .expunged = rig_saw_expunged,
                                                   .flagged = rig_saw_flagged,
                                                   .gone = rig_saw_gone,
                                                   .resync = rig_saw_resync };

static __attribute__((unused)) void
rig_opened_seen(void *arg, struct store_view *v, const struct error *e)
{
    struct rig_seen *s = arg;

    s->view = v;
    rig_finish(&s->a, e);
}

/* NULL: s->a.e says why. */
static __attribute__((unused)) struct store_view *
rig_open(struct rig *r, struct store_session *x, const char *mailbox,
         unsigned how, struct rig_seen *s)
{
    *s = (struct rig_seen){ .a = rig_ask(r) };
    store_open(x, span_of(mailbox), how, &rig_calls, rig_opened_seen, s);
    rig_wait(r, &s->a.done);
    return s->a.failed ? NULL : s->view;
}

static __attribute__((unused)) void
rig_seen_free(struct rig_seen *s)
{
    numset_free(&s->new_uids);
    numset_free(&s->expunged);
    rig_answer_free(&s->a);
}

/* The message's text; empty with *e for a failure. */
static __attribute__((unused)) bool
rig_read(struct rig *r, struct store_session *x, uint32_t uid, struct buf *text,
         struct error *e)
{
    struct rig_answer a = rig_ask(r);
    size_t got = 0;
    char *room;

    buf_clear(text);
    store_message(x, uid, rig_message, &a);
    rig_wait(r, &a.done);
    if (a.failed) {
        *e = a.e;
        return false;
    }
    room = buf_room(text, a.size + 1);
    fs_read_at(a.fd, 0, room, a.size + 1, &got, e);
    text->n = got;
    close(a.fd);
    return got == a.size;
}

static __attribute__((unused)) bool
rig_flag(struct rig *r, struct store_session *x, uint32_t first, uint32_t last,
         enum store_flag_mode mode, uint16_t flags, const char *keyword)
{
    struct rig_answer a = rig_ask(r);
    struct span word = span_of(keyword == NULL ? "" : keyword);
    struct store_flags f = { .flags = flags,
                             .keywords = &word,
                             .keyword_count = keyword == NULL ? 0 : 1 };
    struct numset uids = { 0 };

    numset_add(&uids, first, last);
    store_set_flags(x, &uids, mode, &f, 0, rig_flagged, &a);
    rig_wait(r, &a.done);
    numset_free(&uids);
    rig_answer_free(&a);
    return !a.failed;
}

static __attribute__((unused)) bool
rig_expunge(struct rig *r, struct store_session *x, uint32_t first,
            uint32_t last, bool only_deleted)
{
    struct rig_answer a = rig_ask(r);
    struct numset uids = { 0 };

    numset_add(&uids, first, last);
    store_expunge(x, &uids, only_deleted, rig_done, &a);
    rig_wait(r, &a.done);
    numset_free(&uids);
    return !a.failed;
}

/* The list of mailboxes, or one's status, as text. The caller frees. */
static __attribute__((unused)) struct buf
rig_list(struct rig *r, struct store_session *x, const char *one)
{
    struct rig_answer a = rig_ask(r);

    if (one == NULL)
        store_list(x, rig_mailbox, rig_done, &a);
    else
        store_status(x, span_of(one), rig_mailbox, rig_done, &a);
    rig_wait(r, &a.done);
    return a.text;
}

/* How many files are in a directory of an account's Maildir. */
static __attribute__((unused)) size_t
rig_count(struct rig *r, const char *path)
{
    char all[700];
    struct dirent *entry;
    size_t n = 0;
    DIR *d;

    snprintf(all, sizeof all, "%s/%s", r->mail, path);
    d = opendir(all);
    if (d == NULL)
        return 0;
    while ((entry = readdir(d)) != NULL)
        if (entry->d_name[0] != '.')
            n++;
    closedir(d);
    return n;
}

/* The name of the file whose name holds `part`; "" for none. */
static __attribute__((unused)) void
rig_file(struct rig *r, const char *path, const char *part, char out[300])
{
    char all[700];
    struct dirent *entry;
    DIR *d;

    out[0] = '\0';
    snprintf(all, sizeof all, "%s/%s", r->mail, path);
    d = opendir(all);
    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL)
        if (entry->d_name[0] != '.' && strstr(entry->d_name, part) != NULL)
            snprintf(out, 300, "%s", entry->d_name);
    closedir(d);
}

/* A file put there by somebody else. */
static __attribute__((unused)) void
rig_drop(struct rig *r, const char *path, const char *text)
{
    char all[700];
    struct error e;
    int fd;

    snprintf(all, sizeof all, "%s/%s", r->mail, path);
    if (!fs_create(AT_FDCWD, all, 0600, &fd, &e) ||
        !fs_write(fd, span_of(text), &e))
        die("%s", e.text);
    close(fd);
}

/* Messages of a mailbox's view, "uid:flags:size" with a space between. */
static __attribute__((unused)) const char *
rig_show(const struct store_view *v, char out[1000])
{
    int n = 0;

    out[0] = '\0';
    for (size_t i = 0; v != NULL && i < v->count && n < 900; i++)
        n += snprintf(out + n, 1000 - (size_t)n, "%s%u:%u:%llu",
                      i == 0 ? "" : " ", v->rows[i].uid, v->rows[i].flags,
                      (unsigned long long)v->rows[i].size);
    return out;
}

#endif
