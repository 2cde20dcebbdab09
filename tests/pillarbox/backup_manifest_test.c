#include "pillarbox/backup_manifest.h"
#include "tests/check.h"

#include <string.h>

#define HEAD "pillarbox-backup 1\ndate 1795310400\nhost h\n"
#define DIGEST                                                                 \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FILE_A "file " DIGEST " 12 mail/a\n"

/* clang-format off */
static const struct {
    const char *body; /* the right last line is put behind it */
    enum fail kind;   /* 0: it is good */
    size_t files;
    const char *why;
} cases[] = {
    { HEAD, 0, 0, "nothing was there" },
    { HEAD FILE_A, 0, 1, "one file" },
    { HEAD FILE_A "file " DIGEST " 0 b\n", 0, 2, "two, one of them empty" },
    { HEAD "color green\n" FILE_A "later thing\n", 0, 1, "unknown lines" },
    { HEAD "file " DIGEST " 3 a%20b%25%C3%BC\n", 0, 1, "quoted octets" },
    { HEAD FILE_A FILE_A, FAIL_CORRUPT, 0, "the same twice" },
    { HEAD "file " DIGEST " 3 ../a\n", FAIL_CORRUPT, 0, "out of the backup" },
    { HEAD "file " DIGEST " 3 a/../../b\n", FAIL_CORRUPT, 0, "out of it, deeper" },
    { HEAD "file " DIGEST " 3 %2E%2E/a\n", FAIL_CORRUPT, 0, "out of it, quoted" },
    { HEAD "file " DIGEST " 3 /etc/passwd\n", FAIL_CORRUPT, 0, "absolute" },
    { HEAD "file " DIGEST " 3 a//b\n", FAIL_CORRUPT, 0, "an empty name" },
    { HEAD "file " DIGEST " 3 a/\n", FAIL_CORRUPT, 0, "a directory" },
    { HEAD "file " DIGEST " 3 ./a\n", FAIL_CORRUPT, 0, "a name that is none" },
    { HEAD "file " DIGEST " 3 a%00b\n", FAIL_CORRUPT, 0, "a NUL" },
    { HEAD "file " DIGEST " 3 a b\n", FAIL_CORRUPT, 0, "a space as it is" },
    { HEAD "file " DIGEST " 3 a%2\n", FAIL_CORRUPT, 0, "half a quoted octet" },
    { HEAD "file " DIGEST " 3 a%c3\n", FAIL_CORRUPT, 0, "lower case hex" },
    { HEAD "file " DIGEST " 3 \n", FAIL_CORRUPT, 0, "no path" },
    { HEAD "file " DIGEST " x a\n", FAIL_CORRUPT, 0, "no size" },
    { HEAD "file 0123 3 a\n", FAIL_CORRUPT, 0, "a short digest" },
    { HEAD "date soon\n", FAIL_CORRUPT, 0, "a date that is none" },
    { "pillarbox-backup 1\nhost h\n", FAIL_CORRUPT, 0, "no date" },
    { "pillarbox-backup 2\n", FAIL_INVALID, 0, "a later version" },
    { "pillarbox-backup 0\n", FAIL_CORRUPT, 0, "a version that never was" },
    { "something else\n", FAIL_CORRUPT, 0, "another file" },
    { "", FAIL_CORRUPT, 0, "nothing but the end" },
};
/* clang-format on */

static size_t
count_files(const char *body)
{
    size_t n = 0;

    for (const char *at = body; (at = strstr(at, "\nfile ")) != NULL; at++)
        n++;
    return n;
}

static void
check_case(size_t i)
{
    struct backup_manifest m;
    struct buf text = { 0 };
    struct error e = { 0 };
    bool good;

    buf_put_text(&text, cases[i].body);
    backup_manifest_print_end(count_files(cases[i].body), &text);
    good = backup_manifest_parse(buf_span(&text), &m, &e);
    CHECK(good == (cases[i].kind == 0), "%s: %d %s", cases[i].why, good,
          e.text);
    CHECK(good || e.kind == cases[i].kind, "%s: %s", cases[i].why, e.text);
    CHECK(!good || m.count == cases[i].files, "%s: %zu files", cases[i].why,
          m.count);
    backup_manifest_free(&m);
    buf_free(&text);
}

/* Any octet that is another, and any end that is missing, is seen. */
static void
check_damage(void)
{
    struct buf text = { 0 };
    struct backup_manifest m;
    struct error e;

    buf_put_text(&text, HEAD FILE_A);
    backup_manifest_print_end(1, &text);
    for (size_t n = 0; n < text.n - 1; n++) {
        bool good =
            backup_manifest_parse(span_sub(buf_span(&text), 0, n), &m, &e);

        CHECK(!good, "cut off at %zu", n);
        backup_manifest_free(&m);
    }
    for (size_t n = 0; n < text.n - 1; n++) {
        bool good;

        text.p[n] ^= 1;
        good = backup_manifest_parse(buf_span(&text), &m, &e);
        CHECK(!good, "another octet at %zu", n);
        backup_manifest_free(&m);
        text.p[n] ^= 1;
    }
    buf_put_text(&text, "file " DIGEST " 1 behind\n");
    CHECK(!backup_manifest_parse(buf_span(&text), &m, &e), "behind the end");
    backup_manifest_free(&m);
    buf_free(&text);
}

static void
check_round_trip(void)
{
    static const char *const paths[] = { "a", "mail/x y/%41\xc3\xbc\n:2,S",
                                         "~!" };
    struct backup_head h = { .date = 7,
                             .host = "h",
                             .only = "anna@example.org",
                             .users = 1,
                             .messages = UINT32_MAX,
                             .octets = 9,
                             .copied = 8 };
    struct backup_manifest m;
    struct buf text = { 0 };
    struct error e;

    backup_manifest_print_head(&h, &text);
    for (size_t i = 0; i < 3; i++) {
        struct backup_entry f = { .path = paths[i], .size = i };

        memset(f.digest, (int)(0xa0 + i), sizeof f.digest);
        backup_manifest_print_file(&f, &text);
    }
    backup_manifest_print_end(3, &text);
    CHECK(backup_manifest_parse(buf_span(&text), &m, &e), "what was printed");
    CHECK(m.count == 3 && m.head.date == 7 && m.head.users == 1 &&
              m.head.messages == UINT32_MAX && m.head.octets == 9 &&
              m.head.copied == 8 && strcmp(m.head.host, "h") == 0 &&
              strcmp(m.head.only, "anna@example.org") == 0,
          "the head");
    for (size_t i = 0; i < 3; i++) {
        const struct backup_entry *f = backup_manifest_find(&m, paths[i]);

        CHECK(f != NULL && f->size == i && f->digest[31] == 0xa0 + i,
              "file %zu", i);
    }
    CHECK(backup_manifest_find(&m, "b") == NULL, "one that is not there");
    backup_manifest_free(&m);
    buf_free(&text);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(i);
    check_damage();
    check_round_trip();
    return check_report();
}
