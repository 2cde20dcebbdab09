/* The bytes that a section names: the example of RFC 3501 section 6.4.5, and
 * messages that are not as they should be. */
#include "imapd-lite/fetch_section.h"
#include "tests/check.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

#define HEADER                                                                 \
    "From: a@b\r\nTo: c@d\r\nX-Odd: 1\r\nX-Odd: 2\r\nMIME-Version: 1.0\r\n"    \
    "Content-Type: multipart/mixed; boundary=A\r\n\r\n"
#define INNER_3                                                                \
    "Subject: three\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n"
#define TEXT_3                                                                 \
    "--C\r\n\r\nthree one\r\n--C\r\nContent-Type: "                            \
    "application/octet-stream\r\n"                                             \
    "\r\nthree two\r\n--C--"
#define INNER_42                                                               \
    "Subject: four two\r\nContent-Type: multipart/mixed; boundary=E\r\n\r\n"
#define PART_422                                                               \
    "--F\r\nContent-Type: text/plain\r\n\r\nplain\r\n--F\r\n"                  \
    "Content-Type: text/richtext\r\n\r\nrich\r\n--F--"
#define TEXT_42                                                                \
    "--E\r\n\r\nfour two one\r\n--E\r\n"                                       \
    "Content-Type: multipart/alternative; boundary=F\r\n\r\n" PART_422         \
    "\r\n--E--"
#define PART_4                                                                 \
    "--D\r\nContent-Type: image/gif\r\n\r\nGIF\r\n"                            \
    "--D\r\nContent-Type: message/rfc822\r\n\r\n" INNER_42 TEXT_42 "\r\n--D--"
#define BODY                                                                   \
    "before\r\n--A\r\n\r\none\r\n"                                             \
    "--A\r\nContent-Type: application/octet-stream\r\n\r\ntwo\r\n"             \
    "--A\r\nContent-Type: message/rfc822\r\n\r\n" INNER_3 TEXT_3 "\r\n"        \
    "--A\r\nContent-Type: multipart/mixed; boundary=D\r\n\r\n" PART_4          \
    "\r\n--A--\r\nbehind\r\n"

static const char complex_mail[] = HEADER BODY;
static const char plain_mail[] =
    "From: a@b\r\nSubject: plain\r\n\r\nHello\r\nworld\r\n";
static const char no_body[] = "From: a@b\r\nX-Last: no line end";
static const char in_message[] =
    "Content-Type: message/rfc822\r\n\r\nSubject: inside\r\n\r\ntext\r\n";
static const char garbage[] = "From me Sat Nov 21\r\nTo: a\r\n folded\r\n\r\n";

/* clang-format off */
static const struct {
    const char *why, *message, *section, *out; /* out NULL: NIL */
} cases[] = {
    { "all",                       complex_mail, "[]",        complex_mail },
    { "header",                    complex_mail, "[HEADER]",  HEADER },
    { "text",                      complex_mail, "[TEXT]",    BODY },
    { "1",                         complex_mail, "[1]",       "one" },
    { "1 has a MIME header of one empty line", complex_mail, "[1.MIME]", "\r\n" },
    { "2",                         complex_mail, "[2]",       "two" },
    { "2.MIME",                    complex_mail, "[2.MIME]",  "Content-Type: application/octet-stream\r\n\r\n" },
    { "3 is a message",            complex_mail, "[3]",       INNER_3 TEXT_3 },
    { "3.HEADER",                  complex_mail, "[3.HEADER]", INNER_3 },
    { "3.MIME is not its header",  complex_mail, "[3.MIME]",  "Content-Type: message/rfc822\r\n\r\n" },
    { "3.TEXT",                    complex_mail, "[3.TEXT]",  TEXT_3 },
    { "3.1",                       complex_mail, "[3.1]",     "three one" },
    { "3.2",                       complex_mail, "[3.2]",     "three two" },
    { "fields of 3",               complex_mail, "[3.HEADER.FIELDS (SUBJECT)]", "Subject: three\r\n\r\n" },
    { "other fields of 3",         complex_mail, "[3.HEADER.FIELDS.NOT (Content-Type)]", "Subject: three\r\n\r\n" },
    { "4",                         complex_mail, "[4]",       PART_4 },
    { "4 is no message",           complex_mail, "[4.HEADER]", NULL },
    { "4 has no text",             complex_mail, "[4.TEXT]",  NULL },
    { "4.1.MIME",                  complex_mail, "[4.1.MIME]", "Content-Type: image/gif\r\n\r\n" },
    { "4.1",                       complex_mail, "[4.1]",     "GIF" },
    { "4.2.HEADER",                complex_mail, "[4.2.HEADER]", INNER_42 },
    { "4.2.TEXT",                  complex_mail, "[4.2.TEXT]", TEXT_42 },
    { "4.2.1",                     complex_mail, "[4.2.1]",   "four two one" },
    { "4.2.2",                     complex_mail, "[4.2.2]",   PART_422 },
    { "4.2.2.1",                   complex_mail, "[4.2.2.1]", "plain" },
    { "4.2.2.2",                   complex_mail, "[4.2.2.2]", "rich" },
    { "4.2.2.2.MIME",              complex_mail, "[4.2.2.2.MIME]", "Content-Type: text/richtext\r\n\r\n" },
    { "no part 5",                 complex_mail, "[5]",       NULL },
    { "no part 1.1",               complex_mail, "[1.1]",     NULL },
    { "no part 4.2.2.2.1",         complex_mail, "[4.2.2.2.1]", NULL },
    { "1 is no message",           complex_mail, "[1.HEADER]", NULL },
    { "no fields of 1",            complex_mail, "[1.HEADER.FIELDS (To)]", NULL },

    { "kept fields, in their order", complex_mail, "[HEADER.FIELDS (to FROM)]", "From: a@b\r\nTo: c@d\r\n\r\n" },
    { "kept and not there",        complex_mail, "[HEADER.FIELDS (Subject)]", "\r\n" },
    { "not kept, all of them",     complex_mail, "[HEADER.FIELDS (X-Odd)]", "X-Odd: 1\r\nX-Odd: 2\r\n\r\n" },
    { "kept and not kept",         complex_mail, "[HEADER.FIELDS (X-Odd From)]", "From: a@b\r\nX-Odd: 1\r\nX-Odd: 2\r\n\r\n" },
    { "all but some",              complex_mail, "[HEADER.FIELDS.NOT (X-Odd Content-Type MIME-Version)]", "From: a@b\r\nTo: c@d\r\n\r\n" },
    { "a line that is no field",   garbage,      "[HEADER.FIELDS.NOT (X)]", garbage },
    { "it has no name to ask for", garbage,      "[HEADER.FIELDS (\"\")]", "\r\n" },
    { "folded fields stay so",     garbage,      "[HEADER.FIELDS (To)]", "To: a\r\n folded\r\n\r\n" },

    { "1 of what is not multipart", plain_mail,  "[1]",       "Hello\r\nworld\r\n" },
    { "nothing else",              plain_mail,   "[2]",       NULL },
    { "nor 1.1",                   plain_mail,   "[1.1]",     NULL },
    { "partial",                   plain_mail,   "[1]<2.3>",  "llo" },
    { "partial from 0",            plain_mail,   "[1]<0.5>",  "Hello" },
    { "partial behind the end",    plain_mail,   "[1]<10.100>", "ld\r\n" },
    { "partial at the end",        plain_mail,   "[1]<14.5>", "" },
    { "partial beyond the end",    plain_mail,   "[]<4294967295.4294967295>", "" },
    { "partial of fields, after picking", plain_mail, "[HEADER.FIELDS (Subject)]<9.5>", "plain" },
    { "partial of fields, past the end", plain_mail, "[HEADER.FIELDS (Subject)]<99.5>", "" },

    { "no body: header",           no_body,      "[HEADER]",  no_body },
    { "no body: text",             no_body,      "[TEXT]",    "" },
    { "no body: 1",                no_body,      "[1]",       "" },
    { "no body: the field ends",   no_body,      "[HEADER.FIELDS (X-Last)]", "X-Last: no line end\r\n\r\n" },
    { "no bytes at all",           "",           "[]",        "" },
    { "no bytes: header",          "",           "[HEADER]",  "" },
    { "no bytes: fields",          "",           "[HEADER.FIELDS (To)]", "\r\n" },

    { "a message in it: 1",        in_message,   "[1]",       "Subject: inside\r\n\r\ntext\r\n" },
    { "a message in it: header",   in_message,   "[1.HEADER]", "Subject: inside\r\n\r\n" },
    { "a message in it: its 1",    in_message,   "[1.1]",     "text\r\n" },
    { "a message in it: deeper",   in_message,   "[1.1.1]",   NULL },
};
/* clang-format on */

static void
summarize(struct span message, struct buf *blob)
{
    struct summary_maker *m = summary_begin();

    summary_feed(m, message);
    summary_finish(&m, blob);
}

/* As FETCH does it, with the message in memory. False: NIL. */
static bool
fetch(const struct fetch_item *item, struct span message,
      const struct summary *sum, struct buf *out)
{
    bool is_fields =
        item->text == SECTION_FIELDS || item->text == SECTION_FIELDS_NOT;
    struct section_place place = { 0, 0 };
    struct span from = message;
    struct buf picked = { 0 };

    if (is_fields && imap_section_is_kept(item, sum))
        imap_section_pick_fields(item, sum->fields, &picked);
    else if (!imap_section_find(item, sum, message.n, &place))
        return false;
    else if (is_fields)
        imap_section_pick_fields(
            item, span_sub(message, place.offset, place.size), &picked);
    if (is_fields) {
        place = (struct section_place){ 0, picked.n };
        from = buf_span(&picked);
    }
    place = imap_section_cut(item, place);
    CHECK(place.offset + place.size <= from.n, "inside the message");
    buf_put(out, span_sub(from, place.offset, place.size));
    buf_free(&picked);
    return true;
}

static void
check_case(size_t i)
{
    struct span message = span_of(cases[i].message);
    struct arena a = { 0 };
    char *text = arena_printf(&a, "BODY.PEEK%s", cases[i].section);
    struct cursor c = cursor_on(span_of(text));
    struct buf blob = { 0 }, out = { 0 };
    struct fetch_items items = { 0 };
    struct summary sum;
    bool found;

    summarize(message, &blob);
    CHECK(summary_open(buf_span(&blob), &sum), "%s: summary", cases[i].why);
    CHECK(imap_take_fetch_items(&c, &a, &items) && cursor_at_end(&c),
          "%s: grammar", cases[i].why);
    found = fetch(&items.all[0], message, &sum, &out);
    CHECK(found == (cases[i].out != NULL), "%s: is %sthere", cases[i].why,
          found ? "" : "not ");
    CHECK(!found || cases[i].out == NULL ||
              span_is(buf_span(&out), cases[i].out),
          "%s: %s", cases[i].why, buf_text(&out));
    buf_free(&blob);
    buf_free(&out);
    arena_clear(&a);
}

/* The file is not what the summary was made of: nothing outside of it. */
static void
check_shorter_file(void)
{
    static const uint32_t numbers[] = { 4, 2, 2, 2 };
    struct fetch_item part = { .kind = FETCH_SECTION,
                               .numbers = numbers,
                               .number_count = COUNT(numbers) };
    struct fetch_item text = { .kind = FETCH_SECTION,
                               .text = SECTION_BODY_TEXT };
    struct buf blob = { 0 };
    struct section_place place;
    struct summary sum;

    summarize(span_of(complex_mail), &blob);
    CHECK(summary_open(buf_span(&blob), &sum), "summary");
    CHECK(imap_section_find(&part, &sum, sum.size, &place),
          "the part is there");
    CHECK(!imap_section_find(&part, &sum, 200, &place), "and then it is not");
    CHECK(imap_section_find(&text, &sum, 20, &place) && place.offset == 20 &&
              place.size == 0,
          "no text behind the end");
    buf_free(&blob);
}

int
main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(i);
    check_shorter_file();
    return check_report();
}
