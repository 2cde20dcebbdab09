/* The index: every fact is kept, found and forgotten; lives and damage. */
#include "mailstore/index.h"

#include "base/fs.h"
#include "base/mem.h"
#include "kv/kv.h"
#include "mailstore/index_record.h"
#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct index *
must_open(const char *dir, enum index_state want)
{
    struct index *ix;
    enum index_state state;
    struct error e;

    if (!index_open(dir, 1 << 20, &ix, &state, &e))
        die("open %s: %s", dir, e.text);
    CHECK(state == want, "%s: state %d, not %d", dir, (int)state, (int)want);
    return ix;
}

static struct index *
open_fresh(void)
{
    char dir[4096];

    snprintf(dir, sizeof dir, "%s/index/", check_dir());
    return must_open(dir, INDEX_NEW);
}

static struct index_txn *
begin(struct index *ix)
{
    struct index_txn *t;
    struct error e;

    if (!index_begin(ix, &t, &e))
        die("begin: %s", e.text);
    return t;
}

static void
commit(struct index_txn **t)
{
    struct error e;

    CHECK(index_commit(t, &e) && *t == NULL, "commit");
}

#define OK(call) CHECK((call), "%s", e.text)

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

static struct index_account
account(uint32_t id, const char *name)
{
    struct index_account a = { .id = id,
                               .modseq = 1ull << 40,
                               .uid_validity = 1700000000,
                               .bytes = 123,
                               .messages = 4 };

    snprintf(a.name, sizeof a.name, "%s", name);
    return a;
}

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
              got.uid_validity == a.uid_validity && got.bytes == a.bytes &&
              got.messages == a.messages && got.id == 2,
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

static struct index_message
message(uint32_t uid)
{
    return (struct index_message){
        .uid = uid,
        .flags = 0x1234,
        .state = INDEX_IN_NEW | INDEX_NAME_PENDING,
        .name_flags = 0x56,
        .name_keywords = 0x789abcde,
        .keywords = 0xf123456789abcdef,
        .modseq = 1ull << 52,
        .size = 5ull << 32,
        .date = -1,
        .save_date = 1700000000,
        .name_hash = index_hash(span_of("base")),
    };
}

struct uids {
    uint32_t last, count, stop_at;
    bool fine;
};

static bool
see_message(void *arg, const struct index_message *m)
{
    struct uids *u = arg;

    u->fine = u->fine && m->uid > u->last && m->flags == 0x1234;
    u->last = m->uid;
    u->count++;
    return m->uid != u->stop_at;
}

static struct uids
scan(struct index_txn *t, uint32_t in, uint32_t first, uint32_t last,
     uint32_t stop_at)
{
    struct uids u = { .fine = true, .stop_at = stop_at };
    struct error e;

    OK(index_each_message(t, in, first, last, see_message, &u, &e));
    CHECK(u.fine, "ascending and whole");
    return u;
}

static void
fill_messages(struct index_txn *t, uint32_t in, uint32_t n)
{
    struct error e;

    for (uint32_t uid = 1; uid <= n; uid++) {
        struct index_message m = message(uid);

        if (!index_put_message(t, in, &m, &e))
            CHECK(false, "put %u: %s", uid, e.text);
    }
}

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
    struct error e;

    fill_messages(t, 5, 1000);
    fill_messages(t, 6, 1);
    OK(index_put_message(t, 5, &m, &e));
    OK(index_put_message(t, UINT32_MAX, &m, &e));
    OK(index_get_message(t, 5, UINT32_MAX, &got, &e));
    CHECK(memcmp(&got, &m, sizeof m) == 0, "everything comes back");
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

/* --- journals ---------------------------------------------------------------------- */

static bool
see_tombstone(void *arg, const struct index_tombstone *b)
{
    buf_printf(arg, "%u@%d:%.*s:", (unsigned)b->modseq, (int)b->time,
               SPAN(b->who));
    numset_print(b->uids, arg);
    buf_put_ch(arg, ' ');
    return true;
}

static bool
tombstones_are(struct index_txn *t, uint64_t after, const char *want)
{
    struct buf got = { 0 };
    struct error e;
    bool same = index_each_tombstone(t, 4, after, see_tombstone, &got, &e) &&
                span_is(buf_span(&got), want);

    if (!same)
        fprintf(stderr, "tombstones: %.*s\n", SPAN(buf_span(&got)));
    buf_free(&got);
    return same;
}

static void
test_tombstones(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct numset uids = { 0 };
    struct index_tombstone b = { .modseq = 10, .time = 5, .uids = &uids };
    char who[300], want[400];
    struct error e;

    memset(who, 'w', sizeof who);
    numset_add(&uids, 1, 3);
    numset_add(&uids, 9, 9);
    b.who = span_of("pop3 7f");
    OK(index_put_tombstone(t, 4, &b, &e));
    OK(index_put_tombstone(t, 5, &b, &e));
    b.modseq = 11;
    b.who = span_of("");
    numset_add(&uids, UINT32_MAX, UINT32_MAX);
    OK(index_put_tombstone(t, 4, &b, &e));
    CHECK(tombstones_are(t, 0, "10@5:pop3 7f:1:3,9 11@5::1:3,9,4294967295 "),
          "of one folder, by modseq");
    CHECK(tombstones_are(t, 10, "11@5::1:3,9,4294967295 "), "after 10");
    CHECK(tombstones_are(t, 11, ""), "after the last");
    CHECK(tombstones_are(t, UINT64_MAX, ""), "after all there can be");
    OK(index_delete_tombstone(t, 4, 11, &e));
    CHECK(tombstones_are(t, 0, "10@5:pop3 7f:1:3,9 "), "deleted");
    b.modseq = 10;
    b.who = span_from(who, sizeof who);
    OK(index_put_tombstone(t, 4, &b, &e));
    who[INDEX_WHO_MAX] = '\0';
    snprintf(want, sizeof want, "10@5:%s:1:3,9,4294967295 ", who);
    CHECK(tombstones_are(t, 0, want), "who is cut, not refused");
    numset_free(&uids);
    commit(&t);
    index_close(&ix);
}

static bool
see_gone(void *arg, const struct index_gone *g)
{
    buf_printf(arg, "%u/%u=%.*s@%d ", g->folder, g->uid, SPAN(g->file),
               (int)g->time);
    return true;
}

static bool
gone_are(struct index_txn *t, uint32_t in, const char *want)
{
    struct buf got = { 0 };
    struct error e;
    bool same = index_each_gone(t, in, see_gone, &got, &e) &&
                span_is(buf_span(&got), want);

    if (!same)
        fprintf(stderr, "gone: %.*s\n", SPAN(buf_span(&got)));
    buf_free(&got);
    return same;
}

static void
test_gone(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct index_gone g = { .folder = 2,
                            .uid = 8,
                            .time = 6,
                            .size = 7,
                            .state = INDEX_IN_NEW,
                            .file = span_of("a:2,S") };
    struct index_gone got;
    struct buf store = { 0 };
    struct error e;

    OK(index_put_gone(t, &g, &e));
    g.folder = 3;
    OK(index_put_gone(t, &g, &e));
    OK(index_get_gone(t, 2, 8, &store, &got, &e));
    CHECK(got.time == 6 && got.size == 7 && got.state == INDEX_IN_NEW &&
              span_is(got.file, "a:2,S"),
          "everything comes back");
    CHECK(gone_are(t, 0, "2/8=a:2,S@6 3/8=a:2,S@6 "), "of all folders");
    CHECK(gone_are(t, 3, "3/8=a:2,S@6 "), "of one");
    OK(index_delete_gone(t, 3, 8, &e));
    CHECK(gone_are(t, 0, "2/8=a:2,S@6 "), "deleted");
    buf_free(&store);
    commit(&t);
    index_close(&ix);
}

static bool
see_intent(void *arg, uint64_t seq, struct span redo)
{
    buf_printf(arg, "%u=%.*s ", (unsigned)seq, SPAN(redo));
    return true;
}

static void
test_intents(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct buf got = { 0 };
    uint64_t seq;
    struct error e;

    OK(index_put_intent(t, span_of("one"), &seq, &e));
    CHECK(seq == 1, "the first");
    OK(index_put_intent(t, span_of(""), &seq, &e));
    OK(index_put_intent(t, span_of("three"), &seq, &e));
    OK(index_delete_intent(t, 1, &e));
    OK(index_each_intent(t, see_intent, &got, &e));
    CHECK(span_is(buf_span(&got), "2= 3=three "), "%.*s", SPAN(buf_span(&got)));
    buf_free(&got);
    commit(&t);
    index_close(&ix);
}

/* --- emptying ------------------------------------------------------------------------ */

static void
fill_folder(struct index_txn *t, uint32_t in, uint32_t n)
{
    struct numset uids = { 0 };
    struct error e;

    fill_messages(t, in, n);
    numset_add(&uids, 1, 1);
    for (uint32_t uid = 1; uid <= n; uid++) {
        const struct index_cold c = { .uid = uid, .base = span_of("a") };
        const struct index_gone g = { .folder = in, .uid = uid };
        const struct index_tombstone b = { .modseq = uid, .uids = &uids };

        OK(index_put_cold(t, in, &c, &e));
        OK(index_put_name(t, in, uid, uid, &e));
        OK(index_put_gone(t, &g, &e));
        OK(index_put_tombstone(t, in, &b, &e));
    }
    numset_free(&uids);
}

static void
test_clear(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    unsigned slices = 0;
    bool done = false;
    uint32_t uid;
    struct error e;

    fill_folder(t, 4, 30);
    fill_folder(t, 5, 30);
    fill_folder(t, 6, 30);
    while (!done && slices < 100) {
        OK(index_clear_folder(t, 5, 20, &done, &e));
        slices++;
    }
    CHECK(done && slices == 8, "150 rows, 20 at a time, in %u", slices);
    CHECK(scan(t, 5, 1, UINT32_MAX, 0).count == 0, "empty");
    CHECK(!index_get_name(t, 5, 1, &uid, &e), "no name is left");
    CHECK(gone_are(t, 5, ""), "no file is left");
    CHECK(scan(t, 4, 1, UINT32_MAX, 0).count == 30 &&
              scan(t, 6, 1, UINT32_MAX, 0).count == 30,
          "the neighbours are as they were");
    commit(&t);
    index_close(&ix);
}

/* --- lives ---------------------------------------------------------------------------- */

static uint64_t
epoch(struct index *ix)
{
    struct index_txn *t = begin(ix);
    struct error e;
    uint64_t n = 0;

    OK(index_get_number(t, INDEX_EPOCH, &n, &e));
    index_abort(&t);
    return n;
}

static void
put_account(struct index *ix)
{
    struct index_account a = account(1, "anna@example.org");
    struct index_txn *t = begin(ix);
    struct error e;

    OK(index_put_account(t, &a, &e));
    commit(&t);
    CHECK(kv_flush(index_kv(ix), &e), "flush: %s", e.text);
}

static bool
has_account(struct index *ix)
{
    struct index_txn *t = begin(ix);
    struct index_account a;
    struct error e;
    bool there = index_get_account(t, 1, &a, &e);

    index_abort(&t);
    return there;
}

/* Writes an account in a process that ends without closing. */
static void
write_and_die(const char *dir, enum index_state state)
{
    pid_t pid = fork();

    if (pid == 0) {
        put_account(must_open(dir, state));
        raise(SIGKILL);
    }
    waitpid(pid, NULL, 0);
}

static void
test_lives(void)
{
    char dir[4096];
    struct index *ix;

    snprintf(dir, sizeof dir, "%s/index", check_dir());
    write_and_die(dir, INDEX_NEW);
    ix = must_open(dir, INDEX_UNCLEAN);
    CHECK(epoch(ix) == 2, "an unclean stop begins an epoch");
    CHECK(has_account(ix), "what was flushed is there");
    index_close(&ix);
    ix = must_open(dir, INDEX_CLEAN);
    CHECK(epoch(ix) == 2, "a clean one does not");
    index_close(&ix);
    write_and_die(dir, INDEX_CLEAN);
    ix = must_open(dir, INDEX_UNCLEAN);
    CHECK(epoch(ix) == 3, "again");
    index_close(&ix);
}

static void
test_second_opener(void)
{
    char dir[4096];
    enum index_state state;
    struct index *ix, *second;
    struct error e;

    snprintf(dir, sizeof dir, "%s/index", check_dir());
    ix = must_open(dir, INDEX_NEW);
    put_account(ix);
    index_condemn(ix);
    CHECK(!index_open(dir, 0, &second, &state, &e) && e.kind == FAIL_BUSY,
          "what another has open is neither opened nor moved aside");
    CHECK(has_account(ix), "nothing happened to it");
    index_close(&ix);
}

/* --- moved aside ------------------------------------------------------------------------ */

static void
damage(const char *dir, const char *file)
{
    char noise[4096];
    char path[4096];
    int fd;

    memset(noise, 0x5a, sizeof noise);
    snprintf(path, sizeof path, "%s/%s", dir, file);
    fd = open(path, O_WRONLY);
    if (fd == -1 || write(fd, noise, sizeof noise) != sizeof noise)
        die("cannot damage %s", path);
    close(fd);
}

static void
write_stamp(const char *dir, const char *text)
{
    char path[4096];
    struct error e;

    snprintf(path, sizeof path, "%s/STAMP", dir);
    if (!fs_replace(AT_FDCWD, path, span_of(text), 0600, &e))
        die("%s", e.text);
}

static void
condemn(const char *dir)
{
    struct index *ix = must_open(dir, INDEX_CLEAN);

    index_condemn(ix);
    index_close(&ix);
}

static void
damage_meta(const char *dir)
{
    damage(dir, "meta.db");
}

static void
damage_messages(const char *dir)
{
    damage(dir, "message.db");
}

static void
damage_log(const char *dir)
{
    char path[4096];

    damage(dir, "log.0000000001");
    snprintf(path, sizeof path, "%s/CLEAN", dir);
    unlink(path);
}

static void
stamp_schema(const char *dir)
{
    write_stamp(dir, "pillarbox index\nschema 99\nBerkeley DB 5.3\nattempts "
                     "0\n");
}

static void
stamp_engine(const char *dir)
{
    write_stamp(dir, "pillarbox index\nschema 1\nBerkeley DB 6.2\nattempts "
                     "0\n");
}

static void
stamp_attempts(const char *dir)
{
    write_stamp(dir, "pillarbox index\nschema 1\nBerkeley DB 5.3\nattempts "
                     "2\n");
}

static void
stamp_noise(const char *dir)
{
    write_stamp(dir, "");
}

static void
remove_stamp(const char *dir)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/STAMP", dir);
    unlink(path);
}

static bool
is_there(const char *dir, const char *suffix)
{
    char path[4096];

    snprintf(path, sizeof path, "%s%s", dir, suffix);
    return access(path, F_OK) == 0;
}

/* In a process of its own: libdb gives nothing back after damage. */
static bool
starts_over(const char *dir)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct index *ix = must_open(dir, INDEX_NEW);

        CHECK(!has_account(ix), "it is empty");
        index_close(&ix);
        fflush(stderr);
        _exit(check_report());
    }
    waitpid(pid, &status, 0);
    return status == 0;
}

static void
test_moved_aside(void)
{
    static const struct {
        void (*spoil)(const char *dir);
        const char *why;
    } cases[] = {
        { condemn, "condemned" },
        { damage_meta, "meta.db is damaged" },
        { damage_messages, "message.db is damaged" },
        { damage_log, "the log is damaged" },
        { stamp_schema, "another schema" },
        { stamp_engine, "another library" },
        { stamp_attempts, "it could not be opened twice" },
        { stamp_noise, "the stamp is empty" },
        { remove_stamp, "the stamp is missing" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dir[4096];
        struct index *ix;

        snprintf(dir, sizeof dir, "%s/index", check_dir());
        ix = must_open(dir, INDEX_NEW);
        put_account(ix);
        index_close(&ix);
        cases[i].spoil(dir);
        CHECK(starts_over(dir), "%s: starts over", cases[i].why);
        CHECK(is_there(dir, ".bad.1/meta.db"), "%s: kept aside", cases[i].why);
        ix = must_open(dir, INDEX_CLEAN);
        index_close(&ix);
        condemn(dir);
        CHECK(starts_over(dir) && is_there(dir, ".bad.2"), "%s: a second time",
              cases[i].why);
    }
}

static void
test_one_attempt_more(void)
{
    char dir[4096];
    struct index *ix;

    snprintf(dir, sizeof dir, "%s/index", check_dir());
    ix = must_open(dir, INDEX_NEW);
    put_account(ix);
    index_close(&ix);
    write_stamp(dir, "pillarbox index\nschema 1\nBerkeley DB 5.3\nattempts "
                     "1\n");
    ix = must_open(dir, INDEX_CLEAN);
    CHECK(has_account(ix), "one opening in vain moves nothing aside");
    index_close(&ix);
    CHECK(!is_there(dir, ".bad.1"), "nothing");
}

/* --- rows that cannot be read ------------------------------------------------------------- */

static bool
ignore_message(void *arg, const struct index_message *m)
{
    (void)arg;
    (void)m;
    return true;
}

static void
test_unreadable(void)
{
    static const unsigned message_table = 5;
    struct index *ix = open_fresh();
    struct kv_txn *t;
    struct index_txn *it;
    struct index_message m;
    struct error e;

    OK(kv_begin(index_kv(ix), &t, &e));
    OK(kv_put(t, message_table, span_from("\0\0\0\1\0\0\0\1", 8),
              span_of("\2what a later version wrote"), &e));
    OK(kv_commit(&t, &e));
    it = begin(ix);
    CHECK(!index_get_message(it, 1, 1, &m, &e) && e.kind == FAIL_CORRUPT,
          "a row of another version is damage");
    CHECK(!index_each_message(it, 1, 1, 1, ignore_message, NULL, &e) &&
              e.kind == FAIL_CORRUPT,
          "in a walk too");
    index_abort(&it);
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
    test_tombstones();
    test_gone();
    test_intents();
    test_clear();
    test_lives();
    test_second_opener();
    test_moved_aside();
    test_one_attempt_more();
    test_unreadable();
    test_row_sizes();
    return check_report();
}
