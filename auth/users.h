/*
 * Accounts and their passwords. Names are canonical (name.h). What sets or
 * checks a password hashes: not in a loop.
 *
 * Fails with NOT_FOUND, EXISTS, INVALID as auth/client.h says, LIMIT (too many
 * passwords of one user), BUSY (changed by another at the same time), and what
 * the database fails with.
 */
#ifndef AUTH_USERS_H
#define AUTH_USERS_H

#include "auth/accounts.h"
#include "auth/record.h"

bool users_get(struct accounts *a, struct span name, struct user_record *out,
               struct error *e);

bool users_add(struct accounts *a, struct span name, struct span password,
               struct error *e);

/* One that a backup has (record.h): EXISTS, INVALID. */
bool users_import(struct accounts *a, struct span name, struct span record,
                  struct error *e);

/* Its aliases go with it. */
bool users_remove(struct accounts *a, struct span name, struct error *e);

bool users_set_disabled(struct accounts *a, struct span name, bool disabled,
                        struct error *e);

/* The main password. Passwords of devices stay valid. */
bool users_set_password(struct accounts *a, struct span name,
                        struct span password, struct error *e);

/* A further password under a label (EXISTS, NOT_FOUND: of the label). */
bool users_add_device(struct accounts *a, struct span name, struct span label,
                      struct span password, struct error *e);
bool users_remove_device(struct accounts *a, struct span name,
                         struct span label, struct error *e);

/* All users in the order of their names. */
typedef void users_row_fn(void *arg, struct span name,
                          const struct user_record *u);
bool users_list(struct accounts *a, users_row_fn *row, void *arg,
                struct error *e);

/* Inside a transaction. The oldest account; *found false where there is none. */
bool users_first(struct kv_txn *t, struct buf *name, bool *found,
                 struct error *e);

#endif
