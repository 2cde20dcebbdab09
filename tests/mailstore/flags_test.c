/* Flags: in the index at once, in other views, in the names later. */
#include "tests/mailstore/store_rig.h"

#define ANNA "anna@example.org"
#define TEXT "Subject: one\r\n\r\nhello\r\n"

static void
test_set(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct store_session *y = rig_login(r, ANNA);
    struct rig_seen sx;
    struct rig_seen sy;
    char name[300];

    for (int i = 0; i < 3; i++)
        rig_deliver(r, ANNA, TEXT);
    rig_open(r, x, "INBOX", 0, &sx);
    rig_open(r, y, "INBOX", 0, &sy);
    CHECK(sx.view->rows[0].flags == MAIL_RECENT && sy.view->rows[0].flags == 0,
          "\\Recent is for the first who looks");
    CHECK(rig_flag(r, x, 1, 2, STORE_FLAGS_ADD, MAIL_SEEN, NULL), "STORE +");
    CHECK(sx.flagged == 2, "the session that set them is told");
    rig_sleep(r, 20);
    CHECK(sy.flagged == 2 && (sy.view->rows[1].flags & MAIL_SEEN) != 0,
          "so is the other, and its view is changed");
    CHECK(rig_flag(r, x, 1, 2, STORE_FLAGS_ADD, MAIL_SEEN, NULL) &&
              sx.flagged == 2,
          "what changes nothing tells nothing");
    CHECK(rig_flag(r, x, 1, 1, STORE_FLAGS_SET, MAIL_DELETED, "work"),
          "STORE FLAGS with a keyword");
    rig_sleep(r, 20);
    CHECK(sy.view->rows[0].flags == MAIL_DELETED &&
              sy.view->rows[0].keywords == 1 && sy.view->keyword_count == 1 &&
              strcmp(sy.view->keywords[0], "work") == 0,
          "the other learns of the new keyword, before the row");
    CHECK(rig_flag(r, x, 1, 1, STORE_FLAGS_REMOVE, 0, "WORK") &&
              sx.view->rows[0].keywords == 0,
          "case does not count in keywords");
    CHECK(rig_flag(r, x, 1, 1, STORE_FLAGS_REMOVE, 0, "other") &&
              sx.view->keyword_count == 1,
          "to remove an unknown keyword does not make it");
    store_logout(&x);
    store_logout(&y);
    rig_seen_free(&sx);
    rig_seen_free(&sy);
    rig_sleep(r, 500);
    CHECK(rig_count(r, "example.org/anna/new") == 0,
          "seen by somebody: out of new/");
    rig_file(r, "example.org/anna/cur", "U=1", name);
    CHECK(strstr(name, ":2,T") != NULL, "the name follows: %s", name);
    rig_file(r, "example.org/anna/cur", "U=2", name);
    CHECK(strstr(name, ":2,S") != NULL, "of each: %s", name);
}

static void
test_unchanged_since(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_seen s;
    struct rig_answer a = rig_ask(r);
    struct numset uids = { 0 };
    struct store_flags f = { .flags = MAIL_FLAGGED };
    uint64_t modseq;

    rig_open(r, x, "INBOX", 0, &s);
    modseq = s.view->modseq;
    rig_flag(r, x, 2, 2, STORE_FLAGS_ADD, MAIL_ANSWERED, NULL);
    numset_add(&uids, 1, 3);
    store_set_flags(x, &uids, STORE_FLAGS_ADD, &f, modseq, rig_flagged, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed && numset_count(&a.modified) == 1 &&
              numset_has(&a.modified, 2),
          "one was changed since: RFC 7162 section 3.1.3");
    CHECK((s.view->rows[1].flags & MAIL_FLAGGED) == 0 &&
              (s.view->rows[2].flags & MAIL_FLAGGED) != 0,
          "and left alone, the others not");
    CHECK(s.view->rows[2].modseq > modseq, "their modseq rises");
    store_logout(&x);
    numset_free(&uids);
    rig_seen_free(&s);
    rig_answer_free(&a);
}

static void
test_refusals(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_seen s;
    char word[20];
    bool all = true;

    CHECK(!rig_flag(r, x, 1, 1, STORE_FLAGS_ADD, MAIL_SEEN, NULL),
          "nothing is open");
    rig_open(r, x, "INBOX", STORE_EXAMINE, &s);
    CHECK(s.view->read_only, "EXAMINE is read-only");
    CHECK(!rig_flag(r, x, 1, 1, STORE_FLAGS_ADD, MAIL_SEEN, NULL),
          "so no flags are set");
    rig_seen_free(&s);
    rig_open(r, x, "INBOX", 0, &s);
    for (int i = 0; i < 25; i++) {
        snprintf(word, sizeof word, "k%d", i);
        all = all && rig_flag(r, x, 3, 3, STORE_FLAGS_ADD, 0, word);
    }
    CHECK(all && s.view->keywords_full, "26 keywords fit");
    CHECK(!rig_flag(r, x, 3, 3, STORE_FLAGS_ADD, MAIL_DRAFT, "more"),
          "one more does not");
    CHECK((s.view->rows[2].flags & MAIL_DRAFT) == 0,
          "and then nothing was changed");
    store_logout(&x);
    rig_seen_free(&s);
}

static void
test_many(struct rig *r)
{
    struct store_session *x = rig_login(r, "many@example.org");
    struct rig_seen s;

    for (int i = 0; i < 1200; i++)
        rig_deliver(r, "many@example.org", TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    CHECK(rig_flag(r, x, 1, UINT32_MAX, STORE_FLAGS_ADD, MAIL_SEEN, NULL) &&
              s.flagged == 1200,
          "more than one piece: %u", s.flagged);
    store_logout(&x);
    rig_seen_free(&s);
}

static void
test_restart(struct rig *r)
{
    struct store_session *x;
    struct rig_seen s;
    char name[300];

    rig_stop(r);
    rig_file(r, "example.org/many/cur", "U=1200:", name);
    CHECK(strstr(name, ":2,S") != NULL, "all names follow before the end: %s",
          name);
    rig_start(r);
    x = rig_login(r, "many@example.org");
    rig_open(r, x, "INBOX", 0, &s);
    CHECK(s.view->count == 1200 && s.view->rows[1199].flags == MAIL_SEEN,
          "flags are there after a restart");
    store_logout(&x);
    rig_seen_free(&s);
}

int
main(void)
{
    struct rig r;

    rig_init(&r);
    test_set(&r);
    test_unchanged_since(&r);
    test_refusals(&r);
    test_many(&r);
    test_restart(&r);
    rig_free(&r);
    return check_report();
}
