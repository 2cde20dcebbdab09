#include "base/cursor.h"
#include "tests/check.h"

#include <string.h>

static void
check_numbers(void)
{
    static const struct {
        const char *why, *text;
        bool fits32, fits64;
        uint64_t value;
    } cases[] = {
        { "zero", "0", true, true, 0 },
        { "the largest of 32 bits", "4294967295", true, true, 4294967295u },
        { "2^32 is not 0: UID FETCH 4294967296", "4294967296", false, true,
          4294967296u },
        { "2^32+1 is not 1", "4294967297", false, true, 4294967297u },
        { "the largest of 63 bits", "9223372036854775807", false, true,
          INT64_MAX },
        { "2^63", "9223372036854775808", false, false, 0 },
        { "2^64+1 is not 1", "18446744073709551617", false, false, 0 },
        { "no digit", "x", false, false, 0 },
        { "nothing", "", false, false, 0 },
        { "negative", "-1", false, false, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cursor c = cursor_on(span_of(cases[i].text));
        uint32_t n32 = 0;
        uint64_t n64 = 0;

        CHECK(take_number(&c, &n32) == cases[i].fits32, "%s", cases[i].why);
        CHECK(!cases[i].fits32 || n32 == cases[i].value, "%s", cases[i].why);
        CHECK(cases[i].fits32 || c.at == cursor_on(span_of(cases[i].text)).at,
              "a failed take consumes nothing: %s", cases[i].why);
        c = cursor_on(span_of(cases[i].text));
        CHECK(take_number64(&c, &n64) == cases[i].fits64, "%s", cases[i].why);
        CHECK(!cases[i].fits64 || n64 == cases[i].value, "%s", cases[i].why);
    }
}

static void
check_words(void)
{
    struct cursor c = cursor_on(span_of("MAIL from:<a> x"));
    struct span w;

    CHECK(take_alpha(&c, &w) && span_is(w, "MAIL"), "letters");
    CHECK(!take_alpha(&c, &w) && strcmp(c.want, "a letter") == 0, "says what");
    CHECK(take(&c, ' ') && take_nocase(&c, "FROM:"), "in any case");
    CHECK(!take(&c, ' ') && strcmp(c.want, "a space") == 0, "names it");
    CHECK(take_word(&c, &w) && span_is(w, "<a>"), "up to the space");
    CHECK(!take_end(&c) && !cursor_at_end(&c), "not the end yet");
    CHECK(take_spaces(&c) && take(&c, 'x') && take_end(&c), "now it is");
    CHECK(!take_word(&c, &w) && !take(&c, 'x'), "nothing behind the end");
}

int
main(void)
{
    check_numbers();
    check_words();
    return check_report();
}
