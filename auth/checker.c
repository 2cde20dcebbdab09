#include "auth/checker.h"

#include "auth/name.h"
#include "auth/users.h"
#include "base/clock.h"

#include <string.h>

/* The decoy is computed for everybody, so that its cost says nothing. */
bool
checker_subject(const struct checker *c, struct span user, struct subject *out,
                struct error *e)
{
    struct user_record u;
    struct verifier decoy;

    memset(out, 0, sizeof *out);
    verifier_decoy(accounts_secret(c->accounts), user,
                   accounts_iterations(c->accounts), &decoy);
    if (users_get(c->accounts, user, &u, e)) {
        out->exists = true;
        out->disabled = (u.flags & RECORD_DISABLED) != 0;
        out->revision = u.revision;
        out->verifier = u.verifier;
        verifier_wipe(&u.verifier);
        return true;
    }
    out->verifier = decoy;
    return e->kind == FAIL_NOT_FOUND;
}

/* Costs one PBKDF2, or nothing where this was tried a moment ago. */
static enum verdict
check(const struct checker *c, struct span user, const struct subject *s,
      struct span password)
{
    struct verify_tag tag;
    struct verifier_keys keys;
    int64_t now = clock_monotonic_ms();
    enum cached before;
    bool right;

    verify_cache_tag(c->cache, user, s->revision, password, &tag);
    before = verify_cache_get(c->cache, &tag, now);
    if (before != CACHED_NOT)
        return before == CACHED_RIGHT ? VERDICT_RIGHT : VERDICT_REPEATED;
    verifier_derive(&s->verifier, password, &keys);
    right = verifier_find(&s->verifier, &keys) >= 0 && s->exists;
    crypto_wipe(&keys, sizeof keys);
    verify_cache_put(c->cache, &tag, right, now);
    return right ? VERDICT_RIGHT : VERDICT_WRONG;
}

enum verdict
checker_password(const struct checker *c, struct span user, struct span peer,
                 struct span password, bool *exists)
{
    struct subject s;
    struct error e;
    enum verdict v;

    *exists = false;
    if (!auth_password_is_valid(password))
        return VERDICT_WRONG;
    if (peer.p != NULL &&
        !throttle_allows_user(c->throttle, user, peer, clock_monotonic_ms()))
        return VERDICT_LIMIT;
    if (!checker_subject(c, user, &s, &e))
        return VERDICT_TEMPFAIL;
    v = check(c, user, &s, password);
    if (v == VERDICT_RIGHT && s.disabled)
        v = VERDICT_DISABLED;
    *exists = s.exists;
    verifier_wipe(&s.verifier);
    return v;
}
