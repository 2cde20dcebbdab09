/*
 *   loop:      flush_after -> waiting ......................... on_wake: fn()
 *                                |                                ^
 *   flusher:                     +-- all at once, kv_flush --> done
 *                                                  |
 *   checkpointer:               every 30 s, or told: 8 MiB of log
 *
 * Whoever comes while a flush runs waits for the next one: kv_flush() promises
 * only what was committed before it began (K1).
 */
#include "mailstore/flush.h"

#include "base/log.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define GATHER_MS          5
#define NEVER_MS           1000 /* between flushes that nobody waits for */
#define CHECKPOINT_SECONDS 30
#define CHECKPOINT_BYTES   ((uint64_t)8 << 20)

struct waiter {
    struct waiter *next;
    flush_fn *fn;
    void *arg;
    bool failed;
};

struct queue {
    struct waiter *first;
    struct waiter **end; /* where the next one is put; NULL: &first */
};

struct flush {
    struct kv *kv;
    enum flush_mode mode;
    struct wake *wake;
    pthread_t flusher, checkpointer;

    pthread_mutex_t lock; /* all that follows */
    pthread_cond_t for_flusher, for_checkpointer;
    struct queue waiting, done;
    bool stop;
    bool unflushed; /* FLUSH_NEVER: something was committed */
    bool failed;    /* for ever, with this error */
    struct error error;
    bool want_checkpoint, in_checkpoint;
    struct flush_counts counts;
};

/* --- queues -------------------------------------------------------------------- */

static void
append(struct queue *q, struct waiter *w)
{
    struct waiter **end = q->end == NULL ? &q->first : q->end;

    *end = w;
    q->end = &w->next;
}

static struct waiter *
take_all(struct queue *q)
{
    struct waiter *first = q->first;

    *q = (struct queue){ 0 };
    return first;
}

/* Under the lock. */
static void
finish_all(struct flush *f, struct waiter *first)
{
    while (first != NULL) {
        struct waiter *w = first;

        first = w->next;
        w->next = NULL;
        w->failed = f->failed;
        append(&f->done, w);
        f->counts.waiters++;
    }
}

static void
on_wake(void *arg)
{
    struct flush *f = arg;
    struct error error;
    struct waiter *w;

    pthread_mutex_lock(&f->lock);
    w = take_all(&f->done);
    error = f->error;
    pthread_mutex_unlock(&f->lock);
    while (w != NULL) {
        struct waiter *next = w->next;

        w->fn(w->arg, w->failed ? &error : NULL);
        free(w);
        w = next;
    }
}

/* --- the flusher ----------------------------------------------------------------- */

static struct timespec
in_milliseconds(int64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* Until the time is over or flush_free() calls. */
static void
pause_for(struct flush *f, int64_t ms)
{
    const struct timespec until = in_milliseconds(ms);

    while (!f->stop &&
           pthread_cond_timedwait(&f->for_flusher, &f->lock, &until) == 0)
        continue;
}

static bool
has_work(const struct flush *f)
{
    return f->waiting.first != NULL || f->unflushed;
}

/* Lets the lock go while it flushes. */
static void
flush_once(struct flush *f)
{
    struct waiter *batch = take_all(&f->waiting);
    struct error e;
    bool fine;

    f->unflushed = false;
    pthread_mutex_unlock(&f->lock);
    fine = kv_flush(f->kv, &e);
    pthread_mutex_lock(&f->lock);
    if (!fine && !f->failed) {
        f->failed = true;
        f->error = e;
        log_event(LOG_ERROR, "flush-failed", log_text("text", e.text));
    }
    f->counts.flushes++;
    finish_all(f, batch);
    if (kv_log_bytes(f->kv) >= CHECKPOINT_BYTES && !f->in_checkpoint) {
        f->want_checkpoint = true;
        pthread_cond_signal(&f->for_checkpointer);
    }
    pthread_mutex_unlock(&f->lock);
    loop_wake(f->wake);
    pthread_mutex_lock(&f->lock);
}

static void *
run_flusher(void *arg)
{
    struct flush *f = arg;

    pthread_mutex_lock(&f->lock);
    for (;;) {
        while (!f->stop && !has_work(f))
            pthread_cond_wait(&f->for_flusher, &f->lock);
        if (!has_work(f))
            break;
        if (f->mode == FLUSH_BATCH)
            pause_for(f, GATHER_MS);
        if (f->mode == FLUSH_NEVER)
            pause_for(f, NEVER_MS);
        flush_once(f);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* --- the checkpointer --------------------------------------------------------------- */

static void
wait_for_checkpoint(struct flush *f)
{
    const struct timespec until = in_milliseconds(CHECKPOINT_SECONDS * 1000);

    while (!f->stop && !f->want_checkpoint &&
           pthread_cond_timedwait(&f->for_checkpointer, &f->lock, &until) == 0)
        continue;
}

/*
 * A failure for want of room loses nothing: the log stays longer. After any
 * other there must be no second try, which could succeed with nothing written:
 * whoever waits for the next flush learns of it.
 */
static void
checkpoint_once(struct flush *f)
{
    struct error e;
    bool fine;

    f->want_checkpoint = false;
    if (f->failed)
        return;
    f->in_checkpoint = true;
    pthread_mutex_unlock(&f->lock);
    fine = kv_checkpoint(f->kv, &e);
    if (!fine)
        log_event(LOG_WARNING, "checkpoint-failed", log_text("text", e.text));
    pthread_mutex_lock(&f->lock);
    if (!fine && e.kind != FAIL_FULL && !f->failed) {
        f->failed = true;
        f->error = e;
    }
    f->in_checkpoint = false;
    f->counts.checkpoints++;
}

static void *
run_checkpointer(void *arg)
{
    struct flush *f = arg;
    bool stop;

    pthread_mutex_lock(&f->lock);
    do {
        wait_for_checkpoint(f);
        stop = f->stop; /* before: so that the last one comes after it */
        checkpoint_once(f);
    } while (!stop);
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* --- for the loop -------------------------------------------------------------------- */

/* Signals are the loop's: the threads take none. */
static void
start_thread(pthread_t *thread, void *(*run)(void *), struct flush *f)
{
    sigset_t all, before;
    int ret;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ret = pthread_create(thread, NULL, run, f);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ret != 0)
        die("no thread from the system: error %d", ret);
}

struct flush *
flush_new(struct loop *l, struct kv *kv, enum flush_mode mode)
{
    struct flush *f = mem_take(sizeof *f);
    pthread_condattr_t monotonic;

    f->kv = kv;
    f->mode = mode;
    f->wake = wake_new(l, on_wake, f);
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->for_flusher, &monotonic);
    pthread_cond_init(&f->for_checkpointer, &monotonic);
    pthread_condattr_destroy(&monotonic);
    start_thread(&f->flusher, run_flusher, f);
    start_thread(&f->checkpointer, run_checkpointer, f);
    return f;
}

static void
stop_threads(struct flush *f)
{
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_signal(&f->for_flusher);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->flusher, NULL);
    pthread_cond_signal(&f->for_checkpointer);
    pthread_join(f->checkpointer, NULL);
}

void
flush_free(struct flush **at)
{
    struct flush *f = *at;

    if (f == NULL)
        return;
    stop_threads(f);
    on_wake(f);
    while (f->waiting.first != NULL) { /* came from those just called */
        pthread_mutex_lock(&f->lock);
        flush_once(f);
        pthread_mutex_unlock(&f->lock);
        on_wake(f);
    }
    wake_free(&f->wake);
    pthread_cond_destroy(&f->for_flusher);
    pthread_cond_destroy(&f->for_checkpointer);
    pthread_mutex_destroy(&f->lock);
    free(f);
    *at = NULL;
}

void
flush_after(struct flush *f, flush_fn *fn, void *arg)
{
    struct waiter *w = mem_take(sizeof *w);
    bool now;

    w->fn = fn;
    w->arg = arg;
    pthread_mutex_lock(&f->lock);
    now = f->mode == FLUSH_NEVER || f->failed;
    if (now)
        finish_all(f, w);
    else
        append(&f->waiting, w);
    f->unflushed = f->unflushed || now;
    pthread_mutex_unlock(&f->lock);
    pthread_cond_signal(
        &f->for_flusher); /* whom it wakes finds the lock free */
    if (now)
        loop_wake(f->wake);
}

struct flush_counts
flush_get_counts(struct flush *f)
{
    struct flush_counts counts;

    pthread_mutex_lock(&f->lock);
    counts = f->counts;
    pthread_mutex_unlock(&f->lock);
    return counts;
}
