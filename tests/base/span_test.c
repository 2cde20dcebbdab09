#include "base/span.h"
#include "tests/check.h"

static void
check_search(void)
{
    static const struct {
        const char *why, *text, *needle;
        bool exact, folded;
        size_t at;
    } cases[] = {
        { "an empty needle is everywhere", "abc", "", true, true, 0 },
        { "at the end", "say it", "it", true, true, 4 },
        { "case matters only to the exact one", "Say It", "it", false, true,
          4 },
        { "longer than the text", "a", "ab", false, false, 0 },
        { "nothing in nothing", "", "a", false, false, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct span s = span_of(cases[i].text);
        struct span n = span_of(cases[i].needle);
        size_t at = 99;

        CHECK(span_search(s, n, &at) == cases[i].exact, "%s", cases[i].why);
        CHECK(!cases[i].exact || at == cases[i].at, "%s", cases[i].why);
        CHECK(span_search_nocase(s, n, &at) == cases[i].folded, "%s",
              cases[i].why);
        CHECK(!cases[i].folded || at == cases[i].at, "%s", cases[i].why);
    }
}

static void
check_cut(void)
{
    struct span rest = span_of("a,,b");
    struct span part;

    CHECK(span_cut(&rest, ',', &part) && span_is(part, "a"), "first");
    CHECK(span_cut(&rest, ',', &part) && part.n == 0, "an empty one between");
    CHECK(span_cut(&rest, ',', &part) && span_is(part, "b"), "last");
    CHECK(!span_cut(&rest, ',', &part), "then it is over");
}

static void
check_ends(void)
{
    struct span s = span_of("  Hello\t ");

    CHECK(span_is(span_trim(s), "Hello"), "white space goes at both ends");
    CHECK(span_trim(span_of("   ")).n == 0, "nothing but white space");
    CHECK(span_is(span_sub(s, 2, 99), "Hello\t "), "never past the end");
    CHECK(span_sub(s, 99, 1).n == 0, "from behind the end");
    CHECK(span_is_nocase(span_of("NoOp"), "noop"), "commands in any case");
    CHECK(!span_is_nocase(span_of("noo"), "noop"), "not by its beginning");
    CHECK(span_cmp(span_of("a"), span_of("ab")) < 0, "the shorter first");
    CHECK(span_cmp(span_of("b"), span_of("ab")) > 0, "by bytes");
    CHECK(span_eq(span_from("a\0b", 3), span_from("a\0b", 3)), "NULs count");
    CHECK(!span_eq(span_from("a\0b", 3), span_from("a\0c", 3)), "and differ");
}

int
main(void)
{
    check_search();
    check_cut();
    check_ends();
    return check_report();
}
