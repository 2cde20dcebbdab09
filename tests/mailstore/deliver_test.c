/* Deliveries and appends: made, visible, readable, refused. */
#include "mailstore/limits.h"
#include "tests/mailstore/store_rig.h"

#define TEXT "Subject: one\r\n\r\nhello\r\n"

static void
test_first_mail(struct rig *r)
{
    struct store_session *x;
    struct rig_seen seen;
    struct buf text = { 0 };
    struct error e;
    char shown[1000];
    char name[300];

    CHECK(rig_deliver(r, "anna@example.org", TEXT) == 1,
          "the first message has UID 1, and makes the account");
    CHECK(rig_count(r, "example.org/anna/new") == 1, "its file is in new/");
    rig_file(r, "example.org/anna/new", ",U=1", name);
    CHECK(strstr(name, ",S=23,U=1") != NULL, "size and UID in its name: %s",
          name);
    CHECK(rig_count(r, "tmp") == 0, "nothing stays in tmp/");
    x = rig_login(r, "anna@example.org");
    CHECK(rig_open(r, x, "INBOX", 0, &seen) != NULL, "INBOX opens");
    CHECK(strcmp(rig_show(seen.view, shown), "1:64:23") == 0,
          "one message, recent: %s", shown);
    CHECK(seen.view->rows[0].date == 1700000000, "its INTERNALDATE");
    CHECK(rig_read(r, x, 1, &text, &e) && span_is(buf_span(&text), TEXT),
          "it reads as it was written");
    CHECK(!rig_read(r, x, 2, &text, &e) && e.kind == FAIL_NOT_FOUND,
          "a UID that is not there");
    CHECK(rig_deliver(r, "anna@example.org", TEXT) == 2, "the next has UID 2");
    rig_sleep(r, 50);
    CHECK(seen.added == 1 && seen.last.uid == 2 &&
              seen.last.flags == MAIL_RECENT,
          "an open view is told of it: %u uid=%u flags=%u", seen.added,
          seen.last.uid, seen.last.flags);
    store_logout(&x);
    rig_seen_free(&seen);
    buf_free(&text);
}

static void
test_new_account_has_folders(struct rig *r)
{
    struct store_session *x = rig_login(r, "bert@example.org");
    struct buf list = rig_list(r, x, NULL);

    CHECK(span_is(buf_span(&list),
                  "INBOX flags=1 messages=0 unseen=0 recent=0\n"
                  "Archive flags=65 messages=0 unseen=0 recent=0\n"
                  "Drafts flags=5 messages=0 unseen=0 recent=0\n"
                  "Junk flags=17 messages=0 unseen=0 recent=0\n"
                  "Sent flags=9 messages=0 unseen=0 recent=0\n"
                  "Trash flags=33 messages=0 unseen=0 recent=0\n"),
          "the usual mailboxes, subscribed, with their use:\n%s",
          buf_text(&list));
    CHECK(rig_count(r, "example.org/bert/.Sent") == 5,
          "cur, new, tmp, maildirfolder, control file");
    store_logout(&x);
    buf_free(&list);
}

static void
test_append(struct rig *r)
{
    struct store_session *x = rig_login(r, "anna@example.org");
    struct rig_mail m = { .mailbox = "Sent",
                          .text = TEXT,
                          .date = 86400,
                          .flags = MAIL_SEEN | MAIL_ANSWERED,
                          .keyword = "$Label1",
                          .summary = "SUMMARY",
                          .append = x };
    struct rig_seen seen;
    struct rig_answer a = rig_ask(r);
    struct numset uids = { 0 };
    struct error e;
    char name[300];

    CHECK(rig_put(r, &m, &e) == 1, "appended");
    rig_file(r, "example.org/anna/.Sent/cur", ",U=1", name);
    CHECK(strstr(name, ":2,RSa") != NULL,
          "flags and keyword are in its name: %s", name);
    CHECK(rig_open(r, x, "Sent", 0, &seen) != NULL && seen.view->count == 1,
          "the mailbox has it");
    CHECK(seen.view->rows[0].flags ==
                  (MAIL_SEEN | MAIL_ANSWERED | MAIL_RECENT) &&
              seen.view->rows[0].keywords == 1 &&
              seen.view->rows[0].date == 86400,
          "with flags, keyword, date");
    CHECK(seen.view->keyword_count == 1 &&
              strcmp(seen.view->keywords[0], "$Label1") == 0,
          "and the keyword's name");
    numset_add(&uids, 1, 5);
    store_summaries(x, &uids, rig_summary, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed && span_is(buf_span(&a.text), "1=SUMMARY\n"),
          "its summary is kept");
    m.mailbox = "Nowhere";
    CHECK(rig_put(r, &m, &e) == 0 && e.kind == FAIL_NOT_FOUND,
          "APPEND into no mailbox: TRYCREATE");
    store_logout(&x);
    rig_answer_free(&a);
    rig_seen_free(&seen);
    numset_free(&uids);
}

static void
test_refusals(struct rig *r)
{
    struct rig_mail m = { .user = "../etc", .mailbox = "", .text = TEXT };
    struct rig_answer a = rig_ask(r);
    struct store_new n = { .size = 5, .session = "s" };
    struct store_recipient to = { span_of("anna@example.org"),
                                  span_of("INBOX") };
    size_t before = rig_count(r, "example.org/anna/new");
    struct error e;

    CHECK(rig_put(r, &m, &e) == 0 && e.kind == FAIL_INVALID,
          "a user's name that is none");
    m.user = "anna@example.org";
    m.mailbox = "No/Such";
    CHECK(rig_put(r, &m, &e) != 0, "a mailbox that is not there is INBOX");
    a.delivery = store_delivery_begin(r->smtp, 5, rig_begun, &a);
    rig_wait(r, &a.done);
    a.done = false;
    store_delivery_commit(a.delivery, &n, &to, 1, rig_committed, &a);
    rig_wait(r, &a.done);
    CHECK(a.failed, "nothing written, five octets announced");
    store_delivery_abort(&a.delivery);
    r->options.min_free_disk = UINT64_MAX;
    CHECK(rig_put(r, &m, &e) == 0 && e.kind == FAIL_FULL, "a full disk");
    r->options.min_free_disk = 0;
    CHECK(rig_put(r, &m, &e) != 0, "goes on when there is room again");
    CHECK(rig_count(r, "example.org/anna/new") == before + 2,
          "what was refused left nothing");
}

static void
test_many_recipients(struct rig *r)
{
    struct store_recipient to[40];
    char users[40][40];
    struct rig_answer a = rig_ask(r);
    struct store_new n = { .size = strlen(TEXT), .session = "s" };
    char path[100];
    char name[300];
    char full[700];
    struct stat st;
    struct error e;

    for (size_t i = 0; i < 40; i++) {
        snprintf(users[i], sizeof users[i], "u%zu@example.net", i % 39);
        to[i] = (struct store_recipient){ span_of(users[i]), span_of("") };
    }
    a.delivery = store_delivery_begin(r->smtp, n.size, rig_begun, &a);
    rig_wait(r, &a.done);
    fs_write(a.fd, span_of(TEXT), &e);
    a.done = false;
    store_delivery_commit(a.delivery, &n, to, 40, rig_committed, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed && a.uid == 1, "40 recipients");
    for (size_t i = 0; i < 39; i++) {
        snprintf(path, sizeof path, "example.net/u%zu/new", i);
        CHECK(rig_count(r, path) == 1, "one copy for %s", users[i]);
    }
    rig_file(r, path, "U=1", name);
    snprintf(full, sizeof full, "%s/%s/%s", r->mail, path, name);
    CHECK(stat(full, &st) == 0 && st.st_nlink == 39,
          "all of them are one file: %d links", (int)st.st_nlink);
    store_delivery_abort(&a.delivery);
}

/* A fault in the middle: nobody has it. */
struct fault {
    const char *call;
    unsigned skip;
};

static int
inject(const char *call, uint64_t number, void *arg)
{
    struct fault *f = arg;

    (void)number;
    if (strcmp(call, f->call) != 0)
        return 0;
    return f->skip-- == 0 ? ENOSPC : 0;
}

static int
no_inodes(const char *call, uint64_t number, void *arg)
{
    (void)number;
    (void)arg;
    return strcmp(call, "create") == 0 ? ENOSPC : 0;
}

/* Files made ahead are used up first. */
static void
test_no_file(struct rig *r)
{
    struct rig_answer a[STORE_SPARE_FILES + 1];
    const size_t last = sizeof a / sizeof a[0] - 1;

    fs_fault(no_inodes, NULL);
    for (size_t i = 0; i <= last; i++) {
        a[i] = rig_ask(r);
        a[i].delivery = store_delivery_begin(r->smtp, 5, rig_begun, &a[i]);
        rig_wait(r, &a[i].done);
        CHECK(!a[i].failed || a[i].e.kind == FAIL_FULL, "begin %zu", i);
    }
    CHECK(a[last].failed, "no room at create");
    fs_fault(NULL, NULL);
    for (size_t i = 0; i <= last; i++)
        store_delivery_abort(&a[i].delivery);
}

static void
test_fault(struct rig *r)
{
    static const char *const calls[] = { "fsync", "utimes", "link" };
    struct rig_mail m = { .user = "anna@example.org",
                          .mailbox = "",
                          .text = TEXT };
    size_t before = rig_count(r, "example.org/anna/new");
    struct error e;

    r->options.sync = FLUSH_ALWAYS;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct fault f = { calls[i], 0 };

        fs_fault(inject, &f);
        CHECK(rig_put(r, &m, &e) == 0 && e.kind == FAIL_FULL, "no room at %s",
              calls[i]);
        fs_fault(NULL, NULL);
        CHECK(rig_count(r, "example.org/anna/new") == before,
              "nothing is left of it after %s", calls[i]);
    }
    {
        struct fault f = { "fsync", 1 };

        fs_fault(inject, &f);
        CHECK(rig_put(r, &m, &e) == 0, "the directory cannot be synced");
        fs_fault(NULL, NULL);
        CHECK(rig_count(r, "example.org/anna/new") == before,
              "the name is taken away again");
    }
    CHECK(rig_put(r, &m, &e) != 0, "and then all is well");
    r->options.sync = FLUSH_NEVER;
}

static void
test_services(struct rig *r)
{
    struct rig_answer a = rig_ask(r);
    struct store_session *x;
    struct buf ticket = { 0 };

    a.delivery = store_delivery_begin(r->imap, 5, rig_begun, &a);
    rig_wait(r, &a.done);
    CHECK(a.failed && a.e.kind == FAIL_INVALID,
          "imapd-lite cannot deliver to anybody");
    store_delivery_abort(&a.delivery);
    ticket_make(rig_key, span_of("pop3"), span_of("anna@example.org"),
                clock_seconds() + 10, &ticket);
    a.done = false;
    x = store_login(r->imap, buf_span(&ticket), "0", "::1", rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(a.failed && a.e.kind == FAIL_DENIED,
          "a ticket for another service is refused");
    store_logout(&x);
    buf_free(&ticket);
}

static void
test_stats(struct rig *r)
{
    struct rig_answer a = rig_ask(r);

    store_get_stats(r->admin, rig_stats, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed && a.stats.accounts == 41 && a.stats.mailboxes == 41 * 6,
          "%llu accounts, %llu mailboxes", (unsigned long long)a.stats.accounts,
          (unsigned long long)a.stats.mailboxes);
    CHECK(a.stats.messages >= 39 && a.stats.disk_free > 0, "and the rest");
}

int
main(void)
{
    struct rig r;

    rig_init(&r);
    test_first_mail(&r);
    test_new_account_has_folders(&r);
    test_append(&r);
    test_refusals(&r);
    test_many_recipients(&r);
    test_no_file(&r);
    test_fault(&r);
    test_services(&r);
    test_stats(&r);
    rig_free(&r);
    return check_report();
}
