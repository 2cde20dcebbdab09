#include "mailstore/pool.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

struct queue {
    struct pool_job *first;
    struct pool_job **last;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;     /* there is a job, or stop       */
    pthread_cond_t finished; /* a job was put in `done`       */
    struct queue todo, done; /* under lock                    */
    bool stop;               /* under lock                    */
    unsigned busy;           /* only the loop's thread        */
    struct wake *wake;
    pthread_t *threads;
    unsigned count;
};

static void
put(struct queue *q, struct pool_job *job)
{
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
}

static struct pool_job *
take_first(struct queue *q)
{
    struct pool_job *job = q->first;

    if (job == NULL)
        return NULL;
    q->first = job->next;
    if (q->first == NULL)
        q->last = &q->first;
    return job;
}

static void *
work(void *arg)
{
    struct pool *p = arg;
    struct pool_job *job;
    bool is_first;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        while ((job = take_first(&p->todo)) == NULL && !p->stop)
            pthread_cond_wait(&p->work, &p->lock);
        if (job == NULL)
            break;
        pthread_mutex_unlock(&p->lock);
        job->run(job);
        pthread_mutex_lock(&p->lock);
        is_first = p->done.first == NULL;
        put(&p->done, job);
        pthread_cond_signal(&p->finished);
        if (!is_first)
            continue; /* the loop is on its way */
        pthread_mutex_unlock(&p->lock);
        loop_wake(p->wake);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* All that is done, oldest first, in the loop. */
static void
finish(void *arg)
{
    struct pool *p = arg;
    struct pool_job *job;

    pthread_mutex_lock(&p->lock);
    while ((job = take_first(&p->done)) != NULL) {
        pthread_mutex_unlock(&p->lock);
        p->busy--;
        job->done(job);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
}

struct pool *
pool_new(struct loop *l, unsigned threads)
{
    struct pool *p = mem_take(sizeof *p);

    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->finished, NULL);
    p->todo.last = &p->todo.first;
    p->done.last = &p->done.first;
    p->wake = wake_new(l, finish, p);
    p->threads = mem_take_array(threads, sizeof *p->threads);
    for (; p->count < threads; p->count++)
        if (pthread_create(&p->threads[p->count], NULL, work, p) != 0)
            die("cannot start a thread");
    return p;
}

void
pool_add(struct pool *p, struct pool_job *job)
{
    p->busy++;
    pthread_mutex_lock(&p->lock);
    put(&p->todo, job);
    pthread_mutex_unlock(&p->lock);
    pthread_cond_signal(&p->work); /* whom it wakes finds the lock free */
}

unsigned
pool_busy(const struct pool *p)
{
    return p->busy;
}

void
pool_drain(struct pool *p)
{
    while (p->busy > 0) {
        pthread_mutex_lock(&p->lock);
        while (p->done.first == NULL)
            pthread_cond_wait(&p->finished, &p->lock);
        pthread_mutex_unlock(&p->lock);
        finish(p);
    }
}

void
pool_free(struct pool **pool)
{
    struct pool *p = *pool;

    if (p == NULL)
        return;
    pool_drain(p);
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->count; i++)
        pthread_join(p->threads[i], NULL);
    wake_free(&p->wake);
    pthread_cond_destroy(&p->finished);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p);
    *pool = NULL;
}
