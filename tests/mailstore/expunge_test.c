/* Expunging: views, files, UIDs that never come back. */
#include "tests/mailstore/store_rig.h"

#define ANNA "anna@example.org"
#define TEXT "Subject: one\r\n\r\nhello\r\n"

static void
test_expunge(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct store_session *y = rig_login(r, ANNA);
    struct rig_seen sx;
    struct rig_seen sy;
    struct buf text = { 0 };
    struct error e;

    for (int i = 0; i < 5; i++)
        rig_deliver(r, ANNA, TEXT);
    rig_open(r, x, "INBOX", 0, &sx);
    rig_open(r, y, "INBOX", 0, &sy);
    rig_flag(r, x, 2, 4, STORE_FLAGS_ADD, MAIL_DELETED, NULL);
    CHECK(rig_expunge(r, x, 1, 3, true), "UID EXPUNGE 1:3");
    CHECK(numset_count(&sx.expunged) == 2 && numset_has(&sx.expunged, 3),
          "those with \\Deleted, told before the end");
    rig_sleep(r, 20);
    CHECK(numset_count(&sy.expunged) == 2, "the other view is told too");
    CHECK(rig_read(r, y, 2, &text, &e) && span_is(buf_span(&text), TEXT),
          "it can read what it may not have announced yet");
    rig_sleep(r, 600);
    CHECK(rig_count(r, "example.org/anna/cur") +
                  rig_count(r, "example.org/anna/new") ==
              5,
          "so the files stay");
    store_logout(&y);
    rig_sleep(r, 600);
    CHECK(rig_count(r, "example.org/anna/cur") +
                  rig_count(r, "example.org/anna/new") ==
              3,
          "until that view is closed");
    CHECK(!rig_read(r, x, 2, &text, &e) && e.kind == FAIL_NOT_FOUND,
          "then it is gone");
    CHECK(rig_expunge(r, x, 1, UINT32_MAX, false) && sx.expunged.n > 0,
          "the rest");
    CHECK(rig_deliver(r, ANNA, TEXT) == 6, "UIDs go on (S2)");
    store_logout(&x);
    rig_seen_free(&sx);
    rig_seen_free(&sy);
    buf_free(&text);
}

static void
test_replay(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct store_session *y = rig_login(r, ANNA);
    struct rig_seen sx;
    struct rig_seen sy;
    struct buf list;

    rig_sleep(r, 600);
    rig_open(r, x, "INBOX", 0, &sx);
    rig_open(r, y, "INBOX", 0, &sy);
    CHECK(sx.view->count == 1, "one message");
    rig_expunge(r, x, 6, 6, false);
    CHECK(rig_count(r, "example.org/anna/cur") +
                  rig_count(r, "example.org/anna/new") ==
              1,
          "kept for the other");
    rig_seen_free(&sx);
    rig_seen_free(&sy);
    store_logout(&x);
    store_logout(&y);
    rig_stop(r);
    rig_start(r);
    rig_sleep(r, 600);
    CHECK(rig_count(r, "example.org/anna/cur") +
                  rig_count(r, "example.org/anna/new") ==
              0,
          "removed after a restart");
    x = rig_login(r, ANNA);
    list = rig_list(r, x, "INBOX");
    CHECK(span_is(buf_span(&list),
                  "INBOX flags=1 messages=0 unseen=0 recent=0\n"),
          "the counts agree: %s", buf_text(&list));
    buf_free(&list);
    store_logout(&x);
}

static void
test_many(struct rig *r)
{
    struct store_session *x = rig_login(r, "many@example.org");
    struct rig_seen s;

    for (int i = 0; i < 700; i++)
        rig_deliver(r, "many@example.org", TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    rig_flag(r, x, 1, 600, STORE_FLAGS_ADD, MAIL_DELETED, NULL);
    CHECK(rig_expunge(r, x, 1, UINT32_MAX, true) &&
              numset_count(&s.expunged) == 600,
          "in several pieces");
    rig_sleep(r, 1500);
    CHECK(rig_count(r, "example.org/many/cur") +
                  rig_count(r, "example.org/many/new") ==
              100,
          "their files are gone");
    store_logout(&x);
    rig_seen_free(&s);
}

static void
test_pop3(struct rig *r)
{
    struct store_session *x =
        rig_login_on(r, r->pop3, "pop3", "many@example.org");
    struct store_session *y =
        rig_login_on(r, r->pop3, "pop3", "many@example.org");
    struct store_session *z = rig_login(r, "many@example.org");
    struct rig_seen s;
    struct rig_seen t;

    CHECK(rig_open(r, x, "INBOX", STORE_EXCLUSIVE, &s) != NULL, "POP3's lock");
    CHECK(rig_open(r, y, "INBOX", STORE_EXCLUSIVE, &t) == NULL &&
              t.a.e.kind == FAIL_BUSY,
          "is had by one");
    rig_seen_free(&t);
    CHECK(rig_open(r, z, "INBOX", 0, &t) != NULL, "IMAP does not mind");
    rig_seen_free(&s);
    store_logout(&x);
    CHECK(rig_open(r, y, "INBOX", STORE_EXCLUSIVE, &s) != NULL,
          "free again after the first has left");
    store_logout(&y);
    store_logout(&z);
    rig_seen_free(&s);
    rig_seen_free(&t);
}

int
main(void)
{
    struct rig r;

    rig_init(&r);
    test_expunge(&r);
    test_replay(&r);
    test_many(&r);
    test_pop3(&r);
    rig_free(&r);
    return check_report();
}
