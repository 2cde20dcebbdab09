/*
 * What a dialogue cannot show: what reaches the store, what happens when authd
 * or mailstored do not answer well, or when the client goes away.
 */
#include "base/clock.h"
#include "net/conn.h"
#include "smtpd/limits.h"
#include "smtpd/mail.h"
#include "smtpd/session.h"
#include "tests/check.h"
#include "tests/smtpd/fake.h"

#define HELLO  "EHLO client.example\r\n"
#define SENDER "MAIL FROM:<carl@client.example>\r\n"
#define ANNA   "RCPT TO:<anna@example.org>\r\n"

struct client {
    struct settings settings;
    struct smtp_service service;
    struct conn *conn;
    struct buf out;
    enum next next;
};

/* All that is to come from authd and mailstored comes. */
static void
settle(struct client *c)
{
    while (fake.due != NULL) {
        fake_answer();
        c->next = conn_test_input(c->conn, span_of(""));
    }
}

static void
say(struct client *c, const char *text)
{
    buf_clear(&c->out);
    c->next = conn_test_input(c->conn, span_of(text));
    settle(c);
}

static bool
heard(const struct client *c, const char *text)
{
    return span_is(buf_span(&c->out), text);
}

static bool
heard_last(const struct client *c, const char *start)
{
    struct span said = buf_span(&c->out);
    size_t at = said.n < 2 ? 0 : said.n - 2;

    while (at > 0 && said.p[at - 1] != '\n')
        at--;
    return span_starts(span_after(said, at), start);
}

static void
connect_to(struct client *c, const char *listener, bool tls)
{
    fake_reset();
    *c = (struct client){
        .settings = { .hostname = "mail.example.org",
                      .auth.require_tls = true,
                      .limits = { .message_size = 1 << 20,
                                  .recipients = 100 } },
    };
    c->service.settings = &c->settings;
    c->service.has_tls = true;
    c->conn =
        conn_new_for_test(&smtp_protocol, &c->service, listener, tls, &c->out);
}

static void
hang_up(struct client *c)
{
    conn_test_free(&c->conn);
    buf_free(&c->out);
    CHECK(fake.deliveries == 0, "no delivery is left open");
    CHECK(fake.due == NULL, "nobody waits for an answer any more");
}

static bool
stored_ends(const char *text)
{
    return span_ends(buf_span(&fake.stored), text);
}

static void
check_stored_text(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    clock_hold(0);
    say(&c, HELLO SENDER ANNA "DATA\r\n");
    CHECK(heard_last(&c, "354 "), "there is a file to write into");
    say(&c, "Subject: x\r\n\r\n..dot\r\n.\r\n");
    CHECK(heard_last(&c, "250 2.0.0 Accepted as "), "it is safe");
    CHECK(span_starts(buf_span(&fake.stored),
                      "Return-Path: <carl@client.example>\r\n"
                      "Received: from client.example ([192.0.2.7])\r\n"
                      "\tby mail.example.org (pillarbox) with ESMTP\r\n"
                      "\tid "),
          "the trace is on top");
    CHECK(stored_ends("\r\n\tfor <anna@example.org>; "
                      "Thu, 01 Jan 1970 00:00:00 +0000\r\n"
                      "Subject: x\r\n\r\n.dot\r\n"),
          "and the text below it, its dots undone");
    clock_hold(-1);
    hang_up(&c);
}

static void
check_one_copy_each(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    say(&c, HELLO SENDER ANNA "RCPT TO:<info@example.org>\r\n" ANNA
                              "RCPT TO:<anna+Lists@example.org>\r\n"
                              "RCPT TO:<ben+inbox@example.org>\r\n"
                              "DATA\r\n");
    say(&c, "x\r\n.\r\n");
    CHECK(span_is(buf_span(&fake.recipients),
                  "anna@example.org/ ben@example.org/ "
                  "anna@example.org/lists "),
          "by name, twice, by alias: once; the detail is a mailbox; got %s",
          buf_text(&fake.recipients));
    CHECK(!stored_ends("for <"), "no recipient is named");
    hang_up(&c);
}

/* Long enough for several writes, and cut at every place. */
static void
check_pieces(void)
{
    struct client c;
    struct buf text = { 0 };

    for (int i = 0; i < 9000; i++)
        buf_printf(&text, "%s line %d\r\n", i % 7 == 0 ? ".." : "a", i);
    for (size_t step = 1009; step < 200000; step += 66666) {
        connect_to(&c, "smtp", false);
        say(&c, HELLO SENDER ANNA "DATA\r\n");
        for (size_t at = 0; at < text.n; at += step)
            conn_test_input(c.conn, span_sub(buf_span(&text), at, step));
        say(&c, ".\r\n");
        CHECK(heard_last(&c, "250 "), "accepted (step %zu)", step);
        CHECK(stored_ends("a line 8998\r\na line 8999\r\n"), "whole");
        CHECK(fake.stored.n > text.n - 9000 / 7 - 2 && fake.stored.n < text.n,
              "its size is that without the doubled dots, and the trace");
        hang_up(&c);
    }
    buf_free(&text);
}

static void
check_too_big(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    c.settings.limits.message_size = 100;
    say(&c, HELLO SENDER ANNA "DATA\r\n");
    for (int i = 0; i < 10; i++)
        say(&c, "ten octets\r\n");
    CHECK(c.out.n == 0, "RFC 5321 section 4.1.1.4: no answer inside the text");
    CHECK(fake.deliveries == 0, "the delivery is let go of at once");
    say(&c, "MAIL FROM:<>\r\n.\r\n");
    CHECK(heard_last(&c, "552 5.3.4 ") && fake.messages == 0, "one refusal");
    say(&c, SENDER);
    CHECK(heard_last(&c, "250 "), "and the session goes on");
    hang_up(&c);
}

static void
check_exact_size(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    c.settings.limits.message_size = 12;
    say(&c, HELLO SENDER ANNA "DATA\r\n");
    say(&c, "ten octets\r\n.\r\n");
    CHECK(heard_last(&c, "250 "), "RFC 1870: the limit itself is allowed");
    say(&c, SENDER ANNA "DATA\r\n");
    say(&c, "ten octets!\r\n.\r\n");
    CHECK(heard_last(&c, "552 "), "one more is not");
    hang_up(&c);
}

static void
check_store_refuses(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    fake.fail_begin = FAIL_UNAVAILABLE;
    say(&c, HELLO SENDER ANNA "DATA\r\n");
    CHECK(heard_last(&c, "451 4.3.0 "), "no 354 while mailstored is away");
    fake.fail_begin = FAIL_FULL;
    say(&c, "DATA\r\n");
    CHECK(heard_last(&c, "452 4.3.1 "), "the transaction is still there");
    fake.fail_begin = 0;
    fake.fail_commit = FAIL_UNAVAILABLE;
    say(&c, "DATA\r\n");
    say(&c, "x\r\n.\r\n");
    CHECK(heard_last(&c, "451 4.3.0 ") && fake.messages == 0,
          "lost during the commit: the client tries again");
    say(&c, "DATA\r\n");
    CHECK(heard_last(&c, "503 "), "the transaction is over");
    hang_up(&c);
}

/* Is there room? RCPT asks, for those that are new. */
static void
check_quota(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    say(&c, HELLO "MAIL FROM:<> SIZE=77\r\n" ANNA);
    CHECK(heard_last(&c, "250 ") && fake.check_size == 77 &&
              span_is(buf_span(&fake.check_users), "anna@example.org "),
          "asked with the size that was announced");
    fake.fail_check = FAIL_QUOTA;
    say(&c, "RCPT TO:<ben@example.org>\r\n");
    CHECK(heard_last(&c, "452 4.2.2 "), "no room now");
    fake.fail_check = FAIL_OVERSIZE;
    say(&c, "RCPT TO:<ben@example.org>\r\n");
    CHECK(heard_last(&c, "552 5.2.2 "), "never");
    say(&c, ANNA);
    CHECK(heard_last(&c, "250 "), "who has it already is not asked about");
    fake.fail_check = FAIL_UNAVAILABLE;
    say(&c, "RCPT TO:<info@example.org>\r\n");
    CHECK(heard_last(&c, "250 ") &&
              span_is(buf_span(&fake.check_users), "ben@example.org "),
          "what else is wrong, DATA says; only ben is new");
    say(&c, "DATA\r\n");
    say(&c, "x\r\n.\r\n");
    CHECK(span_is(buf_span(&fake.recipients),
                  "anna@example.org/ ben@example.org/ "),
          "who was refused is not among them");
    fake.fail_commit = FAIL_QUOTA;
    say(&c, SENDER ANNA "DATA\r\n");
    say(&c, "x\r\n.\r\n");
    CHECK(heard_last(&c, "452 4.2.2 "), "somebody else was faster");
    hang_up(&c);
}

static void
check_disk_full(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    fake.disk_full = true;
    say(&c, HELLO SENDER ANNA "DATA\r\n");
    say(&c, "x\r\n.\r\n");
    CHECK(heard_last(&c, "452 4.3.1 ") && fake.messages == 0,
          "ENOSPC is a refusal that may pass");
    hang_up(&c);
}

static void
check_authd_away(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    say(&c, HELLO SENDER "RCPT TO:<away@example.org>\r\n");
    CHECK(heard_last(&c, "451 4.3.0 "), "authd cannot say now");
    say(&c, "DATA\r\n");
    CHECK(heard_last(&c, "503 "), "it was no recipient");
    hang_up(&c);
}

/* The client leaves at every moment at which an answer is outstanding. */
static void
check_leaving(void)
{
    static const char *const said[] = { HELLO SENDER ANNA,
                                        HELLO SENDER ANNA "DATA\r\n", NULL };
    struct client c;

    for (size_t i = 0; said[i] != NULL; i++) {
        connect_to(&c, "smtp", false);
        conn_test_input(c.conn, span_of(said[i]));
        CHECK(fake.due != NULL, "it waits");
        for (size_t answers = 0; answers < i; answers++) {
            fake_answer();
            conn_test_input(c.conn, span_of(""));
        }
        CHECK(fake.due != NULL, "it still waits");
        hang_up(&c);
    }
    connect_to(&c, "smtp", false);
    say(&c, HELLO SENDER ANNA "DATA\r\n");
    say(&c, "half a mess");
    hang_up(&c);
    CHECK(fake.messages == 0, "half a message is none");
    connect_to(&c, "smtp", false);
    say(&c, HELLO SENDER ANNA "DATA\r\n");
    conn_test_input(c.conn, span_of("x\r\n.\r\n"));
    hang_up(&c);
    connect_to(&c, "submissions", true);
    conn_test_input(c.conn, span_of(HELLO "AUTH PLAIN\r\n"));
    hang_up(&c);
}

/* While an answer is outstanding nothing else is read. */
static void
check_order(void)
{
    struct client c;

    connect_to(&c, "smtp", false);
    say(&c, HELLO SENDER);
    buf_clear(&c.out);
    c.next = conn_test_input(c.conn, span_of(ANNA "NOOP\r\nQUIT\r\n"));
    CHECK(c.next == NEXT_WAIT && c.out.n == 0, "all waits for authd");
    settle(&c);
    CHECK(heard(&c, "250 2.1.5 Recipient OK\r\n250 2.0.0 OK\r\n"
                    "221 2.0.0 Bye\r\n"),
          "then all is answered in order");
    hang_up(&c);
}

static void
check_login_hangs_up(void)
{
    struct client c;

    connect_to(&c, "submissions", true);
    fake.hang_up = true;
    say(&c, HELLO "AUTH PLAIN AGFubmFAZXhhbXBsZS5vcmcAd3Jvbmc=\r\n");
    CHECK(heard_last(&c, "535 5.7.8 ") && c.next == NEXT_CLOSE,
          "authd had enough of this one");
    hang_up(&c);
}

static void
check_target_limit(void)
{
    struct smtp_mail m = { 0 };
    struct auth_target t[2] = { { { "anna", 4 }, { 0 } },
                                { { "ben", 3 }, { "../../x", 7 } } };

    CHECK(smtp_mail_add_targets(&m, t, 2) && m.target_count == 2, "two");
    CHECK(m.targets[1].mailbox.n == 0,
          "a detail that is no mailbox name is INBOX");
    m.target_count = SMTP_TARGETS_MAX - 1;
    CHECK(!smtp_mail_add_targets(&m, t, 2), "one too many");
    m.target_count = 2;
    CHECK(smtp_mail_add_targets(&m, t, 2) && m.target_count == 2,
          "the same two once more change nothing");
    arena_clear(&m.arena);
    free(m.targets);
}

int
main(void)
{
    log_open("test", LOG_ERROR, LOG_TEXT);
    check_stored_text();
    check_one_copy_each();
    check_pieces();
    check_too_big();
    check_exact_size();
    check_store_refuses();
    check_quota();
    check_disk_full();
    check_authd_away();
    check_leaving();
    check_order();
    check_login_hangs_up();
    check_target_limit();
    fake_reset();
    return check_report();
}
