/*
 * What a dialogue cannot show: what reaches the store, and what happens when
 * it does not answer well.
 */
#include "net/conn.h"
#include "pop3d/session.h"
#include "tests/check.h"
#include "tests/pop3d/fake.h"

#define LOGIN "USER anna@example.org\r\nPASS anna-secret\r\n"

struct client {
    struct settings settings;
    struct pop3_service service;
    struct conn *conn;
    struct buf out;
    enum next next;
};

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
heard_end(const struct client *c, const char *text)
{
    return span_ends(buf_span(&c->out), text);
}

static void
connect_with(struct client *c, unsigned mails)
{
    fake_reset();
    *c = (struct client){ .settings.limits.login_timeout = 60 };
    c->service.settings = &c->settings;
    fake.mails = mails;
    c->conn =
        conn_new_for_test(&pop3_protocol, &c->service, "pop3s", true, &c->out);
}

static void
hang_up(struct client *c)
{
    conn_test_free(&c->conn);
    buf_free(&c->out);
    CHECK(!fake.is_in, "the store's session is ended");
    CHECK(fake.due == NULL, "nobody waits for an answer any more");
}

static bool
noted(const char *text)
{
    return span_is(buf_span(&fake.log), text);
}

static void
check_lock(void)
{
    struct client c;

    connect_with(&c, 1);
    fake.fail_open = FAIL_BUSY;
    say(&c, LOGIN);
    CHECK(heard_end(&c, "-ERR [IN-USE] Another session has the mailbox\r\n"),
          "RFC 2449 section 8.1.1");
    CHECK(!fake.is_in, "back to AUTHORIZATION, and out of the store");
    fake.fail_open = 0;
    say(&c, LOGIN);
    CHECK(heard_end(&c, "+OK 1 messages (99 octets)\r\n"), "then it is free");
    CHECK(fake.how == STORE_EXCLUSIVE, "RFC 1939 section 4: a lock");
    hang_up(&c);
    connect_with(&c, 1);
    fake.fail_open = FAIL_UNAVAILABLE;
    say(&c, LOGIN);
    CHECK(heard_end(&c, "-ERR [SYS/TEMP] Temporary failure, "
                        "try again later\r\n"),
          "mailstored is away");
    hang_up(&c);
}

static void
check_update(void)
{
    struct client c;

    connect_with(&c, 5);
    say(&c, LOGIN);
    say(&c, "RETR 1\r\nRETR 2\r\nTOP 3 0\r\nDELE 2\r\nDELE 4\r\nRSET\r\n"
            "DELE 4\r\nDELE 5\r\n");
    CHECK(noted(""), "nothing happens before QUIT");
    say(&c, "QUIT\r\n");
    CHECK(noted("seen 1:2;expunge 4:5;"), "RFC 1939 section 6: %s",
          buf_text(&fake.log));
    CHECK(heard(&c, "+OK Bye\r\n") && c.next == NEXT_CLOSE, "all is gone");
    hang_up(&c);
}

static void
check_update_fails(void)
{
    struct client c;

    connect_with(&c, 2);
    fake.fail_seen = FAIL_IO;
    say(&c, LOGIN "RETR 1\r\n");
    say(&c, "QUIT\r\n");
    CHECK(heard(&c, "+OK Bye\r\n"), "\\Seen is not the client's concern");
    hang_up(&c);
    connect_with(&c, 2);
    fake.fail_remove = FAIL_UNAVAILABLE;
    say(&c, LOGIN "DELE 1\r\n");
    say(&c, "QUIT\r\n");
    CHECK(heard(&c, "-ERR [SYS/TEMP] Some deleted messages were not "
                    "removed\r\n") &&
              c.next == NEXT_CLOSE,
          "RFC 1939 section 6: said, and closed all the same");
    hang_up(&c);
}

static void
check_no_quit(void)
{
    struct client c;

    connect_with(&c, 2);
    say(&c, LOGIN "RETR 1\r\nDELE 1\r\n");
    hang_up(&c);
    CHECK(noted(""), "RFC 1939 section 6: no QUIT, no removal");
}

static void
check_keep(void)
{
    struct client c;

    connect_with(&c, 3);
    c.settings.pop3.remove = POP3_DELETE_KEEP;
    fake.rows[0].flags = MAIL_DELETED;
    say(&c, LOGIN "UIDL\r\nDELE 1\r\n");
    CHECK(heard_end(&c, "1 0000000200001234\r\n2 0000000300001234\r\n.\r\n"
                        "+OK Marked as deleted\r\n"),
          "what was deleted in an earlier session is not listed");
    say(&c, "QUIT\r\n");
    CHECK(noted("deleted 2;"), "flagged, not removed");
    hang_up(&c);
}

/* A message keeps what another server called it (RFC 1939 section 7). */
static void
check_moved_in(void)
{
    struct client c;

    connect_with(&c, 3);
    fake.second_uidl = "UID2-77";
    say(&c, LOGIN "UIDL\r\nUIDL 2\r\n");
    CHECK(heard_end(&c, "1 0000000100001234\r\n2 UID2-77\r\n"
                        "3 0000000300001234\r\n.\r\n+OK 2 UID2-77\r\n"),
          "the imported id, and ours for the others");
    hang_up(&c);
    connect_with(&c, 3);
    fake.fail_uidls = FAIL_IO;
    say(&c, LOGIN);
    CHECK(span_search(buf_span(&c.out), span_of("-ERR"), &(size_t){ 0 }),
          "no maildrop rather than one with wrong ids");
    CHECK(!fake.is_in, "back to AUTHORIZATION");
    hang_up(&c);
}

static void
check_gone_message(void)
{
    struct client c;

    connect_with(&c, 2);
    say(&c, LOGIN);
    fake.fail_message = FAIL_NOT_FOUND;
    say(&c, "RETR 2\r\n");
    CHECK(heard(&c, "-ERR It is not there any more\r\n"),
          "never another message");
    fake.fail_message = 0;
    say(&c, "TOP 2 0\r\n");
    CHECK(heard_end(&c, "\r\n.\r\n"), "the session goes on");
    hang_up(&c);
}

/* A file that became shorter must not look like a whole message. */
static void
check_short_file(void)
{
    struct client c;

    connect_with(&c, 1);
    say(&c, LOGIN);
    fake.promised = 100000;
    say(&c, "RETR 1\r\n");
    CHECK(c.next == NEXT_CLOSE && !heard_end(&c, "\r\n.\r\n"),
          "cut off without its end");
    hang_up(&c);
}

static void
check_text_edges(void)
{
    struct client c;

    connect_with(&c, 1);
    fake.text = "A: b\r\n\r\n.\r\n..\r\nno end";
    say(&c, LOGIN);
    say(&c, "RETR 1\r\n");
    CHECK(heard(&c, "+OK 21 octets\r\nA: b\r\n\r\n..\r\n...\r\nno end\r\n"
                    ".\r\n"),
          "dots are stuffed, the last line is ended; got %s", buf_text(&c.out));
    fake.text = "";
    say(&c, "RETR 1\r\nTOP 1 5\r\n");
    CHECK(heard(&c, "+OK 0 octets\r\n.\r\n"
                    "+OK Top of message follows\r\n.\r\n"),
          "an empty message is only its end");
    hang_up(&c);
}

static size_t
lines_in(struct span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void
check_long_answers(void)
{
    struct client c;
    struct buf text = { 0 };

    connect_with(&c, FAKE_MESSAGES_MAX);
    say(&c, LOGIN);
    say(&c, "LIST\r\n");
    CHECK(lines_in(buf_span(&c.out)) == FAKE_MESSAGES_MAX + 2,
          "a line each, one before, one behind");
    CHECK(heard_end(&c, "\r\n.\r\n"), "whole");
    for (int i = 0; i < 20000; i++)
        buf_put_text(&text, ".a line of some length\r\n");
    fake.text = buf_text(&text);
    say(&c, "RETR 1\r\nNOOP\r\n");
    CHECK(c.out.n > text.n + 20000, "all of it, each dot doubled");
    CHECK(heard_end(&c, "length\r\n.\r\n+OK\r\n"), "in order");
    hang_up(&c);
    buf_free(&text);
}

/* The client leaves at every moment at which an answer is outstanding. */
static void
check_leaving(void)
{
    struct client c;

    for (int answers = 0; answers < 3; answers++) {
        connect_with(&c, 1);
        conn_test_input(c.conn, span_of(LOGIN));
        for (int i = 0; i < answers; i++) {
            fake_answer();
            conn_test_input(c.conn, span_of(""));
        }
        CHECK(fake.due != NULL, "it waits after %d answers", answers);
        hang_up(&c);
    }
    connect_with(&c, 1);
    say(&c, LOGIN);
    conn_test_input(c.conn, span_of("RETR 1\r\n"));
    CHECK(fake.due != NULL, "it waits for the message");
    hang_up(&c);
}

static void
check_login_time(void)
{
    struct client c;

    connect_with(&c, 1);
    hang_up(&c);
    c.settings.limits.login_timeout = 0;
    c.conn =
        conn_new_for_test(&pop3_protocol, &c.service, "pop3s", true, &c.out);
    say(&c, "CAPA\r\n");
    CHECK(c.next == NEXT_CLOSE, "the deadline is absolute");
    hang_up(&c);
}

int
main(void)
{
    log_open("test", LOG_ERROR + 1, LOG_TEXT);
    check_lock();
    check_update();
    check_update_fails();
    check_no_quit();
    check_keep();
    check_moved_in();
    check_gone_message();
    check_short_file();
    check_text_edges();
    check_long_answers();
    check_leaving();
    check_login_time();
    fake_reset();
    return check_report();
}
