#include "base/base64.h"
#include "tests/check.h"

static void
check_known(void)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        /* RFC 4648 section 10 */
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = { .max = 100 };

        base64_encode(&b, span_of(cases[i].bytes));
        CHECK(span_is(buf_span(&b), cases[i].text), "%s", cases[i].text);
        buf_clear(&b);
        CHECK(base64_decode(&b, span_of(cases[i].text)), "%s", cases[i].text);
        CHECK(span_is(buf_span(&b), cases[i].bytes), "%s", cases[i].text);
        buf_free(&b);
    }
}

static void
check_refused(void)
{
    static const char *const bad[] = {
        "Zg=",   "Zg",       "=",        "====", "Z===", "Zm9v ",
        " Zm9v", "Zg==Zg==", "Zm9v\r\n", "Zm*v", "Z=g="
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf b = { .max = 100 };

        buf_put_text(&b, "before");
        CHECK(!base64_decode(&b, span_of(bad[i])), "\"%s\"", bad[i]);
        CHECK(span_is(buf_span(&b), "before"), "untouched by \"%s\"", bad[i]);
        buf_free(&b);
    }
}

static void
check_mime(void)
{
    struct buf b = { .max = 100 };

    base64_decode_mime(&b, span_of("Zm9v\r\nYmFy"));
    CHECK(span_is(buf_span(&b), "foobar"), "line ends are skipped");
    buf_clear(&b);
    base64_decode_mime(&b, span_of("Zm9vYg=="));
    CHECK(span_is(buf_span(&b), "foob"), "padding ends it");
    buf_clear(&b);
    base64_decode_mime(&b, span_of("Zm!9v"));
    CHECK(span_is(buf_span(&b), "foo"), "what is no digit is skipped");
    buf_clear(&b);
    base64_decode_mime(&b, span_of("Z\nm9vYmFyZm9\r\nvYmFyZ m9vYg"));
    CHECK(span_is(buf_span(&b), "foobarfoobarfoob"), "groups cut anywhere");
    buf_clear(&b);
    base64_decode_mime(&b, span_of("Zm9vZm=9vYmFy"));
    CHECK(span_is(buf_span(&b), "foof"), "padding in a group ends it");
    buf_clear(&b);
    base64_decode_mime(&b, span_of("A"));
    CHECK(b.n == 0, "one digit is nothing");
    buf_free(&b);
}

int
main(void)
{
    check_known();
    check_refused();
    check_mime();
    return check_report();
}
