/* FETCH where the store does not give all that was asked for. */
#include "base/log.h"
#include "tests/imapd-lite/client.h"

#define BODY_1 "line 1\r\n.line 2 starts with a dot\r\nline 3\r\n"

static void
check_no_summaries(void)
{
    struct client c;
    struct fake_message *m;

    connect_and_select(&c, 2);
    say(&c, "a FETCH 1:2 (BODY.PEEK[1]<0.4>)\r\n");
    hear(&c,
         "* 1 FETCH (BODY[1]<0> {4}\r\nline)\r\n"
         "* 2 FETCH (BODY[1]<0> {4}\r\nline)\r\na OK FETCH completed\r\n",
         "they are made");
    m = fake_find(2);
    CHECK(m->summary.n > 0, "and stored");
    buf_clear(&m->summary);
    buf_put_text(&m->summary, "\x7fnot a summary");
    say(&c, "b FETCH 2 BODY\r\n");
    CHECK(heard_start(&c, "* 2 FETCH (BODY (\"text\" \"plain\" "),
          "made anew where what is stored cannot be read");
    CHECK(m->summary.p[0] != '\x7f', "and replaced");
    hang_up(&c);
}

/* RFC 2180 section 4.1.2. */
static void
check_gone(void)
{
    struct client c;

    connect_and_select(&c, 3);
    fake_expunge("INBOX", 2);
    say(&c, "a FETCH 1:3 BODY.PEEK[HEADER.FIELDS (Subject)]<9.9>\r\n");
    hear(&c,
         "* 1 FETCH (BODY[HEADER.FIELDS (Subject)]<9> {9}\r\nmessage 1)\r\n"
         "* 3 FETCH (BODY[HEADER.FIELDS (Subject)]<9> {9}\r\nmessage 3)\r\n"
         "a NO [EXPUNGEISSUED] Some of them have been expunged\r\n",
         "the others are there");
    say(&c, "b FETCH 2 (UID FLAGS RFC822.SIZE)\r\n");
    hear(&c,
         "* 2 FETCH (UID 2 FLAGS (\\Recent) RFC822.SIZE 99)\r\n"
         "b OK FETCH completed\r\n",
         "what needs no file is still known");
    say(&c, "c FETCH 2:3 (BODY[])\r\n");
    CHECK(heard_start(&c, "* 3 FETCH (FLAGS (\\Seen \\Recent) BODY[] {99}\r\n"),
          "the first is gone");
    say(&c, "d UID FETCH 1:* UID\r\n");
    hear(&c,
         "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n"
         "* 2 EXPUNGE\r\n* 2 RECENT\r\nd OK UID FETCH completed\r\n",
         "until it is announced");
    hang_up(&c);
}

static void
check_store_fails(void)
{
    struct client c;

    connect_and_select(&c, 2);
    fake.fail_next = FAIL_UNAVAILABLE;
    say(&c, "a FETCH 1:2 ENVELOPE\r\n");
    CHECK(heard_start(&c, "a NO [UNAVAILABLE] "), "no summaries");
    fake.fail_next = FAIL_IO;
    say(&c, "b FETCH 1:2 BODY.PEEK[]\r\n");
    CHECK(heard_start(&c, "b NO [UNAVAILABLE] "), "no file");
    fake.fail_next = FAIL_FULL;
    say(&c, "c FETCH 1 BODY[]<0.4>\r\n");
    hear(&c,
         "* 1 FETCH (FLAGS (\\Recent) BODY[]<0> {4}\r\nFrom)\r\n"
         "c OK FETCH completed\r\n",
         "what can be read is, where \\Seen cannot be kept");
    hang_up(&c);
}

/* The file is shorter than it was said to be. */
static void
check_short_file(void)
{
    struct client c;

    connect_and_select(&c, 2);
    fake.promised = 1000;
    say(&c, "a FETCH 1:2 (UID BODY.PEEK[])\r\n");
    CHECK(heard_start(&c, "a NO ["), "nothing of its response was sent");
    CHECK(c.next != NEXT_CLOSE, "so the session goes on");
    fake.promised = 0;
    say(&c, "b FETCH 2 BODY.PEEK[1]\r\n");
    hear(&c,
         "* 2 FETCH (BODY[1] {43}\r\n" BODY_1 ")\r\nb OK FETCH completed\r\n",
         "and the next command is answered");
    hang_up(&c);
}

/* One section leaves, the next cannot be read: the response has no end. */
static void
check_broken_off(void)
{
    struct buf text = { 0 };
    struct client c;
    size_t at;

    connect_and_select(&c, 0);
    buf_put_text(&text, "Subject: x\r\n\r\n");
    for (size_t i = 0; i < 5000; i++)
        buf_put_text(&text, "0123456789\r\n");
    fake_deliver("INBOX", buf_text(&text));
    say(&c, "n NOOP\r\n");
    fake.promised = text.n + 100;
    say(&c, "a FETCH 1 (BODY.PEEK[]<0.60000> BODY.PEEK[]<60014.100> UID)\r\n");
    CHECK(heard_start(&c, "* 1 FETCH (BODY[]<0> {60000}\r\nSubject: x"),
          "the first section");
    CHECK(!span_search(buf_span(&c.out), span_of("<60014>"), &at) &&
              !heard(&c, "UID"),
          "nothing of the second");
    CHECK(c.next == NEXT_CLOSE || c.next == NEXT_WAIT, "the connection ends");
    buf_clear(&c.out);
    c.next = conn_test_input(c.conn, span_of("b NOOP\r\n"));
    hear(&c, "", "no command is answered any more");
    conn_test_free(&c.conn);
    buf_free(&c.out);
    buf_free(&text);
}

/* More than a batch, and more than is queued at once. */
static void
check_many(void)
{
    struct client c;
    struct span rest;
    struct span line;
    size_t count = 0;

    connect_and_select(&c, 300);
    say(&c, "a FETCH 1:* (UID ENVELOPE BODY[1])\r\n");
    CHECK(heard(&c, "\r\na OK FETCH completed\r\n"), "all of them");
    rest = buf_span(&c.out);
    while (span_cut(&rest, '\n', &line))
        count += span_starts(line, "* ") ? 1 : 0;
    CHECK(count == 300, "%zu responses", count);
    say(&c, "b UID FETCH 300:* FLAGS\r\n");
    hear(&c,
         "* 300 FETCH (UID 300 FLAGS (\\Seen \\Recent))\r\n"
         "b OK UID FETCH completed\r\n",
         "all are \\Seen, and were told so");
    hang_up(&c);
}

/* A header larger than is looked at for its fields. */
static void
check_large_header(void)
{
    struct buf text = { 0 };
    struct client c;

    connect_and_select(&c, 0);
    buf_put_text(&text, "Subject: x\r\n");
    for (size_t i = 0; i < 100000; i++)
        buf_put_text(&text, "X-Fill: 0123456789\r\n");
    buf_put_text(&text, "X-Last: y\r\n\r\nbody\r\n");
    fake_deliver("INBOX", buf_text(&text));
    say(&c, "n NOOP\r\n");
    say(&c, "a FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject X-Last)]\r\n");
    hear(&c,
         "* 1 FETCH (BODY[HEADER.FIELDS (Subject X-Last)] {14}\r\n"
         "Subject: x\r\n\r\n)\r\na OK FETCH completed\r\n",
         "its beginning");
    say(&c, "b FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (Subject)]<1048560.99>\r\n");
    CHECK(heard(&c, "\r\n\r\n)\r\nb OK FETCH completed\r\n"),
          "cut, but it ends as a header does");
    say(&c, "c FETCH 1 BODY.PEEK[HEADER]<2000012.99>\r\n");
    hear(&c,
         "* 1 FETCH (BODY[HEADER]<2000012> {13}\r\nX-Last: y\r\n\r\n)\r\n"
         "c OK FETCH completed\r\n",
         "HEADER has all of it");
    hang_up(&c);
    buf_free(&text);
}

int
main(void)
{
    log_open("test", LOG_ERROR + 1, LOG_TEXT);
    check_no_summaries();
    check_gone();
    check_store_fails();
    check_short_file();
    check_broken_off();
    check_many();
    check_large_header();
    fake_end();
    return check_report();
}
