/* Quota's bodies: what is put is got, whole and only whole. */
#include "mailstore/wire_quota.h"
#include "tests/mailstore/wire_bench.h"

static void
put_quota(struct buf *b)
{
    wire_put_quota(b, &(struct store_quota){ text("anna"), 1, 2, 3, UINT64_MAX,
                                             false, true });
}

static bool
get_quota(struct span *body)
{
    struct store_quota q;
    bool whole = wire_get_quota(body, &q);

    CHECK(!whole ||
              (span_is(q.user, "anna") && q.bytes == 1 && q.messages == 2 &&
               q.limit_bytes == 3 && q.limit_messages == UINT64_MAX &&
               !q.own_bytes && q.own_messages),
          "quota");
    return whole;
}

static void
put_set(struct buf *b)
{
    wire_put_quota_set(
        b, &(struct wire_quota_set){ text("anna"), 7, STORE_QUOTA_KEEP, 9 });
}

static bool
get_set(struct span *body)
{
    struct wire_quota_set x;
    bool whole = wire_get_quota_set(body, &x);

    CHECK(!whole ||
              (span_is(x.user, "anna") && x.limit_bytes == 7 &&
               x.limit_messages == STORE_QUOTA_KEEP && x.keep_deleted == 9),
          "quota_set");
    return whole;
}

static void
put_check(struct buf *b)
{
    struct wire_quota_check x = { .size = 9, .recipient_count = 2 };
    struct buf to = { 0 };

    wire_put_recipient(&to,
                       &(struct store_recipient){ text("anna"), text("") });
    wire_put_recipient(&to,
                       &(struct store_recipient){ text("ben"), text("a") });
    x.recipients = buf_span(&to);
    wire_put_quota_check(b, &x);
    buf_free(&to);
}

static bool
get_check(struct span *body)
{
    struct wire_quota_check x;
    struct store_recipient r;
    bool whole = wire_get_quota_check(body, &x);

    CHECK(!whole || (x.size == 9 && x.recipient_count == 2 &&
                     wire_next_recipient(&x.recipients, &r) &&
                     wire_next_recipient(&x.recipients, &r) &&
                     span_is(r.user, "ben") && span_is(r.mailbox, "a")),
          "quota_check");
    return whole;
}

static void
put_recount(struct buf *b)
{
    wire_put_recount(b, &(struct store_recount){ text("anna"), 1, 2, -3, 4 });
}

static bool
get_recount(struct span *body)
{
    struct store_recount r;
    bool whole = wire_get_recount(body, &r);

    CHECK(!whole ||
              (span_is(r.user, "anna") && r.bytes == 1 && r.messages == 2 &&
               r.off_bytes == -3 && r.off_messages == 4),
          "recount");
    return whole;
}

/* clang-format off */
static const struct wire_case cases[] = {
    { "quota",       put_quota,   get_quota   },
    { "quota_set",   put_set,     get_set     },
    { "quota_check", put_check,   get_check   },
    { "recount",     put_recount, get_recount },
};
/* clang-format on */

int
main(void)
{
    struct buf b = { 0 };
    struct span body;
    struct store_quota q;

    check_cases(cases, sizeof cases / sizeof *cases);
    put_quota(&b);
    b.p[b.n - 1] = 8;
    body = buf_span(&b);
    CHECK(!wire_get_quota(&body, &q), "a bit that nobody knows");
    buf_free(&b);
    return check_report();
}
