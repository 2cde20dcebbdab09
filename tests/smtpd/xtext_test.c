#include "smtpd/xtext.h"
#include "tests/check.h"

/* clang-format off */
static const struct {
    const char *why, *text, *decoded; /* NULL: refused */
} cases[] = {
    { "nothing",                          "",              "" },
    { "what needs no coding",             "anna@example.org", "anna@example.org" },
    { "a coded plus",                     "a+2Bb",         "a+b" },
    { "a coded equals sign",              "a+3Db",         "a=b" },
    { "a coded line end is just bytes",   "a+0D+0Ab",      "a\r\nb" },
    { "lower-case digits are none",       "a+2bb",         NULL },
    { "a plus at the end",                "a+",            NULL },
    { "half a code",                      "a+2",           NULL },
    { "no digits",                        "a+zz",          NULL },
    { "an equals sign must be coded",     "a=b",           NULL },
    { "a space must be coded",            "a b",           NULL },
    { "eight bits must be coded",         "gr\xc3\xbcn",   NULL },
    { "a control must be coded",          "a\x7f",         NULL },
};
/* clang-format on */

int
main(void)
{
    struct buf small = { .max = 3 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };
        bool good;

        buf_put_text(&out, "before");
        good = smtp_xtext_decode(span_of(cases[i].text), &out);
        CHECK(good == (cases[i].decoded != NULL), "%s", cases[i].why);
        CHECK(span_is(span_after(buf_span(&out), 6),
                      good ? cases[i].decoded : ""),
              "%s", cases[i].why);
        buf_free(&out);
    }
    CHECK(!smtp_xtext_decode(span_of("four"), &small),
          "what does not fit is refused");
    buf_free(&small);
    return check_report();
}
