/*
 * After an unclean stop, or with an index lost: every account on disk is taken
 * in and every folder verified, one after the other, in the background. What
 * is used meanwhile is verified when it is used.
 */
#ifndef MAILSTORE_SWEEP_H
#define MAILSTORE_SWEEP_H

#include "mailstore/home.h"

void sweep_begin(struct core *c);

/* The same for one account (home is ready); fn when all is verified. each, if
 * given, is called with each folder in turn, and go on when it calls its fn. */
typedef void sweep_each_fn(void *arg, struct folder *f, core_done_fn *fn,
                           void *fn_arg);
void sweep_home(struct home *h, sweep_each_fn *each, void *each_arg,
                core_done_fn *fn, void *arg);

/* Names of the accounts that are on disk. */
struct sweep_accounts {
    char **names;
    size_t count;
};
void sweep_list_accounts(struct core *c, struct sweep_accounts *out);
void sweep_accounts_free(struct sweep_accounts *a);

#endif
