#include "auth/workers.h"

#include "auth/limits.h"
#include "base/error.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct queue {
    struct job *first, *last;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct queue waiting, finished;
    unsigned waiting_count;
    bool stopping;
    struct wake *wake;
    unsigned count;
    pthread_t *threads;
};

static void
queue_add(struct queue *q, struct job *j)
{
    j->next = NULL;
    if (q->last != NULL)
        q->last->next = j;
    else
        q->first = j;
    q->last = j;
}

static struct job *
queue_take(struct queue *q)
{
    struct job *j = q->first;

    if (j == NULL)
        return NULL;
    q->first = j->next;
    if (q->first == NULL)
        q->last = NULL;
    return j;
}

/* The next job; NULL when it is time to go home. Called with the lock. */
static struct job *
wait_for_job(struct workers *w)
{
    while (w->waiting.first == NULL && !w->stopping)
        pthread_cond_wait(&w->more, &w->lock);
    return queue_take(&w->waiting);
}

static void *
run_worker(void *arg)
{
    struct workers *w = arg;
    struct job *j;

    pthread_mutex_lock(&w->lock);
    while ((j = wait_for_job(w)) != NULL) {
        w->waiting_count--;
        pthread_mutex_unlock(&w->lock);
        j->work(j);
        pthread_mutex_lock(&w->lock);
        queue_add(&w->finished, j);
        loop_wake(w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void
on_wake(void *arg)
{
    struct workers *w = arg;
    struct queue finished;
    struct job *j;

    pthread_mutex_lock(&w->lock);
    finished = w->finished;
    w->finished = (struct queue){ 0 };
    pthread_mutex_unlock(&w->lock);
    while ((j = queue_take(&finished)) != NULL)
        j->done(j);
}

/* Signals belong to the loop's thread. */
static void
start_threads(struct workers *w)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < w->count; i++)
        if (pthread_create(&w->threads[i], NULL, run_worker, w) != 0)
            die("no thread for hashing");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct workers *
workers_new(struct loop *l, unsigned threads)
{
    struct workers *w = mem_take(sizeof *w);

    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    w->wake = wake_new(l, on_wake, w);
    w->count = threads;
    w->threads = mem_take_array(threads, sizeof *w->threads);
    start_threads(w);
    return w;
}

bool
workers_submit(struct workers *w, struct job *j)
{
    bool room;

    pthread_mutex_lock(&w->lock);
    room = w->waiting_count < w->count * AUTH_JOBS_PER_WORKER;
    if (room) {
        queue_add(&w->waiting, j);
        w->waiting_count++;
        pthread_cond_signal(&w->more);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

void
workers_free(struct workers **w)
{
    struct workers *all = *w;

    if (all == NULL)
        return;
    pthread_mutex_lock(&all->lock);
    all->stopping = true;
    pthread_cond_broadcast(&all->more);
    pthread_mutex_unlock(&all->lock);
    for (unsigned i = 0; i < all->count; i++)
        pthread_join(all->threads[i], NULL);
    on_wake(all);
    wake_free(&all->wake);
    pthread_cond_destroy(&all->more);
    pthread_mutex_destroy(&all->lock);
    free(all->threads);
    free(all);
    *w = NULL;
}
