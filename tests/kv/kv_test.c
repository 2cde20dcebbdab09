/* The promises of kv/kv.h, kill -9 and damaged pages included. */
#include "kv/kv.h"

#include "base/fs.h"
#include "base/mem.h"
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS, BLOBS, TABLES };

static const struct kv_table tables[TABLES] = {
    [ROWS] = { "rows", 0 },
    [BLOBS] = { "blobs", 16384 },
};

static struct kv *
must_open(const char *dir, bool *clean)
{
    const struct kv_options o = { .dir = dir,
                                  .tables = tables,
                                  .table_count = TABLES,
                                  .cache_bytes = 1 << 20 };
    struct kv *kv = NULL;
    struct error e;

    if (!kv_open(&kv, &o, clean, &e))
        die("open %s: %s", dir, e.text);
    return kv;
}

static struct kv *
open_fresh(void)
{
    char dir[4096];
    bool clean = false;
    struct kv *kv;

    snprintf(dir, sizeof dir, "%s/a/b", check_dir());
    kv = must_open(dir, &clean);
    CHECK(clean, "an environment that is new had no unclean end");
    return kv;
}

static struct kv_txn *
begin(struct kv *kv)
{
    struct kv_txn *t = NULL;
    struct error e;

    if (!kv_begin(kv, &t, &e))
        die("begin: %s", e.text);
    return t;
}

static void
commit(struct kv_txn **t)
{
    struct error e;

    CHECK(kv_commit(t, &e), "commit: %s", e.text);
    CHECK(*t == NULL, "a transaction that is over is nothing");
}

static void
put(struct kv_txn *t, unsigned table, const char *key, const char *value)
{
    struct error e;

    CHECK(kv_put(t, table, span_of(key), span_of(value), &e), "put %s: %s", key,
          e.text);
}

static bool
has(struct kv_txn *t, unsigned table, const char *key, const char *value)
{
    struct buf out = { 0 };
    struct error e;
    bool found = kv_get(t, table, span_of(key), &out, &e) &&
                 span_is(buf_span(&out), value);

    buf_free(&out);
    return found;
}

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

#define MANY 20000

struct seen {
    unsigned count, stop_after;
    unsigned first, last;
    bool ordered, intact;
};

static bool
see(void *arg, struct span key, struct span value)
{
    struct seen *s = arg;
    unsigned n = (unsigned)strtoul(key.p, NULL, 10); /* ends at a non-digit */

    if (s->count == 0)
        s->first = n;
    else if (n <= s->last)
        s->ordered = false;
    if (value.n != n % 300 + (n % 5000 == 0 ? 500000 : 0))
        s->intact = false;
    s->last = n;
    s->count++;
    return s->count != s->stop_after;
}

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

/* Rows 00000x, 00001x... of n % 300 bytes; every 5000th larger than a read. */
static void
fill(struct kv *kv)
{
    struct kv_txn *t = begin(kv);
    char *value = mem_take(600000);
    char key[16];
    struct error e;

    for (unsigned n = 0; n < MANY; n++) {
        size_t size = n % 300 + (n % 5000 == 0 ? 500000 : 0);

        snprintf(key, sizeof key, "%06ux", n);
        if (!kv_put(t, ROWS, span_of(key), span_from(value, size), &e))
            CHECK(false, "put %s: %s", key, e.text);
        if (n % 1000 == 999) {
            commit(&t);
            t = begin(kv);
        }
    }
    commit(&t);
    free(value);
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

static bool
open_fails(const char *dir, enum fail kind)
{
    const struct kv_options o = { .dir = dir,
                                  .tables = tables,
                                  .table_count = TABLES };
    struct kv *kv = NULL;
    struct error e;
    bool clean;

    if (!kv_open(&kv, &o, &clean, &e))
        return e.kind == kind;
    kv_close(&kv);
    return false;
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

/* --- K2: the directory ------------------------------------------------------------ */

static int
count_syncs(const char *call, uint64_t number, void *arg)
{
    (void)number;
    if (strcmp(call, "fsync") == 0)
        ++*(unsigned *)arg;
    return 0;
}

static int
refuse_syncs(const char *call, uint64_t number, void *arg)
{
    (void)number;
    (void)arg;
    return strcmp(call, "fsync") == 0 ? EIO : 0;
}

/* Writes and flushes n MiB. */
static bool
write_log(struct kv *kv, unsigned n, struct error *e)
{
    char *value = mem_take(1 << 20);

    for (unsigned i = 0; i < n; i++) {
        struct kv_txn *t = begin(kv);

        memset(value, (int)i, 1 << 20);
        kv_put(t, BLOBS, span_of("x"), span_from(value, 1 << 20), e);
        commit(&t);
    }
    free(value);
    return kv_flush(kv, e);
}

static void
test_directory_is_synced(void)
{
    const char *dir = check_dir();
    unsigned syncs = 0;
    bool clean;
    struct kv *kv;
    struct error e;

    fs_fault(count_syncs, &syncs);
    kv = must_open(dir, &clean);
    CHECK(syncs > 0, "kv_open made files: their names are synced");
    syncs = 0;
    CHECK(write_log(kv, 1, &e), "flush: %s", e.text);
    CHECK(syncs == 0, "no new log file, no sync of the directory");
    CHECK(kv_log_bytes(kv) >= 1 << 20, "the log has grown");
    CHECK(write_log(kv, 17, &e), "flush: %s", e.text);
    CHECK(syncs == 1, "one for the second log file, not %u", syncs);
    CHECK(kv_checkpoint(kv, &e), "checkpoint: %s", e.text);
    CHECK(kv_log_bytes(kv) < 1 << 20, "a checkpoint is where counting begins");
    fs_fault(refuse_syncs, NULL);
    CHECK(!write_log(kv, 17, &e) && e.kind == FAIL_IO,
          "a directory that cannot be synced fails the flush");
    fs_fault(NULL, NULL);
    CHECK(kv_flush(kv, &e), "the next flush tries again: %s", e.text);
    kv_close(&kv);
    kv = must_open(dir, &clean);
    CHECK(!clean, "after a failed flush nothing is called clean");
    kv_close(&kv);
}

/* --- kill -9 -------------------------------------------------------------------------- */

/* Writes row n to both tables, flushes, says n; until killed. */
static void
write_until_killed(const char *dir, int out)
{
    bool clean;
    struct kv *kv = must_open(dir, &clean);
    struct error e;
    char key[32];

    for (uint32_t n = 0;; n++) {
        struct kv_txn *t = begin(kv);

        snprintf(key, sizeof key, "%010u", n);
        put(t, ROWS, key, "value");
        put(t, BLOBS, key, "value");
        if (n > 0 && n % 7 == 0)
            put(t, ROWS, "0000000000", "value");
        commit(&t);
        if (!kv_flush(kv, &e) || write(out, &n, sizeof n) != sizeof n)
            _exit(1);
    }
}

/* How many rows the child said were durable. */
static uint32_t
run_and_kill(const char *dir, unsigned microseconds)
{
    int ends[2];
    uint32_t n;
    uint32_t said = 0;
    pid_t pid;

    if (pipe(ends) == -1)
        die("no pipe");
    pid = fork();
    if (pid == 0)
        write_until_killed(dir, ends[1]);
    close(ends[1]);
    if (read(ends[0], &n, sizeof n) == sizeof n)
        said = n + 1;
    usleep(microseconds);
    kill(pid, SIGKILL);
    while (read(ends[0], &n, sizeof n) == sizeof n)
        said = n + 1;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return said;
}

static bool
count_row(void *arg, struct span key, struct span value)
{
    (void)key;
    (void)value;
    ++*(uint32_t *)arg;
    return true;
}

static uint32_t
count_rows(struct kv_txn *t, unsigned table)
{
    uint32_t n = 0;
    struct error e;

    CHECK(kv_scan(t, table, span_of(""), span_of(""), count_row, &n, &e),
          "scan: %s", e.text);
    return n;
}

static void
test_kill(void)
{
    unsigned had_rows = 0;

    for (unsigned round = 0; round < 20; round++) {
        char dir[4096];
        uint32_t said, rows;
        bool clean = true;
        struct kv *kv;
        struct kv_txn *t;

        snprintf(dir, sizeof dir, "%s/kv", check_dir());
        said = run_and_kill(dir, 1000 + round * 3000);
        kv = must_open(dir, &clean);
        t = begin(kv);
        rows = count_rows(t, ROWS);
        CHECK(!clean, "round %u: a killed life did not end well", round);
        CHECK(rows >= said, "round %u: %u rows of %u that were flushed", round,
              rows, said);
        CHECK(rows == count_rows(t, BLOBS),
              "round %u: a transaction is in both tables or in none", round);
        had_rows += said > 1;
        kv_abort(&t);
        kv_close(&kv);
    }
    CHECK(had_rows > 10, "the children wrote before they died");
}

/* --- damage ------------------------------------------------------------------------------ */

static void
damage(const char *dir, const char *file, off_t at)
{
    char path[4096];
    char noise[64];
    int fd;

    memset(noise, 0x5a, sizeof noise);
    snprintf(path, sizeof path, "%s/%s", dir, file);
    fd = open(path, O_WRONLY);
    if (fd == -1 || pwrite(fd, noise, sizeof noise, at) != sizeof noise)
        die("cannot damage %s", path);
    close(fd);
}

static void
check_damage(const char *dir)
{
    bool clean;
    struct kv *kv = must_open(dir, &clean);
    struct seen s = { .ordered = true, .intact = true };
    struct kv_txn *t;
    struct error e;

    fill(kv);
    kv_close(&kv);
    for (off_t page = 5; page < 200; page += 10)
        damage(dir, "rows.db", page * 4096 + 1000);
    kv = must_open(dir, &clean);
    t = begin(kv);
    CHECK(!kv_scan(t, ROWS, span_of(""), span_of(""), see, &s, &e) &&
              e.kind == FAIL_CORRUPT,
          "a damaged page is reported");
    CHECK(s.ordered && s.intact, "and nothing of it was served");
    kv_abort(&t);
    CHECK(!kv_begin(kv, &t, &e) && e.kind == FAIL_CORRUPT,
          "from then on everything fails");
    CHECK(!kv_flush(kv, &e) && e.kind == FAIL_CORRUPT, "flush too");
    kv_close(&kv);
    damage(dir, "rows.db", 0);
    CHECK(open_fails(dir, FAIL_CORRUPT), "a damaged first page is reported");
}

/* In a process of its own: libdb gives nothing back once it has panicked. */
static void
test_damage(void)
{
    const char *dir = check_dir();
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        check_damage(dir);
        fflush(stderr);
        _exit(check_report());
    }
    waitpid(pid, &status, 0);
    CHECK(status == 0, "damage is reported, never served");
}

int
main(void)
{
    alarm(60);
    test_rows();
    test_scans();
    test_last();
    test_reopen();
    test_second_opener();
    test_backup();
    test_directory_is_synced();
    test_kill();
    test_damage();
    return check_report();
}
