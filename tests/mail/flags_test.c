#include "mail/flags.h"

#include "tests/check.h"

static const struct {
    const char *name;
    uint16_t flag;
    const char *why;
} names[] = {
    { "\\Seen", MAIL_SEEN, "as written" },
    { "\\ANSWERED", MAIL_ANSWERED, "in any case" },
    { "\\flagged", MAIL_FLAGGED, "in any case" },
    { "\\Deleted", MAIL_DELETED, "as written" },
    { "\\Draft", MAIL_DRAFT, "as written" },
    { "$Forwarded", MAIL_PASSED, "has a letter of its own" },
    { "\\Recent", 0, "is the server's to give" },
    { "Seen", 0, "a keyword" },
    { "", 0, "nothing" },
};

static const struct {
    const char *name;
    bool valid;
    const char *why;
} keywords[] = {
    { "$Junk", true, "registered" },
    { "a.b:c/d[", true, "atoms hold much" },
    { "", false, "not empty" },
    { "a b", false, "no space" },
    { "a]", false, "no resp-specials" },
    { "a(b", false, "no list" },
    { "\\x", false, "no system flag" },
    { "a\"", false, "no quote" },
    { "a*", false, "no wildcard" },
    { "\xc3\xbc", false, "seven bits" },
    { "a\x7f", false, "no control" },
};

static void
check_print(uint16_t flags, const char *names_wanted, const char *letters)
{
    struct buf out = { 0 };

    mail_flags_print(flags, &out);
    CHECK(span_is(buf_span(&out), names_wanted), "%s", buf_text(&out));
    buf_clear(&out);
    mail_flags_letters(flags, &out);
    CHECK(span_is(buf_span(&out), letters), "%s", buf_text(&out));
    CHECK(mail_flags_from_letters(buf_span(&out)) == (flags & ~MAIL_RECENT),
          "there and back: %s", letters);
    buf_free(&out);
}

int
main(void)
{
    char longest[66];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(mail_flag_named(span_of(names[i].name)) == names[i].flag,
              "%s: %s", names[i].name, names[i].why);
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        CHECK(mail_keyword_is_valid(span_of(keywords[i].name)) ==
                  keywords[i].valid,
              "%s: %s", keywords[i].name, keywords[i].why);
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = 'k';
    CHECK(mail_keyword_is_valid(span_from(longest, 64)), "the longest");
    CHECK(!mail_keyword_is_valid(span_from(longest, 65)), "too long");
    check_print(0, "", "");
    check_print(MAIL_SEEN | MAIL_RECENT, "\\Seen \\Recent", "S");
    check_print(127,
                "\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded "
                "\\Recent",
                "DFPRST");
    CHECK(mail_flags_from_letters(span_of("aS,2b")) == MAIL_SEEN,
          "Dovecot's keywords and others are ignored");
    return check_report();
}
