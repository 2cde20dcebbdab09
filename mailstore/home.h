/*
 * An account in memory: where its Maildir is, and what it is subscribed to.
 * Homes stay in memory once used.
 */
#ifndef MAILSTORE_HOME_H
#define MAILSTORE_HOME_H

#include "mailstore/account_file.h"
#include "mailstore/control.h"
#include "mailstore/core.h"

struct home {
    struct core *core;
    char *name; /* anna@example.org */
    char *path; /* example.org/anna */
    struct index_account record;
    char **subscriptions; /* sorted */
    size_t subscription_count;
    bool ready;     /* its folders are known */
    bool looking;   /* a look at the disk is under way */
    bool swept;     /* tmp/ was looked through in this life */
    int64_t looked; /* monotonic ms of the last look at the disk */
    struct waiters waiting;
    struct {
        uint64_t bytes, messages;
    } claimed; /* by what is on its way into it (quota.h) */
    struct {
        bool prepared; /* given says something                    */
        bool given;    /* it has been as full since it was told   */
        bool looking;
    } warning;       /* quota_warning.h */
    bool undeleting; /* undelete.h: one at a time */
    bool changing;   /* create, delete, rename: one at a time */
    struct waiters change_waiters;
};

enum home_need {
    HOME_CREATE = 1, /* make it where it is missing, else NOT_FOUND        */
    HOME_FRESH = 2   /* look whether others made or removed folders        */
};

/*
 * Takes an account into memory. One that is not known is imported where its
 * Maildir exists. h is NULL with e. fn may be called at once.
 */
typedef void home_fn(void *arg, struct home *h, const struct error *e);
void home_use(struct core *c, struct span name, unsigned need, home_fn *fn,
              void *arg);

/* An account that is in the index, without a look at the disk. */
bool home_known(struct core *c, uint32_t id, struct home **h, struct error *e);

/* A mailbox's first record: where it exists on disk what its control file
 * says, otherwise new. */
void home_new_record(struct home *h, const struct control *c,
                     struct span mailbox, struct index_folder *out);

bool home_is_subscribed(const struct home *h, struct span mailbox);
/* Changes the list in memory; home_save_subscriptions() writes it. False: it
 * was so already. */
bool home_subscribe(struct home *h, struct span mailbox, bool on);
void home_save_subscriptions(struct home *h, core_done_fn *fn, void *arg);

/* The text of the file, and back. */
void home_print_subscriptions(const struct home *h, struct buf *out);
void home_parse_subscriptions(struct home *h, struct span text);

/* What its file says of the account: into the record, and into the index
 * where that differs. */
bool home_take_limits(struct home *h, const struct account_file *a,
                      struct error *e);

/* How long what it deletes is kept: seconds; 0: not at all. */
uint64_t home_keep_deleted(const struct home *h);
/* The same by what its file says. */
uint64_t home_keep_by_file(const struct core *c, const struct account_file *a);

/* One at a time changes which mailboxes there are: fn is called when it is its
 * turn, home_changed() ends the turn. */
void home_change(struct home *h, core_done_fn *fn, void *arg);
void home_changed(struct home *h);

/* Its directory may be gone: the next use looks again. */
void home_doubt(struct home *h);

/* A UIDVALIDITY that this account never had: also put into the record. */
uint32_t home_take_uid_validity(struct home *h);

void home_free(struct home *h);

/* --- home_import.c, for home.c ------------------------------------------------- */

/* Takes folders that are on disk but not in the index into it, and away from
 * it those that are no more. made: the directory is new, make the folders that
 * everybody has. fn may be called at once. */
struct maildir_folders;
void home_import(struct home *h, const struct maildir_folders *found, bool made,
                 core_done_fn *fn, void *arg);

#endif
