/* The grammar of SEARCH: the tree that comes of it, printed. */
#include "base/buf.h"
#include "imapd-lite/search_key.h"
#include "mail/flags.h"
#include "tests/check.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* "(and (flags 1/1) (header Subject:text))": the scope has 9 messages, the last
 * of UID 90. clang-format off keeps the rows. */
/* clang-format off */
static const struct {
    const char *why, *in, *out; /* out NULL: refused */
} cases[] = {
    { "all",                  "ALL",               "(and (and))" },
    { "any case",             "aLl",               "(and (and))" },
    { "keys are anded",       "SEEN FLAGGED",      "(and (flags 1/1) (flags 4/4))" },
    { "lists",                "(SEEN (UNSEEN))",   "(and (and (flags 1/1) (and (flags 1/0))))" },
    { "new",                  "NEW",               "(and (flags 65/64))" },
    { "old is not recent",    "OLD RECENT",        "(and (flags 64/0) (flags 64/64))" },
    { "un-flags",             "UNANSWERED UNDELETED UNDRAFT UNFLAGGED",
                              "(and (flags 2/0) (flags 8/0) (flags 16/0) (flags 4/0))" },
    { "not",                  "NOT SEEN",          "(and (not (flags 1/1)))" },
    { "not not",              "NOT NOT SEEN",      "(and (not (not (flags 1/1))))" },
    { "or",                   "OR SEEN NOT DRAFT", "(and (or (flags 1/1) (not (flags 16/16))))" },
    { "or of ors",            "OR OR SEEN DRAFT FLAGGED DELETED",
                              "(and (or (or (flags 1/1) (flags 16/16)) (flags 4/4)) (flags 8/8))" },
    { "a set",                "2,4:7,9",           "(and (numbers 2,4:7,9))" },
    { "the last",             "*",                 "(and (numbers 9))" },
    { "to the last",          "5:*",               "(and (numbers 5:9))" },
    { "more than there are",  "1:5000",            "(and (numbers 1:5000))" },
    { "zero",                 "0",                 NULL },
    { "2^32",                 "4294967296",        NULL },
    { "UIDs",                 "UID 1:*",           "(and (uids 1:90))" },
    { "UIDs behind the last", "UID 100:*",         "(and (uids 90:100))" },
    { "UID without a set",    "UID",               NULL },
    { "keyword",              "KEYWORD work",      "(and (keyword work))" },
    { "no keyword",           "UNKEYWORD work",    "(and (not (keyword work)))" },
    { "a keyword of ours",    "KEYWORD $forwarded", "(and (flags 32/32))" },
    { "not that keyword",     "UNKEYWORD $Forwarded", "(and (not (flags 32/32)))" },
    { "a flag is no keyword", "KEYWORD \\Seen",    NULL },
    { "a string is none",     "KEYWORD \"a\"",     NULL },
    { "string folded",        "SUBJECT \"GR\xc3\x9c\xc3\x9f" "E\"", "(and (header Subject:gr\xc3\xbc\xc3\x9f" "e))" },
    { "string as atom",       "FROM x@y",          "(and (header From:x@y))" },
    { "string as literal",    "TO {3}\r\nA\"B CC c BCC d", "(and (header To:a\"b) (header Cc:c) (header Bcc:d))" },
    { "empty string",         "SUBJECT \"\"",      "(and (header Subject:))" },
    { "header",               "HEADER X-Foo Bar",  "(and (header X-Foo:bar))" },
    { "header, any value",    "HEADER \"X-Foo\" \"\"", "(and (header X-Foo:))" },
    { "header without value", "HEADER X-Foo",      NULL },
    { "body and text",        "BODY a TEXT b",     "(and (body a) (text b))" },
    { "a date",               "SINCE 1-Feb-1994",  "(and (since 760060800))" },
    { "dates, quoted",        "BEFORE \"01-feb-1994\" ON 2-Feb-1994",
                              "(and (before 760060800) (on 760147200))" },
    { "dates of sending",     "SENTBEFORE 1-Jan-1970 SENTON 2-Jan-1970 SENTSINCE 3-Jan-1970",
                              "(and (sentbefore 0) (senton 86400) (sentsince 172800))" },
    { "no such day",          "ON 30-Feb-2026",    NULL },
    { "not a date",           "ON yesterday",      NULL },
    { "a date unclosed",      "ON \"1-Feb-1994",   NULL },
    { "sizes",                "LARGER 0 SMALLER 9223372036854775807", "(and (larger 0) (smaller 9223372036854775807))" },
    { "too large",            "LARGER 9223372036854775808", NULL },
    { "negative",             "LARGER -1",         NULL },

    { "nothing",              "",                  NULL },
    { "an empty list",        "()",                NULL },
    { "unclosed list",        "(ALL",              NULL },
    { "unopened list",        "ALL)",              NULL },
    { "two spaces",           "ALL  SEEN",         NULL },
    { "a space at the end",   "ALL ",              NULL },
    { "unknown",              "FUZZY x",           NULL },
    { "longer than a key",    "ALLES",             NULL },
    { "NOT alone",            "NOT",               NULL },
    { "OR of one",            "OR SEEN",           NULL },
    { "a string alone",       "\"ALL\"",           NULL },
    { "MODSEQ is not offered", "MODSEQ 5",         NULL },

    { "charset",              "CHARSET UTF-8 SUBJECT \"\xc3\x84\"", "(and (header Subject:\xc3\xa4))" },
    { "Latin-1",              "CHARSET iso-8859-1 SUBJECT {1}\r\n\xc4", "(and (header Subject:\xc3\xa4))" },
    { "KOI8-R",               "CHARSET \"KOI8-R\" SUBJECT {1}\r\n\xe1", "(and (header Subject:\xd0\xb0))" },
    { "ASCII",                "CHARSET us-ascii BODY X", "(and (body x))" },
    { "unknown charset",      "CHARSET X-NONE BODY x", "bad charset (and (body x))" },
    { "a path is no charset", "CHARSET \"../../x\" ALL", "bad charset (and (and))" },
    { "charset and no key",   "CHARSET UTF-8",     NULL },
    { "charset behind a key", "ALL CHARSET UTF-8", NULL },

    { "return",               "RETURN (MIN COUNT) ALL", "9 (and (and))" },
    { "return all of it",     "return (max ALL count min) ALL", "15 (and (and))" },
    { "return nothing is ALL", "RETURN () ALL",    "4 (and (and))" },
    { "return, charset",      "RETURN (MAX) CHARSET UTF-8 ALL", "2 (and (and))" },
    { "SAVE is not offered",  "RETURN (SAVE) ALL", NULL },
    { "return without list",  "RETURN MIN ALL",    NULL },
    { "return unclosed",      "RETURN (MIN ALL",   NULL },
    { "return and no key",    "RETURN (MIN)",      NULL },
    { "return behind charset", "CHARSET UTF-8 RETURN (MIN) ALL", NULL },
    { "return, two spaces",   "RETURN (MIN  MAX) ALL", NULL },
};

static const char *const names[] = {
    [SEARCH_AND] = "and",       [SEARCH_OR] = "or",
    [SEARCH_NOT] = "not",       [SEARCH_NUMBERS] = "numbers",
    [SEARCH_UIDS] = "uids",     [SEARCH_FLAGS] = "flags",
    [SEARCH_KEYWORD] = "keyword", [SEARCH_BEFORE] = "before",
    [SEARCH_ON] = "on",         [SEARCH_SINCE] = "since",
    [SEARCH_LARGER] = "larger", [SEARCH_SMALLER] = "smaller",
    [SEARCH_SENT_BEFORE] = "sentbefore", [SEARCH_SENT_ON] = "senton",
    [SEARCH_SENT_SINCE] = "sentsince", [SEARCH_HEADER] = "header",
    [SEARCH_BODY] = "body",     [SEARCH_TEXT] = "text",
};
/* clang-format on */

static void
put_argument(const struct search_key *k, struct buf *out)
{
    switch (k->kind) {
    case SEARCH_NUMBERS:
    case SEARCH_UIDS:
        buf_put_ch(out, ' ');
        numset_print(&k->set, out);
        break;
    case SEARCH_FLAGS:
        buf_printf(out, " %u/%u", k->mask, k->flags);
        break;
    case SEARCH_LARGER:
    case SEARCH_SMALLER:
        buf_printf(out, " %llu", (unsigned long long)k->number);
        break;
    case SEARCH_HEADER:
        buf_printf(out, " %.*s:%.*s", SPAN(k->field), SPAN(k->text));
        break;
    case SEARCH_KEYWORD:
    case SEARCH_BODY:
    case SEARCH_TEXT:
        buf_printf(out, " %.*s", SPAN(k->text));
        break;
    case SEARCH_AND:
    case SEARCH_OR:
    case SEARCH_NOT:
        break;
    default:
        buf_printf(out, " %lld", (long long)k->day);
    }
}

static void
put_key(const struct search_key *k, struct buf *out)
{
    buf_printf(out, "(%s", names[k->kind]);
    put_argument(k, out);
    for (const struct search_key *c = k->children; c != NULL; c = c->next) {
        buf_put_ch(out, ' ');
        put_key(c, out);
    }
    buf_put_ch(out, ')');
}

static bool
take_all(struct span text, struct arena *a, uint32_t exists,
         struct search_keys *keys)
{
    struct search_scope scope = { .arena = a,
                                  .exists = exists,
                                  .last_uid = exists * 10 };
    struct cursor c = cursor_on(text);
    bool ok = imap_take_search(&c, &scope, keys) && take_end(&c);

    CHECK(ok || c.want != NULL, "says what is missing: %.*s", SPAN(text));
    return ok;
}

static void
check_case(size_t i)
{
    struct arena a = { 0 };
    struct buf out = { 0 };
    struct search_keys keys;
    bool ok = take_all(span_of(cases[i].in), &a, 9, &keys);

    CHECK(ok == (cases[i].out != NULL), "%s: %s", cases[i].why, cases[i].in);
    if (ok && cases[i].out != NULL) {
        if (keys.bad_charset)
            buf_put_text(&out, "bad charset ");
        if (keys.returns != 0)
            buf_printf(&out, "%u ", keys.returns);
        put_key(keys.root, &out);
        CHECK(span_is(buf_span(&out), cases[i].out), "%s: %s", cases[i].why,
              buf_text(&out));
    }
    buf_free(&out);
    arena_clear(&a);
}

/* `again` so many times, then `tail`. */
static bool
takes_many(const char *again, size_t count, const char *tail)
{
    struct arena a = { 0 };
    struct buf text = { 0 };
    struct search_keys keys;
    bool ok;

    for (size_t i = 0; i < count; i++)
        buf_put_text(&text, again);
    buf_put_text(&text, tail);
    ok = take_all(buf_span(&text), &a, 9, &keys);
    buf_free(&text);
    arena_clear(&a);
    return ok;
}

static void
check_limits(void)
{
    CHECK(takes_many("NOT ", SEARCH_DEPTH_MAX - 1, "ALL"), "deep");
    CHECK(!takes_many("NOT ", SEARCH_DEPTH_MAX, "ALL"), "too deep");
    CHECK(!takes_many("OR SEEN ", SEARCH_DEPTH_MAX, "ALL"), "OR too deep");
    CHECK(!takes_many("(", 60000, "ALL"), "parentheses");
    CHECK(!takes_many("UNKEYWORD a ", SEARCH_KEYS_MAX, "ALL"), "keys");
    CHECK(takes_many("SEEN ", SEARCH_KEYS_MAX - 2, "ALL"), "many keys");
    CHECK(!takes_many("SEEN ", SEARCH_KEYS_MAX, "ALL"), "too many keys");
    CHECK(takes_many("BODY a ", SEARCH_STRINGS_MAX, "ALL"), "many strings");
    CHECK(!takes_many("BODY a ", SEARCH_STRINGS_MAX + 1, "ALL"),
          "too many strings");
    CHECK(!takes_many("HEADER a b ", SEARCH_STRINGS_MAX + 1, "ALL"),
          "too many headers");
}

static void
check_empty_mailbox(void)
{
    static const char *const sets[] = { "*", "1:*", "UID *", "UID 1:*" };

    for (size_t i = 0; i < COUNT(sets); i++) {
        struct arena a = { 0 };
        struct search_keys keys;

        CHECK(take_all(span_of(sets[i]), &a, 0, &keys) &&
                  keys.root->children->set.n == 0,
              "%s of nothing", sets[i]);
        arena_clear(&a);
    }
}

/* A NUL in a string would be searched for; the grammar has none. */
static void
check_nul(void)
{
    static const char text[] = "SUBJECT {3}\r\na\0b";
    struct arena a = { 0 };
    struct search_keys keys;

    CHECK(!take_all(span_from(text, sizeof text - 1), &a, 9, &keys), "NUL");
    arena_clear(&a);
}

int
main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(i);
    check_limits();
    check_empty_mailbox();
    check_nul();
    return check_report();
}
