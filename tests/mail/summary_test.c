#include "mail/summary.h"

#include "tests/mail/summarize.h"

#include <string.h>

/* --- texts by hand ---------------------------------------------------------- */

struct text_case {
    const char *why;
    const char *message;
    const char *envelope;
    const char *structure; /* NULL: not looked at */
};

#define NILS " NIL NIL NIL"
/* clang-format off */
static const struct text_case text_cases[] = {
    { "an empty message", "",
      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
      "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0"
      " NIL" NILS ")" },
    { "plain text; Sender and Reply-To come from From",
      "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
      "From: \"Anna \\\"A\\\" B\" <anna@example.org>\r\n"
      "To: bob@example.net (Bob), <@a.org,@b.org:carl@c.org>\r\n"
      "Subject: Hi\r\n there\r\nMessage-ID: <1@x>\r\n\r\none\r\ntwo\r\n",
      "(\"Sat, 21 Nov 2026 10:00:00 +0000\" \"Hi there\""
      " ((\"Anna \\\"A\\\" B\" NIL \"anna\" \"example.org\"))"
      " ((\"Anna \\\"A\\\" B\" NIL \"anna\" \"example.org\"))"
      " ((\"Anna \\\"A\\\" B\" NIL \"anna\" \"example.org\"))"
      " ((\"Bob\" NIL \"bob\" \"example.net\")"
      "(NIL \"@a.org,@b.org\" \"carl\" \"c.org\"))"
      " NIL NIL NIL \"<1@x>\")",
      "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 10 2"
      " NIL" NILS ")" },
    { "groups, with and without members, one not ended",
      "To: A Group:bob@x.org,carl@y.org;, undisclosed-recipients:;\r\n"
      "Cc: open: d@z.org\r\n\r\n",
      "(NIL NIL NIL NIL NIL ((NIL NIL \"A Group\" NIL)"
      "(NIL NIL \"bob\" \"x.org\")(NIL NIL \"carl\" \"y.org\")"
      "(NIL NIL NIL NIL)(NIL NIL \"undisclosed-recipients\" NIL)"
      "(NIL NIL NIL NIL)) ((NIL NIL \"open\" NIL)(NIL NIL \"d\" \"z.org\")"
      "(NIL NIL NIL NIL)) NIL NIL NIL)", NULL },
    { "8-bit goes as a literal, empty is not NIL, two To fields add up",
      "Subject: gr\xc3\xbc\xc3\x9f\r\nTo: a@b\r\nTo: c@d\r\n"
      "In-Reply-To:\r\n\r\n",
      "(NIL {6}\r\ngr\xc3\xbc\xc3\x9f NIL NIL NIL"
      " ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL \"\" NIL)",
      NULL },
    { "no domain, no mailbox, spaces, two @, comments, garbage behind",
      "From: john\r\nTo: <>, a b@c, x @ y . org (Z), \"q r\"@s.org, t@u@v,"
      " w@x.org <w@x.org> tail\r\n\r\n",
      "(NIL NIL ((NIL NIL \"john\" \"MISSING_DOMAIN\"))"
      " ((NIL NIL \"john\" \"MISSING_DOMAIN\"))"
      " ((NIL NIL \"john\" \"MISSING_DOMAIN\"))"
      " ((NIL NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")"
      "(NIL NIL \"b\" \"c\")(\"Z\" NIL \"x\" \"y.org\")"
      "(NIL NIL \"q r\" \"s.org\")(NIL NIL \"t@u\" \"v\")"
      "(\"w@x.org\" NIL \"w\" \"x.org\")) NIL NIL NIL NIL)", NULL },
    { "alternatives, an attachment with RFC 2231 pieces, extension data",
      "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npreamble\r\n"
      "--a b\r\nContent-Type: text/html; charset=UTF-8\r\n"
      "Content-Transfer-Encoding: Quoted-Printable\r\n\r\n<p>\r\n--a b \r\n"
      "Content-Type: Application/PDF; name*0*=utf-8''%C3%BC;\r\n"
      " name*1=\"b c.pdf\"\r\nContent-ID: <i>\r\nContent-Description: d\r\n"
      "Content-MD5: m\r\nContent-Disposition: attachment;"
      " filename=\"x\\\"y\"; size=3\r\nContent-Language: en, de\r\n"
      "Content-Location: l\r\n\r\nabc\r\n--a b--\r\nepilogue\r\n",
      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
      "((\"text\" \"html\" (\"charset\" \"UTF-8\") NIL NIL"
      " \"quoted-printable\" 3 0 NIL" NILS ")"
      "(\"application\" \"pdf\" (\"name*\" \"utf-8''%C3%BCb%20c.pdf\")"
      " \"<i>\" \"d\" \"7bit\" 3 \"m\" (\"attachment\" (\"filename\""
      " \"x\\\"y\" \"size\" \"3\")) (\"en\" \"de\") \"l\")"
      " \"mixed\" (\"boundary\" \"a b\")" NILS ")" },
    { "a digest's parts are messages",
      "Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\n"
      "Subject: in\r\n\r\nhello\r\n\r\n--x--\r\n",
      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
      "((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 22"
      " (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL)"
      " (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 7 1"
      " NIL" NILS ") 3 NIL" NILS ") \"digest\" (\"boundary\" \"x\")" NILS ")"
    },
    { "a multipart without a part is text, so that it can be read",
      "Content-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\nhello\r\n",
      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
      "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 12 2"
      " NIL" NILS ")" },
    { "a boundary counts on a multipart only",
      "Content-Type: text/plain; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n",
      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
      "(\"text\" \"plain\" (\"boundary\" \"x\" \"charset\" \"us-ascii\")"
      " NIL NIL \"7bit\" 14 3 NIL" NILS ")" },
    { "a piece of no parameter",
      "Content-Type: text/plain; *0=x; charset=a\r\n\r\n",
      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
      "(\"text\" \"plain\" (\"*0\" \"x\" \"charset\" \"a\")"
      " NIL NIL \"7bit\" 0 0 NIL" NILS ")" },
    { "an encoded message/rfc822 is a file",
      "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n"
      "\r\nAAAA\r\n",
      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
      "(\"application\" \"octet-stream\" NIL NIL NIL \"base64\" 6 NIL" NILS
      ")" },
    { "no end boundary; a part whose header has no end; bare LF",
      "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-ID: 1\n"
      "--x\n\nb\n",
      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
      "((\"text\" \"plain\" (\"charset\" \"us-ascii\") \"1\" NIL \"7bit\" 0 0"
      " NIL" NILS ")(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL"
      " \"7bit\" 2 1 NIL" NILS ") \"mixed\" (\"boundary\" \"x\")" NILS ")" },
};
/* clang-format on */

static void
check_texts(void)
{
    for (size_t i = 0; i < sizeof text_cases / sizeof *text_cases; i++) {
        const struct text_case *t = &text_cases[i];
        struct buf blob = { 0 };
        struct summary s;

        summarize_checked(span_of(t->message), &blob, t->why);
        if (summary_open(buf_span(&blob), &s)) {
            CHECK(span_is(s.envelope, t->envelope), "%s:\n%.*s\nwanted\n%s",
                  t->why, SPAN(s.envelope), t->envelope);
            CHECK(t->structure == NULL ||
                      span_is(s.body_structure, t->structure),
                  "%s:\n%.*s\nwanted\n%s", t->why, SPAN(s.body_structure),
                  t->structure);
        }
        buf_free(&blob);
    }
}

/* --- sections --------------------------------------------------------------- */

/* RFC 3501 section 6.4.5's example: 3 is a message with two parts, 4 a
 * multipart whose 4.2 is a message with a multipart. */
static const char nested[] =
    "Subject: top\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\n"
    "Content-Type: multipart/mixed; boundary=o\r\n\r\n"
    "--o\r\n\r\npart1\r\n"
    "--o\r\nContent-Type: image/gif\r\n\r\npart2\r\n"
    "--o\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: three\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
    "--i\r\n\r\npart3.1\r\n--i\r\n\r\npart3.2\r\n--i--\r\n"
    "\r\n--o\r\nContent-Type: multipart/mixed; boundary=ii\r\n\r\n"
    "--ii\r\n\r\npart4.1\r\n"
    "--ii\r\nContent-Type: message/rfc822\r\n\r\nSubject: four\r\n\r\n"
    "part4.2.1\r\n--ii--\r\n--o--\r\n";

struct section_case {
    uint32_t number[4];
    size_t n;
    const char *body; /* NULL: there is no such part */
};

static const struct section_case section_cases[] = {
    { { 1 }, 1, "part1" },
    { { 2 }, 1, "part2" },
    { { 3, 1 }, 2, "part3.1" },
    { { 3, 2 }, 2, "part3.2" },
    { { 4, 1 }, 2, "part4.1" },
    { { 4, 2, 1 }, 3, "part4.2.1" },
    { { 4, 2 }, 2, "Subject: four\r\n\r\npart4.2.1" },
    { { 5 }, 1, NULL },
    { { 0 }, 1, NULL },
    { { 1, 1 }, 2, NULL },
    { { 3, 3 }, 2, NULL },
    { { 4, 2, 2 }, 3, NULL },
    { { 4, 2, 1, 1 }, 4, NULL },
};

static void
check_sections(void)
{
    struct span message = span_of(nested);
    struct buf blob = { 0 };
    struct summary s;
    struct summary_part p;

    summarize_checked(message, &blob, "nested");
    CHECK(summary_open(buf_span(&blob), &s), "opens");
    CHECK(s.date == 1795251600, "date %lld", (long long)s.date);
    for (size_t i = 0; i < sizeof section_cases / sizeof *section_cases; i++) {
        const struct section_case *c = &section_cases[i];
        bool found = summary_find(&s, c->number, c->n, &p);

        CHECK(found == (c->body != NULL), "section case %zu", i);
        if (found && c->body != NULL)
            CHECK(
                span_is(span_sub(message, p.body_offset, p.body_size), c->body),
                "section case %zu: %.*s", i,
                SPAN(span_sub(message, p.body_offset, p.body_size)));
    }
    CHECK(summary_find(&s, (const uint32_t[]){ 3 }, 1, &p) &&
              p.kind == PART_MESSAGE &&
              span_starts(span_sub(message, p.body_offset, p.inner_header_size),
                          "Subject: three\r\n"),
          "BODY[3.HEADER]");
    CHECK(summary_find(&s, (const uint32_t[]){ 2 }, 1, &p) &&
              span_is(span_sub(message, p.mime_offset, p.mime_size),
                      "Content-Type: image/gif\r\n\r\n"),
          "BODY[2.MIME]");
    CHECK(summary_find(&s, NULL, 0, &p) && p.mime_size == s.header_size,
          "BODY[]");
    buf_free(&blob);
}

/* --- kept fields ------------------------------------------------------------ */

static void
check_fields(void)
{
    struct buf message = { 0 }, blob = { 0 };
    struct summary s;

    buf_put_text(&message, "Received: x\r\nFrom: a@b\r\nX-Other: 1\r\n"
                           "subject: A\r\n b\r\nReferences: ");
    for (int i = 0; i < 2000; i++)
        buf_printf(&message, "<%d@example>\r\n ", i);
    buf_put_text(&message, "\r\nSubject: again\r\n\r\nbody");
    summarize_checked(buf_span(&message), &blob, "long references");
    CHECK(summary_open(buf_span(&blob), &s), "opens");
    CHECK(span_is(s.fields, "From: a@b\r\nsubject: A\r\n b\r\n"
                            "Subject: again\r\n"),
          "kept as they stand: %.*s", SPAN(s.fields));
    CHECK(summary_has_field(&s, span_of("SUBJECT")), "complete");
    CHECK(summary_has_field(&s, span_of("Cc")), "known to be absent");
    CHECK(!summary_has_field(&s, span_of("References")), "too large");
    CHECK(!summary_has_field(&s, span_of("Received")), "never kept");
    CHECK(s.date == INT64_MIN, "no date");
    buf_free(&message);
    buf_free(&blob);
}

/* --- damage ----------------------------------------------------------------- */

static void
read_everything(struct span blob)
{
    struct summary s;
    struct summary_part p;

    if (!summary_open(blob, &s))
        return;
    for (size_t i = 0; i < summary_part_count(&s); i++)
        CHECK(summary_part(&s, (uint32_t)i, &p) &&
                  p.body_offset + p.body_size <= s.size,
              "part %zu", i);
    summary_find(&s, (const uint32_t[]){ 3, 1 }, 2, &p);
}

static void
check_damage(void)
{
    struct buf blob = { 0 };
    struct summary s;

    summarize(span_of(nested), SIZE_MAX, &blob);
    for (size_t n = 0; n < blob.n; n++)
        CHECK(!summary_open(span_sub(buf_span(&blob), 0, n), &s), "cut at %zu",
              n);
    for (size_t i = 0; i < blob.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            blob.p[i] ^= (char)(1 << bit);
            read_everything(buf_span(&blob));
            blob.p[i] ^= (char)(1 << bit);
        }
    }
    blob.p[0]++;
    CHECK(!summary_open(buf_span(&blob), &s), "another version");
    buf_free(&blob);
}

int
main(void)
{
    check_texts();
    check_sections();
    check_fields();
    check_damage();
    return check_report();
}
