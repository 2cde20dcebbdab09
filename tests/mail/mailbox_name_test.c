#include "mail/mailbox_name.h"

#include "mail/limits.h"
#include "tests/check.h"

#include <string.h>

static const struct {
    const char *name;
    bool valid;
    const char *why;
} names[] = {
    { "INBOX", true, "always there" },
    { "a/b/c", true, "levels" },
    { "Entw\xc3\xbcrfe", true, "UTF-8" },
    { "~root", true, "only a name to us" },
    { "a.b", true, "a dot inside a level" },
    { "a/...", true, "three dots are a name" },
    { "", false, "empty" },
    { "/a", false, "absolute" },
    { "a/", false, "no empty level" },
    { "a//b", false, "no empty level" },
    { "..", false, "the parent" },
    { "a/../b", false, "the parent" },
    { "./a", false, "itself" },
    { "a*", false, "LIST could not name it" },
    { "a%", false, "LIST could not name it" },
    { "#news", false, "a namespace" },
    { "a\r\nb", false, "no control" },
    { "a\x7f", false, "no control" },
    { "a\xc2\x85", false, "no control of the upper half" },
    { "a\xff", false, "not UTF-8" },
    { "a\xed\xa0\x80", false, "a lone surrogate" },
};

static const struct {
    const char *name;
    const char *wire;
    const char *folder;
} pairs[] = {
    { "Sent", "Sent", ".Sent" },
    { "Archive/2024", "Archive/2024", ".Archive.2024" },
    { "Entw\xc3\xbcrfe", "Entw&APw-rfe", ".Entw&APw-rfe" },
    { "a&b", "a&-b", ".a&-b" },
    { "v1.2/x", "v1.2/x", ".v1&AC4-2.x" },
    { ".a.", ".a.", ".&AC4-a&AC4-" },
    { "\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5", "&U,BTFw-/&ZeU-",
      ".&U,BTFw-.&ZeU-" },
    { "\xf0\x9f\x98\x80", "&2D3eAA-", ".&2D3eAA-" },
    { "INBOX/a", "INBOX/a", ".INBOX.a" },
    { "\xc3\xbc.\xc3\xbc&", "&APw-.&APw-&-", ".&APw-&AC4-&APw-&-" },
};

static const struct {
    const char *wire;
    const char *why;
} bad_wire[] = {
    { "&", "a shift without an end" },
    { "a&APw", "a shift without an end" },
    { "&AGE-", "printable ASCII shifted" },
    { "&AC8-", "a hidden level" },
    { "&AAA-", "NUL" },
    { "&APw-&APw-", "a null shift" },
    { "&APx-", "bits left over" },
    { "&A-", "half a unit" },
    { "&2D0-", "a lone high surrogate" },
    { "&3gA-", "a lone low surrogate" },
    { "&AP/-", "the wrong alphabet" },
    { "\xc3\xbc", "8 bits" },
    { "a\n", "a control" },
};

static const char *const bad_folders[] = {
    "..",  "cur",    "",    ".INBOX",    ".inbox.a", ".a..b",
    ".a.", ".&AGE-", ".a*", ".\xc3\xbc", ".a/b",
};

static const struct {
    const char *name, *pattern;
    bool matches;
} patterns[] = {
    { "a/b", "*", true },
    { "a/b", "%", false },
    { "a/b", "%/%", true },
    { "a/b/c", "%/%", false },
    { "a/b/c", "*/c", true },
    { "a/b/c", "a*c", true },
    { "a/b/c", "a%c", false },
    { "abc", "a%c", true },
    { "abc", "", false },
    { "abc", "abc", true },
    { "abc", "ABC", false },
    { "INBOX", "inbox", true },
    { "INBOX", "iN%", true },
    { "INBOX/Sub", "inbox/Sub", true },
    { "INBOX/Sub", "inbox/sub", false },
    { "INBOXES", "inboxes", false },
    { "ab", "a*b*%**", true },
    { "aab", "%a%b", true },
};

static void
check_pair(const char *name, const char *wire, const char *folder)
{
    struct buf out = { 0 };

    mailbox_name_to_utf7(span_of(name), &out);
    CHECK(span_is(buf_span(&out), wire), "%s on the wire: %s", name,
          buf_text(&out));
    buf_clear(&out);
    CHECK(mailbox_name_from_utf7(span_of(wire), &out) &&
              span_is(buf_span(&out), name),
          "from the wire: %s", wire);
    buf_clear(&out);
    mailbox_name_to_folder(span_of(name), &out);
    CHECK(span_is(buf_span(&out), folder), "folder of %s: %s", name,
          buf_text(&out));
    buf_clear(&out);
    CHECK(mailbox_name_from_folder(span_of(folder), &out) &&
              span_is(buf_span(&out), name),
          "from the folder %s: %s", folder, buf_text(&out));
    buf_free(&out);
}

static void
check_bad(void)
{
    struct buf out = { 0 };

    buf_put_text(&out, "before");
    for (size_t i = 0; i < sizeof bad_wire / sizeof *bad_wire; i++)
        CHECK(!mailbox_name_from_utf7(span_of(bad_wire[i].wire), &out),
              "%s: %s", bad_wire[i].wire, bad_wire[i].why);
    for (size_t i = 0; i < sizeof bad_folders / sizeof *bad_folders; i++)
        CHECK(!mailbox_name_from_folder(span_of(bad_folders[i]), &out), "%s",
              bad_folders[i]);
    CHECK(span_is(buf_span(&out), "before"), "nothing added");
    buf_free(&out);
}

static void
check_limits(void)
{
    char name[300] = { 0 };
    struct span s = span_from(name, MAILBOX_NAME_MAX);

    memset(name, 'a', sizeof name);
    CHECK(mailbox_name_is_valid(s), "the longest");
    CHECK(!mailbox_name_is_valid(span_from(name, s.n + 1)), "too long");
    memset(name, '.', 100);
    CHECK(!mailbox_name_is_valid(s), "too long on disk");
    memset(name, 'a', sizeof name);
    for (size_t i = 1; i < 2 * MAILBOX_DEPTH_MAX; i += 2)
        name[i] = '/';
    CHECK(!mailbox_name_is_valid(s), "too many levels");
    CHECK(mailbox_name_is_valid(span_from(name, 2 * MAILBOX_DEPTH_MAX - 1)),
          "the most levels");
}

static void
check_inbox(void)
{
    struct buf out = { 0 };

    mailbox_name_canonical(span_of("inBox/Inbox"), &out);
    CHECK(span_is(buf_span(&out), "INBOX/Inbox"), "%s", buf_text(&out));
    buf_clear(&out);
    mailbox_name_canonical(span_of("inboxes"), &out);
    CHECK(span_is(buf_span(&out), "inboxes"), "%s", buf_text(&out));
    buf_clear(&out);
    mailbox_name_to_folder(span_of("INBOX"), &out);
    CHECK(span_is(buf_span(&out), "."), "%s", buf_text(&out));
    buf_clear(&out);
    CHECK(mailbox_name_from_folder(span_of("."), &out) &&
              span_is(buf_span(&out), "INBOX"),
          "back");
    buf_free(&out);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(mailbox_name_is_valid(span_of(names[i].name)) == names[i].valid,
              "%s: %s", names[i].name, names[i].why);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        check_pair(pairs[i].name, pairs[i].wire, pairs[i].folder);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        CHECK(mailbox_name_matches(span_of(patterns[i].name),
                                   span_of(patterns[i].pattern)) ==
                  patterns[i].matches,
              "%s with %s", patterns[i].name, patterns[i].pattern);
    check_bad();
    check_limits();
    check_inbox();
    return check_report();
}
