/*
 * A user as the database has it: key = canonical name, value =
 *
 *   OFFSET SIZE MEANING (little-endian)
 *   0      1    version 1
 *   1      1    flags: RECORD_DISABLED
 *   2      8    created, seconds since 1970
 *   10     8    revision: random, new with every change of passwords
 *   18     4    iterations
 *   22     16   salt
 *   38     4    id of the next credential
 *   42     1    number of credentials; each:
 *                 4 id, 1 kind, 1 length of the label, label,
 *                 32 StoredKey, 32 ServerKey
 */
#ifndef AUTH_RECORD_H
#define AUTH_RECORD_H

#include "auth/verifier.h"
#include "base/buf.h"

enum { RECORD_DISABLED = 1 };

struct user_record {
    unsigned flags;
    int64_t created;
    uint64_t revision;
    uint32_t next_id;
    struct verifier verifier;
};

void user_record_put(const struct user_record *u, struct buf *out);

/* False: the bytes are no record (damage). *out is then undefined. */
bool user_record_take(struct span value, struct user_record *out);

#endif
