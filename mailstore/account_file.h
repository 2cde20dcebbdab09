/*
 * What an account's directory says of the account: the file
 * `pillarbox-account`, text, replaced as a whole. An account without one is as
 * the settings have it.
 */
#ifndef MAILSTORE_ACCOUNT_FILE_H
#define MAILSTORE_ACCOUNT_FILE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

#define ACCOUNT_FILE "pillarbox-account"

struct account_file {
    /* Its own quota, as in struct index_account: 0 as everybody has,
     * INDEX_LIMIT_NONE none. */
    uint64_t limit_bytes, limit_messages;
    /* How long what it deletes is kept, likewise; seconds. */
    uint64_t keep_deleted;
};

/* CORRUPT for what is no such file of a version we know. */
bool account_file_parse(struct span text, struct account_file *a,
                        struct error *e);
void account_file_print(const struct account_file *a, struct buf *out);

/* In the account's directory. All 0 where there is none. CORRUPT. */
bool account_file_read(int dir, struct account_file *a, struct error *e);
/* Durable when it returns. */
bool account_file_write(int dir, const struct account_file *a, struct error *e);

#endif
