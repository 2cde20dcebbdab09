/*
 * The database of authd: who has an account and which aliases lead where, in a
 * Berkeley DB environment of its own. This file opens it and runs other files'
 * work in transactions; users.h and aliases.h hold what is done in them.
 *
 *   table    key                    value
 *   users    canonical name         record.h
 *   aliases  address or "@domain"   targets, each with a LF behind it
 *   meta     "schema"               "1"
 *            "secret"               32 random bytes: decoys come from it
 *
 * Promise: what a function that changes something has returned true for
 * survives a power cut. Any thread may call any function: one lock keeps them
 * apart; the flush is outside of it, so nobody waits for the disk but who
 * changed something.
 */
#ifndef AUTH_ACCOUNTS_H
#define AUTH_ACCOUNTS_H

#include "base/error.h"
#include "conf/settings.h"
#include "kv/kv.h"

struct accounts;

enum accounts_table { TABLE_USERS, TABLE_ALIASES, TABLE_META, TABLE_COUNT };

/* The settings (auth, domains, mail.subaddress) stay borrowed. */
bool accounts_open(struct accounts **a, const struct settings *s,
                   struct error *e);
void accounts_close(struct accounts **a);

/* 32 bytes, the same for the life of the database. */
struct span accounts_secret(const struct accounts *a);

const struct settings *accounts_settings(const struct accounts *a);
struct span accounts_default_domain(const struct accounts *a);
uint32_t accounts_iterations(const struct accounts *a); /* of new passwords */
bool accounts_has_domain(const struct accounts *a, struct span domain);

/* Work inside one transaction; false with *e undoes all of it. */
typedef bool accounts_work_fn(struct kv_txn *t, void *arg, struct error *e);

bool accounts_look(struct accounts *a, accounts_work_fn *work, void *arg,
                   struct error *e);
bool accounts_change(struct accounts *a, accounts_work_fn *work, void *arg,
                     struct error *e);

/* kv_get() whose NOT_FOUND is an answer: *found. */
bool accounts_get(struct kv_txn *t, enum accounts_table table, struct span key,
                  struct buf *out, bool *found, struct error *e);

/* Bounds the next start's recovery. May take a second. */
bool accounts_checkpoint(struct accounts *a, struct error *e);

#endif
