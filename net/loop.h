/*
 * One event loop a process (libev underneath; loop.c alone names it). All
 * callbacks run in the thread that runs the loop; loop_wake() is the only call
 * that other threads may make.
 *
 * Watches and timers belong to whoever made them; freeing one inside its own
 * callback is allowed, and no callback comes after it.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct watch;
struct timer;
struct wake;

enum loop_events { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void watch_fn(void *arg, int events); /* LOOP_READ and/or LOOP_WRITE */
typedef void timer_fn(void *arg);

struct loop *loop_new(void);
void loop_free(struct loop **l);

/* Runs until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Watches fd, at first for nothing. watch_free() does not close the fd. */
struct watch *watch_new(struct loop *l, int fd, watch_fn *fn, void *arg);
void watch_set(struct watch *w, int events);
void watch_free(struct watch **w);

/* A timer that is not running. Accuracy: a millisecond or two. */
struct timer *timer_new(struct loop *l, timer_fn *fn, void *arg);
void timer_start(struct timer *t, int64_t milliseconds); /* once; restarts */
void timer_repeat(struct timer *t, int64_t milliseconds);
void timer_stop(struct timer *t);
bool timer_is_running(const struct timer *t);
void timer_free(struct timer **t);

/* fn runs soon in the loop's thread after loop_wake() in any thread; several
 * wakes may give one call. */
struct wake *wake_new(struct loop *l, timer_fn *fn, void *arg);
void loop_wake(struct wake *w);
void wake_free(struct wake **w);

/* fn runs in the loop after signal `number` came. For the process's life. */
void loop_on_signal(struct loop *l, int number, timer_fn *fn, void *arg);

/* fn runs with arg->pid's wait status after that child ended. */
typedef void child_fn(void *arg, int pid, int wait_status);
void loop_on_child(struct loop *l, int pid, child_fn *fn, void *arg);

#endif
