/* The index: accounts, folders and messages are kept, found and forgotten. */
#include "base/mem.h"
#include "mailstore/index_record.h"
#include "tests/mailstore/index_help.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- numbers -------------------------------------------------------------------- */

static void
test_numbers(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct error e;
    uint64_t n;

    OK(index_get_number(t, INDEX_EPOCH, &n, &e));
    CHECK(n == 1, "the first epoch is 1: 0 means dirty");
    OK(index_take_number(t, INDEX_NEXT_FOLDER, &n, &e));
    CHECK(n == 1, "ids begin at 1");
    OK(index_take_number(t, INDEX_NEXT_FOLDER, &n, &e));
    CHECK(n == 2, "and go on");
    OK(index_put_number(t, INDEX_MODSEQ, 1ull << 52, &e));
    commit(&t);
    t = begin(ix);
    OK(index_take_number(t, INDEX_NEXT_FOLDER, &n, &e));
    index_abort(&t);
    t = begin(ix);
    OK(index_take_number(t, INDEX_NEXT_FOLDER, &n, &e));
    CHECK(n == 3, "what was aborted was not taken");
    OK(index_get_number(t, INDEX_MODSEQ, &n, &e));
    CHECK(n == 1ull << 52, "64 bits");
    index_abort(&t);
    index_close(&ix);
}

/* --- accounts --------------------------------------------------------------------- */

static bool
list_account(void *arg, const struct index_account *a)
{
    buf_printf(arg, "%u=%s ", a->id, a->name);
    return a->id != 99;
}

static bool
accounts_are(struct index_txn *t, const char *want)
{
    struct buf got = { 0 };
    struct error e;
    bool same = index_each_account(t, list_account, &got, &e) &&
                span_is(buf_span(&got), want);

    if (!same)
        fprintf(stderr, "accounts: %.*s\n", SPAN(buf_span(&got)));
    buf_free(&got);
    return same;
}

static void
test_accounts(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct index_account a = account(2, "anna@example.org");
    struct index_account b = account(1, "bob@example.org");
    struct index_account got;
    struct error e;

    OK(index_put_account(t, &b, &e));
    OK(index_put_account(t, &a, &e));
    OK(index_get_account(t, 2, &got, &e));
    CHECK(strcmp(got.name, a.name) == 0 && got.modseq == a.modseq &&
              got.uid_validity == a.uid_validity &&
              got.limit_bytes == a.limit_bytes &&
              got.limit_messages == a.limit_messages &&
              got.keep_deleted == a.keep_deleted && got.id == 2,
          "everything comes back");
    OK(index_find_account(t, span_of("bob@example.org"), &got, &e));
    CHECK(got.id == 1, "by name");
    CHECK(!index_find_account(t, span_of("carl@example.org"), &got, &e) &&
              e.kind == FAIL_NOT_FOUND,
          "a name that is nobody's");
    CHECK(!index_find_account(t, span_of(""), &got, &e) &&
              e.kind == FAIL_NOT_FOUND,
          "no name");
    CHECK(accounts_are(t, "2=anna@example.org 1=bob@example.org "),
          "by name, not by id");
    snprintf(a.name, sizeof a.name, "bob@example.org");
    CHECK(!index_put_account(t, &a, &e) && e.kind == FAIL_EXISTS,
          "a name has one owner");
    snprintf(a.name, sizeof a.name, "zoe@example.org");
    OK(index_put_account(t, &a, &e));
    CHECK(accounts_are(t, "1=bob@example.org 2=zoe@example.org "),
          "a new name replaces the old one");
    OK(index_delete_account(t, 1, &e));
    OK(index_delete_account(t, 1, &e));
    CHECK(accounts_are(t, "2=zoe@example.org "), "deleted, name and all");
    commit(&t);
    index_close(&ix);
}

/* --- folders ---------------------------------------------------------------------- */

static struct index_folder
folder(uint32_t id, uint32_t owner, const char *name)
{
    struct index_folder f = {
        .id = id,
        .account = owner,
        .flags = 17,
        .uid_validity = 18,
        .uid_next = 19,
        .uid_next_floor = 1000,
        .first_recent = 12,
        .modseq = 1ull << 51,
        .tomb_floor = 21,
        .exists = 22,
        .unseen = 23,
        .deleted = 24,
        .deleted_bytes = 1ull << 32,
        .bytes = 1ull << 33,
        .mailbox_id = { 1, 2, 3, [15] = 16 },
        .tag = 0xfffff,
        .verified_epoch = 3,
        .new_stamp = { 1, 2, -3, 4 },
        .cur_stamp = { 5, 6, 7, 8 },
        .keyword_count = 2,
        .keywords = { "$Junk", "todo" },
    };

    snprintf(f.name, sizeof f.name, "%s", name);
    return f;
}

static bool
list_folder(void *arg, const struct index_folder *f)
{
    buf_printf(arg, "%u=%s ", f->id, f->name);
    return true;
}

static bool
folders_are(struct index_txn *t, uint32_t owner, const char *want)
{
    struct buf got = { 0 };
    struct error e;
    bool same = index_each_folder(t, owner, list_folder, &got, &e) &&
                span_is(buf_span(&got), want);

    if (!same)
        fprintf(stderr, "folders: %.*s\n", SPAN(buf_span(&got)));
    buf_free(&got);
    return same;
}

static void
test_folders(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct index_folder inbox = folder(7, 1, "INBOX");
    struct index_folder sent = folder(8, 1, "Sent");
    struct index_folder other = folder(9, 2, "INBOX");
    struct index_folder got;
    struct error e;

    OK(index_put_folder(t, &sent, &e));
    OK(index_put_folder(t, &inbox, &e));
    OK(index_put_folder(t, &other, &e));
    OK(index_get_folder(t, 7, &got, &e));
    CHECK(memcmp(&got, &inbox, sizeof got) == 0, "everything comes back");
    OK(index_find_folder(t, 2, span_of("INBOX"), &got, &e));
    CHECK(got.id == 9, "names belong to accounts");
    CHECK(folders_are(t, 1, "7=INBOX 8=Sent "), "of one account, by name");
    snprintf(sent.name, sizeof sent.name, "INBOX");
    CHECK(!index_put_folder(t, &sent, &e) && e.kind == FAIL_EXISTS,
          "a name is taken once");
    snprintf(sent.name, sizeof sent.name, "Archive/2024");
    OK(index_put_folder(t, &sent, &e));
    CHECK(folders_are(t, 1, "8=Archive/2024 7=INBOX "), "renamed");
    CHECK(!index_find_folder(t, 1, span_of("Sent"), &got, &e) &&
              e.kind == FAIL_NOT_FOUND,
          "the old name is free");
    sent.keyword_count = INDEX_KEYWORDS_MAX;
    for (unsigned i = 0; i < INDEX_KEYWORDS_MAX; i++)
        memset(sent.keywords[i], 'k', KEYWORD_MAX);
    OK(index_put_folder(t, &sent, &e));
    OK(index_get_folder(t, 8, &got, &e));
    CHECK(memcmp(&got, &sent, sizeof got) == 0, "all keywords there can be");
    OK(index_delete_folder(t, 8, &e));
    CHECK(folders_are(t, 1, "7=INBOX "), "deleted, name and all");
    CHECK(folders_are(t, UINT32_MAX, ""), "the last possible account");
    commit(&t);
    index_close(&ix);
}

/* --- messages --------------------------------------------------------------------- */

static void
test_messages(void)
{
    static const struct {
        const char *why;
        uint32_t in, first, last, stop_at, count;
    } cases[] = {
        { "all", 5, 1, UINT32_MAX, 0, 1001 },
        { "both ends belong to it", 5, 10, 19, 0, 10 },
        { "one", 5, 500, 500, 0, 1 },
        { "the highest there can be", 5, 1001, UINT32_MAX, 0, 1 },
        { "none", 5, 1001, UINT32_MAX - 1, 0, 0 },
        { "stops when told", 5, 1, UINT32_MAX, 3, 3 },
        { "another folder", 6, 1, UINT32_MAX, 0, 1 },
        { "the last folder there can be", UINT32_MAX, 1, UINT32_MAX, 0, 1 },
        { "a folder without messages", 7, 1, UINT32_MAX, 0, 0 },
    };
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct index_message m = message(UINT32_MAX);
    struct index_message got;
    struct buf row = { 0 };
    struct buf wanted = { 0 };
    struct error e;

    fill_messages(t, 5, 1000);
    fill_messages(t, 6, 1);
    OK(index_put_message(t, 5, &m, &e));
    OK(index_put_message(t, UINT32_MAX, &m, &e));
    OK(index_get_message(t, 5, UINT32_MAX, &got, &e));
    index_record_put_message(&got, &row);
    index_record_put_message(&m, &wanted);
    CHECK(span_eq(buf_span(&row), buf_span(&wanted)), "everything comes back");
    CHECK(got.content == m.content && got.name_flags == m.name_flags,
          "what shares a word too");
    buf_free(&row);
    buf_free(&wanted);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct uids u = scan(t, cases[i].in, cases[i].first, cases[i].last,
                             cases[i].stop_at);

        CHECK(u.count == cases[i].count, "%s: %u", cases[i].why, u.count);
    }
    OK(index_delete_message(t, 5, 500, &e));
    OK(index_delete_message(t, 5, 500, &e));
    CHECK(!index_get_message(t, 5, 500, &got, &e) && e.kind == FAIL_NOT_FOUND,
          "deleted");
    commit(&t);
    index_close(&ix);
}

static bool
see_cold(void *arg, const struct index_cold *c)
{
    buf_printf(arg, "%u=%.*s:%zu ", c->uid, SPAN(c->base), c->summary.n);
    return true;
}

static void
test_cold(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct index_cold c = { .uid = 3,
                            .base = span_of("a"),
                            .email_id = { 9, [15] = 8 } };
    struct index_cold got;
    struct buf store = { 0 };
    struct buf list = { 0 };
    char *large = mem_take(300000);
    struct error e;

    OK(index_put_cold(t, 1, &c, &e));
    OK(index_get_cold(t, 1, 3, &store, &got, &e));
    CHECK(got.uid == 3 && span_is(got.base, "a") && got.summary.n == 0 &&
              memcmp(got.email_id, c.email_id, 16) == 0,
          "everything comes back, an empty summary too");
    memset(large, 'x', 300000);
    c.summary = span_from(large, 300000);
    OK(index_put_cold(t, 1, &c, &e));
    c.uid = 4;
    c.summary = span_of("blob");
    OK(index_put_cold(t, 1, &c, &e));
    OK(index_each_cold(t, 1, 1, UINT32_MAX, see_cold, &list, &e));
    CHECK(span_is(buf_span(&list), "3=a:300000 4=a:4 "), "%.*s",
          SPAN(buf_span(&list)));
    OK(index_get_cold(t, 1, 3, &store, &got, &e));
    CHECK(span_eq(got.summary, span_from(large, 300000)), "a large summary");
    OK(index_delete_cold(t, 1, 3, &e));
    CHECK(!index_get_cold(t, 1, 3, &store, &got, &e) &&
              e.kind == FAIL_NOT_FOUND,
          "deleted");
    commit(&t);
    free(large);
    buf_free(&store);
    buf_free(&list);
    index_close(&ix);
}

static void
test_names(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    uint64_t hash = index_hash(span_of("1700000000.M1P2Q3F12345.host"));
    uint32_t uid = 0;
    struct error e;

    CHECK(hash == 0x4c68f5204274b71dull,
          "the hash is part of the format: %016llx", (unsigned long long)hash);
    OK(index_put_name(t, 1, hash, 77, &e));
    OK(index_get_name(t, 1, hash, &uid, &e));
    CHECK(uid == 77, "found");
    CHECK(!index_get_name(t, 2, hash, &uid, &e) && e.kind == FAIL_NOT_FOUND,
          "in its folder only");
    OK(index_delete_name(t, 1, hash, &e));
    CHECK(!index_get_name(t, 1, hash, &uid, &e) && e.kind == FAIL_NOT_FOUND,
          "deleted");
    commit(&t);
    index_close(&ix);
}

static void
test_row_sizes(void)
{
    struct index_message m = message(1);
    struct buf row = { 0 };

    index_record_put_message(&m, &row);
    CHECK(row.n == 64, "the hot row is 64 bytes, not %zu", row.n);
    for (size_t n = 0; n < row.n; n++)
        CHECK(!index_record_take_message(span_from(row.p, n), &m), "cut at %zu",
              n);
    buf_put_ch(&row, 0);
    CHECK(!index_record_take_message(buf_span(&row), &m), "one too many");
    buf_free(&row);
}

int
main(void)
{
    alarm(30);
    test_numbers();
    test_accounts();
    test_folders();
    test_messages();
    test_cold();
    test_names();
    test_row_sizes();
    return check_report();
}
