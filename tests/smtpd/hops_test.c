#include "smtpd/hops.h"
#include "tests/check.h"

/* clang-format off */
static const struct {
    const char *why, *text;
    unsigned count;
} cases[] = {
    { "nothing",                       "",                                        0 },
    { "two fields, any case",          "Received: a\r\nRECEIVED: b\r\n\r\n",       2 },
    { "an empty value",                "Received:\r\n\r\n",                        1 },
    { "a longer name",                 "Received-SPF: x\r\nReceiveds: y\r\n\r\n",  0 },
    { "a shorter name",                "Receive: x\r\nReceived\r\n\r\n",           0 },
    { "not at the line's start",       " Received: x\r\nX-Received: y\r\n\r\n",    0 },
    { "folded lines between",          "Received: a\r\n\tb\r\nReceived: c\r\n\r\n", 2 },
    { "the body does not count",       "A: b\r\n\r\nReceived: c\r\nReceived: d\r\n", 0 },
    { "no header at all",              "\r\nReceived: c\r\n",                      0 },
    { "a header that never ends",      "Received: a\r\nReceived: b",               2 },
};
/* clang-format on */

static unsigned
count_in_pieces(struct span text, size_t step)
{
    struct smtp_hops h = { 0 };

    for (size_t at = 0; at < text.n; at += step)
        smtp_hops_feed(&h, span_sub(text, at, step));
    return h.count;
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 20; step++)
            CHECK(count_in_pieces(span_of(cases[i].text), step) ==
                      cases[i].count,
                  "%s (step %zu)", cases[i].why, step);
    return check_report();
}
