/* Names of message files: ours, and what others make of theirs. */
#include "mail/flags.h"
#include "mailstore/maildir_name.h"
#include "tests/check.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *why, *file;
    bool good;
    const char *base;
    uint32_t tag, uid;
    uint64_t size, wire;
    uint16_t flags;
    uint32_t keywords;
} cases[] = {
    { "ours, seen, keyword a",
      "1700000000.M5P9Q3F00abc.host,S=23,U=7:2,Sa", true,
      "1700000000.M5P9Q3F00abc.host,S=23,U=7", 0xabc, 7, 23, 0,
      MAIL_SEEN, 1 },
    { "ours, with other line ends",
      "1700000000.M5P9Q3F00abc.host,S=18,W=21,U=7", true,
      "1700000000.M5P9Q3F00abc.host,S=18,W=21,U=7", 0xabc, 7, 18, 21, 0, 0 },
    { "Dovecot", "1234.M1P2.host,S=100,W=104:2,FRS", true,
      "1234.M1P2.host,S=100,W=104", MAILDIR_NO_TAG, 0, 100, 104,
      MAIL_FLAGGED | MAIL_ANSWERED | MAIL_SEEN, 0 },
    { "Courier", "1234.M1P2V0I0_0.host,S=100:2,", true,
      "1234.M1P2V0I0_0.host,S=100", MAILDIR_NO_TAG, 0, 100, 0, 0, 0 },
    { "mbsync", "1234.5_1.host,U=42:2,T", true, "1234.5_1.host,U=42",
      MAILDIR_NO_TAG, 42, 0, 0, MAIL_DELETED, 0 },
    { "mutt, no flags part", "1234.5_1.host", true, "1234.5_1.host",
      MAILDIR_NO_TAG, 0, 0, 0, 0, 0 },
    { "experimental info is no flags", "1234.x:1,S", true, "1234.x",
      MAILDIR_NO_TAG, 0, 0, 0, 0, 0 },
    { "not even a time", "hello", true, "hello", MAILDIR_NO_TAG, 0, 0, 0, 0,
      0 },
    { "numbers too large are no numbers",
      "1.x,S=99999999999999999999,U=4294967296", true,
      "1.x,S=99999999999999999999,U=4294967296", MAILDIR_NO_TAG, 0, 0, 0, 0,
      0 },
    { "a tag of four digits is none", "1.M1P1Q1Fabcd.h,U=1", true,
      "1.M1P1Q1Fabcd.h,U=1", MAILDIR_NO_TAG, 1, 0, 0, 0, 0 },
    { "hidden", ".nfs0001", false, "", 0, 0, 0, 0, 0, 0 },
    { "nothing", "", false, "", 0, 0, 0, 0, 0, 0 },
    { "no base", ":2,S", false, "", 0, 0, 0, 0, 0, 0 },
};
/* clang-format on */

static void
test_parse(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct maildir_name n;
        bool good = maildir_name_parse(span_of(cases[i].file), &n);

        CHECK(good == cases[i].good, "%s", cases[i].why);
        if (!good)
            continue;
        CHECK(span_is(n.base, cases[i].base) && n.tag == cases[i].tag &&
                  n.uid == cases[i].uid && n.size == cases[i].size &&
                  n.wire_size == cases[i].wire && n.flags == cases[i].flags &&
                  n.keywords == cases[i].keywords,
              "%s: base=%.*s tag=%x uid=%u", cases[i].why, SPAN(n.base), n.tag,
              n.uid);
    }
}

static void
test_make(void)
{
    struct maildir_stamp by = {
        .micros = 1700000000000005, .pid = 9, .number = 3, .host = "host"
    };
    struct maildir_facts f = { .tag = 0xabc,
                               .uid = UINT32_MAX,
                               .size = UINT64_MAX >> 1,
                               .wire_size = UINT64_MAX >> 1 };
    struct buf b = { 0 };
    struct maildir_name n;

    maildir_name_make(&by, &f, &b);
    CHECK(maildir_name_parse(buf_span(&b), &n) && n.tag == 0xabc &&
              n.uid == UINT32_MAX && n.size == f.size && !n.has_wire_size &&
              n.seconds == 1700000000,
          "what we make we read: %s", buf_text(&b));
    f.wire_size--;
    buf_clear(&b);
    maildir_name_make(&by, &f, &b);
    CHECK(maildir_name_parse(buf_span(&b), &n) && n.wire_size == f.wire_size &&
              b.n < 200,
          "with W=: %s", buf_text(&b));
    buf_free(&b);
}

static void
test_put(void)
{
    struct buf b = { 0 };

    maildir_name_put(span_of("x"), MAIL_SEEN | MAIL_RECENT | MAIL_PASSED, 5,
                     span_of("STXz/:"), &b);
    CHECK(span_is(buf_span(&b), "x:2,PSXac"),
          "in order; \\Recent never; others' letters kept: %s", buf_text(&b));
    buf_free(&b);
}

static void
test_tag(void)
{
    unsigned char id[16] = { 1, 2, 3 };
    uint32_t tag = maildir_name_tag(id, 77);
    char host[64];

    CHECK(tag <= 0xfffff && tag == maildir_name_tag(id, 77),
          "the same each time: it is on disk");
    CHECK(tag != maildir_name_tag(id, 78), "another UIDVALIDITY, another tag");
    maildir_name_host(host);
    CHECK(host[0] != '\0' && strpbrk(host, "/:,. ") == NULL,
          "a host's name that harms no file name: %s", host);
}

int
main(void)
{
    test_parse();
    test_make();
    test_put();
    test_tag();
    return check_report();
}
