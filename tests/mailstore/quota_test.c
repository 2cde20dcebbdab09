/* Quota: sums are exact, limits hold, recounting mends. */
#include "mailstore/account_file.h"
#include "mailstore/folder.h"
#include "mailstore/quota.h"
#include "tests/mailstore/store_rig.h"

#define ANNA "anna@example.org"
#define BEN  "ben@example.org"
#define HOME "example.org/anna"
#define MAIL "Subject: x\r\n\r\n0123456789012345678901234567890123456789\r\n"

#define SIZE (sizeof MAIL - 1)

/* --- asking -------------------------------------------------------------------- */

struct asked {
    struct rig_answer a;
    struct store_quota q; /* the last row; user is not kept */
    struct store_recount c;
    unsigned rows;
};

static void
saw_quota(void *arg, const struct store_quota *q)
{
    struct asked *x = arg;

    x->q = *q;
    x->rows++;
}

static void
saw_recount(void *arg, const struct store_recount *c)
{
    struct asked *x = arg;

    x->c = *c;
    x->rows++;
}

static struct store_quota
quota_now(struct rig *r, const char *user)
{
    struct asked x = { .a = rig_ask(r) };

    store_list_quota(r->admin, span_of(user), saw_quota, rig_done, &x);
    rig_wait(r, &x.a.done);
    CHECK(!x.a.failed && x.rows == 1, "one row for %s", user);
    return x.q;
}

static bool
is_used(struct rig *r, const char *user, uint64_t messages)
{
    struct store_quota q = quota_now(r, user);

    if (q.messages != messages || q.bytes != messages * SIZE)
        fprintf(stderr, "%llu messages, %llu octets\n",
                (unsigned long long)q.messages, (unsigned long long)q.bytes);
    return q.messages == messages && q.bytes == messages * SIZE;
}

static struct store_recount
recount(struct rig *r, const char *user)
{
    struct asked x = { .a = rig_ask(r) };

    store_recount_quota(r->admin, span_of(user), saw_recount, rig_done, &x);
    rig_wait(r, &x.a.done);
    CHECK(!x.a.failed && x.rows == 1, "counted: %s",
          x.a.failed ? x.a.e.text : "");
    return x.c;
}

static bool
is_exact(struct rig *r, const char *user)
{
    struct store_recount c = recount(r, user);

    return c.off_bytes == 0 && c.off_messages == 0;
}

static void
set_quota(struct rig *r, const char *user, uint64_t bytes, uint64_t messages)
{
    struct rig_answer a = rig_ask(r);

    store_set_quota(r->admin, span_of(user), bytes, messages, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed, "set");
}

/* 0: there is room. */
static enum fail
check_quota(struct rig *r, uint64_t size, const char *one, const char *two)
{
    struct store_recipient to[2] = { { span_of(one), span_of("") },
                                     { span_of(two == NULL ? "" : two),
                                       span_of("Sent") } };
    struct rig_answer a = rig_ask(r);

    store_check_quota(r->smtp, size, to, two == NULL ? 1 : 2, rig_done, &a);
    rig_wait(r, &a.done);
    return a.failed ? a.e.kind : 0;
}

/* 0: delivered. */
static enum fail
deliver(struct rig *r, const char *user)
{
    struct rig_mail m = { .user = user, .mailbox = "", .text = MAIL };
    struct error e;

    return rig_put(r, &m, &e) != 0 ? 0 : e.kind;
}

static enum fail
copy(struct rig *r, struct store_session *x, uint32_t last, const char *to,
     bool move)
{
    struct rig_answer a = rig_ask(r);
    struct numset uids = { 0 };
    enum fail kind;

    numset_add(&uids, 1, last);
    store_copy(x, &uids, span_of(to), move, rig_copied, &a);
    rig_wait(r, &a.done);
    kind = a.failed ? a.e.kind : 0;
    numset_free(&uids);
    rig_answer_free(&a);
    return kind;
}

/* --- sums ------------------------------------------------------------------------ */

static void
test_sums(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_mail m = { .append = x, .mailbox = "Drafts", .text = MAIL };
    struct rig_answer a = rig_ask(r);
    struct rig_seen s;
    struct error e;

    CHECK(is_used(r, ANNA, 0), "a new account is empty");
    for (unsigned i = 0; i < 5; i++)
        rig_deliver(r, ANNA, MAIL);
    CHECK(is_used(r, ANNA, 5), "deliveries count");
    CHECK(rig_put(r, &m, &e) != 0 && is_used(r, ANNA, 6), "appends too");
    rig_open(r, x, "INBOX", 0, &s);
    CHECK(copy(r, x, 3, "Archive", false) == 0 && is_used(r, ANNA, 9),
          "copies count");
    CHECK(copy(r, x, 1, "Archive", true) == 0 && is_used(r, ANNA, 9),
          "moves do not");
    rig_flag(r, x, 2, 3, STORE_FLAGS_ADD, MAIL_DELETED, NULL);
    CHECK(is_used(r, ANNA, 9), "what is marked is still there");
    rig_expunge(r, x, 1, 100, true);
    CHECK(is_used(r, ANNA, 7), "what is expunged is not");
    store_delete(x, span_of("Archive"), rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(is_used(r, ANNA, 3), "a mailbox that is deleted, at once");
    rig_drop(r, HOME "/new/1700000000.M1P1.elsewhere", MAIL);
    CHECK(recount(r, ANNA).messages == 4 && is_used(r, ANNA, 4),
          "what others put there counts");
    CHECK(is_exact(r, ANNA), "nothing to mend");
    store_logout(&x);
    rig_seen_free(&s);
}

/* As it is after a crash that nobody can imagine. */
static void
test_mending(struct rig *r)
{
    struct index_txn *t;
    struct index_account account;
    struct index_folder record;
    struct folder *f;
    struct store_recount c;
    struct error e;

    t = core_begin(r->core);
    CHECK(index_find_account(t, span_of(ANNA), &account, &e) &&
              index_set_usage(t, account.id, 5, 9, &e) &&
              core_commit(r->core, &t, &e),
          "wrong sums of the account");
    c = recount(r, ANNA);
    CHECK(c.off_messages == -5 && c.off_bytes == (int64_t)(4 * SIZE) - 5,
          "are noticed: %lld, %lld", (long long)c.off_messages,
          (long long)c.off_bytes);
    CHECK(is_used(r, ANNA, 4) && is_exact(r, ANNA), "and mended");
    t = core_begin(r->core);
    CHECK(index_find_folder(t, account.id, span_of("INBOX"), &record, &e),
          "INBOX");
    record.bytes += 1000;
    record.exists += 2;
    CHECK(index_put_folder(t, &record, &e) && core_commit(r->core, &t, &e),
          "wrong sums of a folder");
    f = folder_in_memory(r->core, record.id);
    if (f != NULL)
        f->record = record;
    c = recount(r, ANNA);
    CHECK(c.off_messages == -2 && c.off_bytes == -1000, "are noticed too");
    CHECK(is_used(r, ANNA, 4) && is_exact(r, ANNA), "and mended");
}

/* --- limits ------------------------------------------------------------------------ */

static void
test_limits(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_mail m = { .append = x, .mailbox = "Drafts", .text = MAIL };
    struct rig_seen s;
    struct error e;

    set_quota(r, ANNA, 6 * SIZE, STORE_QUOTA_KEEP);
    CHECK(check_quota(r, 2 * SIZE, ANNA, NULL) == 0, "it fits to the octet");
    CHECK(check_quota(r, 2 * SIZE + 1, ANNA, NULL) == FAIL_QUOTA, "one more");
    CHECK(check_quota(r, 6 * SIZE + 1, ANNA, NULL) == FAIL_OVERSIZE,
          "and what never fits");
    CHECK(check_quota(r, SIZE + 1, ANNA, ANNA) == FAIL_QUOTA,
          "two copies count twice");
    CHECK(check_quota(r, 2 * SIZE + 1, BEN, ANNA) == FAIL_QUOTA,
          "one of two is full");
    CHECK(deliver(r, ANNA) == 0 && deliver(r, ANNA) == 0, "up to the limit");
    CHECK(check_quota(r, 0, ANNA, NULL) == FAIL_QUOTA, "full: of any size");
    CHECK(deliver(r, ANNA) == FAIL_QUOTA, "beyond: not delivered");
    CHECK(rig_put(r, &m, &e) == 0 && e.kind == FAIL_QUOTA, "nor appended");
    rig_open(r, x, "INBOX", 0, &s);
    CHECK(copy(r, x, 100, "Trash", false) == FAIL_QUOTA, "nor copied");
    CHECK(copy(r, x, 2, "Trash", true) == 0 && is_used(r, ANNA, 6),
          "but moved: the way out of a full account");
    CHECK(is_used(r, ANNA, 6) && is_exact(r, ANNA), "nothing of it is left");
    CHECK(rig_expunge(r, x, 1, s.view->rows[0].uid, false) &&
              deliver(r, ANNA) == 0,
          "what is expunged makes room");
    set_quota(r, ANNA, STORE_QUOTA_NONE, 6);
    CHECK(deliver(r, ANNA) == FAIL_QUOTA, "messages are limited too");
    set_quota(r, ANNA, STORE_QUOTA_KEEP, STORE_QUOTA_DEFAULT);
    CHECK(deliver(r, ANNA) == 0 && is_used(r, ANNA, 7), "no limit any more");
    store_logout(&x);
    rig_seen_free(&s);
}

/* Both are under way before either is in the index. */
static void
test_at_once(struct rig *r)
{
    struct rig_mail m = { .user = BEN, .mailbox = "", .text = MAIL };
    struct rig_answer a[4];
    unsigned done = 0;

    set_quota(r, BEN, 2 * SIZE, STORE_QUOTA_KEEP);
    for (unsigned i = 0; i < 4; i++) {
        struct store_recipient to = { span_of(m.user), span_of("") };
        struct store_new n = { .size = SIZE, .session = "test" };
        struct error e;

        a[i] = rig_ask(r);
        a[i].delivery = store_delivery_begin(r->smtp, SIZE, rig_begun, &a[i]);
        rig_wait(r, &a[i].done);
        CHECK(fs_write(a[i].fd, span_of(MAIL), &e), "written");
        a[i].done = false;
        store_delivery_commit(a[i].delivery, &n, &to, 1, rig_committed, &a[i]);
    }
    for (unsigned i = 0; i < 4; i++) {
        rig_wait(r, &a[i].done);
        store_delivery_abort(&a[i].delivery);
        CHECK(!a[i].failed || a[i].e.kind == FAIL_QUOTA, "quota");
        done += !a[i].failed;
    }
    CHECK(done == 2 && is_used(r, BEN, 2), "room for two: %u", done);
}

static int
fail_at(const char *call, uint64_t number, void *arg)
{
    (void)call;
    return number == *(uint64_t *)arg ? ENOSPC : 0;
}

/* A delivery that comes to nothing gives its room back. */
static void
test_failures(struct rig *r)
{
    set_quota(r, BEN, 3 * SIZE, STORE_QUOTA_KEEP);
    for (uint64_t i = 0; i < 40; i++) {
        fs_fault(fail_at, &i);
        deliver(r, BEN);
        fs_fault(NULL, NULL);
        if (is_used(r, BEN, 3))
            break;
        CHECK(check_quota(r, SIZE, BEN, NULL) == 0, "after failure %llu",
              (unsigned long long)i);
    }
    CHECK(is_used(r, BEN, 3) && is_exact(r, BEN), "in the end it fitted");
}

/* --- the file ------------------------------------------------------------------------ */

static void
restart(struct rig *r, bool without_index)
{
    char command[700];

    rig_stop(r);
    snprintf(command, sizeof command, "rm -rf '%s'", r->index);
    if (without_index && system(command) != 0)
        die("%s", command);
    rig_start(r);
}

/* Expunged files leave a moment after the last session; until then only the
 * index knows that they are expunged. */
static void
wait_for_files(struct rig *r, unsigned expected)
{
    for (int i = 0; i < 400; i++) {
        if (rig_count(r, HOME "/new") + rig_count(r, HOME "/cur") == expected)
            return;
        rig_sleep(r, 25);
    }
    CHECK(false, "expunged files have not left");
}

static void
test_rebuild(struct rig *r)
{
    struct store_quota q;

    wait_for_files(r, 6);
    r->options.quota_bytes = 100 * SIZE;
    set_quota(r, ANNA, 50 * SIZE, STORE_QUOTA_NONE);
    restart(r, true);
    q = quota_now(r, ANNA);
    CHECK(q.limit_bytes == 50 * SIZE && q.own_bytes && q.limit_messages == 0 &&
              q.own_messages,
          "the account's own limits survive the index");
    CHECK(recount(r, ANNA).messages == 7 && is_used(r, ANNA, 7),
          "and so do its sums");
    set_quota(r, ANNA, STORE_QUOTA_DEFAULT, STORE_QUOTA_DEFAULT);
    q = quota_now(r, ANNA);
    CHECK(q.limit_bytes == 100 * SIZE && !q.own_bytes && !q.own_messages,
          "the settings' limit");
    q = quota_now(r, "nobody@example.org");
    CHECK(q.limit_bytes == 100 * SIZE && q.messages == 0, "without mail");
    CHECK(check_quota(r, 101 * SIZE, "nobody@example.org", NULL) ==
              FAIL_OVERSIZE,
          "a limit from the first message on");
    set_quota(r, ANNA, 50 * SIZE, STORE_QUOTA_KEEP);
    rig_stop(r);
    {
        char path[700];
        struct error e;

        snprintf(path, sizeof path, "%s/" HOME "/" ACCOUNT_FILE, r->mail);
        CHECK(fs_replace(AT_FDCWD, path, span_of("rubbish\n"), 0600, &e),
              "damage");
    }
    rig_start(r);
    CHECK(quota_now(r, ANNA).limit_bytes == 50 * SIZE,
          "a damaged file changes nothing");
    r->options.quota_bytes = 0;
}

static const struct {
    const char *why, *text;
    bool good;
    uint64_t bytes, messages;
} files[] = {
    { "nothing said", "pillarbox-account 1\n", true, 0, 0 },
    { "both", "pillarbox-account 1\nquota-bytes 5\nquota-messages 6\n", true, 5,
      6 },
    { "0 is none", "pillarbox-account 1\nquota-bytes 0\n", true,
      INDEX_LIMIT_NONE, 0 },
    { "unknown lines", "pillarbox-account 1\nnew thing\n\nquota-bytes 5", true,
      5, 0 },
    { "another file", "pillarbox-mailbox 1\n", false, 0, 0 },
    { "empty", "", false, 0, 0 },
    { "no number", "pillarbox-account 1\nquota-bytes x\n", false, 0, 0 },
    { "behind it", "pillarbox-account 1\nquota-bytes 5M\n", false, 0, 0 },
    { "too large", "pillarbox-account 1\nquota-bytes 99999999999999999999\n",
      false, 0, 0 },
};

static void
test_file(void)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct account_file a = { 0 };
        struct account_file again = { 0 };
        struct buf text = { 0 };
        struct error e;
        bool good = account_file_parse(span_of(files[i].text), &a, &e);

        CHECK(good == files[i].good && a.limit_bytes == files[i].bytes &&
                  a.limit_messages == files[i].messages,
              "%s", files[i].why);
        account_file_print(&a, &text);
        CHECK(account_file_parse(buf_span(&text), &again, &e) &&
                  memcmp(&a, &again, sizeof a) == 0,
              "%s: printed and read", files[i].why);
        buf_free(&text);
    }
}

int
main(void)
{
    struct rig r;

    test_file();
    rig_init(&r);
    test_sums(&r);
    test_mending(&r);
    test_limits(&r);
    test_at_once(&r);
    test_failures(&r);
    test_rebuild(&r);
    rig_free(&r);
    return check_report();
}
