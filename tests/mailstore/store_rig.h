/*
 * A whole mailstored in the test's own process and loop, spoken to through the
 * client library over real sockets. Calls here run the loop until the answer
 * has come, so that a test reads like a list of what happens.
 */
#ifndef TESTS_MAILSTORE_STORE_RIG_H
#define TESTS_MAILSTORE_STORE_RIG_H

#include "auth/ticket.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/client.h"
#include "mailstore/server.h"
#include "tests/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RIG_TIMEOUT_MS 30000
#define RIG_ROWS_MAX   300000

static const unsigned char rig_key[32] = "0123456789abcdef0123456789abcde";

struct rig {
    struct loop *loop;
    struct core *core;
    struct server *server;
    struct core_options options;
    char mail[300], index[300], sockets[64];
    struct store *smtp, *imap, *pop3, *admin;
    struct timer *guard;
};

/* What came back last; one test does one thing at a time. */
struct rig_answer {
    struct loop *loop;
    bool done, failed, timed_out;
    struct error e;
    uint32_t uid_validity, uid;
    int fd;
    uint64_t size;
    struct store_delivery *delivery;
    struct store_view *view;
    struct numset from, to, modified;
    struct buf text; /* rows, one a line */
    struct store_stats stats;
};

static const char *const rig_folders[] = { "Drafts", "Sent", "Junk", "Trash",
                                           "Archive" };

static __attribute__((unused)) void
rig_expire(void *arg)
{
    struct loop *l = arg;

    fprintf(stderr, "the answer did not come in time\n");
    loop_stop(l);
    exit(EXIT_FAILURE);
}

static __attribute__((unused)) void
rig_wait(struct rig *r, const bool *done)
{
    timer_start(r->guard, RIG_TIMEOUT_MS);
    while (!*done)
        loop_run(r->loop);
    timer_stop(r->guard);
}

static __attribute__((unused)) void
rig_woken(void *arg)
{
    struct rig_answer *a = arg;

    a->done = true;
    loop_stop(a->loop);
}

/* Lets the loop turn for so long. */
static __attribute__((unused)) void
rig_sleep(struct rig *r, int64_t ms)
{
    struct rig_answer a = { .loop = r->loop };
    struct timer *t = timer_new(r->loop, rig_woken, &a);

    timer_start(t, ms);
    rig_wait(r, &a.done);
    timer_free(&t);
}

static __attribute__((unused)) int
rig_listen(const char *dir, const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%.64s/%.32s", dir, name);
    unlink(at.sun_path);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == -1 ||
        listen(fd, 64) == -1)
        die("%s: %s", at.sun_path, strerror(errno));
    return fd;
}

static __attribute__((unused)) struct store *
rig_client(struct rig *r, const char *name)
{
    char path[400];

    snprintf(path, sizeof path, "%s/%s", r->sockets, name);
    return store_client_new(r->loop, path);
}

static __attribute__((unused)) void
rig_start(struct rig *r)
{
    static const char *const names[] = { "store-smtp", "store-pop3",
                                         "store-imap", "store-admin" };
    struct error e;

    if (!core_open(&r->core, r->loop, &r->options, &e))
        die("%s", e.text);
    r->server = server_new(r->core, rig_key);
    for (size_t i = 0; i < 4; i++)
        server_listen(r->server, rig_listen(r->sockets, names[i]), names[i]);
}

static __attribute__((unused)) void
rig_init(struct rig *r)
{
    const char *dir = check_dir();

    *r = (struct rig){ 0 };
    log_open("test", getenv("RIG_LOG") != NULL ? LOG_DEBUG : LOG_ERROR,
             LOG_TEXT);
    snprintf(r->mail, sizeof r->mail, "%s/mail", dir);
    snprintf(r->index, sizeof r->index, "%s/index", dir);
    snprintf(r->sockets, sizeof r->sockets, "%s", dir);
    r->loop = loop_new();
    r->options = (struct core_options){ .mail_dir = r->mail,
                                        .index_dir = r->index,
                                        .folders = rig_folders,
                                        .folder_count = 5,
                                        .sync = FLUSH_NEVER };
    r->guard = timer_new(r->loop, rig_expire, r->loop);
    rig_start(r);
    r->smtp = rig_client(r, "store-smtp");
    r->pop3 = rig_client(r, "store-pop3");
    r->imap = rig_client(r, "store-imap");
    r->admin = rig_client(r, "store-admin");
}

static __attribute__((unused)) void
rig_settled(void *arg)
{
    struct rig_answer *a = arg;

    a->done = true;
    loop_stop(a->loop);
}

static __attribute__((unused)) void
rig_stop(struct rig *r)
{
    struct rig_answer a = { .loop = r->loop };

    server_free(&r->server);
    core_settle(r->core, rig_settled, &a);
    rig_wait(r, &a.done);
    core_close(&r->core);
}

static __attribute__((unused)) void
rig_free(struct rig *r)
{
    store_client_free(&r->smtp);
    store_client_free(&r->pop3);
    store_client_free(&r->imap);
    store_client_free(&r->admin);
    rig_stop(r);
    timer_free(&r->guard);
    loop_free(&r->loop);
}

/* --- answers -------------------------------------------------------------------- */

static __attribute__((unused)) void
rig_finish(struct rig_answer *a, const struct error *e)
{
    a->failed = e != NULL;
    if (e != NULL)
        a->e = *e;
    a->done = true;
    loop_stop(a->loop);
}

static __attribute__((unused)) void
rig_done(void *arg, const struct error *e)
{
    rig_finish(arg, e);
}

static __attribute__((unused)) void
rig_begun(void *arg, int fd, const struct error *e)
{
    struct rig_answer *a = arg;

    a->fd = fd;
    rig_finish(a, e);
}

static __attribute__((unused)) void
rig_committed(void *arg, uint32_t uid_validity, uint32_t uid,
              const struct error *e)
{
    struct rig_answer *a = arg;

    a->uid_validity = uid_validity;
    a->uid = uid;
    rig_finish(a, e);
}

static __attribute__((unused)) void
rig_opened(void *arg, struct store_view *v, const struct error *e)
{
    struct rig_answer *a = arg;

    a->view = v;
    rig_finish(a, e);
}

static __attribute__((unused)) void
rig_message(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct rig_answer *a = arg;

    a->fd = fd;
    a->size = size;
    rig_finish(a, e);
}

static __attribute__((unused)) void
rig_flagged(void *arg, const struct numset *modified, const struct error *e)
{
    struct rig_answer *a = arg;

    if (e == NULL)
        numset_add_set(&a->modified, modified);
    rig_finish(a, e);
}

static __attribute__((unused)) void
rig_copied(void *arg, const struct store_copied *c, const struct error *e)
{
    struct rig_answer *a = arg;

    if (e == NULL) {
        a->uid_validity = c->uid_validity;
        numset_add_set(&a->from, c->from);
        numset_add_set(&a->to, c->to);
    }
    rig_finish(a, e);
}

static __attribute__((unused)) void
rig_mailbox(void *arg, const struct store_mailbox *m)
{
    struct rig_answer *a = arg;

    buf_printf(&a->text, "%.*s flags=%u messages=%u unseen=%u recent=%u\n",
               SPAN(m->name), m->flags, m->messages, m->unseen, m->recent);
    a->uid_validity = m->uid_validity;
}

static __attribute__((unused)) void
rig_report(void *arg, struct span path, struct span text)
{
    struct rig_answer *a = arg;

    buf_printf(&a->text, "%.*s: %.*s\n", SPAN(path), SPAN(text));
}

static __attribute__((unused)) void
rig_summary(void *arg, uint32_t uid, struct span blob)
{
    struct rig_answer *a = arg;

    buf_printf(&a->text, "%u=%.*s\n", uid, SPAN(blob));
}

static __attribute__((unused)) void
rig_stats(void *arg, const struct store_stats *st, const struct error *e)
{
    struct rig_answer *a = arg;

    if (e == NULL)
        a->stats = *st;
    rig_finish(a, e);
}

static __attribute__((unused)) struct rig_answer
rig_ask(struct rig *r)
{
    return (struct rig_answer){ .loop = r->loop, .fd = -1 };
}

static __attribute__((unused)) void
rig_answer_free(struct rig_answer *a)
{
    numset_free(&a->from);
    numset_free(&a->to);
    numset_free(&a->modified);
    buf_free(&a->text);
}

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
