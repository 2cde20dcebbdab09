/* Group commit: who waits is called in order, once it is durable, or told. */
#include "mailstore/flush.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "tests/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct kv_table tables[] = { { "rows", 0 } };

struct world {
    struct loop *loop;
    struct kv *kv;
    struct flush *flush;
    struct timer *limit;
    unsigned asked, answered, failed, wanted;
    bool in_order;
    unsigned again; /* on_flushed asks this many times more */
};

static void
on_limit(void *arg)
{
    (void)arg;
    die("the answers do not come");
}

static struct kv *
open_kv(const char *dir)
{
    const struct kv_options o = {
        .dir = dir, .tables = tables, .table_count = 1, .cache_bytes = 1 << 20
    };
    struct kv *kv;
    struct error e;
    bool clean;

    if (!kv_open(&kv, &o, &clean, &e))
        die("%s", e.text);
    return kv;
}

static void
begin(struct world *w, const char *dir, enum flush_mode mode)
{
    *w = (struct world){ .in_order = true };
    w->kv = open_kv(dir);
    w->loop = loop_new();
    w->flush = flush_new(w->loop, w->kv, mode);
    w->limit = timer_new(w->loop, on_limit, NULL);
    timer_start(w->limit, 8000);
}

static void
end(struct world *w)
{
    flush_free(&w->flush);
    CHECK(w->flush == NULL, "freed is nothing");
    flush_free(&w->flush);
    timer_free(&w->limit);
    loop_free(&w->loop);
    kv_close(&w->kv);
}

static void
put(struct world *w, unsigned n)
{
    struct kv_txn *t;
    struct error e;

    if (!kv_begin(w->kv, &t, &e) ||
        !kv_put(t, 0, span_from(&n, sizeof n), span_of("value"), &e) ||
        !kv_commit(&t, &e))
        die("%s", e.text);
}

struct ask {
    struct world *w;
    unsigned number;
};

static void on_flushed(void *arg, const struct error *e);

/* Writes a row and waits for it. */
static void
ask(struct world *w)
{
    struct ask *a = mem_take(sizeof *a);

    a->w = w;
    a->number = w->asked++;
    put(w, a->number);
    flush_after(w->flush, on_flushed, a);
}

static void
on_flushed(void *arg, const struct error *e)
{
    struct ask *a = arg;
    struct world *w = a->w;

    w->in_order = w->in_order && a->number == w->answered;
    w->answered++;
    w->failed += e != NULL;
    free(a);
    if (w->again > 0) {
        w->again--;
        ask(w);
    }
    if (w->answered == w->wanted)
        loop_stop(w->loop);
}

static void
run(struct world *w, unsigned first, unsigned again)
{
    w->wanted += first + again;
    w->again = again;
    for (unsigned i = 0; i < first; i++)
        ask(w);
    CHECK(w->answered == w->wanted - first - again,
          "nobody is called from inside flush_after()");
    loop_run(w->loop);
}

static void
test_modes(void)
{
    static const struct {
        enum flush_mode mode;
        const char *why;
    } cases[] = {
        { FLUSH_ALWAYS, "always" },
        { FLUSH_BATCH, "batch" },
        { FLUSH_NEVER, "never" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        struct flush_counts c;

        begin(&w, check_dir(), cases[i].mode);
        run(&w, 64, 640);
        c = flush_get_counts(w.flush);
        CHECK(w.answered == 704 && w.in_order, "%s: all, in order: %u",
              cases[i].why, w.answered);
        CHECK(w.failed == 0, "%s: none failed", cases[i].why);
        CHECK(c.waiters == 704, "%s: counted", cases[i].why);
        CHECK(c.flushes < 704 / 2, "%s: flushes are shared: %u", cases[i].why,
              (unsigned)c.flushes);
        run(&w, 1, 0);
        CHECK(w.answered == 705, "%s: one alone need not wait for others",
              cases[i].why);
        end(&w);
    }
}

static int
refuse_fsync(const char *call, uint64_t number, void *arg)
{
    (void)number;
    (void)arg;
    return strcmp(call, "fsync") == 0 ? EIO : 0;
}

/* Until the log has gone on to a second file, whose name cannot be synced. */
static void
test_failure(void)
{
    struct world w;
    char *large = mem_take(1 << 20);
    struct kv_txn *t;
    struct error e;

    begin(&w, check_dir(), FLUSH_ALWAYS);
    run(&w, 1, 0);
    CHECK(w.failed == 0, "all is well at first");
    for (int i = 0; i < 20; i++) {
        memset(large, i, 1 << 20);
        if (!kv_begin(w.kv, &t, &e) ||
            !kv_put(t, 0, span_of("large"), span_from(large, 1 << 20), &e) ||
            !kv_commit(&t, &e))
            die("%s", e.text);
    }
    fs_fault(refuse_fsync, NULL);
    run(&w, 3, 0);
    CHECK(w.failed == 3, "who waits for a failed flush is told");
    fs_fault(NULL, NULL);
    run(&w, 2, 0);
    CHECK(w.failed == 5 && w.in_order, "and nobody is told otherwise later");
    end(&w);
    free(large);
}

static void
test_free_answers(void)
{
    struct world w;
    struct flush_counts c;

    begin(&w, check_dir(), FLUSH_BATCH);
    w.wanted = 100;
    w.again = 3;
    for (int i = 0; i < 10; i++)
        ask(&w);
    c = flush_get_counts(w.flush);
    CHECK(c.checkpoints == 0, "no checkpoint for so little");
    end(&w);
    CHECK(w.answered == 13 && w.failed == 0 && w.in_order,
          "flush_free() answers everybody: %u", w.answered);
}

static void
test_checkpoint(void)
{
    struct world w;
    char *large = mem_take(1 << 20);
    struct kv_txn *t;
    struct error e;
    int64_t until;

    begin(&w, check_dir(), FLUSH_ALWAYS);
    for (int i = 0; i < 9; i++) {
        memset(large, i, 1 << 20);
        if (!kv_begin(w.kv, &t, &e) ||
            !kv_put(t, 0, span_of("large"), span_from(large, 1 << 20), &e) ||
            !kv_commit(&t, &e))
            die("%s", e.text);
    }
    run(&w, 1, 0);
    until = clock_monotonic_ms() + 5000;
    while (flush_get_counts(w.flush).checkpoints == 0 &&
           clock_monotonic_ms() < until)
        usleep(10000);
    CHECK(flush_get_counts(w.flush).checkpoints > 0,
          "8 MiB of log call for a checkpoint");
    CHECK(kv_log_bytes(w.kv) < 1 << 20, "which was written");
    end(&w);
    free(large);
}

int
main(void)
{
    alarm(30);
    test_modes();
    test_failure();
    test_free_answers();
    test_checkpoint();
    return check_report();
}
