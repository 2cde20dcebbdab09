/*
 * What a dialogue cannot show: news from others, what happens when authd or
 * mailstored do not answer well, and clients that go away.
 */
#include "imapd-lite/limits.h"
#include "tests/imapd-lite/client.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* --- news ----------------------------------------------------------------- */

static void
check_idle(void)
{
    struct client c;

    connect_and_select(&c, 2);
    say(&c, "a IDLE\r\n");
    hear(&c, "+ Idling\r\n", "IDLE begins");
    buf_clear(&c.out);
    fake_deliver("INBOX", "Subject: x\r\n\r\n");
    settle(&c);
    hear(&c, "* 3 EXISTS\r\n* 3 RECENT\r\n", "a message came");
    buf_clear(&c.out);
    fake_flag("INBOX", 3, MAIL_SEEN);
    settle(&c);
    hear(&c, "* 3 FETCH (FLAGS (\\Seen \\Recent))\r\n", "flags changed");
    buf_clear(&c.out);
    fake_expunge("INBOX", 1);
    settle(&c);
    hear(&c, "* 1 EXPUNGE\r\n* 2 RECENT\r\n", "a message went");
    say(&c, "DONE\r\n");
    hear(&c, "a OK IDLE completed\r\n", "IDLE ends");
    fake_deliver("INBOX", "Subject: x\r\n\r\n");
    buf_clear(&c.out);
    settle(&c);
    hear(&c, "", "nothing is said without a command");
    say(&c, "b NOOP\r\n");
    hear(&c, "* 3 EXISTS\r\n* 3 RECENT\r\nb OK NOOP completed\r\n",
         "the next command tells it");
    hang_up(&c);
}

/* RFC 3501 section 7.4.1: not before the end of FETCH, STORE, SEARCH; the
 * forms with UID are other commands. */
static void
check_when_expunge(void)
{
    static const struct {
        const char *command;
        bool tells;
    } cases[] = {
        { "a FETCH 1:* UID\r\n", false },
        { "a STORE 2 +FLAGS.SILENT (\\Draft)\r\n", false },
        { "a SEARCH ALL\r\n", false },
        { "a UID FETCH 1:* UID\r\n", true },
        { "a UID STORE 2 +FLAGS.SILENT (\\Flagged)\r\n", true },
        { "a UID SEARCH ALL\r\n", true },
        { "a NOOP\r\n", true },
        { "a CHECK\r\n", true },
        { "a STATUS Sent (MESSAGES)\r\n", true },
        { "a COPY 3 Sent\r\n", true },
    };
    struct client c;

    for (size_t i = 0; i < COUNT(cases); i++) {
        connect_and_select(&c, 3);
        fake_expunge("INBOX", 1);
        say(&c, cases[i].command);
        CHECK(heard(&c, "* 1 EXPUNGE\r\n") == cases[i].tells, "%s",
              cases[i].command);
        CHECK(heard(&c, "a OK "), "%s succeeds", cases[i].command);
        say(&c, "b NOOP\r\n");
        CHECK(heard(&c, "* 1 EXPUNGE\r\n") != cases[i].tells, "told once: %s",
              cases[i].command);
        hang_up(&c);
    }
}

/* An expunged message that the client was not told of keeps its number. */
static void
check_expunged_number(void)
{
    struct client c;

    connect_and_select(&c, 3);
    fake_expunge("INBOX", 2);
    say(&c, "a STORE 3 +FLAGS (\\Seen)\r\n");
    hear(&c, "* 3 FETCH (FLAGS (\\Seen \\Recent))\r\na OK STORE completed\r\n",
         "number 3 is still the third");
    say(&c, "b COPY 2 Sent\r\n");
    hear(&c, "* 2 EXPUNGE\r\n* 2 RECENT\r\nb OK No matching messages\r\n",
         "what is gone is not copied");
    hang_up(&c);
}

static void
check_own_changes(void)
{
    struct client c;

    connect_and_select(&c, 2);
    say(&c, "a COPY 1 INBOX\r\n");
    CHECK(heard_start(&c, "* 3 EXISTS\r\n* 3 RECENT\r\na OK [COPYUID 1000 1 "
                          "3]"),
          "copied into itself");
    say(&c, "b APPEND INBOX {2+}\r\nhi\r\n");
    CHECK(heard_start(&c, "* 4 EXISTS\r\n* 4 RECENT\r\nb OK [APPENDUID 1000 "
                          "4]"),
          "APPEND to the open mailbox shows EXISTS");
    say(&c, "c UID MOVE 1:2 INBOX\r\n");
    CHECK(heard_start(&c, "* OK [COPYUID 1000 1:2 5:6] Moved\r\n"
                          "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 4 EXISTS\r\n"),
          "moved within itself: %.*s", SPAN(buf_span(&c.out)));
    hang_up(&c);
}

static void
check_gone(void)
{
    struct client c;

    connect_and_select(&c, 1);
    buf_clear(&c.out);
    fake.calls->gone(fake.calls_arg);
    settle(&c);
    hear(&c, "* BYE The mailbox is gone\r\n", "deleted by another session");
    CHECK(c.next == NEXT_CLOSE, "the session ends");
    hang_up(&c);
    connect_and_select(&c, 1);
    say(&c, "a IDLE\r\n");
    buf_clear(&c.out);
    fake.calls->gone(fake.calls_arg);
    settle(&c);
    hear(&c, "* BYE The mailbox is gone\r\n", "deleted while it idles");
    hang_up(&c);
}

/* --- owners that fail --------------------------------------------------------- */

/* RFC 5530 section 3. */
static void
check_codes(void)
{
    static const struct {
        enum fail kind;
        const char *answer;
    } cases[] = {
        { FAIL_NOT_FOUND, "a NO [NONEXISTENT] " },
        { FAIL_EXISTS, "a NO [ALREADYEXISTS] " },
        { FAIL_DENIED, "a NO [NOPERM] " },
        { FAIL_INVALID, "a NO [CANNOT] " },
        { FAIL_LIMIT, "a NO [LIMIT] " },
        { FAIL_FULL, "a NO [OVERQUOTA] " },
        { FAIL_BUSY, "a NO [INUSE] " },
        { FAIL_IO, "a NO [UNAVAILABLE] " },
        { FAIL_CORRUPT, "a NO [CORRUPTION] " },
        { FAIL_UNAVAILABLE, "a NO [UNAVAILABLE] " },
        { FAIL_QUOTA, "a NO [OVERQUOTA] " },
        { FAIL_OVERSIZE, "a NO [OVERQUOTA] " },
    };
    struct client c;

    connect_and_select(&c, 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        fake.fail_next = cases[i].kind;
        say(&c, "a SUBSCRIBE INBOX\r\n");
        CHECK(heard_start(&c, cases[i].answer), "kind %d: %.*s",
              (int)cases[i].kind, SPAN(buf_span(&c.out)));
        CHECK(!heard(&c, "as the test"), "our reasons are not told");
    }
    hang_up(&c);
}

/* Every command that asks the store says NO when the store does. */
static void
check_failing_store(void)
{
    static const char *const commands[] = {
        "a LIST \"\" *\r\n",
        "a LSUB \"\" *\r\n",
        "a STATUS INBOX (MESSAGES)\r\n",
        "a CREATE y\r\n",
        "a DELETE x\r\n",
        "a RENAME x y\r\n",
        "a SUBSCRIBE x\r\n",
        "a UNSUBSCRIBE x\r\n",
        "a STORE 1 FLAGS (\\Seen)\r\n",
        "a STORE 1 FLAGS.SILENT (\\Seen)\r\n",
        "a COPY 1 Sent\r\n",
        "a MOVE 1 Sent\r\n",
        "a EXPUNGE\r\n",
        "a UID EXPUNGE 1\r\n",
        "a CLOSE\r\n",
        "a APPEND Sent {2+}\r\nhi\r\n",
        "a SELECT Sent\r\n",
    };
    struct client c;

    for (size_t i = 0; i < COUNT(commands); i++) {
        connect_and_select(&c, 1);
        say(&c, "c CREATE x\r\n");
        fake.fail_next = FAIL_UNAVAILABLE;
        say(&c, commands[i]);
        CHECK(heard(&c, "a NO [UNAVAILABLE] "), "%s: %.*s", commands[i],
              SPAN(buf_span(&c.out)));
        say(&c, "b NOOP\r\n");
        CHECK(heard(&c, "b OK "), "it goes on after %s", commands[i]);
        hang_up(&c);
    }
}

static void
check_failing_login(void)
{
    struct client c;

    connect_to(&c, 0);
    buf_clear(&c.out);
    c.next = conn_test_input(c.conn, span_of(LOGIN));
    fake.outcome = AUTH_TEMPFAIL;
    settle(&c);
    CHECK(heard_start(&c, "l NO [UNAVAILABLE] "), "authd is away");
    fake.fail_next = FAIL_UNAVAILABLE;
    say(&c, LOGIN);
    CHECK(heard_start(&c, "l NO [UNAVAILABLE] "), "mailstored is away");
    CHECK(!fake.is_in, "no session is left");
    say(&c, LOGIN);
    CHECK(heard_start(&c, "l OK "), "and is back");
    hang_up(&c);
    connect_to(&c, 0);
    buf_clear(&c.out);
    c.next = conn_test_input(c.conn, span_of(LOGIN));
    fake.outcome = AUTH_LIMIT;
    fake.hang_up = true;
    settle(&c);
    CHECK(heard_start(&c, "l NO [LIMIT] ") && heard(&c, "* BYE ") &&
              c.next == NEXT_CLOSE,
          "authd wants the connection to end");
    hang_up(&c);
}

static void
check_login_time(void)
{
    struct client c;

    connect_to(&c, 0);
    hang_up(&c);
    fake_reset(0);
    c.settings.limits.login_timeout = 0;
    c.shared.settings = &c.settings;
    c.conn =
        conn_new_for_test(imap_protocol(), &c.shared, "imap", false, &c.out);
    CHECK(heard(&c, "* BYE You did not log in in time\r\n"),
          "the deadline is absolute");
    hang_up(&c);
}

/* --- APPEND --------------------------------------------------------------------- */

static void
check_long_append(void)
{
    struct buf message = { 0 };
    struct client c;
    const struct fake_message *m;

    for (int i = 0; i < 20000; i++)
        buf_printf(&message, "line %d\n", i);
    connect_to(&c, 0);
    say(&c, LOGIN);
    buf_clear(&c.out);
    c.next = conn_test_input(c.conn, span_of("a APPEND Sent "));
    {
        struct buf head = { 0 };

        buf_printf(&head, "{%zu+}\r\n", message.n);
        say_bytes(&c, buf_span(&head));
        buf_free(&head);
    }
    say_bytes(&c, buf_span(&message));
    hear(&c, "", "the command has not ended");
    say(&c, "\r\n");
    CHECK(heard_start(&c, "a OK [APPENDUID "), "appended");
    m = &fake_named("Sent")->messages[0];
    CHECK(m->text.n == message.n + 20000 && m->row.size == m->text.n,
          "every LF became CR LF");
    CHECK(m->summary.n > 0, "with its summary");
    buf_free(&message);
    hang_up(&c);
}

static void
check_append_commit_fails(void)
{
    struct client c;

    connect_to(&c, 0);
    say(&c, LOGIN "a APPEND Sent {2}\r\n");
    CHECK(heard(&c, "+ "), "the literal is asked for");
    say(&c, "hi");
    fake.fail_next = FAIL_FULL;
    say(&c, "\r\n");
    CHECK(heard_start(&c, "a NO [OVERQUOTA] "), "no room at the commit");
    CHECK(fake_named("Sent")->count == 0 && !fake.delivering,
          "nothing is there");
    hang_up(&c);
}

/* Cut anywhere, nothing is left behind (hang_up looks). */
static void
check_leaving(void)
{
    static const char script[] = LOGIN SELECT
        "a APPEND INBOX (\\Seen) {5+}\r\nhello\r\nb LIST \"\" *\r\n"
        "c COPY 1 Sent\r\nd IDLE\r\nDONE\r\ne AUTHENTICATE\r\n";
    struct client c;

    for (size_t n = 0; n < sizeof script; n++) {
        connect_to(&c, 1);
        c.next = conn_test_input(c.conn, span_from(script, n));
        hang_up(&c);
        connect_to(&c, 1);
        say_bytes(&c, span_from(script, n));
        hang_up(&c);
    }
    connect_to(&c, 0);
    say(&c, "a AUTHENTICATE PLAIN\r\n");
    hang_up(&c);
}

static void
check_starttls_forgets(void)
{
    struct client c;

    connect_to(&c, 0);
    say(&c, "a STARTTLS\r\nb LOGIN anna@example.org {11+}\r\nanna-secret\r\n");
    CHECK(heard(&c, "a OK ") && !heard(&c, "b "), "what followed is dropped");
    CHECK(fake.asked_authd == 0, "authd was not asked");
    say(&c, "c STARTTLS\r\n");
    CHECK(heard_start(&c, "c BAD "), "once is enough");
    say(&c, LOGIN);
    CHECK(heard_start(&c, "l OK "), "inside TLS");
    hang_up(&c);
}

int
main(void)
{
    log_open("test", LOG_ERROR + 1, LOG_TEXT);
    check_idle();
    check_when_expunge();
    check_expunged_number();
    check_own_changes();
    check_gone();
    check_codes();
    check_failing_store();
    check_failing_login();
    check_login_time();
    check_long_append();
    check_append_commit_fails();
    check_leaving();
    check_starttls_forgets();
    fake_end();
    return check_report();
}
