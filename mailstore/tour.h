/*
 * Work of the command line on one account after the other: a user's, or all
 * that are on disk. One that fails is passed over; the first reason is the
 * request's end.
 */
#ifndef MAILSTORE_TOUR_H
#define MAILSTORE_TOUR_H

#include "mailstore/client.h"
#include "mailstore/quota.h"
#include "mailstore/session.h"
#include "mailstore/sweep.h"

struct tour;

struct tour_work {
    /* A folder; goes on when fn is called. arg is the tour. */
    sweep_each_fn *each;
    /* All its folders are done: goes on when fn is called. */
    void (*account)(struct tour *t, struct home *h, core_done_fn *fn,
                    void *fn_arg);
};

struct tour {
    struct pool_job job; /* lists the accounts */
    struct reply *reply;
    struct core *core;
    struct sweep_accounts accounts;
    size_t at;
    struct home *home; /* the present one */
    const struct tour_work *work;
    unsigned how;         /* enum store_check_how */
    uint64_t done, total; /* messages */
    int64_t told;         /* monotonic ms of the last word on that */
    struct quota_off off; /* of a recount: what was wrong with this one */
    bool failed;
    struct error e; /* the first */
};

/* user empty: all accounts. work must stay valid. Ends the request. */
void tour_begin(struct reply *r, struct span user, const struct tour_work *work,
                unsigned how);

/* Nobody waits for the rest. */
bool tour_is_over(const struct tour *t);

/* Something went wrong; the tour goes on. */
void tour_fail(struct tour *t, const struct error *e);

void tour_report(struct tour *t, const struct store_report *x);

/* So many messages are through; told at most every TOUR_TELL_MS. */
#define TOUR_TELL_MS 100
void tour_progress(struct tour *t, uint64_t done);

#endif
