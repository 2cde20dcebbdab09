#include "mailstore/uidl.h"
#include "mailstore/wire_import.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
print_pairs(struct span pairs, struct buf *out)
{
    struct store_uidl u;

    while (wire_next_uidl(&pairs, &u))
        buf_printf(out, "%u=%.*s;", u.uid, SPAN(u.text));
}

static void
add(struct buf *pairs, uint32_t uid, const char *text)
{
    wire_put_uidl(pairs, &(struct store_uidl){ uid, span_of(text) });
}

/* clang-format off */
static const struct {
    const char *text, *pairs, *why; /* pairs NULL: not of this mailbox */
} files[] = {
    { "pillarbox-uidl 1 7\n3 a\n9 b\n", "3=a;9=b;", "as it is written" },
    { "pillarbox-uidl 1 8\n3 a\n", NULL, "of another UIDVALIDITY" },
    { "pillarbox-uidl 2 7\n3 a\n", NULL, "of another version" },
    { "3 a\n", NULL, "no first line" },
    { "", NULL, "empty" },
    { "pillarbox-uidl 1 7\n0 a\nx b\n4 \n5 a b\n6\n\n7 c", "7=c;",
      "damaged lines are left out" },
};
/* clang-format on */

static void
check_parsing(void)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct buf pairs = { 0 };
        struct buf got = { 0 };
        bool good = uidl_parse(span_of(files[i].text), 7, &pairs);

        print_pairs(buf_span(&pairs), &got);
        CHECK(good == (files[i].pairs != NULL), "%s", files[i].why);
        CHECK(span_is(buf_span(&got),
                      files[i].pairs == NULL ? "" : files[i].pairs),
              "%s: %s", files[i].why, buf_text(&got));
        buf_free(&pairs);
        buf_free(&got);
    }
}

static void
check_files(int dir)
{
    struct buf pairs = { 0 };
    struct buf got = { 0 };
    struct error e;

    CHECK(uidl_read(dir, 7, &pairs, &e) && pairs.n == 0, "no file, no pairs");
    add(&pairs, 9, "b");
    add(&pairs, 3, "a");
    CHECK(uidl_add(dir, 7, buf_span(&pairs), &e), "%s", e.text);
    buf_clear(&pairs);
    add(&pairs, 9, "c");
    add(&pairs, 4, "d");
    CHECK(uidl_add(dir, 7, buf_span(&pairs), &e), "%s", e.text);
    buf_clear(&pairs);
    CHECK(uidl_read(dir, 7, &pairs, &e), "%s", e.text);
    print_pairs(buf_span(&pairs), &got);
    CHECK(span_is(buf_span(&got), "3=a;4=d;9=c;"), "added, in order: %s",
          buf_text(&got));
    buf_clear(&pairs);
    CHECK(uidl_read(dir, 8, &pairs, &e) && pairs.n == 0,
          "they say nothing of another UIDVALIDITY");
    buf_free(&pairs);
    buf_free(&got);
}

static void
check_valid(void)
{
    char text[STORE_UIDL_MAX + 2];

    memset(text, 'x', sizeof text);
    CHECK(uidl_is_valid(span_from(text, STORE_UIDL_MAX)), "the longest");
    CHECK(!uidl_is_valid(span_from(text, STORE_UIDL_MAX + 1)), "too long");
    CHECK(!uidl_is_valid(span_of("")) && !uidl_is_valid(span_of("a b")) &&
              !uidl_is_valid(span_of("a\n")) && !uidl_is_valid(span_of("\x7f")),
          "RFC 1939 section 7: 0x21 to 0x7e");
}

int
main(void)
{
    char path[] = "/tmp/uidl-test-XXXXXX";
    int dir;

    if (mkdtemp(path) == NULL)
        abort();
    dir = open(path, O_RDONLY | O_DIRECTORY);
    check_parsing();
    check_files(dir);
    check_valid();
    unlinkat(dir, UIDL_FILE, 0);
    close(dir);
    rmdir(path);
    return check_report();
}
