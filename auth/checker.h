/*
 * Is this the password? Unknown users cost what known ones cost, and end the
 * same way. For worker threads: it hashes.
 */
#ifndef AUTH_CHECKER_H
#define AUTH_CHECKER_H

#include "auth/accounts.h"
#include "auth/throttle.h"
#include "auth/verifier.h"
#include "auth/verify_cache.h"

struct checker {
    struct accounts *accounts;
    struct verify_cache *cache;
    struct throttle *throttle;
};

enum verdict {
    VERDICT_NONE, /* not yet known                                     */
    VERDICT_RIGHT,
    VERDICT_WRONG,    /* also: no such user, a name nobody can have        */
    VERDICT_REPEATED, /* wrong as a moment ago: no new guess               */
    VERDICT_DISABLED, /* right, but the account is switched off            */
    VERDICT_LIMIT,    /* too many tries at this user; not looked at        */
    VERDICT_TEMPFAIL  /* the database                                      */
};

/* What is known of a user, real or decoy. Wipe the verifier after use. */
struct subject {
    bool exists;
    bool disabled;
    uint64_t revision; /* 0: does not exist */
    struct verifier verifier;
};

/* user: canonical. Fails only as the database does. */
bool checker_subject(const struct checker *c, struct span user,
                     struct subject *out, struct error *e);

/* peer: whose guess it is; p NULL for an administrator's, which is not
 * throttled. *exists is for the log, never for the client. */
enum verdict checker_password(const struct checker *c, struct span user,
                              struct span peer, struct span password,
                              bool *exists);

#endif
