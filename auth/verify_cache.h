/*
 * Passwords that were checked a moment ago, so that a mail program which logs
 * in every minute costs no PBKDF2, nor does one that repeats a wrong password.
 * Only an HMAC with a key of this process's life is kept, over user, revision
 * of the user's record, and password: a changed password matches nothing.
 *
 * Right ones are kept for ten minutes; wrong ones for an hour after the last
 * try, so that a forgotten telephone with an old password does not count as a
 * guesser again and again. Any thread.
 */
#ifndef AUTH_VERIFY_CACHE_H
#define AUTH_VERIFY_CACHE_H

#include "base/span.h"

#include <stdint.h>

struct verify_cache;

enum cached { CACHED_NOT, CACHED_RIGHT, CACHED_WRONG };

/* Names one attempt. */
struct verify_tag {
    unsigned char bytes[32];
};

struct verify_cache *verify_cache_new(void);
void verify_cache_free(struct verify_cache **c);

/* revision 0: there is no such user. */
void verify_cache_tag(const struct verify_cache *c, struct span user,
                      uint64_t revision, struct span password,
                      struct verify_tag *out);

enum cached verify_cache_get(struct verify_cache *c,
                             const struct verify_tag *tag, int64_t now_ms);
void verify_cache_put(struct verify_cache *c, const struct verify_tag *tag,
                      bool right, int64_t now_ms);

#endif
