/* Every body comes back as it went; cut anywhere, or with a byte more, it is
 * refused. */
#include "auth/wire.h"

#include "tests/check.h"

#include <string.h>

typedef bool take_fn(struct span body);

static void
check_cuts(const char *what, const struct buf *whole, take_fn *take)
{
    struct buf more = { 0 };

    for (size_t n = 0; n < whole->n; n++)
        CHECK(!take(span_sub(buf_span(whole), 0, n)), "%s cut at %zu", what, n);
    buf_put(&more, buf_span(whole));
    buf_put_ch(&more, 'x');
    CHECK(!take(buf_span(&more)), "%s and a byte", what);
    CHECK(take(buf_span(whole)), "%s", what);
    buf_free(&more);
}

static bool
take_begin(struct span body)
{
    struct auth_wire_begin x;

    return auth_wire_get_begin(body, &x) && x.exchange == 7 && x.tls &&
           span_is(x.session, "s") && span_is(x.peer, "::1") &&
           span_is(x.mechanism, "PLAIN") && x.has_initial &&
           span_eq(x.initial, span_from("\0a\0b", 4));
}

static bool
take_step(struct span body)
{
    struct auth_wire_step x;

    return auth_wire_get_step(body, &x) && x.exchange == 9 &&
           span_is(x.line, "line");
}

static bool
take_answer(struct span body)
{
    struct auth_wire_answer x;

    return auth_wire_get_answer(body, &x) && x.outcome == AUTH_OK &&
           x.hang_up && span_is(x.challenge, "c") && span_is(x.user, "u") &&
           span_is(x.ticket, "t");
}

static bool
take_pair(struct span body)
{
    struct auth_wire_pair x;

    return auth_wire_get_pair(body, &x) && span_is(x.first, "one") &&
           span_is(x.second, "two");
}

static bool
take_target(struct span body)
{
    struct auth_target x;

    return auth_wire_get_target(&body, &x) && body.n == 0 &&
           span_is(x.user, "u") && span_is(x.detail, "d");
}

static bool
take_verdict(struct span body)
{
    enum auth_address what;

    return auth_wire_get_verdict(body, &what) && what == AUTH_UNDECIDED;
}

static bool
take_row(struct span body)
{
    struct auth_row x;

    return auth_wire_get_row(body, &x) && span_is(x.name, "n") &&
           span_is(x.detail, "d") && x.created == -5;
}

static void
check_bodies(void)
{
    const struct auth_wire_begin begin = {
        7,
        true,
        span_of("s"),
        span_of("::1"),
        span_of("PLAIN"),
        true,
        { "\0a\0b", 4 },
    };
    const struct auth_wire_answer answer = { AUTH_OK, true, span_of("c"),
                                             span_of("u"), span_of("t") };
    struct buf b = { 0 };

    auth_wire_put_begin(&b, &begin);
    check_cuts("begin", &b, take_begin);
    buf_clear(&b);
    auth_wire_put_step(&b, &(struct auth_wire_step){ 9, span_of("line") });
    check_cuts("step", &b, take_step);
    buf_clear(&b);
    auth_wire_put_answer(&b, &answer);
    check_cuts("answer", &b, take_answer);
    b.p[0] = AUTH_OUTCOMES;
    CHECK(!take_answer(buf_span(&b)), "no such outcome");
    buf_clear(&b);
    auth_wire_put_pair(
        &b, &(struct auth_wire_pair){ span_of("one"), span_of("two") });
    check_cuts("pair", &b, take_pair);
    buf_clear(&b);
    auth_wire_put_target(&b,
                         &(struct auth_target){ span_of("u"), span_of("d") });
    check_cuts("target", &b, take_target);
    buf_clear(&b);
    auth_wire_put_verdict(&b, AUTH_UNDECIDED);
    check_cuts("verdict", &b, take_verdict);
    b.p[0] = AUTH_UNDECIDED + 1;
    CHECK(!take_verdict(buf_span(&b)), "no such verdict");
    buf_clear(&b);
    auth_wire_put_row(&b, &(struct auth_row){ span_of("n"), span_of("d"), -5 });
    check_cuts("row", &b, take_row);
    buf_free(&b);
}

/* Each op once, with a name for traces. */
static void
check_ops(void)
{
    bool seen[AUTH_OPS] = { false };
    size_t n = 0;

    for (const struct ipc_op *o = auth_ops; o->name != NULL; o++, n++) {
        CHECK(o->op > 0 && o->op < AUTH_OPS && !seen[o->op], "%s", o->name);
        seen[o->op] = true;
    }
    CHECK(n == AUTH_OPS - 1, "%zu ops have names", n);
}

int
main(void)
{
    check_bodies();
    check_ops();
    return check_report();
}
