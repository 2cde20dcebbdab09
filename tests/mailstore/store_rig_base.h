/*
 * A whole mailstored in the test's own process and loop, spoken to through the
 * client library over real sockets. Calls here run the loop until the answer
 * has come, so that a test reads like a list of what happens.
 */
#ifndef TESTS_MAILSTORE_STORE_RIG_BASE_H
#define TESTS_MAILSTORE_STORE_RIG_BASE_H

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

/* Where things will be; nothing runs yet. */
static __attribute__((unused)) void
rig_place(struct rig *r, const char *dir)
{
    *r = (struct rig){ 0 };
    log_open("test", getenv("RIG_LOG") != NULL ? LOG_DEBUG : LOG_ERROR,
             LOG_TEXT);
    snprintf(r->mail, sizeof r->mail, "%.200s/mail", dir);
    snprintf(r->index, sizeof r->index, "%.200s/index", dir);
    snprintf(r->sockets, sizeof r->sockets, "%.60s", dir);
    r->options = (struct core_options){ .mail_dir = r->mail,
                                        .index_dir = r->index,
                                        .folders = rig_folders,
                                        .folder_count = 5,
                                        .sync = FLUSH_NEVER };
}

/* The server, and a client on each service. */
static __attribute__((unused)) void
rig_begin(struct rig *r)
{
    r->loop = loop_new();
    r->guard = timer_new(r->loop, rig_expire, r->loop);
    rig_start(r);
    r->smtp = rig_client(r, "store-smtp");
    r->pop3 = rig_client(r, "store-pop3");
    r->imap = rig_client(r, "store-imap");
    r->admin = rig_client(r, "store-admin");
}

static __attribute__((unused)) void
rig_init(struct rig *r)
{
    rig_place(r, check_dir());
    rig_begin(r);
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
rig_report(void *arg, const struct store_report *r)
{
    struct rig_answer *a = arg;
    static const char *const kinds[] = { [STORE_REPORT_NOTE] = "note ",
                                         [STORE_REPORT_DIFFERS] = "",
                                         [STORE_REPORT_FIXED] = "mended " };

    if (r->kind == STORE_REPORT_PROGRESS) {
        a->size = r->total;
        return;
    }
    buf_printf(&a->text, "%s%.*s", kinds[r->kind], SPAN(r->mailbox));
    if (r->uid != 0)
        buf_printf(&a->text, " %u", r->uid);
    if (r->file.n > 0)
        buf_printf(&a->text, " %.*s", SPAN(r->file));
    buf_printf(&a->text, ": %.*s\n", SPAN(r->text));
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

#endif
