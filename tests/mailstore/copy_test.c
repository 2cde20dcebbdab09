/* COPY and MOVE, within and between mailboxes. */
#include "tests/mailstore/store_rig.h"

#define ANNA "anna@example.org"
#define TEXT "Subject: one\r\n\r\nhello\r\n"

static struct rig_answer
copy(struct rig *r, struct store_session *x, uint32_t first, uint32_t last,
     const char *to, bool move)
{
    struct rig_answer a = rig_ask(r);
    struct numset uids = { 0 };

    numset_add(&uids, first, last);
    store_copy(x, &uids, span_of(to), move, rig_copied, &a);
    rig_wait(r, &a.done);
    numset_free(&uids);
    return a;
}

static void
test_copy(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct store_session *y = rig_login(r, ANNA);
    struct rig_seen sx;
    struct rig_seen sy;
    struct rig_answer a;
    struct buf text = { 0 };
    struct error e;
    char name[300];

    for (int i = 0; i < 4; i++)
        rig_deliver(r, ANNA, TEXT);
    rig_open(r, x, "INBOX", 0, &sx);
    rig_open(r, y, "Archive", 0, &sy);
    rig_flag(r, x, 2, 2, STORE_FLAGS_SET, MAIL_SEEN, "work");
    a = copy(r, x, 2, 3, "Archive", false);
    CHECK(!a.failed && numset_count(&a.from) == 2 && numset_count(&a.to) == 2 &&
              numset_has(&a.to, 1),
          "COPYUID says which became which");
    rig_answer_free(&a);
    rig_sleep(r, 20);
    CHECK(sy.added == 2 && sy.view->keyword_count == 1,
          "the target's view is told, with the keyword");
    CHECK(rig_count(r, "example.org/anna/.Archive/cur") == 2 &&
              rig_count(r, "example.org/anna/.Archive/tmp") == 0,
          "two files, nothing left in tmp/");
    rig_file(r, "example.org/anna/.Archive/cur", "U=1:", name);
    CHECK(strstr(name, ":2,Sa") != NULL, "named like their flags: %s", name);
    CHECK(rig_read(r, y, 2, &text, &e) && span_is(buf_span(&text), TEXT),
          "they can be read");
    rig_seen_free(&sy);
    rig_open(r, y, "Archive", 0, &sy);
    CHECK(sy.view->count == 2 && sy.view->rows[0].flags == MAIL_SEEN &&
              sy.view->rows[0].keywords == 1 &&
              sy.view->rows[0].date == 1700000000,
          "flags, keywords and date came along");
    a = copy(r, x, 1, 9, "Nowhere", false);
    CHECK(a.failed && a.e.kind == FAIL_NOT_FOUND, "a target that is not there");
    rig_answer_free(&a);
    a = copy(r, x, 77, 99, "Archive", false);
    CHECK(!a.failed && a.to.n == 0, "no message, no copy");
    rig_answer_free(&a);
    a = copy(r, x, 1, 1, "INBOX", false);
    CHECK(!a.failed && numset_has(&a.to, 5), "into itself");
    rig_answer_free(&a);
    store_logout(&x);
    store_logout(&y);
    rig_seen_free(&sx);
    rig_seen_free(&sy);
    buf_free(&text);
}

static void
test_move(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_seen s;
    struct rig_answer a;
    struct buf list;

    rig_open(r, x, "INBOX", 0, &s);
    a = copy(r, x, 1, UINT32_MAX, "Trash", true);
    CHECK(!a.failed && numset_count(&a.from) == 5 &&
              numset_count(&s.expunged) == 5,
          "MOVE 1:*: all five, told before the end");
    rig_answer_free(&a);
    rig_sleep(r, 600);
    CHECK(rig_count(r, "example.org/anna/cur") +
                      rig_count(r, "example.org/anna/new") ==
                  0 &&
              rig_count(r, "example.org/anna/.Trash/cur") == 5,
          "their files too");
    list = rig_list(r, x, "Trash");
    CHECK(span_is(buf_span(&list),
                  "Trash flags=33 messages=5 unseen=4 recent=5\n"),
          "counted: %s", buf_text(&list));
    buf_free(&list);
    rig_seen_free(&s);
    rig_open(r, x, "Trash", STORE_EXAMINE, &s);
    a = copy(r, x, 1, 1, "INBOX", true);
    CHECK(a.failed && a.e.kind == FAIL_DENIED, "not out of an EXAMINEd one");
    rig_answer_free(&a);
    rig_seen_free(&s);
    store_logout(&x);
}

static int
no_link(const char *call, uint64_t number, void *arg)
{
    unsigned *skip = arg;

    (void)number;
    return strcmp(call, "link") == 0 && (*skip)-- == 0 ? ENOSPC : 0;
}

static void
test_all_or_nothing(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_seen s;
    struct rig_answer a;
    unsigned skip = 3;

    rig_open(r, x, "Trash", 0, &s);
    fs_fault(no_link, &skip);
    a = copy(r, x, 1, 5, "Junk", false);
    fs_fault(NULL, NULL);
    CHECK(a.failed && a.e.kind == FAIL_FULL, "no room for the fourth");
    rig_answer_free(&a);
    CHECK(rig_count(r, "example.org/anna/.Junk/cur") == 0 &&
              rig_count(r, "example.org/anna/.Junk/tmp") == 0,
          "then there is none");
    a = copy(r, x, 1, 5, "Junk", false);
    CHECK(!a.failed && numset_count(&a.to) == 5, "later it works");
    rig_answer_free(&a);
    rig_seen_free(&s);
    store_logout(&x);
}

static void
test_many(struct rig *r)
{
    struct store_session *x = rig_login(r, "many@example.org");
    struct rig_seen s;
    struct rig_answer a;

    for (int i = 0; i < 1000; i++)
        rig_deliver(r, "many@example.org", TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    a = copy(r, x, 1, UINT32_MAX, "Archive", true);
    CHECK(!a.failed && numset_count(&a.to) == 1000 &&
              numset_count(&s.expunged) == 1000,
          "a thousand at once");
    rig_answer_free(&a);
    CHECK(rig_deliver(r, "many@example.org", TEXT) == 1001, "and on");
    rig_seen_free(&s);
    store_logout(&x);
}

int
main(void)
{
    struct rig r;

    rig_init(&r);
    test_copy(&r);
    test_move(&r);
    test_all_or_nothing(&r);
    test_many(&r);
    rig_free(&r);
    return check_report();
}
