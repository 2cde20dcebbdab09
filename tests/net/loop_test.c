#include "net/loop.h"

#include "base/clock.h"
#include "tests/check.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct state {
    struct loop *loop;
    struct watch *watch;
    struct timer *timer;
    struct wake *wake;
    int calls;
    int last;
    int fd;
};

static void
stop(void *arg)
{
    struct state *s = arg;

    s->calls++;
    loop_stop(s->loop);
}

static void
count(void *arg)
{
    struct state *s = arg;

    s->calls++;
}

static void
on_readable(void *arg, int events)
{
    struct state *s = arg;
    char ch;

    s->calls++;
    s->last = events;
    CHECK(read(s->fd, &ch, 1) == 1, "there is a byte");
    loop_stop(s->loop);
}

static void
free_own_watch(void *arg, int events)
{
    struct state *s = arg;

    (void)events;
    s->calls++;
    watch_free(&s->watch);
    timer_start(s->timer, 30);
}

static void
check_watch(void)
{
    struct state s = { .loop = loop_new() };
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "a pair");
    s.fd = pair[0];
    s.watch = watch_new(s.loop, pair[0], on_readable, &s);
    s.timer = timer_new(s.loop, stop, &s);
    CHECK(write(pair[1], "ab", 2) == 2, "two bytes");
    timer_start(s.timer, 20);
    loop_run(s.loop);
    CHECK(s.calls == 1 && s.last == 0, "at first it watches for nothing");
    watch_set(s.watch, LOOP_READ);
    loop_run(s.loop);
    CHECK(s.last == LOOP_READ, "readable");
    watch_free(&s.watch);
    CHECK(s.watch == NULL, "cleared");
    s.calls = 0;
    s.watch = watch_new(s.loop, pair[0], free_own_watch, &s);
    watch_set(s.watch, LOOP_READ | LOOP_WRITE);
    loop_run(s.loop);
    CHECK(s.calls == 2, "freed in its callback: once, then the timer: %d",
          s.calls);
    timer_free(&s.timer);
    loop_free(&s.loop);
    CHECK(close(pair[0]) == 0, "watch_free() closes nothing");
    close(pair[1]);
}

static void
check_timer(void)
{
    struct state s = { .loop = loop_new() };
    int64_t from;

    s.timer = timer_new(s.loop, stop, &s);
    CHECK(!timer_is_running(s.timer), "new timers stand still");
    usleep(60000); /* the loop's idea of now is old */
    from = clock_monotonic_ms();
    timer_start(s.timer, 50);
    CHECK(timer_is_running(s.timer), "running");
    loop_run(s.loop);
    CHECK(clock_monotonic_ms() - from >= 48, "not before its time");
    CHECK(!timer_is_running(s.timer), "once");
    timer_start(s.timer, 100000);
    timer_start(s.timer, 1);
    loop_run(s.loop);
    CHECK(s.calls == 2, "starting again replaces");
    timer_free(&s.timer);
    loop_free(&s.loop);
}

static void
free_own_timer(void *arg)
{
    struct state *s = arg;

    if (++s->calls < 3)
        return;
    timer_free(&s->timer);
    loop_stop(s->loop);
}

static void
check_repeat(void)
{
    struct state s = { .loop = loop_new() };
    struct timer *idle;

    s.timer = timer_new(s.loop, free_own_timer, &s);
    idle = timer_new(s.loop, count, &s);
    timer_start(idle, 1);
    timer_stop(idle);
    timer_repeat(s.timer, 5);
    loop_run(s.loop);
    CHECK(s.calls == 3 && s.timer == NULL, "three times, then freed inside");
    timer_free(&idle);
    loop_free(&s.loop);
}

static void *
wake_from_thread(void *arg)
{
    struct state *s = arg;

    usleep(20000);
    for (int i = 0; i < 100; i++)
        loop_wake(s->wake);
    return NULL;
}

static void
check_wake(void)
{
    struct state s = { .loop = loop_new() };
    pthread_t thread;

    s.wake = wake_new(s.loop, stop, &s);
    CHECK(pthread_create(&thread, NULL, wake_from_thread, &s) == 0, "thread");
    loop_run(s.loop);
    pthread_join(thread, NULL);
    CHECK(s.calls >= 1, "woken");
    wake_free(&s.wake);
    loop_free(&s.loop);
}

static void
check_signal(void)
{
    struct state s = { .loop = loop_new() };

    loop_on_signal(s.loop, SIGUSR1, stop, &s);
    raise(SIGUSR1);
    CHECK(s.calls == 0, "not in the signal handler");
    loop_run(s.loop);
    CHECK(s.calls == 1, "in the loop");
    loop_free(&s.loop);
}

static void
on_child(void *arg, int pid, int status)
{
    struct state *s = arg;

    CHECK(pid > 0 && WIFEXITED(status), "an exit");
    s->calls++;
    s->last |= 1 << WEXITSTATUS(status);
    if (s->calls == 3)
        loop_stop(s->loop);
}

static int
start_child(int code, unsigned wait_ms)
{
    int pid = fork();

    if (pid == 0) {
        usleep(wait_ms * 1000);
        _exit(code);
    }
    return pid;
}

static void
check_children(void)
{
    struct state s = { .loop = loop_new() };
    int early = start_child(1, 0);

    usleep(50000); /* ended before anybody listens */
    loop_on_child(s.loop, early, on_child, &s);
    loop_on_child(s.loop, start_child(2, 10), on_child, &s);
    loop_on_child(s.loop, start_child(3, 30), on_child, &s);
    loop_run(s.loop);
    CHECK(s.last == (1 << 1 | 1 << 2 | 1 << 3), "each with its status: %x",
          (unsigned)s.last);
    loop_free(&s.loop);
}

int
main(void)
{
    check_watch();
    check_timer();
    check_repeat();
    check_wake();
    check_signal();
    check_children();
    return check_report();
}
