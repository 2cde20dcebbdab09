/*
 * Aliases: an address, or "@domain" for all that is left over of one, and the
 * accounts or other aliases that get its mail. Addresses are canonical; a
 * target may carry a detail ("anna+lists@example.org").
 *
 * Fails with EXISTS, NOT_FOUND, INVALID as auth/client.h says, LIMIT (too many
 * targets), and what the database fails with.
 */
#ifndef AUTH_ALIASES_H
#define AUTH_ALIASES_H

#include "auth/accounts.h"

bool aliases_add(struct accounts *a, struct span alias, struct span target,
                 struct error *e);

/* target empty: the whole alias. */
bool aliases_remove(struct accounts *a, struct span alias, struct span target,
                    struct error *e);

typedef void aliases_row_fn(void *arg, struct span alias, struct span target);
bool aliases_list(struct accounts *a, aliases_row_fn *row, void *arg,
                  struct error *e);

/* --- inside a transaction ----------------------------------------------- */

/* *targets: each with a LF behind it. */
bool aliases_get(struct kv_txn *t, struct span alias, struct buf *targets,
                 bool *found, struct error *e);
bool aliases_has(struct kv_txn *t, struct span alias, bool *found,
                 struct error *e);

/* No alias leads to this user any more, nor to an alias that led nowhere else;
 * those are gone. */
bool aliases_forget_user(const struct accounts *a, struct kv_txn *t,
                         struct span user, struct error *e);

/*
 * Cut the detail out of an address at settings mail.subaddress:
 * "anna+lists@example.org" becomes "anna@example.org", added to *base, and
 * "lists". False, nothing added, where there is none.
 */
bool aliases_cut_detail(const struct accounts *a, struct span address,
                        struct buf *base, struct span *detail);

#endif
