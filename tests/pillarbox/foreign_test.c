#include "pillarbox/foreign.h"
#include "tests/check.h"

static void
check_dovecot_keywords(void)
{
    struct foreign_keywords k;

    foreign_dovecot_keywords(
        span_of("0 $Label1\n3 Work\nx y\n26 TooFar\n4 not(an)atom\n5 \n25 Z"),
        &k);
    CHECK(span_is(k.names[0], "$Label1") && span_is(k.names[3], "Work") &&
              span_is(k.names[25], "Z"),
          "by number, the last line not ended");
    CHECK(k.names[1].n == 0 && k.names[4].n == 0 && k.names[5].n == 0,
          "what is no keyword is left out");
    foreign_dovecot_keywords(span_of(""), &k);
    CHECK(k.names[0].n == 0, "an empty file");
}

static void
note_bits(void *arg, struct span base, uint32_t bits)
{
    buf_printf(arg, "%.*s=%x;", SPAN(base), bits);
}

static void
check_courier_keywords(void)
{
    struct foreign_keywords k;
    struct buf got = { 0 };

    foreign_courier_keywords(
        span_of("Work\n$Junk\n\na.host:0 1\nb.host:1\n:0\nc.host:99 x\nd\n"),
        &k, note_bits, &got);
    CHECK(span_is(k.names[0], "Work") && span_is(k.names[1], "$Junk"), "names");
    CHECK(span_is(buf_span(&got), "a.host=3;b.host=2;c.host=0;d=0;"), "%s",
          buf_text(&got));
    buf_free(&got);
}

static void
note_uidl(void *arg, struct span base, struct span uidl)
{
    buf_printf(arg, "%.*s=%.*s;", SPAN(base), SPAN(uidl));
}

static void
check_courier_pop3(void)
{
    struct buf got = { 0 };

    CHECK(foreign_courier_pop3(span_of("/3 9 77\na.host,S=3:2,S 12 5:77:0\n"
                                       "b 12 6:0:1\nc'+ d 12 0:0:0\nbad\n"
                                       "e 12 x:1\nf 1:2\n 12 1:2\n"),
                               note_uidl, &got),
          "version 3");
    CHECK(
        span_is(buf_span(&got), "a.host,S=3=UID5-77;b=UID6;c'+ d=c+27+2B+20d;"),
        "as Courier says them: %s", buf_text(&got));
    buf_clear(&got);
    CHECK(foreign_courier_pop3(span_of("/2 9 77\na 12 5:77\n"), note_uidl,
                               &got) &&
              span_is(buf_span(&got), "a=UID5-77;"),
          "version 2");
    CHECK(!foreign_courier_pop3(span_of("a 5\n"), note_uidl, &got) &&
              !foreign_courier_pop3(span_of("/9 1 2\n"), note_uidl, &got) &&
              !foreign_courier_pop3(span_of(""), note_uidl, &got),
          "others are not understood");
    buf_free(&got);
}

static void
note_name(void *arg, struct span mailbox)
{
    buf_printf(arg, "%.*s;", SPAN(mailbox));
}

/* clang-format off */
static const struct {
    const char *text, *names, *why;
} subscriptions[] = {
    { "INBOX\nSent\nArchive.2024\n", "INBOX;Sent;Archive/2024;", "Dovecot" },
    { "V\t2\n\nINBOX\nArchive\t2024\n", "INBOX;Archive/2024;",
      "Dovecot from 2.2 on" },
    { "INBOX\nINBOX.Sent\ninbox.Work.X\n", "INBOX;Sent;Work/X;", "Courier" },
    { "Entw&APw-rfe\n", "Entw\xc3\xbcrfe;", "modified UTF-7" },
    { "Entw\xc3\xbcrfe\n", "Entw\xc3\xbcrfe;", "UTF-8 as it is" },
    { "a..b\n.\n..\n/\n\x01\n", "", "no names" },
    { "", "", "nothing" },
};
/* clang-format on */

static void
check_subscriptions(void)
{
    for (size_t i = 0; i < sizeof subscriptions / sizeof subscriptions[0];
         i++) {
        struct buf got = { 0 };

        foreign_subscriptions(span_of(subscriptions[i].text), note_name, &got);
        CHECK(span_is(buf_span(&got), subscriptions[i].names), "%s: %s",
              subscriptions[i].why, buf_text(&got));
        buf_free(&got);
    }
}

int
main(void)
{
    check_dovecot_keywords();
    check_courier_keywords();
    check_courier_pop3();
    check_subscriptions();
    return check_report();
}
