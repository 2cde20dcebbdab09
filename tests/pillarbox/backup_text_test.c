#include "pillarbox/backup_text.h"
#include "tests/check.h"

#include <inttypes.h>

#define ACCOUNTS  "pillarbox-accounts 1\n"
#define MAILBOXES "pillarbox-mailboxes 1\n"

/* --- accounts -------------------------------------------------------------------- */

static void
on_user(void *arg, struct span name, struct span record)
{
    buf_printf(arg, "user %.*s %.*s;", SPAN(name), SPAN(record));
}

static void
on_limits(void *arg, struct span name, uint64_t bytes, uint64_t messages)
{
    buf_printf(arg, "limits %.*s %" PRIx64 " %" PRIx64 ";", SPAN(name), bytes,
               messages);
}

static void
on_alias(void *arg, struct span alias, struct span target)
{
    buf_printf(arg, "alias %.*s %.*s;", SPAN(alias), SPAN(target));
}

static void
on_mail(void *arg, struct span name)
{
    buf_printf(arg, "mail %.*s;", SPAN(name));
}

static void
on_keep(void *arg, struct span name, uint64_t seconds)
{
    buf_printf(arg, "keep %.*s %" PRIu64 ";", SPAN(name), seconds);
}

static const struct backup_account_calls calls = { on_user, on_limits, on_alias,
                                                   on_keep, on_mail };

static void
on_mailbox(void *arg, const struct backup_mailbox *m)
{
    buf_printf(arg, "%.*s %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIx32 ";",
               SPAN(m->name), m->uid_validity, m->uid_next, m->first_recent,
               m->flags);
}

/* clang-format off */
static const struct {
    const char *text;
    const char *said; /* NULL: refused */
    const char *why;
} cases[] = {
    { ACCOUNTS "user a@x.org QUJD\nalias s@x.org a@x.org\nmail a@x.org\n",
      "user a@x.org ABC;alias s@x.org a@x.org;mail a@x.org;", "as it is" },
    { ACCOUNTS "limits a@x.org 10 none\nlimits a@x.org default 7\n",
      "limits a@x.org a ffffffffffffffff;limits a@x.org 0 7;", "limits" },
    { ACCOUNTS "limits a@x.org 10\nlimits a@x.org ten none\nlimits  1 1\n", "",
      "limits that are none" },
    { ACCOUNTS "keep a@x.org 0\nkeep a@x.org x\nkeep ../x 7\n",
      "keep a@x.org 0;", "how long what is deleted is kept" },
    { ACCOUNTS "user ../../etc QUJD\nmail ../x\nuser a@x.org !\n", "",
      "names that lead elsewhere, a record that is none" },
    { ACCOUNTS "novelty a\n\nuser\nalias\nalias a\nmail\n", "",
      "unknown and half lines" },
    { "pillarbox-accounts 2\n", NULL, "a later version" },
    { "", NULL, "nothing" },
    { MAILBOXES "mailbox 7 9 8 subscribed,sent Sent Items\n"
      "subscribed Old/Lists\nmailbox 1 2 3 - INBOX\n",
      "Sent Items 7 9 8 9;Old/Lists 0 0 0 81;INBOX 1 2 3 0;", "mailboxes" },
    { MAILBOXES "mailbox 7 9 8 - ../x\nmailbox 7 9 8 - a//b\nsubscribed \n"
      "mailbox 7 9 8 - inbox\nmailbox 0 9 8 - A\nmailbox 7 9 - A\nmailbox\n",
      "", "names that are none, or not in their one form; numbers missing" },
    { MAILBOXES "mailbox 7 9 8 blue,trash T\n", "T 7 9 8 20;", "unknown words" },
    { "pillarbox-mailboxes 9\n", NULL, "a later version" },
};
/* clang-format on */

static void
check_case(size_t i)
{
    struct span text = span_of(cases[i].text);
    struct buf said = { 0 };
    struct error e;
    bool good = span_starts(text, "pillarbox-mailboxes")
                    ? backup_mailboxes_parse(text, on_mailbox, &said, &e)
                    : backup_accounts_parse(text, &calls, &said, &e);

    CHECK(good == (cases[i].said != NULL), "%s: %d", cases[i].why, good);
    CHECK(!good || span_is(buf_span(&said), cases[i].said), "%s: %s",
          cases[i].why, buf_text(&said));
    buf_free(&said);
}

static void
check_printing(void)
{
    const struct store_quota q = { .user = span_of("a@x.org"),
                                   .limit_bytes = 10,
                                   .own_bytes = true };
    const struct store_quota none = { .user = span_of("b@x.org") };
    const struct backup_mailbox m = { .name = span_of("Sent"),
                                      .uid_validity = 1,
                                      .uid_next = 2,
                                      .first_recent = 2,
                                      .flags = STORE_SENT | STORE_SUBSCRIBED };
    struct buf text = { 0 };
    struct buf said = { 0 };
    struct error e;

    backup_accounts_begin(&text);
    backup_accounts_user(&text, q.user, span_from("\0\n\xff", 3));
    backup_accounts_limits(&text, &q);
    backup_accounts_limits(&text, &none);
    backup_accounts_alias(&text, span_of("@x.org"), q.user);
    backup_accounts_mail(&text, q.user);
    CHECK(span_is(buf_span(&text),
                  ACCOUNTS "user a@x.org AAr/\nlimits a@x.org 10 default\n"
                           "alias @x.org a@x.org\nmail a@x.org\n"),
          "accounts: %s", buf_text(&text));
    buf_clear(&text);
    backup_mailboxes_begin(&text);
    backup_mailboxes_add(&text, &m);
    CHECK(backup_mailboxes_parse(buf_span(&text), on_mailbox, &said, &e) &&
              span_is(buf_span(&said), "Sent 1 2 2 9;"),
          "mailboxes: %s %s", buf_text(&text), buf_text(&said));
    buf_free(&text);
    buf_free(&said);
}

static void
check_leading(void)
{
    struct span anna = span_of("anna@x.org");

    CHECK(backup_alias_leads(anna, anna, "+"), "the account itself");
    CHECK(backup_alias_leads(span_of("anna+l@x.org"), anna, "+"), "a detail");
    CHECK(!backup_alias_leads(span_of("anna+l@x.org"), anna, ""), "no details");
    CHECK(!backup_alias_leads(span_of("annabel@x.org"), anna, "+"), "another");
    CHECK(!backup_alias_leads(span_of("anna+l@yy.org"), anna, "+"),
          "of another domain");
    CHECK(!backup_alias_leads(span_of("x@x.org"), anna, "+"), "shorter");
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(i);
    check_printing();
    check_leading();
    return check_report();
}
