/* The promises of kv/kv.h to those who end in order. */
#include "tests/kv/kv_help.h"

#include <sys/wait.h>
#include <unistd.h>

static void
test_rows(void)
{
    struct kv *kv = open_fresh();
    struct kv_txn *t = begin(kv);
    struct buf out = { 0 };
    struct buf small = { .max = 2 };
    struct error e;

    put(t, ROWS, "a", "1");
    CHECK(has(t, ROWS, "a", "1"), "a transaction reads its own writes");
    CHECK(!kv_put_new(t, ROWS, span_of("a"), span_of("2"), &e) &&
              e.kind == FAIL_EXISTS,
          "put_new does not replace");
    put(t, ROWS, "a", "three");
    CHECK(has(t, ROWS, "a", "three"), "put replaces");
    CHECK(!kv_get(t, BLOBS, span_of("a"), &out, &e) && e.kind == FAIL_NOT_FOUND,
          "tables are apart");
    CHECK(!kv_get(t, ROWS, span_of("a"), &small, &e) && e.kind == FAIL_LIMIT,
          "the caller's bound holds");
    commit(&t);
    t = begin(kv);
    CHECK(has(t, ROWS, "a", "three"), "committed is there");
    CHECK(kv_delete(t, ROWS, span_of("a"), &e), "delete: %s", e.text);
    CHECK(!kv_delete(t, ROWS, span_of("a"), &e) && e.kind == FAIL_NOT_FOUND,
          "what is not there cannot be deleted");
    kv_abort(&t);
    CHECK(t == NULL, "abort forgets");
    kv_abort(&t);
    t = begin(kv);
    CHECK(has(t, ROWS, "a", "three"), "abort took the delete back");
    kv_abort(&t);
    buf_free(&out);
    buf_free(&small);
    kv_close(&kv);
}

/* --- scans -------------------------------------------------------------------- */

static struct seen
scan(struct kv_txn *t, const char *from, const char *upto, unsigned stop_after)
{
    struct seen s = { .stop_after = stop_after,
                      .ordered = true,
                      .intact = true };
    struct error e;

    CHECK(kv_scan(t, ROWS, span_of(from), span_of(upto), see, &s, &e),
          "scan: %s", e.text);
    return s;
}

static void
test_scans(void)
{
    static const struct {
        const char *from, *upto, *why;
        unsigned stop_after, count, first, last;
    } cases[] = {
        { "", "", "everything, large rows too", 0, MANY, 0, MANY - 1 },
        { "000100x", "000200x", "upto is not included", 0, 100, 100, 199 },
        { "000100", "000100y", "from need not exist", 0, 1, 100, 100 },
        { "004990", "005010", "across a row that fills a read", 0, 20, 4990,
          5009 },
        { "019990x", "", "to the end", 0, 10, 19990, 19999 },
        { "000000x", "", "stops when told", 3, 3, 0, 2 },
        { "5", "", "behind the last row", 0, 0, 0, 0 },
        { "000100x", "000100x", "an empty range", 0, 0, 0, 0 },
    };
    struct kv *kv = open_fresh();
    struct kv_txn *t;

    fill(kv);
    t = begin(kv);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen s =
            scan(t, cases[i].from, cases[i].upto, cases[i].stop_after);

        CHECK(s.count == cases[i].count, "%s: %u rows", cases[i].why, s.count);
        CHECK(s.count == 0 ||
                  (s.first == cases[i].first && s.last == cases[i].last),
              "%s: %u to %u", cases[i].why, s.first, s.last);
        CHECK(s.ordered && s.intact, "%s: in order and whole", cases[i].why);
    }
    kv_abort(&t);
    kv_close(&kv);
}

static void
test_last(void)
{
    static const struct {
        const char *from, *upto, *key, *why;
    } cases[] = {
        { "", "", "d", "of all" },
        { "", "c", "b", "upto is not included" },
        { "", "bb", "b", "upto need not exist" },
        { "b", "c", "b", "from is included" },
        { "bb", "d", NULL, "nothing between" },
        { "", "a", NULL, "nothing before" },
        { "e", "f", NULL, "nothing behind" },
        { "", "z", "d", "upto behind the last row" },
    };
    struct kv *kv = open_fresh();
    struct kv_txn *t = begin(kv);
    struct buf key = { 0 };
    struct buf value = { 0 };
    struct error e;

    CHECK(!kv_last(t, ROWS, span_of(""), span_of(""), &key, &value, &e) &&
              e.kind == FAIL_NOT_FOUND,
          "an empty table has no last row");
    put(t, ROWS, "a", "A");
    put(t, ROWS, "b", "B");
    put(t, ROWS, "d", "D");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool found;

        buf_clear(&key);
        buf_clear(&value);
        found = kv_last(t, ROWS, span_of(cases[i].from), span_of(cases[i].upto),
                        &key, &value, &e);
        CHECK(found == (cases[i].key != NULL), "%s", cases[i].why);
        CHECK(!found || (span_is(buf_span(&key), cases[i].key) &&
                         value.n == 1 && value.p[0] == key.p[0] - 32),
              "%s: the row itself", cases[i].why);
        CHECK(found || e.kind == FAIL_NOT_FOUND, "%s: says so", cases[i].why);
    }
    kv_abort(&t);
    buf_free(&key);
    buf_free(&value);
    kv_close(&kv);
}

/* --- lives ---------------------------------------------------------------------- */

static void
test_reopen(void)
{
    const char *dir = check_dir();
    bool clean = false;
    struct kv *kv = must_open(dir, &clean);
    struct kv_txn *t = begin(kv);

    put(t, ROWS, "kept", "yes");
    commit(&t);
    kv_close(&kv);
    CHECK(kv == NULL, "close forgets");
    kv_close(&kv);
    for (int life = 0; life < 3; life++) {
        clean = false;
        kv = must_open(dir, &clean);
        CHECK(clean, "life %d began after kv_close()", life);
        t = begin(kv);
        CHECK(has(t, ROWS, "kept", "yes"), "life %d has the row", life);
        kv_abort(&t);
        kv_close(&kv);
    }
}

static void
test_second_opener(void)
{
    const char *dir = check_dir();
    bool clean;
    struct kv *kv = must_open(dir, &clean);
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(open_fails(dir, FAIL_BUSY) ? 0 : 1);
    waitpid(pid, &status, 0);
    CHECK(status == 0, "another process is refused with BUSY");
    CHECK(open_fails(dir, FAIL_BUSY), "so is this one");
    kv_close(&kv);
    CHECK(!open_fails(dir, FAIL_BUSY), "a lock that was given back is free");
}

static void
test_backup(void)
{
    struct kv *kv = open_fresh();
    struct kv_txn *t = begin(kv);
    char to[4096];
    bool clean;
    struct error e;

    put(t, ROWS, "kept", "yes");
    put(t, BLOBS, "too", "yes");
    commit(&t);
    snprintf(to, sizeof to, "%s/copy", check_dir());
    CHECK(kv_backup(kv, to, &e), "backup: %s", e.text);
    CHECK(!kv_backup(kv, to, &e) && e.kind == FAIL_EXISTS,
          "a backup does not overwrite another");
    t = begin(kv);
    put(t, ROWS, "kept", "no");
    commit(&t);
    kv_close(&kv);
    kv = must_open(to, &clean);
    CHECK(!clean, "a copy must be recovered");
    t = begin(kv);
    CHECK(has(t, ROWS, "kept", "yes") && has(t, BLOBS, "too", "yes"),
          "the copy is as it was then");
    kv_abort(&t);
    kv_close(&kv);
}

int
main(void)
{
    alarm(30);
    test_rows();
    test_scans();
    test_last();
    test_reopen();
    test_second_opener();
    test_backup();
    return check_report();
}
