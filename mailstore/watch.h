/*
 * Views: what one session sees of one folder, and how it learns of changes.
 *
 * Every change of a folder's rows has a number (folder.event) which it gets
 * when it is committed; it is told when it is durable (S3). A view that was
 * opened in between holds it already: it is told of those with a higher number
 * than when it joined.
 */
#ifndef MAILSTORE_WATCH_H
#define MAILSTORE_WATCH_H

#include "mailstore/snapshot.h"

struct view_calls {
    void (*added)(void *arg, const struct store_row *rows, size_t count);
    void (*flagged)(void *arg, const struct store_row *rows, size_t count);
    void (*expunged)(void *arg, uint64_t modseq, const struct numset *uids);
    void (*keywords)(void *arg, const struct index_folder *record);
    void (*gone)(void *arg);
};

struct view {
    uint64_t id;
    struct folder *folder; /* held */
    unsigned how;          /* enum store_open_how */
    uint64_t joined;
    uint32_t keywords_told;
    const struct view_calls *calls;
    void *arg;
    struct view *next;
};

/* One opening, while its opened_fn runs. */
struct opened {
    struct view *view;
    struct snapshot_taken rows;
    uint32_t recent, first_unseen; /* as in struct store_view */
    uint32_t uid_next;
    uint64_t modseq;
};

/*
 * Opens the mailbox for a session: looks at the files if others may have
 * changed them, takes \Recent (unless STORE_EXAMINE). The answer comes when all
 * that is in it is durable. NOT_FOUND, BUSY.
 */
typedef void opened_fn(void *arg, const struct opened *o,
                       const struct error *e);
struct open_request {
    struct home *home;
    struct span name;
    unsigned how;
    const struct view_calls *calls;
    void *view_arg;
};
void view_open(const struct open_request *r, opened_fn *fn, void *arg);
void view_close(struct view **v);

/* --- for those who change a folder ------------------------------------------ */

/* The number of a change that was just committed. */
uint64_t watch_event(struct folder *f);

/* Some view would take \Recent from a new message. */
bool watch_has_writer(const struct folder *f);

/* recent: the rows are new to everybody; the first view that may change the
 * mailbox gets them with \Recent (claimed), or else all that look. */
void watch_added(struct folder *f, uint64_t event, const struct store_row *rows,
                 size_t count, bool claimed);
void watch_flagged(struct folder *f, uint64_t event,
                   const struct store_row *rows, size_t count);
void watch_expunged(struct folder *f, uint64_t event, uint64_t modseq,
                    const struct numset *uids);

/* The mailbox is no more: all its views end. */
void watch_gone(struct folder *f);

#endif
