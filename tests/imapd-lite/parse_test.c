#include "base/buf.h"
#include "imapd-lite/limits.h"
#include "imapd-lite/list.h"
#include "imapd-lite/parse.h"
#include "mail/flags.h"
#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* --- strings -------------------------------------------------------------- */

typedef bool take_fn(struct cursor *c, struct arena *a, struct span *out);

/* clang-format off */
static const struct {
    const char *why;
    take_fn *take;
    const char *in, *out, *rest; /* out NULL: refused */
} strings[] = {
    { "an atom",               imap_take_astring,  "INBOX rest",     "INBOX", " rest" },
    { "] is an astring char",  imap_take_astring,  "a]b",            "a]b", "" },
    { "( ends an atom",        imap_take_astring,  "a(b",            "a", "(b" },
    { "nothing is no astring", imap_take_astring,  "",               NULL, "" },
    { "8 bit is no atom",      imap_take_astring,  "\xc3\xa4",       NULL, "\xc3\xa4" },
    { "a control is no atom",  imap_take_astring,  "\x01",           NULL, "\x01" },
    { "quoted",                imap_take_astring,  "\"a b\" c",      "a b", " c" },
    { "quoted, empty",         imap_take_astring,  "\"\"",           "", "" },
    { "quoted, escapes",       imap_take_string,   "\"a\\\"\\\\b\"", "a\"\\b", "" },
    { "quoted, 8 bit password", imap_take_string,  "\"\xc3\xa4\"",   "\xc3\xa4", "" },
    { "escape of a letter",    imap_take_string,   "\"\\n\"",        NULL, "\"\\n\"" },
    { "no closing quote",      imap_take_string,   "\"abc",          NULL, "\"abc" },
    { "backslash at the end",  imap_take_string,   "\"abc\\",        NULL, "\"abc\\" },
    { "CR in quotes",          imap_take_string,   "\"a\r\n\"",      NULL, "\"a\r\n\"" },
    { "literal",               imap_take_string,   "{3}\r\na\"b x",  "a\"b", " x" },
    { "literal of LITERAL+",   imap_take_string,   "{3+}\r\na\r\n",  "a\r\n", "" },
    { "literal, empty",        imap_take_string,   "{0}\r\n",        "", "" },
    { "literal, cut off",      imap_take_string,   "{4}\r\nabc",     NULL, "{4}\r\nabc" },
    { "literal, 2^64",         imap_take_string,   "{18446744073709551616}\r\n", NULL,
                                                   "{18446744073709551616}\r\n" },
    { "literal, negative",     imap_take_string,   "{-1}\r\n",       NULL, "{-1}\r\n" },
    { "literal without CR LF", imap_take_string,   "{1}a",           NULL, "{1}a" },
    { "an atom is no string",  imap_take_string,   "abc",            NULL, "abc" },
    { "NIL in any case",       imap_take_nstring,  "nil)",           NULL, ")" },
    { "\"NIL\" is a string",   imap_take_nstring,  "\"NIL\"",        "NIL", "" },
    { "INBOX in any case",     imap_take_mailbox,  "inBox",          "INBOX", "" },
    { "INBOX as a level",      imap_take_mailbox,  "inbox/a",        "INBOX/a", "" },
    { "modified UTF-7",        imap_take_mailbox,  "Entw&APw-rfe",   "Entw\xc3\xbcrfe", "" },
    { "bad modified UTF-7",    imap_take_mailbox,  "a&b",            NULL, "a&b" },
    { "8 bit name",            imap_take_mailbox,  "\"\xc3\xa4\"",   NULL, "\"\xc3\xa4\"" },
    { "an impossible name is a name", imap_take_mailbox, "\"../x\"", "../x", "" },
    { "a pattern",             imap_take_pattern,  "Arch%/*",        "Arch%/*", "" },
    { "an empty pattern",      imap_take_pattern,  "\"\"",           "", "" },
};
/* clang-format on */

static void
check_strings(void)
{
    for (size_t i = 0; i < COUNT(strings); i++) {
        struct cursor c = cursor_on(span_of(strings[i].in));
        struct arena a = { 0 };
        struct span out = { NULL, 0 };
        bool ok = strings[i].take(&c, &a, &out);
        bool is_nil = strings[i].take == imap_take_nstring && out.p == NULL;

        CHECK(ok == (strings[i].out != NULL || is_nil), "%s", strings[i].why);
        CHECK(!ok || is_nil || span_is(out, strings[i].out), "%s: \"%.*s\"",
              strings[i].why, SPAN(out));
        CHECK(span_is(cursor_rest(&c), strings[i].rest), "%s: rest",
              strings[i].why);
        CHECK(ok || c.want != NULL, "%s: says what is missing", strings[i].why);
        arena_clear(&a);
    }
}

static void
check_nul(void)
{
    struct arena a = { 0 };
    struct span out;
    struct cursor quoted = cursor_on(span_from("\"a\0b\"", 5));
    struct cursor literal = cursor_on(span_from("{3}\r\na\0b", 8));

    CHECK(!imap_take_string(&quoted, &a, &out), "a NUL in quotes");
    CHECK(!imap_take_string(&literal, &a, &out), "a NUL in a literal");
    arena_clear(&a);
}

/* --- sequence sets ---------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *why, *in;
    uint32_t star;
    bool limit;
    const char *out, *rest; /* out NULL: refused */
} sets[] = {
    { "one number",             "5",         9,   true,  "5", "" },
    { "a range",                "2:4",       9,   true,  "2:4", "" },
    { "backwards",              "4:2",       9,   true,  "2:4", "" },
    { "many, unsorted, doubled", "7,1:3,2,9,8 x", 9, true, "1:3,7:9", " x" },
    { "the last",               "*",         9,   true,  "9", "" },
    { "up to the last",         "3:*",       9,   true,  "3:9", "" },
    { "from the last",          "*:3",       9,   true,  "3:9", "" },
    { "a UID behind the last",  "559:*",     300, false, "300:559", "" },
    { "UIDs may not exist",     "1:4294967295", 9, false, "1:4294967295", "" },
    { "zero",                   "0",         9,   true,  NULL, "0" },
    { "zero in a range",        "0:3",       9,   true,  NULL, "0:3" },
    { "a number too high",      "10",        9,   true,  NULL, "10" },
    { "a range too high",       "1:10",      9,   true,  NULL, "1:10" },
    { "2^32 is no number",      "4294967296", 9,  false, NULL, "4294967296" },
    { "2^32 + 1 is not 1",      "4294967297", 9,  false, NULL, "4294967297" },
    { "2^64 + 1 is not 1",      "18446744073709551617", 9, false, NULL,
                                "18446744073709551617" },
    { "nothing",                "",          9,   true,  NULL, "" },
    { "a comma at the end",     "1,",        9,   true,  NULL, "1," },
    { "a colon at the end",     "1:",        9,   true,  NULL, "1:" },
    { "two colons",             "1:2:3",     9,   true,  "1:2", ":3" },
    { "negative",               "-1",        9,   true,  NULL, "-1" },
    { "empty mailbox, all",     "1:*",       0,   true,  "", "" },
    { "empty mailbox, last",    "*",         0,   true,  "", "" },
    { "empty mailbox, number",  "1",         0,   true,  NULL, "1" },
    { "empty mailbox, UIDs",    "1:*",       0,   false, "", "" },
};
/* clang-format on */

static void
check_sets(void)
{
    for (size_t i = 0; i < COUNT(sets); i++) {
        struct imap_set_bounds bounds = { sets[i].star, sets[i].limit };
        struct cursor c = cursor_on(span_of(sets[i].in));
        struct numset set = { 0 };
        struct buf text = { 0 };
        bool ok = imap_take_sequence_set(&c, bounds, &set);

        numset_print(&set, &text);
        CHECK(ok == (sets[i].out != NULL), "%s", sets[i].why);
        CHECK(span_is(buf_span(&text), ok ? sets[i].out : ""), "%s: %s",
              sets[i].why, buf_text(&text));
        CHECK(span_is(cursor_rest(&c), sets[i].rest), "%s: rest", sets[i].why);
        buf_free(&text);
        numset_free(&set);
    }
}

static void
check_long_sets(void)
{
    struct imap_set_bounds bounds = { 1000000, true };
    struct buf text = { 0 };
    struct numset set = { 0 };
    struct cursor c;

    for (uint32_t i = IMAP_SET_MAX; i > 1; i--)
        buf_printf(&text, "%u,", i * 2);
    buf_put_text(&text, "2");
    c = cursor_on(buf_span(&text));
    CHECK(imap_take_sequence_set(&c, bounds, &set), "as many as are allowed");
    CHECK(numset_count(&set) == IMAP_SET_MAX, "all of them");
    numset_clear(&set);
    buf_put_text(&text, ",1");
    c = cursor_on(buf_span(&text));
    CHECK(!imap_take_sequence_set(&c, bounds, &set), "one too many");
    CHECK(set.n == 0, "nothing is added on failure");
    numset_free(&set);
    buf_free(&text);
}

/* --- flags -------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *why, *in;
    bool ok, list;
    uint16_t flags;
    size_t keywords;
} flag_cases[] = {
    { "a list",              "(\\Seen \\deleted)", true, true, MAIL_SEEN | MAIL_DELETED, 0 },
    { "an empty list",       "()",                 true, true, 0, 0 },
    { "keywords",            "(work \\Seen $MDNSent)", true, true, MAIL_SEEN, 2 },
    { "$Forwarded has a letter of its own", "($forwarded)", true, true, MAIL_PASSED, 0 },
    { "\\Recent is ours",    "(\\Recent)",         false, true, 0, 0 },
    { "unknown system flag", "(\\Important)",      false, true, 0, 0 },
    { "no closing",          "(\\Seen",            false, true, 0, 0 },
    { "two spaces",          "(\\Seen  \\Draft)",  false, true, 0, 0 },
    { "a space before )",    "(\\Seen )",          false, true, 0, 0 },
    { "STORE needs no list", "\\Seen \\Draft",     true, false, MAIL_SEEN | MAIL_DRAFT, 0 },
    { "a list needs (",      "\\Seen",             false, true, 0, 0 },
    { "no flag at all",      "",                   false, false, 0, 0 },
    { "brackets in keywords", "(a]b)",             false, true, 0, 0 },
};
/* clang-format on */

static void
check_flags(void)
{
    for (size_t i = 0; i < COUNT(flag_cases); i++) {
        struct cursor c = cursor_on(span_of(flag_cases[i].in));
        struct arena a = { 0 };
        struct store_flags f = { 0 };
        bool ok = flag_cases[i].list ? imap_take_flag_list(&c, &a, &f)
                                     : imap_take_flags(&c, &a, &f);

        CHECK(ok == flag_cases[i].ok, "%s", flag_cases[i].why);
        CHECK(f.flags == flag_cases[i].flags, "%s: %u", flag_cases[i].why,
              f.flags);
        CHECK(f.keyword_count == flag_cases[i].keywords, "%s: keywords",
              flag_cases[i].why);
        CHECK(ok ? cursor_at_end(&c) : c.at == flag_cases[i].in,
              "%s: the cursor", flag_cases[i].why);
        arena_clear(&a);
    }
}

/* --- literals -------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *line;
    enum imap_literal_is is;
    uint64_t size;
    bool waits;
} announcements[] = {
    { "a LOGIN {5}",    LITERAL_HERE, 5, true },
    { "a LOGIN {5+}",   LITERAL_HERE, 5, false },
    { "{0}",            LITERAL_HERE, 0, true },
    { "a X {9223372036854775807+}", LITERAL_HERE, INT64_MAX, false },
    { "a X {9223372036854775808}",  LITERAL_BAD, 0, true },
    { "a X {99999999999999999999+}", LITERAL_BAD, 0, false },
    { "a X {}",         LITERAL_NONE, 0, true },
    { "a X {+}",        LITERAL_NONE, 0, true },
    { "a X {-5}",       LITERAL_NONE, 0, true },
    { "a X {5-}",       LITERAL_NONE, 0, true },
    { "a X 5}",         LITERAL_NONE, 0, true },
    { "a X {5} ",       LITERAL_NONE, 0, true },
    { "5}",             LITERAL_NONE, 0, true },
    { "",               LITERAL_NONE, 0, true },
};
/* clang-format on */

static void
check_announcements(void)
{
    for (size_t i = 0; i < COUNT(announcements); i++) {
        struct imap_literal l = { .waits = true };
        enum imap_literal_is is =
            imap_literal_at_end(span_of(announcements[i].line), &l);

        CHECK(is == announcements[i].is, "\"%s\"", announcements[i].line);
        CHECK(l.waits == announcements[i].waits, "\"%s\": waits",
              announcements[i].line);
        CHECK(is != LITERAL_HERE || l.size == announcements[i].size,
              "\"%s\": size", announcements[i].line);
    }
}

/* --- writing ------------------------------------------------------------------------ */

static void
check_writing(void)
{
    struct buf out = { 0 };

    imap_put_string(&out, span_of("a\"b\\c"));
    imap_put_string(&out, span_of("x\r\ny"));
    imap_put_nstring(&out, (struct span){ NULL, 0 });
    imap_put_nstring(&out, span_of(""));
    imap_put_mailbox(&out, span_of("Entw\xc3\xbcrfe & mehr"));
    CHECK(span_is(buf_span(&out), "\"a\\\"b\\\\c\"{4}\r\nx\r\nyNIL\"\""
                                  "\"Entw&APw-rfe &- mehr\""),
          "quoted, literal, NIL, empty, mailbox: %s", buf_text(&out));
    buf_free(&out);
}

/* --- LIST --------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *why, *in;
    bool ok;
    const char *name; /* that is to match */
} lists[] = {
    { "all",                    " \"\" *",           true,  "a/b" },
    { "top level",              " \"\" %",           true,  "a" },
    { "reference in front",     " a/ %",             true,  "a/b" },
    { "inbox in small letters", " \"\" inbox",       true,  "INBOX" },
    { "inbox with a wildcard",  " \"\" inbox*",      true,  "INBOX/x" },
    { "two patterns",           " \"\" (x% a)",      true,  "a" },
    { "selection",              " (SUBSCRIBED RECURSIVEMATCH) \"\" *", true, "a" },
    { "recursion of nothing",   " (RECURSIVEMATCH) \"\" *", false, NULL },
    { "unknown selection",      " (FUTURE) \"\" *",  false, NULL },
    { "return",                 " \"\" * RETURN (SUBSCRIBED STATUS (MESSAGES UNSEEN) CHILDREN)", true, "a" },
    { "return nothing",         " \"\" * RETURN ()", true,  "a" },
    { "unknown return",         " \"\" * RETURN (MYRIGHTS)", false, NULL },
    { "no pattern",             " \"\"",             false, NULL },
    { "rubbish behind",         " \"\" * x",         false, NULL },
    { "empty pattern list",     " \"\" ()",          false, NULL },
};
/* clang-format on */

static void
check_lists(void)
{
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct cursor c = cursor_on(span_of(lists[i].in));
        struct arena a = { 0 };
        struct list_request *r = arena_take(&a, sizeof *r);
        bool ok = imap_take_list_request(&c, &a, false, r);

        CHECK(ok == lists[i].ok, "%s", lists[i].why);
        CHECK(!ok || lists[i].name == NULL ||
                  imap_list_matches(r, span_of(lists[i].name)),
              "%s: matches %s", lists[i].why, lists[i].name);
        arena_clear(&a);
    }
}

int
main(void)
{
    check_strings();
    check_nul();
    check_sets();
    check_long_sets();
    check_flags();
    check_announcements();
    check_writing();
    check_lists();
    return check_report();
}
