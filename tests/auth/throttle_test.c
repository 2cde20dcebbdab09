#include "auth/throttle.h"

#include "auth/limits.h"
#include "auth/turns.h"
#include "tests/check.h"

#include <stdio.h>
#include <string.h>

#define MINUTE ((int64_t)60000)
#define DAY    (24 * 60 * MINUTE)

static struct throttle_who
who(const char *peer, const char *user)
{
    return (struct throttle_who){ .peer = span_of(peer),
                                  .service = span_of("imap"),
                                  .session = span_of(user),
                                  .user = span_of(user) };
}

/* --- addresses --------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *why, *peer, *key;
} keys[] = {
    { "IPv4 by itself",             "192.0.2.7",               "192.0.2.7" },
    { "IPv4 in IPv6's clothes",     "::ffff:192.0.2.7",        "192.0.2.7" },
    { "a site of IPv6 is one",      "2001:db8:1:2:3:4:5:6",    "2001:db8:1:2::/64" },
    { "the next site another",      "2001:db8:1:3:3:4:5:6",    "2001:db8:1:3::/64" },
    { "loopback",                   "::1",                     "::/64" },
    { "without its zone",           "fe80::1%eth0",            "fe80::/64" },
    { "what is no address",         "unix",                    "unix" },
    { "nothing",                    "",                        "" },
};
/* clang-format on */

static void
check_keys(void)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char key[THROTTLE_KEY_MAX];

        throttle_address_key(span_of(keys[i].peer), key);
        CHECK(strcmp(key, keys[i].key) == 0, "%s: %s", keys[i].why, key);
    }
}

/* --- delays and limits --------------------------------------------------------- */

static void
check_delays(void)
{
    static const int64_t expected[] = { 1000, 1000,  2000, 4000,
                                        8000, 15000, 15000 };
    struct throttle *t = throttle_new(1);
    struct throttle *off = throttle_new(0);
    struct throttle *slow = throttle_new(10);
    struct throttle_who w = who("192.0.2.1", "anna");

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct throttle_verdict v = throttle_failed(t, &w, false, 1000);

        CHECK(v.delay_ms == expected[i], "failure %zu: %d ms", i + 1,
              (int)v.delay_ms);
        CHECK(throttle_failed(off, &w, false, 1000).delay_ms == 0, "off");
        CHECK(throttle_failed(slow, &w, false, 1000).delay_ms <= 15000,
              "never more than 15 s");
    }
    for (int i = 0; i < 100; i++)
        throttle_failed(off, &w, false, 1000);
    CHECK(throttle_allows_peer(off, w.peer, 1000) &&
              throttle_allows_user(off, w.user, w.peer, 1000),
          "off: nothing is refused");
    throttle_free(&t);
    throttle_free(&off);
    throttle_free(&slow);
}

static void
check_repeated(void)
{
    struct throttle *t = throttle_new(1);
    struct throttle_who w = who("192.0.2.1", "anna");

    throttle_failed(t, &w, false, 1000);
    for (int i = 0; i < 100; i++)
        throttle_failed(t, &w, true, 1000);
    CHECK(throttle_failed(t, &w, false, 1000).delay_ms == 1000,
          "the same wrong password a hundred times was one guess");
    CHECK(throttle_allows_peer(t, w.peer, 1000), "and is no reason to refuse");
    throttle_free(&t);
}

static void
fail_times(struct throttle *t, const char *peer, int times, int64_t now)
{
    char user[32];

    for (int i = 0; i < times; i++) {
        struct throttle_who w;

        snprintf(user, sizeof user, "user%d", i);
        w = who(peer, user);
        throttle_failed(t, &w, false, now);
    }
}

static void
check_limits(void)
{
    struct throttle *t = throttle_new(1);
    struct span one = span_of("192.0.2.1"), next = span_of("192.0.2.2");
    char peer[32];

    fail_times(t, "192.0.2.1", 19, 0);
    CHECK(throttle_allows_peer(t, one, 0), "19 tries");
    fail_times(t, "192.0.2.1", 1, 0);
    CHECK(!throttle_allows_peer(t, one, 0), "20 tries");
    CHECK(throttle_allows_peer(t, next, 0), "the neighbour may");
    CHECK(throttle_allows_peer(t, one, 5 * MINUTE), "half of them forgotten");
    for (int i = 2; i < 6; i++) {
        snprintf(peer, sizeof peer, "192.0.2.%d", i);
        fail_times(t, peer, 15, 0);
    }
    CHECK(!throttle_allows_peer(t, span_of("192.0.2.99"), 0),
          "80 tries from one network");
    CHECK(throttle_allows_peer(t, span_of("192.0.3.1"), 0), "the next network");
    throttle_free(&t);
}

/* Slow guessing: ten an hour stay below every score, but not below the day. */
static void
check_day(void)
{
    struct throttle *t = throttle_new(1);
    int64_t now = 0;

    for (int i = 0; i < 50; i++, now += 10 * MINUTE) {
        CHECK(throttle_allows_peer(t, span_of("192.0.2.1"), now), "try %d", i);
        fail_times(t, "192.0.2.1", 1, now);
    }
    CHECK(!throttle_allows_peer(t, span_of("192.0.2.1"), now), "50 a day");
    CHECK(throttle_allows_peer(t, span_of("192.0.2.1"), DAY), "a new day");
    throttle_free(&t);
}

/* Guessers all over the world cannot lock anna out of where she is. */
static void
check_user(void)
{
    struct throttle *t = throttle_new(1);
    struct throttle_who home = who("203.0.113.5", "anna");
    char peer[32];

    throttle_succeeded(t, &home, 0);
    for (int i = 0; i < 25; i++) {
        struct throttle_who w;

        snprintf(peer, sizeof peer, "198.51.%d.1", i);
        w = who(peer, "anna");
        throttle_failed(t, &w, false, MINUTE);
    }
    CHECK(
        !throttle_allows_user(t, span_of("anna"), span_of("192.0.2.1"), MINUTE),
        "nobody new may try");
    CHECK(throttle_allows_user(t, span_of("anna"), span_of("203.0.113.77"),
                               MINUTE),
          "but from her network, yes");
    CHECK(throttle_allows_user(t, span_of("bob"), span_of("192.0.2.1"), MINUTE),
          "and others are not touched");
    CHECK(throttle_allows_user(t, span_of("anna"), span_of("192.0.2.1"),
                               60 * MINUTE),
          "an hour later it is over");
    throttle_free(&t);
}

/* One's own account must not buy guesses. */
static void
check_success(void)
{
    struct throttle *t = throttle_new(1);
    struct throttle_who w = who("192.0.2.1", "mallory");

    fail_times(t, "192.0.2.1", 20, 0);
    throttle_succeeded(t, &w, 0);
    CHECK(!throttle_allows_peer(t, w.peer, 0), "the address's score stays");
    throttle_free(&t);
}

static void
check_hang_up(void)
{
    struct throttle *t = throttle_new(0);
    struct throttle_who w = who("192.0.2.1", "one"), x = w;

    x.session = span_of("two");
    CHECK(!throttle_failed(t, &w, false, 0).hang_up, "first");
    CHECK(!throttle_failed(t, &x, false, 0).hang_up, "another session's first");
    CHECK(!throttle_failed(t, &w, false, 0).hang_up, "second");
    CHECK(throttle_failed(t, &w, true, 0).hang_up, "third, same password too");
    throttle_free(&t);
}

/* A million different addresses cost no more memory, and a hot one is kept. */
static void
check_flood(void)
{
    struct throttle *t = throttle_new(1);
    char peer[64];

    fail_times(t, "192.0.2.1", 20, 0);
    for (unsigned i = 0; i < 20000; i++) {
        struct throttle_who w;

        snprintf(peer, sizeof peer, "2001:db8:%x:%x::1", i >> 8, i & 255);
        w = who(peer, peer);
        throttle_failed(t, &w, false, 0);
    }
    CHECK(!throttle_allows_peer(t, span_of("192.0.2.1"), 0), "not forgotten");
    throttle_free(&t);
}

/* --- turns --------------------------------------------------------------------- */

static void
went(struct turn *t)
{
    t->address[THROTTLE_KEY_MAX - 1] = 'g';
}

static bool
has_gone(const struct turn *t)
{
    return t->address[THROTTLE_KEY_MAX - 1] == 'g';
}

static void
check_turns(void)
{
    static struct turn all[AUTH_IN_FLIGHT_MAX + AUTH_WAITING_MAX + 2];
    struct turns *t = turns_new();
    size_t n = sizeof all / sizeof *all;

    for (size_t i = 0; i < n; i++) {
        all[i].go = went;
        snprintf(all[i].address, 32, i == n - 1 ? "another" : "one");
        CHECK(turns_ask(t, &all[i]) == (i != n - 2), "turn %zu", i);
        CHECK(has_gone(&all[i]) == (i < AUTH_IN_FLIGHT_MAX || i == n - 1),
              "only %d of one address at once (%zu)", AUTH_IN_FLIGHT_MAX, i);
    }
    turns_give_up(t, &all[5]); /* does not want any more */
    turns_give_up(t, &all[0]);
    CHECK(has_gone(&all[4]), "the next in order");
    turns_give_up(t, &all[1]);
    CHECK(!has_gone(&all[5]) && has_gone(&all[6]), "who left is passed over");
    turns_give_up(t, &all[1]);
    CHECK(!has_gone(&all[7]), "given up twice: nothing");
    for (size_t i = 0; i < n; i++)
        turns_give_up(t, &all[i]);
    turns_free(&t);
}

int
main(void)
{
    check_keys();
    check_delays();
    check_repeated();
    check_limits();
    check_day();
    check_user();
    check_success();
    check_hang_up();
    check_flood();
    check_turns();
    return check_report();
}
