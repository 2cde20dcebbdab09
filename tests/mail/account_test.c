#include "mail/account.h"

#include "tests/check.h"

static const struct {
    const char *name;
    bool valid;
    const char *why;
} names[] = {
    { "anna@example.org", true, "the usual" },
    { "a.b_c-d9@localhost", true, "one label is enough" },
    { "9@x", true, "digits may begin" },
    { "Anna@example.org", false, "lower case only" },
    { "anna@Example.org", false, "lower case only" },
    { "a+b@x", false, "the plus separates the detail" },
    { ".a@x", false, "a hidden directory" },
    { "a..b@x", false, "no empty part" },
    { "a.@x", false, "no dot at the end" },
    { "-a@x", false, "looks like an option" },
    { "a/b@x", false, "no other directory" },
    { "@x", false, "no local part" },
    { "a@", false, "no domain" },
    { "a", false, "no @" },
    { "a@b@c", false, "two @" },
    { "a@[127.0.0.1]", false, "no address literal" },
    { "a@x..y", false, "no empty label" },
    { "a@.x", false, "no empty label" },
    { "a@x.", false, "no dot at the end" },
    { "a@-x", false, "labels begin with a letter or digit" },
    { "a@x-", false, "and end with one" },
    { "a@x_y", false, "no underscore" },
    { "\xc3\xa4@x", false, "ASCII" },
};

int
main(void)
{
    struct buf out = { 0 };
    char label[65];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(account_name_is_valid(span_of(names[i].name)) == names[i].valid,
              "%s: %s", names[i].name, names[i].why);
    account_name_to_path(span_of("anna@example.org"), &out);
    CHECK(span_is(buf_span(&out), "example.org/anna"), "%s", buf_text(&out));
    for (size_t i = 0; i < sizeof label; i++)
        label[i] = 'a';
    CHECK(domain_is_valid(span_from(label, 63)), "the longest label");
    CHECK(!domain_is_valid(span_from(label, 64)), "too long a label");
    CHECK(domain_is_valid(span_of("Example.ORG")), "domains in any case");
    buf_free(&out);
    return check_report();
}
