/*
 * A front end that was taken over: requests in any order, with any numbers,
 * without waiting for answers, cut off in the middle. The server answers every
 * one of them once and stays whole; other front ends' users notice nothing.
 */
#include "mailstore/wire.h"
#include "tests/mailstore/store_rig.h"

#define REQUESTS 3000
#define LINES    6

struct hostile {
    struct rig *r;
    struct ipc_client *c;
    const char *service;
    uint64_t random;
    unsigned sent, answered, served;
    bool done;
};

static uint64_t
next(struct hostile *h)
{
    h->random ^= h->random << 13;
    h->random ^= h->random >> 7;
    h->random ^= h->random << 17;
    return h->random;
}

static uint32_t
below(struct hostile *h, uint32_t n)
{
    return (uint32_t)(next(h) % n);
}

static void
on_row(void *arg, struct span body, int fd)
{
    (void)arg;
    (void)body;
    if (fd != -1)
        close(fd);
}

static void
on_done(void *arg, struct span body, int fd, const struct error *e)
{
    struct hostile *h = arg;

    (void)body;
    if (fd != -1)
        close(fd);
    h->answered++;
    h->served += e == NULL;
    if (h->answered < h->sent)
        return;
    h->done = true;
    loop_stop(h->r->loop);
}

static const struct ipc_answer answer = { on_row, on_done };

static const char *const names[] = { "INBOX", "Sent",   "Trash",
                                     "Work",  "Work/A", "Old",
                                     "../x",  "",       "INBOX/Y" };

static struct span
name(struct hostile *h)
{
    if (below(h, 3) > 0)
        return span_of(names[below(h, 4)]);
    return span_of(names[below(h, sizeof names / sizeof names[0])]);
}

static void
put_uids(struct hostile *h, struct numset *s)
{
    uint32_t first = below(h, 30);

    numset_add(s, first, first + below(h, 20));
    if (below(h, 10) == 0)
        numset_add(s, 1, UINT32_MAX);
}

static void
put_login(struct hostile *h, struct buf *b, uint32_t session)
{
    static const char *const users[] = { "anna@example.org", "bert@example.org",
                                         "..@x" };
    struct buf ticket = { 0 };
    struct wire_login x = { .session = session,
                            .session_id = span_of("s"),
                            .peer = span_of("p") };

    ticket_make(rig_key, span_of(h->service), span_of(users[below(h, 3)]),
                clock_seconds() + 10, &ticket);
    if (below(h, 8) == 0)
        ticket.p[below(h, (uint32_t)ticket.n)] ^= 1;
    x.ticket = buf_span(&ticket);
    wire_put_login(b, &x);
    buf_free(&ticket);
}

static void
put_flags(struct hostile *h, struct buf *b, uint32_t session)
{
    struct wire_set_flags x = { .session = session,
                                .mode = (enum store_flag_mode)below(h, 3),
                                .flags = { .flags = (uint16_t)below(h, 64) } };

    put_uids(h, &x.uids);
    if (below(h, 4) == 0) {
        x.flags.keyword_count = 1;
        x.flags.keywords[0] = span_of(below(h, 2) == 0 ? "key" : "no good");
    }
    wire_put_set_flags(b, &x);
    numset_free(&x.uids);
}

static void
put_copy(struct hostile *h, struct buf *b, uint32_t session)
{
    struct wire_copy x = { .session = session,
                           .to = name(h),
                           .move = below(h, 2) == 0 };

    put_uids(h, &x.uids);
    wire_put_copy(b, &x);
    numset_free(&x.uids);
}

static void
put_expunge(struct hostile *h, struct buf *b, uint32_t session)
{
    struct wire_expunge x = { .session = session,
                              .only_deleted = below(h, 2) == 0 };

    put_uids(h, &x.uids);
    wire_put_expunge(b, &x);
    numset_free(&x.uids);
}

static void
put_commit(struct hostile *h, struct buf *b, uint32_t session)
{
    struct wire_commit x = { .session = session,
                             .delivery = below(h, 8),
                             .date = (int64_t)next(h),
                             .size = below(h, 2),
                             .session_id = span_of("s") };

    wire_put_commit(b, &x);
}

/* About messages and deliveries. False: another op. */
static bool
put_message_body(struct hostile *h, uint16_t op, uint32_t session,
                 struct buf *b)
{
    struct wire_append_begin append = { session, below(h, 8), name(h), 1 };
    struct wire_delivery_begin begin = { below(h, 8), 1 };
    struct wire_abort abort_it = { session, below(h, 8) };

    switch (op) {
    case WIRE_SET_FLAGS:
        put_flags(h, b, session);
        return true;
    case WIRE_EXPUNGE:
        put_expunge(h, b, session);
        return true;
    case WIRE_COPY:
        put_copy(h, b, session);
        return true;
    case WIRE_DELIVERY_BEGIN:
        wire_put_delivery_begin(b, &begin);
        return true;
    case WIRE_APPEND_BEGIN:
        wire_put_append_begin(b, &append);
        return true;
    case WIRE_COMMIT:
        put_commit(h, b, session);
        return true;
    case WIRE_ABORT:
        wire_put_abort(b, &abort_it);
        return true;
    default:
        return false;
    }
}

static void
put_body(struct hostile *h, uint16_t op, uint32_t session, struct buf *b)
{
    struct wire_name one = { session, name(h) };
    struct wire_create create = { session, name(h), below(h, 200) };
    struct wire_rename two = { session, name(h), name(h) };
    struct wire_subscribe sub = { session, name(h), below(h, 2) == 0 };
    struct wire_open open = { session, name(h),
                              below(h, 4) > 0 ? 0 : below(h, 4) };
    struct wire_session plain = { session };
    struct wire_message message = { session, below(h, 30) };

    switch (op) {
    case WIRE_LOGIN:
        put_login(h, b, session);
        break;
    case WIRE_STATUS:
    case WIRE_DELETE:
        wire_put_name(b, &one);
        break;
    case WIRE_CREATE:
        wire_put_create(b, &create);
        break;
    case WIRE_RENAME:
        wire_put_rename(b, &two);
        break;
    case WIRE_SUBSCRIBE:
        wire_put_subscribe(b, &sub);
        break;
    case WIRE_OPEN:
        wire_put_open(b, &open);
        break;
    case WIRE_MESSAGE:
        wire_put_message(b, &message);
        break;
    default:
        wire_put_session(b, &plain);
    }
}

/* Mostly what makes sense, sometimes not. */
static uint16_t
pick_op(struct hostile *h)
{
    static const uint16_t often[] = { WIRE_LOGIN,        WIRE_OPEN,
                                      WIRE_COPY,         WIRE_EXPUNGE,
                                      WIRE_SET_FLAGS,    WIRE_MESSAGE,
                                      WIRE_APPEND_BEGIN, WIRE_COMMIT };

    if (below(h, 2) == 0)
        return often[below(h, sizeof often / sizeof often[0])];
    return (uint16_t)below(h, 70);
}

static void
send_one(struct hostile *h)
{
    struct buf body = { 0 };
    uint16_t op = pick_op(h);

    uint32_t session = below(h, 20) == 0 ? 0 : 1 + below(h, 3);

    if (!put_message_body(h, op, session, &body))
        put_body(h, op, session, &body);
    if (below(h, 20) == 0 && body.n > 0)
        body.p[below(h, (uint32_t)body.n)] ^= (char)(1u << below(h, 8));
    if (below(h, 20) == 0)
        body.n = below(h, (uint32_t)body.n + 1);
    h->sent++;
    ipc_request(h->c, op, buf_span(&body), -1, &answer, h);
    buf_free(&body);
}

static void
nothing(void *arg)
{
    (void)arg;
}

static void
ignore(void *arg, uint16_t op, struct span body)
{
    (void)arg;
    (void)op;
    (void)body;
}

static const struct ipc_client_calls quiet = { nothing, nothing, ignore };

/* One taken-over process. cut: it dies with answers outstanding. */
static void
attack(struct rig *r, unsigned number, bool cut)
{
    struct hostile h = { .r = r, .random = 88172645463325252 + number };
    char path[200];

    h.service = number % 3 == 0 ? "admin" : "imap";
    snprintf(path, sizeof path, "%s/store-%s", r->sockets, h.service);
    h.c = ipc_client_new(r->loop, path, &quiet, NULL, wire_ops);
    for (unsigned i = 0; i < REQUESTS; i++) {
        send_one(&h);
        if (i % 50 == 49)
            rig_sleep(r, 3);
    }
    if (!cut) {
        h.done = h.answered == h.sent;
        rig_wait(r, &h.done);
        CHECK(h.answered == h.sent, "%u answers to %u requests", h.answered,
              h.sent);
        CHECK(h.served > REQUESTS / 20, "only %u made sense", h.served);
    }
    ipc_client_free(&h.c);
}

static void
check_others(struct rig *r, uint32_t *last)
{
    struct store_session *x = rig_login(r, "carl@example.org");
    struct rig_seen s;
    struct rig_answer a = rig_ask(r);

    CHECK(rig_deliver(r, "carl@example.org", "a: b\r\n\r\nc\r\n") > *last,
          "deliveries go on");
    rig_open(r, x, "INBOX", 0, &s);
    CHECK(s.view != NULL && s.view->count == *last + 1, "all are there");
    *last += 1;
    store_logout(&x);
    rig_seen_free(&s);
    rig_sleep(r, 300);
    store_index_check(r->admin, span_of(""), 0, rig_report, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed && a.text.n == 0, "index and files agree: %s",
          buf_text(&a.text));
    rig_answer_free(&a);
}

int
main(void)
{
    struct rig r;
    uint32_t last = 0;

    rig_init(&r);
    log_open("test", LOG_ERROR + 1, LOG_TEXT); /* refusals are no news here */
    for (int i = 0; i < 40; i++)
        rig_deliver(&r, "anna@example.org", "a: b\r\n\r\nc\r\n");
    for (unsigned i = 0; i < LINES; i++) {
        attack(&r, i, i % 2 == 1);
        check_others(&r, &last);
    }
    rig_free(&r);
    return check_report();
}
