/*
 * Threads for what takes milliseconds: hashing and flushing. A job's work()
 * runs in one of them, then its done() in the loop's thread.
 */
#ifndef AUTH_WORKERS_H
#define AUTH_WORKERS_H

#include "net/loop.h"

struct workers;

/* A part of the caller's own struct; untouched by him from submit to done. */
struct job {
    void (*work)(struct job *j);
    void (*done)(struct job *j);
    struct job *next;
};

struct workers *workers_new(struct loop *l, unsigned threads);

/* False, and nothing happens, where too many jobs wait already. */
bool workers_submit(struct workers *w, struct job *j);

/* Finishes what was submitted, done() and all, before it returns. */
void workers_free(struct workers **w);

#endif
