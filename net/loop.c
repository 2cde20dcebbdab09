#include "net/loop.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

/*
 * libev's own child watcher wants its one default loop, which is a global; so
 * children are waited for here, each by its number, when SIGCHLD comes.
 */
struct loop_signal {
    ev_signal ev;
    struct loop_signal *next;
    timer_fn *fn;
    void *arg;
};

struct loop_child {
    struct loop_child *next;
    int pid;
    child_fn *fn;
    void *arg;
};

struct loop {
    struct ev_loop *ev;
    ev_async keep; /* or ev_run() would return when nothing is watched */
    struct loop_signal *signals;
    struct loop_child *children;
    bool has_child_signal;
};

struct watch {
    ev_io ev;
    struct loop *loop;
    watch_fn *fn;
    void *arg;
    int fd;
    int events;
};

struct timer {
    ev_timer ev;
    struct loop *loop;
    timer_fn *fn;
    void *arg;
};

struct wake {
    ev_async ev;
    struct loop *loop;
    timer_fn *fn;
    void *arg;
};

_Static_assert((int)LOOP_READ == (int)EV_READ && (int)LOOP_WRITE == EV_WRITE,
               "events are handed through");

static void
on_keep(struct ev_loop *ev, ev_async *w, int events)
{
    (void)ev;
    (void)w;
    (void)events;
}

struct loop *
loop_new(void)
{
    struct loop *l = mem_take(sizeof *l);

    l->ev = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
    if (l->ev == NULL)
        die("no event loop (epoll) from the system");
    ev_async_init(&l->keep, on_keep);
    ev_async_start(l->ev, &l->keep);
    return l;
}

void
loop_free(struct loop **lp)
{
    struct loop *l = *lp;

    if (l == NULL)
        return;
    while (l->signals != NULL) {
        struct loop_signal *s = l->signals;

        l->signals = s->next;
        ev_signal_stop(l->ev, &s->ev);
        free(s);
    }
    while (l->children != NULL) {
        struct loop_child *c = l->children;

        l->children = c->next;
        free(c);
    }
    ev_async_stop(l->ev, &l->keep);
    ev_loop_destroy(l->ev);
    free(l);
    *lp = NULL;
}

void
loop_run(struct loop *l)
{
    ev_run(l->ev, 0);
}

void
loop_stop(struct loop *l)
{
    ev_break(l->ev, EVBREAK_ALL);
}

static void
on_watch(struct ev_loop *ev, ev_io *io, int events)
{
    struct watch *w = io->data;

    (void)ev;
    events = events & EV_ERROR ? w->events : events & w->events;
    if (events != 0)
        w->fn(w->arg, events);
}

struct watch *
watch_new(struct loop *l, int fd, watch_fn *fn, void *arg)
{
    struct watch *w = mem_take(sizeof *w);

    w->loop = l;
    w->fd = fd;
    w->fn = fn;
    w->arg = arg;
    ev_io_init(&w->ev, on_watch, fd, 0);
    w->ev.data = w;
    return w;
}

void
watch_set(struct watch *w, int events)
{
    if (events == w->events)
        return;
    w->events = events;
    ev_io_stop(w->loop->ev, &w->ev);
    if (events == 0)
        return;
    ev_io_set(&w->ev, w->fd, events);
    ev_io_start(w->loop->ev, &w->ev);
}

void
watch_free(struct watch **w)
{
    if (*w == NULL)
        return;
    ev_io_stop((*w)->loop->ev, &(*w)->ev);
    free(*w);
    *w = NULL;
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int events)
{
    struct timer *t = timer->data;

    (void)ev;
    (void)events;
    t->fn(t->arg);
}

struct timer *
timer_new(struct loop *l, timer_fn *fn, void *arg)
{
    struct timer *t = mem_take(sizeof *t);

    t->loop = l;
    t->fn = fn;
    t->arg = arg;
    ev_timer_init(&t->ev, on_timer, 0, 0);
    t->ev.data = t;
    return t;
}

/* libev counts from the time it last looked at the clock, which is long ago
 * before the loop runs and in a callback that took its time. */
static void
start_timer(struct timer *t, int64_t milliseconds, bool again)
{
    double seconds = (double)(milliseconds < 0 ? 0 : milliseconds) / 1000;

    ev_now_update(t->loop->ev);
    ev_timer_stop(t->loop->ev, &t->ev);
    ev_timer_set(&t->ev, seconds, again ? seconds : 0);
    ev_timer_start(t->loop->ev, &t->ev);
}

void
timer_start(struct timer *t, int64_t milliseconds)
{
    start_timer(t, milliseconds, false);
}

void
timer_repeat(struct timer *t, int64_t milliseconds)
{
    start_timer(t, milliseconds < 1 ? 1 : milliseconds, true);
}

void
timer_stop(struct timer *t)
{
    ev_timer_stop(t->loop->ev, &t->ev);
}

bool
timer_is_running(const struct timer *t)
{
    return ev_is_active(&t->ev);
}

void
timer_free(struct timer **t)
{
    if (*t == NULL)
        return;
    timer_stop(*t);
    free(*t);
    *t = NULL;
}

static void
on_wake(struct ev_loop *ev, ev_async *async, int events)
{
    struct wake *w = async->data;

    (void)ev;
    (void)events;
    w->fn(w->arg);
}

struct wake *
wake_new(struct loop *l, timer_fn *fn, void *arg)
{
    struct wake *w = mem_take(sizeof *w);

    w->loop = l;
    w->fn = fn;
    w->arg = arg;
    ev_async_init(&w->ev, on_wake);
    w->ev.data = w;
    ev_async_start(l->ev, &w->ev);
    return w;
}

void
loop_wake(struct wake *w)
{
    ev_async_send(w->loop->ev, &w->ev);
}

void
wake_free(struct wake **w)
{
    if (*w == NULL)
        return;
    ev_async_stop((*w)->loop->ev, &(*w)->ev);
    free(*w);
    *w = NULL;
}

static void
on_signal(struct ev_loop *ev, ev_signal *signal, int events)
{
    struct loop_signal *s = signal->data;

    (void)ev;
    (void)events;
    s->fn(s->arg);
}

void
loop_on_signal(struct loop *l, int number, timer_fn *fn, void *arg)
{
    struct loop_signal *s = mem_take(sizeof *s);

    s->fn = fn;
    s->arg = arg;
    s->next = l->signals;
    l->signals = s;
    ev_signal_init(&s->ev, on_signal, number);
    s->ev.data = s;
    ev_signal_start(l->ev, &s->ev);
}

/* One child that ended, taken off the list; NULL: no more. */
static struct loop_child *
take_ended(struct loop *l, int *status)
{
    for (struct loop_child **at = &l->children; *at != NULL;) {
        struct loop_child *c = *at;
        pid_t got = waitpid(c->pid, status, WNOHANG);

        if (got == 0 || (got == -1 && errno == EINTR)) {
            at = &c->next;
            continue;
        }
        if (got == -1)
            *status = 0; /* somebody else waited for it */
        *at = c->next;
        return c;
    }
    return NULL;
}

/* The callback may add children: so the list is searched from its start. */
static void
on_children(void *arg)
{
    struct loop *l = arg;
    struct loop_child *c;
    int status;

    while ((c = take_ended(l, &status)) != NULL) {
        c->fn(c->arg, c->pid, status);
        free(c);
    }
}

void
loop_on_child(struct loop *l, int pid, child_fn *fn, void *arg)
{
    struct loop_child *c = mem_take(sizeof *c);

    c->pid = pid;
    c->fn = fn;
    c->arg = arg;
    c->next = l->children;
    l->children = c;
    if (!l->has_child_signal)
        loop_on_signal(l, SIGCHLD, on_children, l);
    l->has_child_signal = true;
    raise(SIGCHLD); /* it may have ended before anybody listened */
}
