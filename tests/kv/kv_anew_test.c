/* An fsync that fails: never believed afterwards, and not asked again. */
#include "base/fs.h"
#include "tests/kv/kv_help.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned failures; /* of the next calls */

/* In front of the system's: Linux answers EIO once, then all seems fine. */
int
fdatasync(int fd)
{
    if (failures > 0) {
        failures--;
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static ino_t
inode(const char *dir, const char *name)
{
    char path[4200];
    struct stat st;
    struct error e;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return fs_stat(AT_FDCWD, path, &st, &e) ? st.st_ino : 0;
}

static void
put_one(struct kv *kv, const char *key)
{
    struct kv_txn *t = begin(kv);

    put(t, ROWS, key, "1");
    commit(&t);
}

static void
check_anew(const char *dir, const char *what)
{
    ino_t table = inode(dir, "rows.db");
    ino_t log = inode(dir, "log.0000000001");
    struct kv_txn *t;
    struct kv *kv;
    bool clean;

    CHECK(inode(dir, "DOUBT") != 0, "%s: the files are in doubt", what);
    kv = must_open(dir, &clean);
    CHECK(!clean, "%s: that was no clean end", what);
    CHECK(inode(dir, "DOUBT") == 0, "%s: no doubt is left", what);
    CHECK(inode(dir, "rows.db") != table, "%s: tables are new files", what);
    CHECK(inode(dir, "log.0000000001") != log, "%s: logs are new", what);
    t = begin(kv);
    CHECK(has(t, ROWS, "before", "1"), "%s: what was durable is there", what);
    kv_abort(&t);
    kv_close(&kv);
    kv = must_open(dir, &clean);
    CHECK(clean, "%s: from then on all is as ever", what);
    kv_close(&kv);
}

static void
test_flush(void)
{
    const char *dir = check_dir();
    struct error e;
    bool clean;
    struct kv *kv = must_open(dir, &clean);

    put_one(kv, "before");
    CHECK(kv_flush(kv, &e), "flush: %s", e.text);
    put_one(kv, "during");
    failures = 1;
    CHECK(!kv_flush(kv, &e) && e.kind == FAIL_IO,
          "one fsync in vain is a flush in vain");
    CHECK(failures == 0, "it was called");
    kv_close(&kv);
    check_anew(dir, "flush");
}

static void
test_checkpoint(void)
{
    const char *dir = check_dir();
    struct error e;
    bool clean;
    struct kv *kv = must_open(dir, &clean);

    put_one(kv, "before");
    CHECK(kv_flush(kv, &e), "flush: %s", e.text);
    failures = 1;
    CHECK(!kv_checkpoint(kv, &e) && e.kind == FAIL_IO,
          "one fsync in vain is a checkpoint in vain");
    kv_close(&kv);
    check_anew(dir, "checkpoint");
}

static void
write_and_die(const char *dir)
{
    pid_t pid = fork();
    struct error e;
    struct kv *kv;
    bool clean;

    if (pid == 0) {
        kv = must_open(dir, &clean);
        put_one(kv, "before");
        _exit(kv_flush(kv, &e) ? 0 : 1);
    }
    waitpid(pid, NULL, 0);
}

/* The disk fails while it recovers: that says nothing about the files. */
static void
test_recovery(void)
{
    const char *dir = check_dir();
    bool clean;
    int status = 1;
    struct kv *kv;
    struct kv_txn *t;
    pid_t pid;

    write_and_die(dir);
    failures = 1000;
    pid = fork(); /* libdb forgets memory when it panics */
    if (pid == 0)
        _exit(open_fails(dir, FAIL_IO) ? 0 : 1);
    waitpid(pid, &status, 0);
    CHECK(status == 0, "an error of the disk is not damage");
    failures = 0;
    kv = must_open(dir, &clean);
    t = begin(kv);
    CHECK(has(t, ROWS, "before", "1"), "all is there when the disk is well");
    kv_abort(&t);
    kv_close(&kv);
}

/* What a crash left of an earlier attempt is no table. */
static void
test_rubbish(void)
{
    const char *dir = check_dir();
    char path[4200];
    struct error e;
    int fd = -1;

    write_and_die(dir);
    snprintf(path, sizeof path, "%s/rows.db.anew", dir);
    CHECK(fs_create(AT_FDCWD, path, 0600, &fd, &e), "%s", e.text);
    close(fd);
    snprintf(path, sizeof path, "%s/DOUBT", dir);
    CHECK(fs_create(AT_FDCWD, path, 0600, &fd, &e), "%s", e.text);
    close(fd);
    check_anew(dir, "rubbish");
    CHECK(inode(dir, "rows.db.anew") == 0, "rubbish is removed");
}

int
main(void)
{
    alarm(30);
    test_flush();
    test_checkpoint();
    test_recovery();
    test_rubbish();
    return check_report();
}
