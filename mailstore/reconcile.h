/*
 * Making the index follow the files that others have changed, and, after an
 * unclean stop or an index lost, making it whole again (S4, S5).
 */
#ifndef MAILSTORE_RECONCILE_H
#define MAILSTORE_RECONCILE_H

#include "mailstore/folder.h"

enum reconcile_need {
    RECONCILE_VERIFIED, /* looked at since the last unclean stop          */
    RECONCILE_FRESH     /* and nothing has changed since, as far as known */
};

/* fn is called, maybe at once, when the folder is as ready as needed. */
void reconcile_ready(struct folder *f, enum reconcile_need need,
                     core_done_fn *fn, void *arg);

/* Something was different from what it should be: look again soon. */
void reconcile_doubt(struct folder *f);

/* Forgets what the index knows of the folder, and takes it in anew. Views
 * learn of differences only. */
void reconcile_rebuild(struct folder *f, core_done_fn *fn, void *arg);

void reconcile_tick(struct core *c);

/* When a folder comes into memory: did its directories change since? */
void reconcile_compare_stamps(struct folder *f);
/* When it leaves: remember what they are like. */
void reconcile_save_stamp(struct folder *f);
void reconcile_save_stamps(struct core *c);

#endif
