/*
 * Whose mail an address is (RFC 5321 section 3.6.2 and 5.1): an account, an
 * alias, either of them with a detail ("anna+lists@"), the domain's catch-all,
 * or, for postmaster, somebody in any case.
 */
#ifndef AUTH_RESOLVE_H
#define AUTH_RESOLVE_H

#include "auth/accounts.h"
#include "auth/client.h"
#include "base/arena.h"

struct resolved {
    enum auth_address what; /* never AUTH_UNDECIDED: that is a false return */
    struct auth_target *targets; /* each once, in the order of the aliases */
    size_t count;
};

/* address: canonical, or "postmaster". What *out points to is from the arena. */
bool resolve_address(struct accounts *a, struct span address,
                     struct arena *arena, struct resolved *out,
                     struct error *e);

#endif
