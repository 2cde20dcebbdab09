/* The grammar of FETCH, and the names on the way back. */
#include "imapd-lite/fetch_item.h"
#include "tests/check.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* clang-format off */
static const struct {
    const char *why, *in, *names; /* names NULL: refused */
    const char *rest;
} cases[] = {
    { "one item",                "FLAGS",               "FLAGS", "" },
    { "any case",                "(flags UiD)",         "FLAGS UID", "" },
    { "what follows is left",    "UID x",               "UID", " x" },
    { "ALL",                     "ALL",    "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE", "" },
    { "FAST",                    "FAST",   "FLAGS INTERNALDATE RFC822.SIZE", "" },
    { "FULL",                    "FULL",   "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY", "" },
    { "a macro stands alone",    "(ALL)",               NULL, NULL },
    { "the forms of RFC822",     "(RFC822 RFC822.SIZE RFC822.HEADER RFC822.TEXT)",
                                 "RFC822 RFC822.SIZE RFC822.HEADER RFC822.TEXT", "" },
    { "BODY and BODYSTRUCTURE",  "(BODY BODYSTRUCTURE)", "BODY BODYSTRUCTURE", "" },
    { "BODY[]",                  "BODY[]",              "BODY[]", "" },
    { "PEEK is not said back",   "BODY.PEEK[]",         "BODY[]", "" },
    { "PEEK needs a section",    "BODY.PEEK",           NULL, NULL },
    { "a part",                  "BODY[1.2.3]",         "BODY[1.2.3]", "" },
    { "a part's MIME",           "BODY[1.mime]",        "BODY[1.MIME]", "" },
    { "MIME needs a part",       "BODY[MIME]",          NULL, NULL },
    { "HEADER and TEXT",         "(BODY[HEADER] BODY[2.TEXT])", "BODY[HEADER] BODY[2.TEXT]", "" },
    { "fields",                  "BODY[HEADER.FIELDS (To From)]", "BODY[HEADER.FIELDS (To From)]", "" },
    { "fields of a part",        "BODY[1.HEADER.FIELDS.NOT (\"X\")]", "BODY[1.HEADER.FIELDS.NOT (X)]", "" },
    { "odd field name, quoted",  "BODY[HEADER.FIELDS (\"a b\")]", "BODY[HEADER.FIELDS (\"a b\")]", "" },
    { "literal field name",      "BODY[HEADER.FIELDS ({2}\r\na\xe4)]", "BODY[HEADER.FIELDS ({2}\r\na\xe4)]", "" },
    { "no CR LF comes back raw", "BODY[HEADER.FIELDS ({4}\r\na\r\nb)]", "BODY[HEADER.FIELDS ({4}\r\na\r\nb)]", "" },
    { "fields without a list",   "BODY[HEADER.FIELDS]", NULL, NULL },
    { "an empty list of fields", "BODY[HEADER.FIELDS ()]", NULL, NULL },
    { "fields without space",    "BODY[HEADER.FIELDS(To)]", NULL, NULL },
    { "partial",                 "BODY[]<0.2048>",      "BODY[]<0>", "" },
    { "partial of a part",       "BODY.PEEK[1]<7.1>",   "BODY[1]<7>", "" },
    { "partial up to the limit", "BODY[]<4294967295.4294967295>", "BODY[]<4294967295>", "" },
    { "partial beyond it",       "BODY[]<4294967296.1>", NULL, NULL },
    { "partial of nothing",      "BODY[]<5.0>",         NULL, NULL },
    { "partial without length",  "BODY[]<5>",           NULL, NULL },
    { "partial, negative",       "BODY[]<-1.5>",        NULL, NULL },
    { "partial of BODY",         "BODY<0.5>",           "BODY", "<0.5>" },
    { "part 0",                  "BODY[0]",             NULL, NULL },
    { "part 1.0",                "BODY[1.0]",           NULL, NULL },
    { "part 2^32",               "BODY[4294967296]",    NULL, NULL },
    { "a dot at the end",        "BODY[1.]",            NULL, NULL },
    { "a dot at the beginning",  "BODY[.1]",            NULL, NULL },
    { "text without a dot",      "BODY[1TEXT]",         NULL, NULL },
    { "a part behind a text",    "BODY[TEXT.1]",        NULL, NULL },
    { "unclosed section",        "BODY[",               NULL, NULL },
    { "unclosed section, part",  "BODY[1",              NULL, NULL },
    { "unclosed list",           "(FLAGS",              NULL, NULL },
    { "nothing",                 "",                    NULL, NULL },
    { "an empty list",           "()",                  NULL, NULL },
    { "two spaces",              "(FLAGS  UID)",        NULL, NULL },
    { "a space at the end",      "(FLAGS )",            NULL, NULL },
    { "lists in lists",          "((FLAGS))",           NULL, NULL },
    { "unknown",                 "(FLAGS X-GM-LABELS)", NULL, NULL },
    { "BINARY is not offered",   "BINARY[1]",           NULL, NULL },
};
/* clang-format on */

static void
put_names(const struct fetch_items *items, struct buf *out)
{
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0)
            buf_put_ch(out, ' ');
        imap_put_fetch_name(&items->all[i], out);
    }
}

static void
check_case(size_t i)
{
    struct cursor c = cursor_on(span_of(cases[i].in));
    struct arena a = { 0 };
    struct buf names = { 0 };
    struct fetch_items items;
    bool ok = imap_take_fetch_items(&c, &a, &items);

    CHECK(ok == (cases[i].names != NULL), "%s: %s", cases[i].why, cases[i].in);
    if (ok && cases[i].names != NULL) {
        put_names(&items, &names);
        CHECK(span_is(buf_span(&names), cases[i].names), "%s: %s", cases[i].why,
              buf_text(&names));
        CHECK(span_is(cursor_rest(&c), cases[i].rest), "%s: rest",
              cases[i].why);
    }
    CHECK(ok || c.want != NULL, "%s: says what is missing", cases[i].why);
    buf_free(&names);
    arena_clear(&a);
}

/* "(BODY[1] BODY[1] ...)", or a part so deep, or so many fields. */
static bool
takes_many(const char *head, const char *again, size_t count, const char *tail)
{
    struct buf text = { 0 };
    struct arena a = { 0 };
    struct fetch_items items;
    struct cursor c;
    bool ok;

    buf_put_text(&text, head);
    for (size_t i = 1; i < count; i++)
        buf_put_text(&text, again);
    buf_put_text(&text, tail);
    c = cursor_on(buf_span(&text));
    ok = imap_take_fetch_items(&c, &a, &items) && cursor_at_end(&c);
    buf_free(&text);
    arena_clear(&a);
    return ok;
}

static void
check_limits(void)
{
    CHECK(takes_many("(UID", " UID", 64, ")"), "64 items");
    CHECK(!takes_many("(UID", " UID", 65, ")"), "65 items");
    CHECK(takes_many("BODY[1", ".1", 50, "]"), "50 levels");
    CHECK(!takes_many("BODY[1", ".1", 51, "]"), "51 levels");
    CHECK(takes_many("BODY[HEADER.FIELDS (a", " a", 256, ")]"), "256 fields");
    CHECK(!takes_many("BODY[HEADER.FIELDS (a", " a", 257, ")]"), "257 fields");
    CHECK(!takes_many("(BODY[HEADER.FIELDS (a b c d e f g h i)]",
                      " BODY[HEADER.FIELDS (a b c d e f g h i)]", 60, ")"),
          "540 fields in 60 lists");
}

static bool
peeks(const char *text)
{
    struct cursor c = cursor_on(span_of(text));
    struct arena a = { 0 };
    struct fetch_items items;
    bool peek = imap_take_fetch_items(&c, &a, &items) &&
                items.all[items.count - 1].peek;

    arena_clear(&a);
    return peek;
}

/* RFC 3501 section 6.4.5: these set \Seen, those do not. */
static void
check_peek(void)
{
    CHECK(!peeks("BODY[]"), "BODY[] sets it");
    CHECK(!peeks("BODY[HEADER]"), "BODY[HEADER] sets it");
    CHECK(!peeks("RFC822"), "RFC822 sets it");
    CHECK(!peeks("RFC822.TEXT"), "RFC822.TEXT sets it");
    CHECK(peeks("BODY.PEEK[]"), "PEEK does not");
    CHECK(peeks("body.peek[header.fields (to)]<0.5>"), "PEEK of fields");
    CHECK(peeks("RFC822.HEADER"), "RFC822.HEADER does not");
}

static void
check_wanted(void)
{
    const struct span fields[] = { span_of("To"), span_of("X-A"), span_of("") };
    struct fetch_item item = { .kind = FETCH_SECTION,
                               .text = SECTION_FIELDS,
                               .fields = fields,
                               .field_count = COUNT(fields) };

    CHECK(imap_fetch_wants_field(&item, span_of("TO")), "any case");
    CHECK(!imap_fetch_wants_field(&item, span_of("X-AB")),
          "exact but for case");
    CHECK(!imap_fetch_wants_field(&item, span_of("")), "no line without name");
    item.text = SECTION_FIELDS_NOT;
    CHECK(!imap_fetch_wants_field(&item, span_of("tO")), "all but these");
    CHECK(imap_fetch_wants_field(&item, span_of("From")), "the others");
    CHECK(imap_fetch_wants_field(&item, span_of("")), "and what has no name");
}

int
main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(i);
    check_limits();
    check_peek();
    check_wanted();
    return check_report();
}
