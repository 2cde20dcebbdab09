#include "net/line.h"

#include "base/buf.h"
#include "tests/check.h"

#include <string.h>

#define MAX 16

/* What comes out is written as text: [line] for LINE_OK, L too long, B bare;
 * what is left unread stands behind a bar. */
/* clang-format off */
static const struct {
    const char *why;
    const char *wire;
    size_t wire_len; /* 0: up to the NUL */
    const char *out;
} cases[] = {
    { "nothing", "", 0, "|" },
    { "one line", "NOOP\r\n", 0, "[NOOP]|" },
    { "empty line", "\r\n", 0, "[]|" },
    { "two lines and a half", "A\r\nB\r\nC", 0, "[A][B]|C" },
    { "not yet complete", "A\r", 0, "|A\r" },
    { "just fits", "12345678901234\r\n", 0, "[12345678901234]|" },
    { "one octet too long", "123456789012345\r\nA\r\n", 0, "L[A]|" },
    { "far too long", "1234567890123456789012345678901234567890\r\nA\r\n", 0,
      "L[A]|" },
    { "too long, no end yet", "12345678901234567890", 0, "|" },
    { "two that are too long", "12345678901234567890\r\n"
      "12345678901234567890\r\n", 0, "LL|" },
    { "a bare LF does not end a long line",
      "12345678901234567890\nRSET\r\nA\r\n", 0, "L[A]|" },
    { "what is glued on with LF does not run", "A\nB\r\nC\r\n", 0, "B[C]|" },
    { "one answer for many bare LFs", "A\nB\nC\r\nD\r\n", 0, "B[D]|" },
    { "LF is all there is", "\n\r\nA\r\n", 0, "B[A]|" },
    { "bare LF at the length limit", "123456789012345\nX\r\nA\r\n", 0,
      "B[A]|" },
    { "bare CR inside", "A\rB\r\nC\r\n", 0, "B[C]|" },
    { "CR CR LF", "A\r\r\nC\r\n", 0, "B[C]|" },
    { "NUL inside", "A\0B\r\nC\r\n", 8, "B[C]|" },
    { "NUL alone", "\0\r\nC\r\n", 6, "B[C]|" },
};
/* clang-format on */

static void
take_all(struct line *l, struct buf *in, struct buf *out)
{
    struct span rest = buf_span(in);
    struct span line;

    for (;;) {
        enum line_result r = line_take(l, &rest, MAX, &line);

        if (r == LINE_MORE)
            break;
        if (r == LINE_OK)
            buf_printf(out, "[%.*s]", SPAN(line));
        else
            buf_put_ch(out, r == LINE_TOO_LONG ? 'L' : 'B');
    }
    buf_consume(in, in->n - rest.n);
}

static void
check_case(size_t i, size_t step)
{
    struct span wire = span_of(cases[i].wire);
    struct buf in = { 0 };
    struct buf out = { 0 };
    struct line l = { 0 };

    if (cases[i].wire_len > 0)
        wire.n = cases[i].wire_len;
    for (size_t at = 0; at < wire.n; at += step) {
        buf_put(&in, span_sub(wire, at, step));
        take_all(&l, &in, &out);
        CHECK(in.n < MAX, "bounded: %s (step %zu)", cases[i].why, step);
    }
    buf_put_ch(&out, '|');
    buf_put(&out, buf_span(&in));
    CHECK(span_is(buf_span(&out), cases[i].out), "%s (step %zu): %s",
          cases[i].why, step, buf_text(&out));
    buf_free(&in);
    buf_free(&out);
}

int
main(void)
{
    static const size_t steps[] = { 1, 2, 3, 7, 64 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
            check_case(i, steps[s]);
    }
    return check_report();
}
