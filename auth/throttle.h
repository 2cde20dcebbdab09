/*
 * Slowing down who guesses passwords. Failures are counted for the address
 * (IPv4 /32, IPv6 /64), its network (/24, /48) and the user; the counts halve
 * with time. From them follow the delay before a NO, and when tries are not
 * looked at any more.
 *
 *   key       half-life   not looked at from   failures a day
 *   address   5 min       20                   50
 *   network   5 min       80                   450
 *   user      15 min      20, unless this user got in from this network in the
 *                         last 30 days: guessers cannot lock the owner out
 *
 * All in memory of fixed size. With settings auth.failure_delay = 0 nothing is
 * delayed or refused. Any thread.
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/span.h"

#include <stdint.h>

struct throttle;

struct throttle_who {
    struct span peer;    /* numeric address                            */
    struct span service; /* with session: who is hung up               */
    struct span session;
    struct span user; /* as canonical as it got; may be empty       */
};

struct throttle_verdict {
    int64_t delay_ms; /* before the NO                              */
    bool hang_up;     /* AUTH_SESSION_TRIES failures in the session */
};

struct throttle *throttle_new(unsigned failure_delay_seconds);
void throttle_free(struct throttle **t);

bool throttle_allows_peer(struct throttle *t, struct span peer, int64_t now_ms);
bool throttle_allows_user(struct throttle *t, struct span user,
                          struct span peer, int64_t now_ms);

/* repeated: the same wrong password as before; counted for the session only. */
struct throttle_verdict throttle_failed(struct throttle *t,
                                        const struct throttle_who *who,
                                        bool repeated, int64_t now_ms);
void throttle_succeeded(struct throttle *t, const struct throttle_who *who,
                        int64_t now_ms);

/* The address as it is counted: "192.0.2.1", "2001:db8:1:2::/64". */
#define THROTTLE_KEY_MAX 64
void throttle_address_key(struct span peer, char out[THROTTLE_KEY_MAX]);

#endif
