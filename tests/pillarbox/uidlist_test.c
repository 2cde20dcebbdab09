#include "pillarbox/uidlist.h"
#include "tests/check.h"

/* clang-format off */
static const struct {
    const char *text;
    bool good;
    uint32_t validity, next;
    const char *entries; /* "uid base uidl;" */
    const char *why;
} cases[] = {
    { "1 99 12\n3 a.host\n5 b.host:2,S\n", true, 99, 12,
      "3 a.host ;5 b.host ;", "version 1, which is courierimapuiddb" },
    { "3 V99 N12 Gabc\n3 :a.host,S=3\n5 W7 Pid5 S3 :b.host:2,FS\n", true, 99, 12,
      "3 a.host,S=3 ;5 b.host id5;", "version 3, flags are not of the name" },
    { "3 V99 N12\n3 :a b\n", true, 99, 12, "3 a b ;", "a space in a name" },
    { "3 V99 N12\n3 :a", true, 99, 12, "3 a ;", "the last line is not ended" },
    { "3 V99 N12\n0 :a\nx :b\n4294967296 :c\n7 d\n7\n\n8 :\n9 :e\n", true, 99,
      12, "9 e ;", "damaged lines are left out" },
    { "3 V99\n", true, 99, 0, "", "no UIDNEXT" },
    { "3 V0 N12\n3 :a\n", false, 0, 0, "", "UIDVALIDITY is never 0" },
    { "3 N12\n3 :a\n", false, 0, 0, "", "no UIDVALIDITY" },
    { "2 99 12\n3 a\n", false, 0, 0, "", "a version that is not known" },
    { "1 99\n3 a\n", false, 0, 0, "", "half a first line" },
    { "", false, 0, 0, "", "nothing" },
    { "\n\n", false, 0, 0, "", "empty lines" },
};
/* clang-format on */

static void
print_entries(const struct uidlist *u, struct buf *out)
{
    for (size_t i = 0; i < u->count; i++)
        buf_printf(out, "%u %.*s %.*s;", u->entries[i].uid,
                   SPAN(u->entries[i].base), SPAN(u->entries[i].uidl));
}

static void
check_case(size_t i)
{
    struct uidlist u;
    struct buf got = { 0 };
    struct error e;
    bool good = uidlist_parse(span_of(cases[i].text), &u, &e);

    CHECK(good == cases[i].good, "%s: %d", cases[i].why, good);
    if (good) {
        print_entries(&u, &got);
        CHECK(u.uid_validity == cases[i].validity &&
                  u.uid_next == cases[i].next,
              "%s: numbers", cases[i].why);
        CHECK(span_is(buf_span(&got), cases[i].entries), "%s: %s", cases[i].why,
              buf_text(&got));
    }
    uidlist_free(&u);
    buf_free(&got);
}

static void
check_printing(void)
{
    const char *text = "3 V99 N12\n3 :a.host,S=3\n5 Pid5 :b.host\n";
    struct uidlist u;
    struct buf got = { 0 };
    struct error e;

    CHECK(uidlist_parse(span_of(text), &u, &e), "%s", e.text);
    uidlist_print(&u, &got);
    CHECK(span_is(buf_span(&got), text), "as it was: %s", buf_text(&got));
    uidlist_free(&u);
    buf_free(&got);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(i);
    check_printing();
    return check_report();
}
