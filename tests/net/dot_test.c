#include "net/dot.h"

#include "tests/check.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *why, *wire, *text, *left;
    enum dot_result result;
} cases[] = {
    { "empty message", ".\r\n", "", "", DOT_END },
    { "one line", "hi\r\n.\r\n", "hi\r\n", "", DOT_END },
    { "stuffed dot", "..a\r\n.\r\n", ".a\r\n", "", DOT_END },
    { "stuffed dot alone", "..\r\n.\r\n", ".\r\n", "", DOT_END },
    { "a dot and text: dropped too", ".a\r\n.\r\n", "a\r\n", "", DOT_END },
    { "dots inside stay", "a.\r\n b..c\r\n.\r\n", "a.\r\n b..c\r\n", "",
      DOT_END },
    { "empty lines", "\r\n\r\n.\r\n", "\r\n\r\n", "", DOT_END },
    { "what follows is not touched", "a\r\n.\r\nQUIT\r\n", "a\r\n",
      "QUIT\r\n", DOT_END },
    { "not yet complete", "hi\r\n.", "hi\r\n", "", DOT_MORE },
    { "CR held back", "hi\r", "hi", "", DOT_MORE },
    { "smuggling: LF . CRLF", "a\n.\r\nMAIL\r\n.\r\n", "a", "", DOT_BARE_EOL },
    { "smuggling: LF . LF", "a\n.\nMAIL\r\n.\r\n", "a", "", DOT_BARE_EOL },
    { "smuggling: CRLF . LF", "a\r\n.\nMAIL\r\n.\r\n", "a\r\n", "",
      DOT_BARE_EOL },
    { "smuggling: CRLF . CR", "a\r\n.\rMAIL\r\n.\r\n", "a\r\n", "",
      DOT_BARE_EOL },
    { "smuggling: CR . CRLF", "a\r.\r\nMAIL\r\n.\r\n", "a", "",
      DOT_BARE_EOL },
    { "smuggling: CR . CR", "a\r.\rMAIL\r\n.\r\n", "a", "", DOT_BARE_EOL },
    { "smuggling: CRLF . CR CRLF", "a\r\n.\r\r\nMAIL\r\n.\r\n", "a\r\n", "",
      DOT_BARE_EOL },
    { "CR CR LF", "a\r\r\n.\r\n", "a", "", DOT_BARE_EOL },
    { "LF first of all", "\n.\r\n.\r\n", "", "", DOT_BARE_EOL },
};
/* clang-format on */

static void
collect(void *to, struct span run)
{
    CHECK(run.n > 0, "no empty runs");
    buf_put(to, run);
}

struct found {
    struct buf text;
    enum dot_result result; /* the first that was not DOT_MORE */
    unsigned complaints;
    bool ended;
    struct span left;
};

static void
feed(struct dot *d, struct span piece, struct found *f)
{
    while (piece.n > 0 && !f->ended) {
        enum dot_result r = dot_decode(d, &piece, collect, &f->text);

        if (f->result == DOT_MORE)
            f->result = r;
        f->complaints += r == DOT_BARE_EOL;
        f->ended = r == DOT_END;
    }
    f->left = piece;
}

static void
check_case(size_t i, size_t step)
{
    struct span wire = span_of(cases[i].wire);
    struct found f = { .result = DOT_MORE };
    struct dot d = { 0 };
    size_t at = 0;

    while (at < wire.n && !f.ended) {
        feed(&d, span_sub(wire, at, step), &f);
        at += step < wire.n - at ? step : wire.n - at;
        at -= f.left.n;
    }
    CHECK(f.result == cases[i].result, "%s (step %zu)", cases[i].why, step);
    CHECK(f.ended == (cases[i].result != DOT_MORE), "the end is found: %s",
          cases[i].why);
    CHECK(f.complaints == (cases[i].result == DOT_BARE_EOL), "once: %s",
          cases[i].why);
    CHECK(span_is(buf_span(&f.text), cases[i].text), "%s (step %zu): %s",
          cases[i].why, step, buf_text(&f.text));
    CHECK(span_is(span_after(wire, at), cases[i].left), "%s (step %zu)",
          cases[i].why, step);
    buf_free(&f.text);
}

/* clang-format off */
static const struct {
    const char *why, *text, *wire;
} encodings[] = {
    { "nothing", "", ".\r\n" },
    { "one line", "a\r\n", "a\r\n.\r\n" },
    { "a dot first", ".\r\n.a\r\n", "..\r\n..a\r\n.\r\n" },
    { "a dot inside", "a.\r\n b.c\r\n", "a.\r\n b.c\r\n.\r\n" },
    { "no line end", "a", "a\r\n.\r\n" },
    { "half a line end", "a\r", "a\r\n.\r\n" },
    { "just a dot", ".", "..\r\n.\r\n" },
    { "a lone LF hides no end", "a\n.\n", "a\n..\n\r\n.\r\n" },
};
/* clang-format on */

static void
check_encode(size_t i, size_t step)
{
    struct span text = span_of(encodings[i].text);
    struct buf out = { 0 };
    struct dot d = { 0 };

    for (size_t at = 0; at < text.n; at += step)
        dot_encode(&d, span_sub(text, at, step), &out);
    dot_finish(&d, &out);
    CHECK(span_is(buf_span(&out), encodings[i].wire), "%s (step %zu): %s",
          encodings[i].why, step, buf_text(&out));
    buf_free(&out);
}

int
main(void)
{
    static const size_t steps[] = { 1, 2, 3, 5, 64 };

    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            check_case(i, steps[s]);
        for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
            check_encode(i, steps[s]);
    }
    return check_report();
}
