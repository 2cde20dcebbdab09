#include "tests/check.h"

#include "mail/flags.h"
#include "mailstore/wire.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct span
text(const char *t)
{
    return span_of(t);
}

/* --- what no put_x() of ours writes --------------------------------------- */

static bool
refuses_subscribe(struct buf *b)
{
    struct wire_subscribe w;
    struct span body;

    wire_put_subscribe(b, &(struct wire_subscribe){ 7, text("a"), true });
    b->p[b->n - 1] = 2;
    body = buf_span(b);
    return !wire_get_subscribe(&body, &w);
}

static bool
refuses_mode(struct buf *b)
{
    struct wire_set_flags w = { .mode = (enum store_flag_mode)3 };
    struct span body;

    wire_put_set_flags(b, &w);
    body = buf_span(b);
    return !wire_get_set_flags(&body, &w);
}

static bool
refuses_recent(struct buf *b)
{
    struct wire_set_flags w = { .flags.flags = MAIL_RECENT };
    struct span body;

    wire_put_set_flags(b, &w);
    body = buf_span(b);
    return !wire_get_set_flags(&body, &w);
}

static bool
refuses_keywords(struct buf *b)
{
    struct wire_keywords w;
    struct span body;

    put_u32(b, 7);
    put_u8(b, 0);
    put_u32(b, WIRE_KEYWORDS_MAX + 1);
    for (int i = 0; i <= WIRE_KEYWORDS_MAX; i++)
        put_span(b, text("k"));
    body = buf_span(b);
    return !wire_get_keywords(&body, &w);
}

static bool
refuses_how(struct buf *b)
{
    struct wire_open w = { 7, text("INBOX"), 4 };
    struct span body;

    wire_put_open(b, &w);
    body = buf_span(b);
    return !wire_get_open(&body, &w);
}

static bool
refuses_order(struct buf *b)
{
    struct store_row rows[2] = { { .uid = 6 }, { .uid = 6 } };
    struct wire_rows w = { 7, 2, span_from(rows, sizeof rows) };
    struct span body;

    wire_put_rows(b, &w);
    body = buf_span(b);
    return !wire_get_rows(&body, &w);
}

static bool
refuses_row_count(struct buf *b)
{
    struct wire_rows w;
    struct span body;

    put_u32(b, 7);
    put_u32(b, UINT32_MAX);
    body = buf_span(b);
    return !wire_get_rows(&body, &w);
}

static bool
refuses_unpaired(struct buf *b)
{
    struct wire_copied w = { .uid_validity = 1 };
    struct wire_copied back = { 0 };
    struct span body;
    bool refused;

    numset_add(&w.from, 1, 3);
    numset_add(&w.to, 1, 2);
    wire_put_copied(b, &w);
    body = buf_span(b);
    refused = !wire_get_copied(&body, &back);
    numset_free(&w.from);
    numset_free(&w.to);
    numset_free(&back.from);
    numset_free(&back.to);
    return refused;
}

static bool
refuses_recipients(struct buf *b)
{
    struct wire_commit w = { .delivery = 1, .recipient_count = UINT32_MAX };
    struct span body;

    wire_put_commit(b, &w);
    body = buf_span(b);
    return !wire_get_commit(&body, &w);
}

static bool
refuses_zero(struct buf *b)
{
    struct wire_delivery_begin w = { 0, 5 };
    struct wire_login in = { 0 };
    struct span body;

    wire_put_delivery_begin(b, &w);
    body = buf_span(b);
    if (wire_get_delivery_begin(&body, &w))
        return false;
    buf_clear(b);
    wire_put_login(b, &in);
    body = buf_span(b);
    return !wire_get_login(&body, &in);
}

/* clang-format off */
static const struct {
    const char *why;
    bool (*refuses)(struct buf *b);
} refused[] = {
    { "a bool is 0 or 1",                          refuses_subscribe  },
    { "there are three ways to set flags",         refuses_mode       },
    { "nobody sets \\Recent",                      refuses_recent     },
    { "a mailbox has at most 64 keywords",         refuses_keywords   },
    { "an unknown way to open",                    refuses_how        },
    { "rows ascend",                               refuses_order      },
    { "as many rows as it says",                   refuses_row_count  },
    { "COPYUID's numbers pair up",                 refuses_unpaired   },
    { "as many recipients as it says",             refuses_recipients },
    { "no session and no delivery has number 0",   refuses_zero       },
};
/* clang-format on */

static void
check_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct buf b = { 0 };

        CHECK(refused[i].refuses(&b), "%s", refused[i].why);
        buf_free(&b);
    }
}

/* --- bodies larger than a frame ------------------------------------------- */

static void
check_large(void)
{
    struct buf big = { 0 };
    struct buf room = { 0 };
    struct span body;
    struct error e;
    int fd = 0;

    memset(buf_room(&big, 300000), 'b', 300000);
    big.n = WIRE_INLINE_MAX;
    body = buf_span(&big);
    CHECK(wire_pack(&body, &fd, &e) && fd == -1 && body.n == big.n,
          "what fits stays");
    CHECK(wire_unpack(&body, -1, &room, &e) && body.n == big.n,
          "without a descriptor the body is the body");
    big.n = 300000;
    body = buf_span(&big);
    CHECK(wire_pack(&body, &fd, &e) && fd != -1 && body.n == 0,
          "what does not fit goes into a memfd");
    CHECK(wire_unpack(&body, fd, &room, &e) && span_eq(body, buf_span(&big)),
          "and comes back whole");
    body = span_from(big.p, WIRE_BODY_MAX + 1);
    CHECK(!wire_pack(&body, &fd, &e) && e.kind == FAIL_LIMIT,
          "there is an end to it");
    buf_free(&big);
    buf_free(&room);
}

/* A front end that was taken over may send any descriptor. */
static void
check_hostile_descriptors(void)
{
    struct buf room = { 0 };
    struct span body = { 0 };
    struct error e = { 0 };
    int pipes[2];
    int fd;

    CHECK(pipe(pipes) == 0, "a pipe");
    CHECK(!wire_unpack(&body, pipes[0], &room, &e) && e.kind == FAIL_INVALID,
          "a pipe would block");
    CHECK(fcntl(pipes[0], F_GETFD) == -1, "it is closed all the same");
    close(pipes[1]);
    fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(!wire_unpack(&body, fd, &room, &e) && e.kind == FAIL_INVALID,
          "a memfd that may change while it is read");
    fd = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(ftruncate(fd, 1ll << 40) == 0 &&
              fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE) == 0,
          "a sparse memfd of a terabyte");
    CHECK(!wire_unpack(&body, fd, &room, &e) && e.kind == FAIL_INVALID,
          "is refused by its size");
    CHECK(room.cap == 0, "before any memory is taken");
    buf_free(&room);
}

int
main(void)
{
    check_refused();
    check_large();
    check_hostile_descriptors();
    return check_report();
}
