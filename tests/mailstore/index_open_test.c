/* The index's lives: clean and unclean ends, damage, moving aside. */
#include "base/fs.h"
#include "kv/kv.h"
#include "tests/mailstore/index_help.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
    write_stamp(dir, "pillarbox index\nschema 2\nBerkeley DB 6.2\nattempts "
                     "0\n");
}

static void
stamp_attempts(const char *dir)
{
    write_stamp(dir, "pillarbox index\nschema 2\nBerkeley DB 5.3\nattempts "
                     "60\n");
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
    struct buf path = { 0 };
    bool there;

    buf_printf(&path, "%s%s", dir, suffix);
    there = access(buf_text(&path), F_OK) == 0;
    buf_free(&path);
    return there;
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
    write_stamp(dir, "pillarbox index\nschema 2\nBerkeley DB 5.3\nattempts "
                     "59\n");
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

int
main(void)
{
    alarm(30);
    test_lives();
    test_second_opener();
    test_moved_aside();
    test_one_attempt_more();
    test_unreadable();
    return check_report();
}
