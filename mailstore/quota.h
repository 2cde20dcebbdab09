/*
 * How much an account has and may have. What it has are the sums of its
 * folders' rows, kept by the index in the same transactions (index.h); what it
 * may have is its own limit (account_file.h), or that of the settings.
 *
 * Whoever brings messages into an account claims room first, and gives the
 * claim back once they are in the index or have come to nothing: so several
 * that come at once never exceed a limit together. Moves within the account
 * claim nothing.
 */
#ifndef MAILSTORE_QUOTA_H
#define MAILSTORE_QUOTA_H

#include "mailstore/client.h"
#include "mailstore/home.h"

/* As the index has it; q->user borrows from the home. */
bool quota_of(struct home *h, struct store_quota *q, struct error *e);

/* Of an account that has no mail yet. */
struct store_quota quota_of_nobody(const struct core *c, struct span user);

/* From the index's row. */
struct store_quota quota_of_record(const struct core *c,
                                   const struct index_account *a);

/* Has it a limit at all? */
bool quota_is_limited(const struct home *h);

/* Would so much more fit, and not counting what is claimed? bytes 0: not
 * known. QUOTA: not now; OVERSIZE: never. */
bool quota_fits(const struct store_quota *q, uint64_t bytes, uint64_t messages,
                struct error *e);

/* The same for an account, counting what is claimed. */
bool quota_has_room(struct home *h, uint64_t bytes, uint64_t messages,
                    struct error *e);

struct quota_claim {
    struct home *home; /* NULL: nothing is claimed */
    uint64_t bytes, messages;
};

/* As quota_has_room(); the room is kept until it is given back. */
bool quota_take(struct home *h, uint64_t bytes, uint64_t messages,
                struct quota_claim *c, struct error *e);
/* Content where nothing is claimed. */
void quota_give_back(struct quota_claim *c);

/* What an account has of its own: each STORE_QUOTA_DEFAULT, _NONE, _KEEP, or a
 * number. fn when the account's file is durable. */
struct quota_own {
    uint64_t limit_bytes, limit_messages;
    uint64_t keep_deleted; /* seconds */
};
void quota_set(struct home *h, const struct quota_own *own, core_done_fn *fn,
               void *arg);

/* What the sums of one folder's messages differ from its row by; the row is
 * put right. Takes other programs' changes in first. */
struct quota_off {
    int64_t bytes, messages;
};
void quota_recount_folder(struct folder *f, struct quota_off *off,
                          core_done_fn *fn, void *arg);

/* Only looks. */
bool quota_compare_account(struct home *h, struct quota_off *off,
                           struct error *e);
/* The same for an account and its folders' rows. */
bool quota_recount_account(struct home *h, struct quota_off *off,
                           struct error *e);

#endif
