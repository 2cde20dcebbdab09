#include "base/buf.h"
#include "pop3d/top.h"
#include "tests/check.h"

/* clang-format off */
static const struct {
    const char *why, *text;
    uint32_t lines;
    const char *top;
} cases[] = {
    { "the header and its empty line",      "A: b\r\n\r\none\r\n",           0, "A: b\r\n\r\n" },
    { "some lines",                         "A: b\r\n\r\none\r\ntwo\r\n",    1, "A: b\r\n\r\none\r\n" },
    { "empty lines of the body are lines",  "A: b\r\n\r\n\r\n\r\ntwo\r\n",   2, "A: b\r\n\r\n\r\n\r\n" },
    { "more than there are",                "A: b\r\n\r\none",               9, "A: b\r\n\r\none" },
    { "a header that never ends",           "A: b\r\nC: d",                  0, "A: b\r\nC: d" },
    { "no header at all",                   "\r\none\r\n",                   0, "\r\n" },
    { "an empty message",                   "",                              5, "" },
    { "as many as can be asked for",        "A: b\r\n\r\none\r\n",  4294967295, "A: b\r\n\r\none\r\n" },
};
/* clang-format on */

static void
check_in_pieces(size_t i, size_t step)
{
    struct pop3_top t = { .lines = cases[i].lines };
    struct span text = span_of(cases[i].text);
    struct buf out = { 0 };

    for (size_t at = 0; at < text.n && !t.ended; at += step) {
        struct span piece = span_sub(text, at, step);

        piece.n = pop3_top_take(&t, piece);
        buf_put(&out, piece);
    }
    CHECK(span_is(buf_span(&out), cases[i].top), "%s (step %zu)", cases[i].why,
          step);
    buf_free(&out);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 20; step++)
            check_in_pieces(i, step);
    return check_report();
}
