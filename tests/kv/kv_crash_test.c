/* The promises of kv/kv.h when the process is killed, the disk fails, or what
 * it holds was changed. */
#include "base/fs.h"
#include "tests/kv/kv_help.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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
        kv = must_open(dir, &clean);
        kv_close(&kv); /* so that there is a mark of a clean end */
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
    alarm(30);
    test_directory_is_synced();
    test_kill();
    test_damage();
    return check_report();
}
