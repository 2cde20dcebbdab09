#include "auth/name.h"

#include "auth/limits.h"
#include "tests/check.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *why, *typed, *canonical; /* NULL: refused */
} names[] = {
    { "as it is",             "anna@example.org",  "anna@example.org" },
    { "default domain",       "anna",              "anna@example.org" },
    { "lower case",           "ANNA@Example.Net",  "anna@example.net" },
    { "dots and hyphens",     "a.b-c_d",           "a.b-c_d@example.org" },
    { "a detail is no login", "anna+x@example.org", NULL },
    { "nor without domain",   "anna+x",            NULL },
    { "nothing",              "",                  NULL },
    { "only a domain",        "@example.org",      NULL },
    { "no domain",            "anna@",             NULL },
    { "two",                  "anna@b@example.org", NULL },
    { "a space",              "an na",             NULL },
    { "a trailing space",     "anna ",             NULL },
    { "a control",            "an\tna",            NULL },
    { "DEL",                  "an\x7fna",          NULL },
    { "8 bit",                "ann\xc3\xa4",       NULL },
    { "the way out",          "../etc",            NULL },
    { "two dots",             "a..b",              NULL },
    { "slash",                "a/b",               NULL },
};

static const struct {
    const char *why, *password;
    bool valid;
} passwords[] = {
    { "plain",                  "fern-lamp-otter-81",  true  },
    { "spaces",                 " a b ",               true  },
    { "UTF-8",                  "gr\xc3\xbc\xc3\x9f",  true  },
    { "empty",                  "",                    false },
    { "tab",                    "a\tb",                false },
    { "DEL",                    "a\x7f",               false },
    { "C1 control",             "a\xc2\x85",           false },
    { "Latin-1",                "gr\xfc",              false },
    { "overlong",               "\xc0\xaf",            false },
    { "surrogate",              "\xed\xa0\x80",        false },
    { "cut",                    "a\xc3",               false },
};
/* clang-format on */

static void
check_names(void)
{
    struct buf out = { 0 }, large = { 0 };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool fine;

        buf_clear(&out);
        fine = auth_name_canonical(span_of(names[i].typed),
                                   span_of("example.org"), &out);
        CHECK(fine == (names[i].canonical != NULL), "%s", names[i].why);
        if (fine)
            CHECK(span_is(buf_span(&out), names[i].canonical), "%s: %s",
                  names[i].why, buf_text(&out));
        else
            CHECK(out.n == 0, "%s: nothing added", names[i].why);
    }
    for (int i = 0; i < 300; i++)
        buf_put_ch(&large, 'a');
    CHECK(!auth_name_canonical(buf_span(&large), span_of("example.org"), &out),
          "300 octets");
    buf_free(&out);
    buf_free(&large);
}

static void
check_passwords(void)
{
    char large[AUTH_PASSWORD_MAX + 1];

    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++)
        CHECK(auth_password_is_valid(span_of(passwords[i].password)) ==
                  passwords[i].valid,
              "%s", passwords[i].why);
    CHECK(!auth_password_is_valid(span_from("a\0b", 3)), "a NUL");
    memset(large, 'x', sizeof large);
    CHECK(auth_password_is_valid(span_from(large, AUTH_PASSWORD_MAX)), "1024");
    CHECK(!auth_password_is_valid(span_from(large, sizeof large)), "1025");
    CHECK(auth_label_is_valid(span_of("Anna's phone")), "a label");
    CHECK(!auth_label_is_valid(span_of("a\nb")), "no label");
    CHECK(!auth_label_is_valid(span_from(large, AUTH_LABEL_MAX + 1)), "long");
}

int
main(void)
{
    check_names();
    check_passwords();
    return check_report();
}
