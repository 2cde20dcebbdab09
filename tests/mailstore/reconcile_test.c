/* What others do to the files, and what index and files know after a loss. */
#include "tests/mailstore/store_rig.h"

#include <utime.h>

#define ANNA "anna@example.org"
#define HOME "example.org/anna"
#define TEXT "Subject: one\r\n\r\nhello\r\n"

static void
move_file(struct rig *r, const char *from, const char *to)
{
    char a[1400];
    char b[1400];

    snprintf(a, sizeof a, "%s/%s", r->mail, from);
    snprintf(b, sizeof b, "%s/%s", r->mail, to);
    CHECK(rename(a, b) == 0, "rename %s: %s", from, strerror(errno));
}

static void
remove_file(struct rig *r, const char *dir, const char *part)
{
    char name[300];
    char path[1400];

    rig_file(r, dir, part, name);
    snprintf(path, sizeof path, "%s/%s/%s", r->mail, dir, name);
    CHECK(unlink(path) == 0, "remove %s", path);
}

static void
test_seen_live(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_seen s;
    struct buf text = { 0 };
    struct error e;
    char name[300];
    char from[700];
    char to[700];

    rig_deliver(r, ANNA, TEXT);
    rig_deliver(r, ANNA, TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    rig_drop(r, HOME "/new/1700000001.x.host", "Subject: lf\n\nbare\n");
    rig_sleep(r, 900);
    CHECK(s.added == 1 && s.last.uid == 3 && s.last.size == 21,
          "a file of another program, with bare LF: %u uid=%u size=%llu",
          s.added, s.last.uid, (unsigned long long)s.last.size);
    CHECK(rig_read(r, x, 3, &text, &e) &&
              span_is(buf_span(&text), "Subject: lf\r\n\r\nbare\r\n"),
          "is served with CR LF");
    rig_file(r, HOME "/new", "U=3", name);
    CHECK(name[0] == '\0' || strstr(name, ",S=18,W=21,U=3") != NULL,
          "and keeps its own: %s", name);
    rig_sleep(r, 5500); /* all names have followed */
    rig_file(r, HOME "/cur", "U=1:", name);
    snprintf(from, sizeof from, HOME "/cur/%s", name);
    snprintf(to, sizeof to, HOME "/cur/%sFS", name);
    move_file(r, from, to);
    rig_sleep(r, 900);
    CHECK(s.flagged == 1 && s.last.uid == 1 &&
              (s.last.flags & ~MAIL_RECENT) == (MAIL_FLAGGED | MAIL_SEEN),
          "mutt flags one: %u uid=%u", s.flagged, s.last.uid);
    remove_file(r, HOME "/cur", "U=2:");
    rig_sleep(r, 1500);
    CHECK(numset_has(&s.expunged, 2) && numset_count(&s.expunged) == 1,
          "mutt removes one");
    CHECK(rig_read(r, x, 1, &text, &e), "the flagged one can be read");
    store_logout(&x);
    rig_seen_free(&s);
    buf_free(&text);
}

static void
test_seen_at_open(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_seen s;
    char shown[1000];
    char path[700];

    rig_drop(r, HOME "/cur/1600000000.1.host:2,RS", TEXT);
    rig_drop(r, HOME "/cur/1500000000.1.host,S=23,W=23:2,", TEXT);
    rig_drop(r, HOME "/cur/.hidden", TEXT);
    snprintf(path, sizeof path, "%s/" HOME "/cur/link", r->mail);
    CHECK(symlink("/etc/passwd", path) == 0, "a symbolic link");
    snprintf(path, sizeof path, "%s/" HOME "/cur/directory", r->mail);
    CHECK(mkdir(path, 0700) == 0, "a directory");
    rig_open(r, x, "INBOX", STORE_EXAMINE, &s);
    CHECK(strcmp(rig_show(s.view, shown), "1:5:23 3:0:21 4:0:23 5:3:23") == 0,
          "new ones in the order of their times; no links, no directories: %s",
          shown);
    store_logout(&x);
    rig_seen_free(&s);
    unlink(path);
}

static void
test_foreign_folder(struct rig *r)
{
    struct store_session *x;
    struct buf list;
    char path[700];

    snprintf(path, sizeof path, "%s/" HOME "/.Foreign", r->mail);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/" HOME "/.Foreign/cur", r->mail);
    mkdir(path, 0700);
    rig_drop(r, HOME "/.Foreign/cur/1600000000.1.host:2,S", TEXT);
    rig_stop(r);
    rig_start(r);
    x = rig_login(r, ANNA);
    list = rig_list(r, x, NULL);
    CHECK(strstr(buf_text(&list), "Foreign flags=0") != NULL,
          "a folder that others made: %s", buf_text(&list));
    buf_free(&list);
    store_logout(&x);
}

/* More than half of many files missing: a disk is not there. */
static void
test_guard(struct rig *r)
{
    struct store_session *x = rig_login(r, "many@example.org");
    struct rig_seen s;

    for (int i = 0; i < 150; i++)
        rig_deliver(r, "many@example.org", TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    store_close(x);
    rig_seen_free(&s);
    rig_sleep(r, 600);
    move_file(r, "example.org/many/cur", "example.org/away");
    rig_stop(r);
    move_file(r, "example.org/away", "example.org/many/.away");
    {
        char path[700];

        snprintf(path, sizeof path, "%s/example.org/many/cur", r->mail);
        mkdir(path, 0700);
    }
    rig_start(r);
    store_logout(&x);
    x = rig_login(r, "many@example.org");
    CHECK(rig_open(r, x, "INBOX", 0, &s) != NULL && s.view->count == 150 &&
              s.view->read_only,
          "nothing is taken for expunged");
    rig_seen_free(&s);
    {
        char path[700];

        snprintf(path, sizeof path, "%s/example.org/many/cur", r->mail);
        rmdir(path);
    }
    move_file(r, "example.org/many/.away", "example.org/many/cur");
    rig_sleep(r, 1300);
    CHECK(rig_open(r, x, "INBOX", 0, &s) != NULL && s.view->count == 150 &&
              !s.view->read_only,
          "and all is well when the disk is back: %zu",
          s.view == NULL ? 0 : s.view->count);
    rig_seen_free(&s);
    store_logout(&x);
}

/* The same for a whole account, and for everybody. */
static void
test_account_missing(struct rig *r)
{
    struct store_session *x;
    struct error e;
    char from[700];
    char to[700];

    rig_stop(r);
    move_file(r, "example.org/many", "example.org/.many");
    rig_start(r);
    CHECK(rig_login(r, "many@example.org") == NULL,
          "nobody is given an empty mailbox");
    {
        struct rig_mail m = { .user = "many@example.org",
                              .mailbox = "",
                              .text = TEXT };

        CHECK(rig_put(r, &m, &e) == 0 && e.kind == FAIL_UNAVAILABLE,
              "mail for it waits");
    }
    CHECK(rig_deliver(r, ANNA, TEXT) != 0, "others are served");
    rig_stop(r);
    snprintf(from, sizeof from, "%s/example.org", r->mail);
    snprintf(to, sizeof to, "%s.away", r->mail);
    CHECK(rename(from, to) == 0, "all of it away");
    CHECK(!core_open(&r->core, r->loop, &r->options, &e) &&
              e.kind == FAIL_UNAVAILABLE,
          "it does not start without a disk: %s", e.text);
    CHECK(rename(to, from) == 0, "back again");
    move_file(r, "example.org/.many", "example.org/many");
    rig_start(r);
    x = rig_login(r, "many@example.org");
    CHECK(x != NULL, "all is well");
    store_logout(&x);
}

int
main(void)
{
    struct rig r;

    rig_init(&r);
    test_seen_live(&r);
    test_seen_at_open(&r);
    test_foreign_folder(&r);
    test_guard(&r);
    test_account_missing(&r);
    rig_free(&r);
    return check_report();
}
