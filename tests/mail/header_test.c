#include "mail/header.h"

#include "tests/check.h"

static const char header[] = "From bob Sat Nov 21\r\n"
                             "Subject : one\r\n\ttwo\r\n"
                             "X-Empty:\r\n"
                             "garbage\r\n"
                             "to: a@b\r\n"
                             "TO: c@d\r\n"
                             "\r\n"
                             "Body: no\r\n";

static const struct {
    const char *name, *value;
} fields[] = {
    { "", "From bob Sat Nov 21" },
    { "Subject", " one\r\n\ttwo" },
    { "X-Empty", "" },
    { "", "garbage" },
    { "to", " a@b" },
    { "TO", " c@d" },
};

static const struct {
    const char *value, *flat;
} folds[] = {
    { " one\r\n two\r\n\tthree ", "one two\tthree" },
    { " a\n b", "a b" },
    { "a\r\nb", "a\r\nb" },
    { " \r\n \t", "" },
    { "a\rb", "a\rb" },
    { "a\r\n \r\n b", "a  b" },
};

static const struct {
    const char *message;
    size_t size;
    const char *why;
} sizes[] = {
    { "A: b\r\n\r\nx", 8, "with the empty line" },
    { "A: b\n\nx", 6, "bare LF" },
    { "\r\nx", 2, "no fields" },
    { "A: b\r\n", 6, "no empty line" },
    { "A: b\r\n \r\nC: d\r\n\r\n", 17, "a line of white space goes on" },
    { "", 0, "nothing" },
};

int
main(void)
{
    struct span rest = span_of(header);
    struct header_field f;
    struct buf out = { 0 };

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        CHECK(header_next(&rest, &f) && span_is(f.name, fields[i].name) &&
                  span_is(f.value, fields[i].value) &&
                  span_ends(f.whole, "\r\n"),
              "field %zu: %.*s", i, SPAN(f.whole));
    CHECK(!header_next(&rest, &f), "the empty line ends it");
    CHECK(header_find(span_of(header), "To", &f) && span_is(f.value, " a@b"),
          "the first one");
    CHECK(!header_find(span_of(header), "Body", &f), "not from the body");
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        buf_clear(&out);
        header_unfold(span_of(folds[i].value), &out);
        CHECK(span_is(buf_span(&out), folds[i].flat), "fold %zu: %s", i,
              buf_text(&out));
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        CHECK(header_size(span_of(sizes[i].message)) == sizes[i].size, "%s",
              sizes[i].why);
    buf_free(&out);
    return check_report();
}
