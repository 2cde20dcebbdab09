#include "auth/ticket.h"

#include "tests/check.h"

#include <string.h>

static const unsigned char key[32] = "one key for authd and mailstored";
static const unsigned char other[32] = "another key that somebody made";

static void
check_good(void)
{
    struct buf t = { 0 };
    struct span user = { 0 };

    ticket_make(key, span_of("imap"), span_of("anna@example.org"), 1000, &t);
    CHECK(ticket_check(key, buf_span(&t), span_of("imap"), 999, &user), "good");
    CHECK(span_is(user, "anna@example.org"), "anna's");
    CHECK(!ticket_check(key, buf_span(&t), span_of("imap"), 1000, &user),
          "it ends");
    CHECK(!ticket_check(key, buf_span(&t), span_of("pop3"), 999, &user),
          "another service's");
    CHECK(!ticket_check(other, buf_span(&t), span_of("imap"), 999, &user),
          "made with another key");
    buf_free(&t);
}

/* One bit anywhere, and any length but its own. */
static void
check_forged(void)
{
    struct buf t = { 0 };
    struct span user;

    ticket_make(key, span_of("imap"), span_of("anna@example.org"), 1000, &t);
    for (size_t i = 0; i < t.n * 8; i++) {
        t.p[i / 8] = (char)(t.p[i / 8] ^ 1 << i % 8);
        CHECK(!ticket_check(key, buf_span(&t), span_of("imap"), 999, &user),
              "bit %zu", i);
        t.p[i / 8] = (char)(t.p[i / 8] ^ 1 << i % 8);
    }
    for (size_t n = 0; n < t.n; n++)
        CHECK(!ticket_check(key, span_sub(buf_span(&t), 0, n), span_of("imap"),
                            999, &user),
              "cut at %zu", n);
    buf_put_ch(&t, 'x');
    CHECK(!ticket_check(key, buf_span(&t), span_of("imap"), 999, &user),
          "a byte behind it");
    buf_free(&t);
}

/* Where a name ends cannot be moved: "imap" + "anna" is not "ima" + "panna". */
static void
check_borders(void)
{
    struct buf a = { 0 }, b = { 0 }, nobody = { 0 };
    struct span user;

    ticket_make(key, span_of("imap"), span_of("anna"), 1000, &a);
    ticket_make(key, span_of("ima"), span_of("panna"), 1000, &b);
    CHECK(!span_eq(buf_span(&a), buf_span(&b)), "not the same");
    CHECK(!ticket_check(key, buf_span(&b), span_of("imap"), 0, &user),
          "and not for imap");
    ticket_make(key, span_of("imap"), span_of(""), 1000, &nobody);
    CHECK(!ticket_check(key, buf_span(&nobody), span_of("imap"), 0, &user),
          "a ticket for nobody");
    buf_free(&a);
    buf_free(&b);
    buf_free(&nobody);
}

int
main(void)
{
    check_good();
    check_forged();
    check_borders();
    return check_report();
}
