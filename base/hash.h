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

/* The same of bytes that come in pieces. */
struct hash_stream {
    uint64_t state[4];
    unsigned char rest[8]; /* of the word that is not whole yet */
    uint64_t n;            /* bytes so far */
};
void hash_begin(struct hash_stream *h, struct hash_key key);
void hash_add(struct hash_stream *h, struct span bytes);
uint64_t hash_end(const struct hash_stream *h);

/* A key from the system's random source; dies where there is none. */
struct hash_key hash_key_random(void);

#endif
