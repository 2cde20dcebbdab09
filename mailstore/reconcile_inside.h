/* What the parts of reconcile*.c share. See the head of reconcile.c. */
#ifndef MAILSTORE_RECONCILE_INSIDE_H
#define MAILSTORE_RECONCILE_INSIDE_H

#include "mailstore/reconcile.h"
#include "mailstore/scan.h"

struct reconcile {
    struct scan scan; /* first: it is the job */
    struct folder *folder;
    struct waiters waiters;
    size_t at;                    /* how far the present step is */
    uint32_t uid_next;            /* in trust: UIDs from here on are believed */
    bool clear;                   /* rebuild: empty the index first */
    struct index_message *before; /* rebuild: as the index had them */
    size_t before_count;
    struct numset pending; /* rebuild: names that are to follow their flags */
    struct pool_job adopt;
    bool failed;
    struct error e;
};

/* reconcile_rebuild.c: empties the index, then reconcile_scan(). */
void reconcile_clear(struct reconcile *r);
/* What the index knew of this message and its file does not say. */
void reconcile_recall(struct reconcile *r, const struct scan_found *found,
                      struct index_message *m);
/* All rows are there again; views are told of differences. */
void reconcile_cleared(struct reconcile *r);

/* Each does its part over as many turns as it takes, then calls the next. */
void reconcile_scan(struct reconcile *r);    /* reconcile.c */
void reconcile_changes(struct reconcile *r); /* reconcile_known.c */
void reconcile_absent(struct reconcile *r);
void reconcile_found(struct reconcile *r); /* reconcile_found.c */
void reconcile_end(struct reconcile *r);   /* reconcile.c */

void reconcile_fail(struct reconcile *r, const struct error *e);

#endif
