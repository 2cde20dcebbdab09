#include "mail/path.h"

#include "tests/check.h"

enum which { REVERSE, FORWARD, BARE };

static const struct {
    enum which which;
    bool utf8;
    const char *text;
    const char *local; /* NULL: refused */
    const char *domain;
    const char *why;
} cases[] = {
    { REVERSE, false, "<>", "", "", "the null path" },
    { FORWARD, false, "<>", NULL, "", "nobody is no recipient" },
    { FORWARD, false, "<PostMaster>", "PostMaster", "", "section 4.1.1.3" },
    { REVERSE, false, "<postmaster>", NULL, "", "only as a recipient" },
    { FORWARD, false, "<a.b@example.org>", "a.b", "example.org", "usual" },
    { FORWARD, false, "<@x.org,@y.org:a@z.org>", "a", "z.org", "a route" },
    { FORWARD, false, "<@x.org:>", NULL, "", "a route to nobody" },
    { FORWARD, false, "<\"a b\\\"\"@x>", "\"a b\\\"\"", "x", "quoted" },
    { FORWARD, false, "<\"\"@x>", "\"\"", "x", "quoted nothing is legal" },
    { FORWARD, false, "<\"a@x>", NULL, "", "an open quote" },
    { FORWARD, false, "<a@[127.0.0.1]>", "a", "[127.0.0.1]", "IPv4" },
    { FORWARD, false, "<a@[IPv6:::1]>", "a", "[IPv6:::1]", "IPv6" },
    { FORWARD, false, "<a@[IPv6:zz]>", NULL, "", "no IPv6" },
    { FORWARD, false, "<a@[1.2.3]>", NULL, "", "no IPv4" },
    { FORWARD, false, "<a@[x:y]>", "a", "[x:y]", "some other tag" },
    { FORWARD, false, "<a@[]>", NULL, "", "an empty literal" },
    { FORWARD, false, "<a..b@x>", NULL, "", "an empty atom" },
    { FORWARD, false, "<.a@x>", NULL, "", "an empty atom" },
    { FORWARD, false, "<a.@x>", NULL, "", "an empty atom" },
    { FORWARD, false, "<a@x.>", NULL, "", "an empty label" },
    { FORWARD, false, "<a@-x>", NULL, "", "a hyphen in front" },
    { FORWARD, false, "<a@x_y.org>", "a", "x_y.org", "an underscore" },
    { FORWARD, false, "<a@>", NULL, "", "no domain" },
    { FORWARD, false, "<a>", NULL, "", "no domain" },
    { FORWARD, false, "<a@b", NULL, "", "no end" },
    { FORWARD, false, "a@b", NULL, "", "no brackets" },
    { FORWARD, false, "< a@b>", NULL, "", "a space" },
    { FORWARD, false, "<a\r\n@b>", NULL, "", "a line end" },
    { FORWARD, false, "<\xc3\xbc@b>", NULL, "", "8 bits" },
    { FORWARD, true, "<\xc3\xbc@\xc3\xbc.de>", "\xc3\xbc", "\xc3\xbc.de",
      "8 bits with SMTPUTF8" },
    { FORWARD, true, "<\xff@b>", NULL, "", "not UTF-8" },
    { BARE, false, "a@b", "a", "b", "as on the command line" },
    { BARE, false, "<a@b>", NULL, "", "no brackets wanted" },
};

static bool
take_case(enum which which, struct cursor *c, bool utf8, struct mail_path *out)
{
    switch (which) {
    case REVERSE:
        return take_reverse_path(c, utf8, out);
    case FORWARD:
        return take_forward_path(c, utf8, out);
    default:
        return take_mailbox_address(c, utf8, out);
    }
}

static const struct {
    const char *path;
    const char *canonical; /* NULL: nobody */
} canonical[] = {
    { "<Anna@Example.ORG>", "anna@example.org" },
    { "<\"Anna\"@x>", "anna@x" },
    { "<\"a\\nna\"@x>", "anna@x" },
    { "<\"a.b\"@x>", "a.b@x" },
    { "<\"a b\"@x>", NULL },
    { "<\"a@b\"@x>", NULL },
    { "<\"a..b\"@x>", NULL },
    { "<\"../a\"@x>", NULL },
    { "<a/b@x>", NULL },
    { "<\"\"@x>", NULL },
    { "<POSTMASTER>", "postmaster" },
    { "<>", NULL },
};

static void
check_length(size_t local, size_t domain, bool valid, const char *why)
{
    struct buf text = { 0 };
    struct mail_path p;
    struct cursor c;

    buf_put_ch(&text, '<');
    for (size_t i = 0; i < local; i++)
        buf_put_ch(&text, 'l');
    buf_put_ch(&text, '@');
    for (size_t i = 0; i < domain; i++)
        buf_put_ch(&text, i % 10 == 9 ? '.' : 'd');
    buf_put_ch(&text, '>');
    c = cursor_on(buf_span(&text));
    CHECK(take_forward_path(&c, false, &p) == valid, "%s", why);
    buf_free(&text);
}

int
main(void)
{
    struct mail_path p;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cursor c = cursor_on(span_of(cases[i].text));
        bool taken = take_case(cases[i].which, &c, cases[i].utf8, &p);

        CHECK(taken == (cases[i].local != NULL), "%s: %s", cases[i].text,
              cases[i].why);
        CHECK(taken
                  ? cursor_at_end(&c)
                  : c.at == c.end - span_of(cases[i].text).n && c.want != NULL,
              "all or nothing: %s", cases[i].text);
        if (taken && cases[i].local != NULL)
            CHECK(span_is(p.local, cases[i].local) &&
                      span_is(p.domain, cases[i].domain),
                  "%s: %.*s %.*s", cases[i].text, SPAN(p.local),
                  SPAN(p.domain));
    }
    for (size_t i = 0; i < sizeof canonical / sizeof *canonical; i++) {
        struct cursor c = cursor_on(span_of(canonical[i].path));
        struct buf out = { 0 };
        bool taken = take_forward_path(&c, false, &p) ||
                     take_reverse_path(&c, false, &p);
        bool found = taken && mail_path_canonical(&p, &out);

        CHECK(taken && found == (canonical[i].canonical != NULL), "%s",
              canonical[i].path);
        CHECK(span_is(buf_span(&out), found ? canonical[i].canonical : ""),
              "%s: %s", canonical[i].path, buf_text(&out));
        buf_free(&out);
    }
    check_length(64, 9, true, "the longest local part");
    check_length(65, 9, false, "too long a local part");
    check_length(64, 189, true, "254 octets");
    check_length(64, 191, false, "256 octets");
    return check_report();
}
