/* SEARCH over many messages, and where the store does not give them. */
#include "base/log.h"
#include "tests/imapd-lite/client.h"

/* Rows, summaries and files, in more than one batch. */
static void
check_many(void)
{
    struct client c;

    connect_and_select(&c, 300);
    say(&c, "a SEARCH RETURN (MIN MAX COUNT ALL) NOT SEEN\r\n");
    hear(&c,
         "* ESEARCH (TAG \"a\") MIN 1 MAX 300 COUNT 300 ALL 1:300\r\n"
         "a OK SEARCH completed\r\n",
         "rows");
    say(&c, "b SEARCH RETURN () OR 200:250 SUBJECT \"message 29\"\r\n");
    hear(&c,
         "* ESEARCH (TAG \"b\") ALL 29,200:250,290:299\r\n"
         "b OK SEARCH completed\r\n",
         "rows and summaries, in order");
    CHECK(fake_find(1)->summary.n > 0, "summaries were made and stored");
    say(&c, "c UID SEARCH RETURN (COUNT) BODY \"starts with\"\r\n");
    hear(&c,
         "* ESEARCH (TAG \"c\") UID COUNT 300\r\n"
         "c OK UID SEARCH completed\r\n",
         "files");
    hang_up(&c);
}

/* Small messages come many at a time, others by themselves. */
static void
check_bundles(void)
{
    struct buf large = { 0 };
    struct client c;

    connect_and_select(&c, 150);
    buf_put_text(&large, "Subject: large\r\n\r\n");
    while (large.n <= STORE_BUNDLED_MAX)
        buf_put_text(&large, "many lines\r\n");
    buf_put_text(&large, "starts with the end\r\n");
    fake_deliver("INBOX", buf_text(&large));
    fake_deliver("INBOX", "Subject: last\r\n\r\nIt starts with this\r\n");
    say(&c, "a NOOP\r\n");
    fake.unbundled = 70;
    say(&c, "b SEARCH RETURN (ALL) BODY \"starts with\"\r\n");
    hear(&c,
         "* ESEARCH (TAG \"b\") ALL 1:152\r\n"
         "b OK SEARCH completed\r\n",
         "all of them, however they come");
    CHECK(fake.bundles == 4, "two to summarise, two to search: %u bundles",
          fake.bundles);
    say(&c, "c SEARCH RETURN (ALL) OR 3:5 TEXT \"with the end\"\r\n");
    hear(&c,
         "* ESEARCH (TAG \"c\") ALL 3:5,151\r\n"
         "c OK SEARCH completed\r\n",
         "the large one's end");
    CHECK(fake.bundles == 6, "two to search: %u bundles", fake.bundles);
    say(&c, "d SEARCH RETURN (ALL) 151 BODY \"with the end\"\r\n");
    say(&c, "e SEARCH RETURN (ALL) 2 BODY \"starts with\"\r\n");
    hear(&c,
         "* ESEARCH (TAG \"e\") ALL 2\r\n"
         "e OK SEARCH completed\r\n",
         "one");
    CHECK(fake.bundles == 6, "one message is no bundle");
    fake.unbundled = 0;
    fake.bundles = 0;
    buf_free(&large);
    hang_up(&c);
}

static void
check_gone(void)
{
    struct client c;

    connect_and_select(&c, 4);
    fake_expunge("INBOX", 2);
    say(&c, "a SEARCH ALL\r\n");
    hear(&c, "* SEARCH 1 2 3 4\r\na OK SEARCH completed\r\n",
         "its number is still taken");
    say(&c, "b SEARCH BODY line\r\n");
    hear(&c, "* SEARCH 1 3 4\r\nb OK SEARCH completed\r\n",
         "but there is nothing to look through");
    say(&c, "c UID SEARCH FROM carl\r\n");
    hear(&c,
         "* SEARCH 1 3 4\r\n* 2 EXPUNGE\r\n* 3 RECENT\r\n"
         "c OK UID SEARCH completed\r\n",
         "UIDs");
    say(&c, "d SEARCH FROM carl\r\n");
    hear(&c, "* SEARCH 1 2 3\r\nd OK SEARCH completed\r\n", "new numbers");
    hang_up(&c);
}

static void
check_store_fails(void)
{
    struct client c;

    connect_and_select(&c, 2);
    fake.fail_next = FAIL_UNAVAILABLE;
    say(&c, "a SEARCH SUBJECT x\r\n");
    CHECK(heard_start(&c, "a NO [UNAVAILABLE] "), "no summaries");
    say(&c, "b SEARCH SUBJECT message\r\n");
    hear(&c, "* SEARCH 1 2\r\nb OK SEARCH completed\r\n", "now they are");
    fake.fail_next = FAIL_IO;
    say(&c, "c SEARCH UNSEEN\r\n");
    hear(&c, "* SEARCH 1 2\r\nc OK SEARCH completed\r\n", "rows ask nobody");
    fake.fail_next = 0;
    hang_up(&c);
}

/* The client goes away in the middle: nothing is left behind. */
static void
check_client_leaves(void)
{
    struct client c;

    connect_and_select(&c, 3);
    buf_clear(&c.out);
    c.next = conn_test_input(c.conn, span_of("a SEARCH BODY line\r\n"));
    CHECK(c.next == NEXT_WAIT && fake.ask.due != NULL, "it waits");
    fake_answer();
    c.next = conn_test_input(c.conn, span_of(""));
    CHECK(c.next == NEXT_WAIT && fake.ask.due != NULL, "for a file");
    hang_up(&c);
}

/* Long answers leave in pieces. */
static void
check_long_answer(void)
{
    struct client c;
    struct span rest;
    struct span number;
    size_t count = 0;

    connect_and_select(&c, 300);
    say(&c, "a STORE 1:300 FLAGS.SILENT (\\Seen)\r\n");
    for (unsigned i = 2; i <= 300; i += 2)
        fake_flag("INBOX", i, 0);
    say(&c, "b SEARCH SEEN\r\n");
    rest = buf_span(&c.out);
    CHECK(span_cut(&rest, '\n', &number), "a line");
    rest = number;
    while (span_cut(&rest, ' ', &number))
        count++;
    CHECK(count == 2 + 150, "%zu words", count);
    say(&c, "c SEARCH RETURN () SEEN\r\n");
    CHECK(heard_start(&c, "* ESEARCH (TAG \"c\") ALL 1,3,5,7,") &&
              heard(&c, ",297,299\r\nc OK"),
          "as a set");
    hang_up(&c);
}

int
main(void)
{
    log_open("test", LOG_ERROR + 1, LOG_TEXT);
    check_many();
    check_bundles();
    check_gone();
    check_store_fails();
    check_client_leaves();
    check_long_answer();
    fake_end();
    return check_report();
}
