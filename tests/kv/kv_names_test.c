/*
 * K2: when a flush has returned, the names of all log files that were there
 * when it began are durable, though another thread goes on committing and
 * begins new files meanwhile.
 */
#include "base/fs.h"
#include "tests/kv/kv_help.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define COMMITS 1500
#define VALUE   32768

struct scene {
    struct kv *kv;
    char dir[4200];
    unsigned last;   /* log file that was there */
    unsigned synced; /* at the last fsync of the directory */
    atomic_bool is_over;
    unsigned flushes, missed;
};

static unsigned
last_log_file(const struct scene *s, unsigned from)
{
    char path[4300];

    for (unsigned n = from;; n++) {
        snprintf(path, sizeof path, "%s/log.%010u", s->dir, n + 1);
        if (access(path, F_OK) != 0)
            return n;
    }
}

/* kv itself only syncs its directory; the log is libdb's. */
static int
on_call(const char *call, uint64_t number, void *arg)
{
    struct scene *s = arg;

    (void)number;
    if (strcmp(call, "fsync") == 0)
        s->synced = last_log_file(s, s->synced);
    return 0;
}

static void *
run_flusher(void *arg)
{
    struct scene *s = arg;
    struct error e;

    while (!atomic_load(&s->is_over)) {
        s->last = last_log_file(s, s->last);
        if (!kv_flush(s->kv, &e))
            die("flush: %s", e.text);
        s->flushes++;
        if (s->synced < s->last)
            s->missed++;
    }
    return NULL;
}

static void
put_one(struct kv *kv, unsigned n)
{
    static char value[VALUE];
    struct kv_txn *t = begin(kv);
    struct error e;

    memset(value, 'a' + (int)(n % 26), sizeof value);
    if (!kv_put(t, BLOBS, span_from(&n, sizeof n),
                span_from(value, sizeof value), &e))
        die("put: %s", e.text);
    commit(&t);
}

int
main(void)
{
    struct scene s = { 0 };
    pthread_t flusher;
    bool clean;

    snprintf(s.dir, sizeof s.dir, "%s/log", check_dir());
    s.kv = must_open(s.dir, &clean);
    s.last = s.synced = last_log_file(&s, 0);
    fs_fault(on_call, &s);
    if (pthread_create(&flusher, NULL, run_flusher, &s) != 0)
        die("a thread");
    for (unsigned n = 0; n < COMMITS; n++)
        put_one(s.kv, n % 64);
    atomic_store(&s.is_over, true);
    pthread_join(flusher, NULL);
    fs_fault(NULL, NULL);
    CHECK(s.last > 5 && s.flushes > 5, "%u log files, %u flushes", s.last,
          s.flushes);
    CHECK(s.missed == 0,
          "%u flushes of %u left a log file without a durable name", s.missed,
          s.flushes);
    kv_close(&s.kv);
    return check_report();
}
