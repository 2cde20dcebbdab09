/*
 * SipHash-2-4: a keyed hash that a client cannot steer, for tables and tags.
 * Not for passwords or signatures; see net/crypto.h.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

#include <stdint.h>

struct hash_key {
    uint64_t k0, k1;
};

uint64_t hash64(struct hash_key key, struct span bytes);

/* A key from the system's random source; dies where there is none. */
struct hash_key hash_key_random(void);

#endif
