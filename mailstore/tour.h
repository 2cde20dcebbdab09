/*
 * Work of the command line on one account after the other: a user's, or all
 * that are on disk. One that fails is passed over; the first reason is the
 * request's end.
 */
#ifndef MAILSTORE_TOUR_H
#define MAILSTORE_TOUR_H

#include "mailstore/quota.h"
#include "mailstore/session.h"
#include "mailstore/sweep.h"

struct tour;

struct tour_work {
    /* A folder; goes on when fn is called. arg is the tour. */
    sweep_each_fn *each;
    /* All its folders are done; may be NULL. */
    void (*account)(struct tour *t, struct home *h);
};

struct tour {
    struct pool_job job; /* lists the accounts */
    struct reply *reply;
    struct core *core;
    struct sweep_accounts accounts;
    size_t at;
    struct home *home; /* the present one */
    const struct tour_work *work;
    struct quota_off off; /* of a recount: what was wrong with this one */
    bool failed;
    struct error e; /* the first */
};

/* user empty: all accounts. work must stay valid. Ends the request. */
void tour_begin(struct reply *r, struct span user,
                const struct tour_work *work);

/* Something went wrong; the tour goes on. */
void tour_fail(struct tour *t, const struct error *e);

/* A store_report_fn, with the tour as its arg. */
void tour_report(void *arg, struct span path, struct span text);

#endif
