/* Which mailboxes there are: made, deleted, renamed, subscribed. */
#include "tests/mailstore/store_rig.h"

#define ANNA "anna@example.org"
#define TEXT "Subject: one\r\n\r\nhello\r\n"

static struct rig_answer
done(struct rig *r, struct rig_answer *a)
{
    rig_wait(r, &a->done);
    return *a;
}

static bool
create(struct rig *r, struct store_session *x, const char *name, uint32_t use,
       struct error *e)
{
    struct rig_answer a = rig_ask(r);

    store_create(x, span_of(name), use, rig_done, &a);
    *e = done(r, &a).e;
    return !a.failed;
}

static bool delete (struct rig *r, struct store_session *x, const char *name,
                    struct error *e)
{
    struct rig_answer a = rig_ask(r);

    store_delete(x, span_of(name), rig_done, &a);
    *e = done(r, &a).e;
    return !a.failed;
}

static bool
rename_to(struct rig *r, struct store_session *x, const char *from,
          const char *to, struct error *e)
{
    struct rig_answer a = rig_ask(r);

    store_rename(x, span_of(from), span_of(to), rig_done, &a);
    *e = done(r, &a).e;
    return !a.failed;
}

static bool
subscribe(struct rig *r, struct store_session *x, const char *name, bool on)
{
    struct rig_answer a = rig_ask(r);

    store_subscribe(x, span_of(name), on, rig_done, &a);
    return !done(r, &a).failed;
}

static bool
list_has(struct rig *r, struct store_session *x, const char *line)
{
    struct buf list = rig_list(r, x, NULL);
    bool has = strstr(buf_text(&list), line) != NULL;

    if (!has)
        printf("%s", buf_text(&list));
    buf_free(&list);
    return has;
}

static void
test_create(struct rig *r, struct store_session *x)
{
    struct error e;

    CHECK(create(r, x, "Work/2024/Jan", 0, &e), "deep down");
    CHECK(list_has(r, x, "Work flags=2 ") &&
              list_has(r, x, "Work/2024 flags=2 "),
          "levels above it are no mailboxes");
    CHECK(rig_count(r, "example.org/anna/.Work.2024.Jan") == 5,
          "it lies beside the others");
    CHECK(!create(r, x, "Work/2024/Jan", 0, &e) && e.kind == FAIL_EXISTS,
          "twice");
    CHECK(!create(r, x, "INBOX", 0, &e) && e.kind == FAIL_EXISTS, "INBOX");
    CHECK(create(r, x, "Gel\303\266scht", STORE_TRASH, &e), "UTF-8");
    CHECK(list_has(r, x, "Gel\303\266scht flags=32 "), "with its special use");
    CHECK(!create(r, x, "a//b", 0, &e) && e.kind == FAIL_INVALID,
          "no empty level");
    CHECK(!create(r, x, "../../x", 0, &e) && e.kind == FAIL_INVALID,
          "no way out");
    CHECK(!create(r, x, "inbox/x", 0, &e) && e.kind == FAIL_INVALID,
          "a name that is not canonical");
}

static void
test_subscribe(struct rig *r, struct store_session *x)
{
    CHECK(subscribe(r, x, "Work/2024/Jan", true) &&
              list_has(r, x, "Work/2024/Jan flags=1 "),
          "subscribed");
    CHECK(subscribe(r, x, "Not/There", true) &&
              list_has(r, x, "Not/There flags=129 "),
          "to what is not there");
    CHECK(subscribe(r, x, "Not/There", false) &&
              subscribe(r, x, "Not/There", false),
          "and no more; twice does no harm");
    CHECK(!subscribe(r, x, "a\nb", true), "names with a line end are none");
}

static void
test_delete(struct rig *r, struct store_session *x)
{
    struct store_session *y = rig_login(r, ANNA);
    struct rig_mail m = { .mailbox = "Work/2024/Jan",
                          .text = TEXT,
                          .append = x };
    struct rig_seen s;
    struct error e;
    uint32_t before;

    CHECK(rig_put(r, &m, &e) == 1, "a message in it");
    rig_open(r, y, "Work/2024/Jan", 0, &s);
    before = s.view->uid_validity;
    CHECK(delete (r, x, "Work/2024/Jan", &e), "deleted");
    rig_sleep(r, 50);
    CHECK(s.gone == 1, "who has it open is told");
    CHECK(!rig_flag(r, y, 1, 1, STORE_FLAGS_ADD, MAIL_SEEN, NULL),
          "and cannot use it");
    CHECK(list_has(r, x, "Work/2024/Jan flags=129 "), "the subscription stays");
    CHECK(!delete (r, x, "Work/2024/Jan", &e) && e.kind == FAIL_NOT_FOUND,
          "twice");
    CHECK(!delete (r, x, "INBOX", &e) && e.kind == FAIL_INVALID, "INBOX");
    rig_seen_free(&s);
    CHECK(create(r, x, "Work/2024/Jan", 0, &e), "again");
    rig_open(r, y, "Work/2024/Jan", 0, &s);
    CHECK(s.view->uid_validity > before && s.view->count == 0,
          "a new one has another UIDVALIDITY (S2)");
    rig_seen_free(&s);
    store_logout(&y);
    rig_sleep(r, 100);
    CHECK(rig_count(r, "example.org/anna/.#trash-7") == 0, "swept away");
}

static void
test_rename(struct rig *r, struct store_session *x)
{
    struct store_session *y = rig_login(r, ANNA);
    struct rig_mail m = { .mailbox = "Work/2024/Jan",
                          .text = TEXT,
                          .append = x };
    struct rig_seen s;
    struct error e;
    uint32_t validity;

    CHECK(create(r, x, "Work", 0, &e), "the level above");
    CHECK(rig_put(r, &m, &e) == 1, "a message");
    rig_open(r, y, "Work/2024/Jan", 0, &s);
    validity = s.view->uid_validity;
    CHECK(rename_to(r, x, "Work", "Old/Things", &e), "with what is below");
    rig_sleep(r, 50);
    CHECK(s.gone == 1, "who has it open is told");
    rig_seen_free(&s);
    CHECK(list_has(r, x, "Old/Things/2024/Jan flags=0 messages=1"),
          "the child came along");
    CHECK(list_has(r, x, "Old flags=0 "), "the parent was made");
    rig_open(r, y, "Old/Things/2024/Jan", 0, &s);
    CHECK(s.view->count == 1 && s.view->uid_validity == validity, "UIDs stay");
    rig_seen_free(&s);
    CHECK(rig_count(r, "example.org/anna/.Old.Things.2024.Jan") == 5 &&
              rig_count(r, "example.org/anna/.Work") == 0,
          "on disk too");
    CHECK(!rename_to(r, x, "Nowhere", "x", &e) && e.kind == FAIL_NOT_FOUND,
          "nothing");
    CHECK(!rename_to(r, x, "Old", "Sent", &e) && e.kind == FAIL_EXISTS,
          "onto another");
    CHECK(!rename_to(r, x, "Old", "Old/In", &e) && e.kind == FAIL_INVALID,
          "into itself");
    store_logout(&y);
}

static void
test_rename_inbox(struct rig *r, struct store_session *x)
{
    struct error e;

    rig_deliver(r, ANNA, TEXT);
    rig_deliver(r, ANNA, TEXT);
    CHECK(rename_to(r, x, "INBOX", "Saved", &e), "RFC 3501 section 6.3.5");
    CHECK(list_has(r, x, "INBOX flags=1 messages=0") &&
              list_has(r, x, "Saved flags=0 messages=2"),
          "its messages move, it stays");
}

static void
test_restart(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct buf before = rig_list(r, x, NULL);
    struct buf after;

    store_logout(&x);
    rig_stop(r);
    rig_start(r);
    x = rig_login(r, ANNA);
    after = rig_list(r, x, NULL);
    CHECK(span_eq(buf_span(&before), buf_span(&after)),
          "all is the same after a restart:\n%s---\n%s", buf_text(&before),
          buf_text(&after));
    buf_free(&before);
    buf_free(&after);
    store_logout(&x);
}

static void
make_dirs(struct rig *r, const char *const *paths)
{
    for (; *paths != NULL; paths++) {
        char path[400];

        snprintf(path, sizeof path, "%s/example.org/anna/%s", r->mail, *paths);
        CHECK(mkdir(path, 0700) == 0, "%s", path);
    }
}

/* What a power cut leaves of CREATE: cur/ is not there yet. */
static void
test_half_made(struct rig *r)
{
    static const char *const litter[] = { ".Half",      ".Half/new", ".Bare",
                                          ".Notes",     ".Notes/x",  ".Empty",
                                          ".Empty/tmp", NULL };
    struct store_session *x;
    struct error e;

    rig_stop(r);
    make_dirs(r, litter);
    rig_start(r);
    x = rig_login(r, ANNA);
    CHECK(create(r, x, "Half", 0, &e), "made again after a crash");
    CHECK(create(r, x, "Bare", 0, &e), "likewise");
    CHECK(rename_to(r, x, "Half", "Empty", &e), "renamed to such a name");
    CHECK(!create(r, x, "Notes", 0, &e) && e.kind == FAIL_EXISTS,
          "what is somebody else's stays");
    CHECK(rig_count(r, "example.org/anna/.Notes") == 1, "with what is in it");
    store_logout(&x);
}

int
main(void)
{
    struct store_session *x;
    struct rig r;

    rig_init(&r);
    x = rig_login(&r, ANNA);
    test_create(&r, x);
    test_subscribe(&r, x);
    test_delete(&r, x);
    test_rename(&r, x);
    test_rename_inbox(&r, x);
    store_logout(&x);
    test_restart(&r);
    test_half_made(&r);
    rig_free(&r);
    return check_report();
}
