/* The control file: what is written is read; damage is noticed. */
#include "mailstore/client.h"
#include "mailstore/control.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
test_round_trip(void)
{
    struct control c = { .uid_validity = 1795255200,
                         .uid_floor = UINT32_MAX,
                         .special_use = STORE_SENT };
    struct control back;
    struct buf text = { 0 };
    struct error e;

    for (int i = 0; i < 16; i++)
        c.id[i] = (unsigned char)(i * 17);
    for (unsigned i = 0; i < STORE_KEYWORDS_MAX; i++) {
        char name[20] = { 0 };

        snprintf(name, sizeof name, "$K%u", i);
        memcpy(c.keywords[c.keyword_count++], name, sizeof name);
    }
    control_print(&c, &text);
    CHECK(control_parse(buf_span(&text), &back, &e) &&
              memcmp(&c, &back, sizeof c) == 0,
          "as it was:\n%s", buf_text(&text));
    buf_free(&text);
}

/* clang-format off */
static const struct {
    const char *why, *text;
} bad[] = {
    { "nothing", "" },
    { "another file", "hello\n" },
    { "a later version", "pillarbox-mailbox 2\n" },
    { "cut short", "pillarbox-mailbox 1\nuidvalidity 5\n" },
    { "UIDVALIDITY 0",
      "pillarbox-mailbox 1\nuidvalidity 0\nuidnext-floor 1\n"
      "mailboxid 00112233445566778899aabbccddeeff\n" },
    { "a short id",
      "pillarbox-mailbox 1\nuidvalidity 1\nuidnext-floor 1\n"
      "mailboxid 0011\n" },
};
/* clang-format on */

static void
test_bad(void)
{
    struct control c = { .uid_validity = 9 };
    struct error e;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!control_parse(span_of(bad[i].text), &c, &e) &&
                  e.kind == FAIL_CORRUPT && c.uid_validity == 9,
              "%s", bad[i].why);
}

static void
test_gap(void)
{
    const char *text = "pillarbox-mailbox 1\nuidvalidity 5\n"
                       "uidnext-floor 7\nnew-fact 1\n"
                       "mailboxid 00112233445566778899aabbccddeeff\n"
                       "keyword c third\nkeyword A x\nkeyword b a b\n";
    struct control c;
    struct error e;

    CHECK(control_parse(span_of(text), &c, &e) && c.keyword_count == 3 &&
              strcmp(c.keywords[2], "third") == 0 && c.keywords[0][0] == '\0' &&
              c.keywords[1][0] == '\0',
          "letters keep their meaning though a line is damaged");
}

static void
test_file(void)
{
    struct control c = { .uid_validity = 1, .uid_floor = 1001 };
    struct control back;
    struct error e;
    int dir = open(check_dir(), O_RDONLY | O_DIRECTORY);

    CHECK(!control_read(dir, &back, &e) && e.kind == FAIL_NOT_FOUND, "none");
    CHECK(control_write(dir, &c, &e) && control_read(dir, &back, &e) &&
              back.uid_floor == 1001,
          "written, read");
    close(dir);
}

static void
test_special(void)
{
    CHECK(control_special_of_folder(span_of("Sent Items")) == STORE_SENT &&
              control_special_of_folder(span_of("Spam")) == STORE_JUNK &&
              control_special_of_folder(span_of("Work")) == 0,
          "by the usual names");
    CHECK(control_special_named(span_of("Trash")) == STORE_TRASH &&
              control_special_named(span_of("Work")) == 0,
          "as the file says it");
}

int
main(void)
{
    test_round_trip();
    test_bad();
    test_gap();
    test_file();
    test_special();
    return check_report();
}
