/*
 * A mailstored of a few lines for the tests of mailstore/client.h: one mailbox
 * whose rows the test sets, every other name is NOT_FOUND.
 */
#ifndef TESTS_MAILSTORE_CLIENT_FAKE_H
#define TESTS_MAILSTORE_CLIENT_FAKE_H

#include "tests/check.h"

#include "base/clock.h"
#include "mail/flags.h"
#include "mailstore/wire_check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FAKE_ROWS 16

enum fake_snapshot { FAKE_SEALED, FAKE_UNSEALED, FAKE_SHORT, FAKE_NONE };

struct fake {
    struct loop *loop;
    struct ipc_server *server;
    struct ipc_peer *peer;
    uint32_t session; /* the last one that logged in */
    struct store_row rows[FAKE_ROWS];
    size_t count;
    uint32_t uid_validity;
    struct wire_keyword_list keywords;
    enum fake_snapshot snapshot;
    bool is_missing;  /* there is no INBOX */
    bool refuse;      /* no ticket is good */
    uint16_t hold;    /* this op is not answered */
    int asked[64];    /* by op */
    uint64_t numbers; /* in the last set */
    struct wire_commit commit;
    char summary[16]; /* the start of commit's */
};

static inline struct store_row
fake_row(uint32_t uid, uint16_t flags, uint64_t modseq)
{
    return (struct store_row){ .uid = uid,
                               .flags = flags,
                               .modseq = modseq,
                               .date = 1000 + uid,
                               .size = 10 * uid };
}

/* --- pushed events -------------------------------------------------------- */

static inline void
fake_push_rows(struct fake *f, uint16_t op, const struct store_row *rows,
               size_t count)
{
    struct wire_rows w = { f->session, count,
                           span_from(rows, count * sizeof *rows) };
    struct buf b = { 0 };

    wire_put_rows(&b, &w);
    ipc_push(f->peer, op, buf_span(&b));
    buf_free(&b);
}

static inline void
fake_push_expunged(struct fake *f, uint32_t first, uint32_t last,
                   uint64_t modseq)
{
    struct wire_expunged w = { f->session, modseq, { 0 } };
    struct buf b = { 0 };

    numset_add(&w.uids, first, last);
    wire_put_expunged(&b, &w);
    ipc_push(f->peer, WIRE_EXPUNGED, buf_span(&b));
    numset_free(&w.uids);
    buf_free(&b);
}

static inline void
fake_push_keywords(struct fake *f)
{
    struct wire_keywords w = { f->session, f->keywords };
    struct buf b = { 0 };

    wire_put_keywords(&b, &w);
    ipc_push(f->peer, WIRE_KEYWORDS, buf_span(&b));
    buf_free(&b);
}

static inline void
fake_push_gone(struct fake *f)
{
    struct buf b = { 0 };

    wire_put_session(&b, &(struct wire_session){ f->session });
    ipc_push(f->peer, WIRE_GONE, buf_span(&b));
    buf_free(&b);
}

/* --- answers -------------------------------------------------------------- */

struct fake_request {
    struct fake *f;
    uint32_t number;
    uint16_t op;
    struct span body;
};

static void
fake_done(const struct fake_request *r, struct buf *body, int fd)
{
    struct span bytes = body == NULL ? (struct span){ 0 } : buf_span(body);
    struct error e;
    int packed = -1;

    if (fd == -1)
        CHECK(wire_pack(&bytes, &packed, &e), "pack an answer");
    ipc_done(r->f->peer, r->number, r->op, bytes, fd == -1 ? packed : fd);
    if (packed != -1)
        close(packed);
    if (fd != -1)
        close(fd);
    if (body != NULL)
        buf_free(body);
}

static void
fake_failed(const struct fake_request *r, enum fail kind)
{
    struct error e;

    fail(&e, kind, "the fake says so");
    ipc_failed(r->f->peer, r->number, r->op, &e);
}

static void
fake_login(struct fake_request *r)
{
    struct wire_login w;

    CHECK(wire_get_login(&r->body, &w), "login's body");
    r->f->session = w.session;
    if (!r->f->refuse && span_is(w.ticket, "good"))
        fake_done(r, NULL, -1);
    else
        fake_failed(r, FAIL_DENIED);
}

static void
fake_list(struct fake_request *r)
{
    static const char *const names[] = { "INBOX", "Sent", "Trash" };

    for (size_t i = 0; i < 3; i++) {
        struct store_mailbox m = { .name = span_of(names[i]),
                                   .messages = (uint32_t)i };
        struct buf b = { 0 };

        wire_put_mailbox(&b, &m);
        ipc_row(r->f->peer, r->number, r->op, buf_span(&b), -1);
        buf_free(&b);
    }
    fake_done(r, NULL, -1);
}

static int
fake_snapshot_fd(const struct fake *f)
{
    size_t size = f->count * sizeof *f->rows;
    int fd = memfd_create("snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (f->snapshot == FAKE_SHORT)
        size /= 2;
    CHECK(write(fd, f->rows, size) == (ssize_t)size, "write a snapshot");
    if (f->snapshot != FAKE_UNSEALED)
        CHECK(fcntl(fd, F_ADD_SEALS,
                    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0,
              "seal it");
    if (f->snapshot == FAKE_NONE) {
        close(fd);
        return -1;
    }
    return fd;
}

static void
fake_open(struct fake_request *r)
{
    const struct fake *f = r->f;
    struct wire_view v = { .uid_validity = f->uid_validity,
                           .count = f->count,
                           .keywords = f->keywords };
    struct wire_open w;
    struct buf b = { 0 };

    CHECK(wire_get_open(&r->body, &w), "open's body");
    if (f->is_missing || !span_is(w.name, "INBOX")) {
        fake_failed(r, FAIL_NOT_FOUND);
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        v.uid_next = f->rows[i].uid + 1;
        if (f->rows[i].modseq > v.modseq)
            v.modseq = f->rows[i].modseq;
    }
    v.read_only = (w.how & STORE_EXAMINE) != 0;
    wire_put_view(&b, &v);
    fake_done(r, &b, fake_snapshot_fd(f));
}

/* The blob of message n has n thousand bytes. */
static void
fake_summaries(struct fake_request *r)
{
    struct wire_uids w = { 0 };
    struct numset_walk at = { 0 };
    uint32_t uid;

    CHECK(wire_get_uids(&r->body, &w), "summaries' body");
    while (numset_next(&w.uids, &at, &uid)) {
        char *blob = calloc(uid, 1000);
        struct buf entries = { 0 };
        struct buf b = { 0 };
        struct span body;
        struct error e;
        int fd;

        wire_add_summary(&entries, &(struct store_summary){
                                       uid, span_from(blob, uid * 1000) });
        wire_put_summaries(&b,
                           &(struct wire_summaries){ 1, buf_span(&entries) });
        buf_free(&entries);
        body = buf_span(&b);
        CHECK(wire_pack(&body, &fd, &e), "pack a row");
        ipc_row(r->f->peer, r->number, r->op, body, fd);
        if (fd != -1)
            close(fd);
        buf_free(&b);
        free(blob);
    }
    numset_free(&w.uids);
    fake_done(r, NULL, -1);
}

static void
fake_message(struct fake_request *r)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    struct wire_message w;
    struct buf b = { 0 };

    CHECK(wire_get_message(&r->body, &w), "message's body");
    CHECK(write(fd, "From: a\r\n\r\n", 11) == 11, "write a message");
    wire_put_size(&b, &(struct wire_size){ 11 });
    fake_done(r, &b, fd);
}

/* The changes come before the end. */
static void
fake_set_flags(struct fake_request *r)
{
    struct wire_set_flags w = { 0 };
    struct wire_modified m = { 0 };
    struct store_row row;
    struct buf b = { 0 };

    CHECK(wire_get_set_flags(&r->body, &w), "set_flags' body");
    r->f->numbers = numset_count(&w.uids);
    row = fake_row(w.uids.r[0].first, w.flags.flags, 500);
    fake_push_rows(r->f, WIRE_FLAGGED, &row, 1);
    numset_add_set(&m.uids, &w.uids);
    wire_put_modified(&b, &m);
    numset_free(&w.uids);
    numset_free(&m.uids);
    fake_done(r, &b, -1);
}

static void
fake_expunge(struct fake_request *r)
{
    struct wire_expunge w = { 0 };

    CHECK(wire_get_expunge(&r->body, &w) && w.only_deleted, "expunge's body");
    fake_push_expunged(r->f, w.uids.r[0].first, w.uids.r[0].last, 600);
    numset_free(&w.uids);
    fake_done(r, NULL, -1);
}

static void
fake_copy(struct fake_request *r)
{
    struct wire_copied c = { .uid_validity = 9 };
    struct wire_copy w = { 0 };
    struct buf b = { 0 };

    CHECK(wire_get_copy(&r->body, &w) && span_is(w.to, "Sent"), "copy's body");
    r->f->numbers = numset_count(&w.uids);
    c.from = w.uids;
    numset_add(&c.to, 1, (uint32_t)r->f->numbers);
    wire_put_copied(&b, &c);
    numset_free(&w.uids);
    numset_free(&c.to);
    fake_done(r, &b, -1);
}

static void
fake_commit(struct fake_request *r)
{
    struct wire_commit *w = &r->f->commit;
    struct buf b = { 0 };

    CHECK(wire_get_commit(&r->body, w), "commit's body");
    snprintf(r->f->summary, sizeof r->f->summary, "%.*s",
             (int)(w->summary.n < 15 ? w->summary.n : 15), w->summary.p);
    wire_put_committed(&b, &(struct wire_committed){ 9, 77 });
    fake_done(r, &b, -1);
}

static void
fake_stats(struct fake_request *r)
{
    struct buf b = { 0 };

    wire_put_stats(&b, &(struct store_stats){ .accounts = 3 });
    fake_done(r, &b, -1);
}

static void
fake_report(struct fake_request *r)
{
    struct buf b = { 0 };

    wire_put_report(&b,
                    &(struct store_report){ .kind = STORE_REPORT_DIFFERS,
                                            .file = span_of("cur/1"),
                                            .text = span_of("not indexed") });
    ipc_row(r->f->peer, r->number, r->op, buf_span(&b), -1);
    buf_free(&b);
    fake_done(r, NULL, -1);
}

static void
fake_answer(struct fake_request *r)
{
    switch (r->op) {
    case WIRE_LOGIN:
        fake_login(r);
        break;
    case WIRE_LIST:
        fake_list(r);
        break;
    case WIRE_STATUS:
        fake_failed(r, FAIL_NOT_FOUND);
        break;
    case WIRE_OPEN:
        fake_open(r);
        break;
    case WIRE_SUMMARIES:
        fake_summaries(r);
        break;
    case WIRE_MESSAGE:
        fake_message(r);
        break;
    case WIRE_SET_FLAGS:
        fake_set_flags(r);
        break;
    case WIRE_EXPUNGE:
        fake_expunge(r);
        break;
    case WIRE_COPY:
        fake_copy(r);
        break;
    case WIRE_DELIVERY_BEGIN:
    case WIRE_APPEND_BEGIN:
        fake_done(r, NULL, memfd_create("delivery", MFD_CLOEXEC));
        break;
    case WIRE_COMMIT:
        fake_commit(r);
        break;
    case WIRE_STATS:
        fake_stats(r);
        break;
    case WIRE_INDEX_CHECK:
    case WIRE_INDEX_REBUILD:
        fake_report(r);
        break;
    default:
        fake_done(r, NULL, -1);
        break;
    }
}

static void *
fake_peer(void *arg, struct ipc_peer *p, const char *service)
{
    struct fake *f = arg;

    (void)service;
    f->peer = p;
    return f;
}

static void
fake_request(void *state, uint32_t number, uint16_t op, struct span body,
             int fd)
{
    struct fake_request r = { state, number, op, body };
    struct buf room = { 0 };
    struct error e;

    CHECK(wire_unpack(&r.body, fd, &room, &e), "unpack a request");
    CHECK(op < 64, "a request of a known op");
    r.f->asked[op]++;
    if (op != r.f->hold)
        fake_answer(&r);
    buf_free(&room);
}

static void
fake_closed(void *state)
{
    struct fake *f = state;

    f->peer = NULL;
}

/* --- running -------------------------------------------------------------- */

static const char *
fake_path(void)
{
    static char path[108];

    if (path[0] == '\0')
        snprintf(path, sizeof path, "%s/store", check_dir());
    return path;
}

static void
fake_start(struct fake *f, struct loop *l)
{
    static const struct ipc_server_calls calls = { fake_peer, fake_request,
                                                   fake_closed };
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    unlink(fake_path());
    snprintf(at.sun_path, sizeof at.sun_path, "%s", fake_path());
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              listen(fd, 16) == 0,
          "listen");
    f->loop = l;
    f->server = ipc_server_new(l, &calls, f, wire_ops);
    ipc_server_listen(f->server, fd, "test");
}

static void
fake_stop(struct fake *f)
{
    ipc_server_free(&f->server);
    unlink(fake_path());
}

#endif
