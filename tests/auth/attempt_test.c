/* Guessing against a throttle that is on: answers are late, and four at once
 * is all one address gets. */
#include "auth/client.h"
#include "auth/sasl.h"
#include "auth/server.h"
#include "auth/users.h"
#include "base/clock.h"
#include "tests/auth/rig.h"

#include <sys/socket.h>

static const unsigned char key[32] = "a key for the tickets of a test";

#define ANSWERS_MAX 64
#define PATIENCE_MS 30000 /* a busy machine is late, never early */

struct rig {
    struct settings settings;
    struct loop *loop;
    struct timer *clock;
    struct authd *authd;
    struct auth *imap;
    int64_t started_ms;
    unsigned answers;
    struct {
        enum auth_outcome outcome;
        int64_t ms; /* since start */
    } seen[ANSWERS_MAX];
    enum auth_outcome outcome; /* of the last */
    struct buf challenge;
};

static void
on_clock(void *arg)
{
    struct rig *r = arg;

    loop_stop(r->loop);
}

static void
run_for(struct rig *r, int64_t ms)
{
    timer_start(r->clock, ms);
    loop_run(r->loop);
}

static void
run_until(struct rig *r, unsigned answers)
{
    int64_t end = clock_monotonic_ms() + PATIENCE_MS;

    while (r->answers < answers && clock_monotonic_ms() < end)
        run_for(r, 20);
}

static void
on_result(void *arg, const struct auth_result *result)
{
    struct rig *r = arg;

    if (r->answers < ANSWERS_MAX) {
        r->seen[r->answers].outcome = result->outcome;
        r->seen[r->answers].ms = clock_monotonic_ms() - r->started_ms;
    }
    r->answers++;
    r->outcome = result->outcome;
    buf_clear(&r->challenge);
    buf_put(&r->challenge, result->challenge);
}

static void
start(struct rig *r, unsigned delay)
{
    struct authd_options o = { &r->settings, key, 2 };
    struct error e = { 0 };
    int ends[2];

    r->settings.auth.failure_delay = delay;
    CHECK(authd_new(&r->authd, r->loop, &o, &e), "%s", e.text);
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                     ends) == 0,
          "a pair");
    CHECK(authd_serve(r->authd, ends[0], span_of("imap"), &e), "%s", e.text);
    r->imap = auth_client_on_fd(r->loop, ends[1]);
    r->answers = 0;
    r->started_ms = clock_monotonic_ms();
}

static void
stop(struct rig *r)
{
    auth_client_free(&r->imap);
    authd_free(&r->authd);
}

static void
guess(struct rig *r, const char *peer, const char *user, const char *password)
{
    const struct auth_who who = { peer, peer, true };

    auth_password(r->imap, &who, span_of(user), span_of(password), on_result,
                  r);
}

static void
check_delay(struct rig *r)
{
    char password[32];

    start(r, 1);
    for (int i = 0; i < 6; i++) {
        snprintf(password, sizeof password, "guess%d", i);
        guess(r, "127.0.0.1", "anna", password);
    }
    guess(r, "192.0.2.77", "anna", RIG_PASSWORD);
    run_until(r, 4);
    CHECK(r->answers >= 4, "%u answers", r->answers);
    CHECK(r->seen[0].outcome == AUTH_OK, "others are not kept waiting");
    for (int i = 1; i < 4; i++)
        CHECK(r->seen[i].outcome == AUTH_FAILED, "a guess is no");
    CHECK(r->seen[1].ms >= 1000 && r->seen[2].ms >= 1000,
          "the first two not within a second, loopback or not");
    CHECK(r->seen[3].ms >= 2000, "the third not within two: %d ms",
          (int)r->seen[3].ms);
    stop(r);
}

/* Who hangs up instead of waiting for the NO has not won a turn by it. */
static void
check_no_escape(struct rig *r)
{
    static const char *const guesses[] = { "one", "two", "three", "four" };
    const struct auth_who who = { "s", "127.0.0.1", true };
    struct auth_exchange *all[4];

    start(r, 1);
    for (size_t i = 0; i < 4; i++)
        all[i] = auth_password(r->imap, &who, span_of("anna"),
                               span_of(guesses[i]), on_result, r);
    run_for(r, 300);
    for (size_t i = 0; i < 4; i++)
        auth_exchange_abort(&all[i]);
    guess(r, "127.0.0.1", "anna", RIG_PASSWORD);
    run_until(r, 1);
    CHECK(r->answers == 1 && r->outcome == AUTH_OK, "let in: %s",
          auth_outcome_name(r->outcome));
    CHECK(r->seen[0].ms >= 1000, "not before one of the four turns is over");
    stop(r);
}

static void
check_no_delay(struct rig *r)
{
    char password[32];
    unsigned good = 0;

    start(r, 0);
    for (int i = 0; i < 30; i++) {
        snprintf(password, sizeof password, "guess%d", i);
        guess(r, "127.0.0.1", "anna", password);
    }
    guess(r, "127.0.0.1", "anna", RIG_PASSWORD);
    run_until(r, 31);
    for (unsigned i = 0; i < r->answers && i < ANSWERS_MAX; i++)
        good += r->seen[i].outcome == AUTH_OK;
    CHECK(r->answers == 31 && good == 1,
          "failure_delay 0: %u answers, %u of them yes", r->answers, good);
    stop(r);
}

/* The challenge of a SCRAM attempt; the attempt is given up. */
static void
challenge_for(struct rig *r, const char *user, struct buf *out)
{
    const struct auth_who who = { "s", "192.0.2.1", true };
    struct buf message = { 0 }, text = { 0 };
    struct auth_exchange *x;

    buf_printf(&message, "n,,n=%s,r=12345678", user);
    base64_encode(&text, buf_span(&message));
    r->answers = 0;
    x = auth_exchange_begin(r->imap, &who, span_of("SCRAM-SHA-256"),
                            buf_span(&text), on_result, r);
    while (r->answers == 0)
        run_for(r, 20);
    CHECK(r->outcome == AUTH_CONTINUE, "%s has a challenge", user);
    buf_clear(out);
    base64_decode(out, buf_span(&r->challenge));
    auth_exchange_abort(&x);
    buf_free(&message);
    buf_free(&text);
}

/* Who asks twice for the salt of nobody hears the same, after a restart too. */
static void
check_decoy(struct rig *r)
{
    struct buf one = { 0 }, two = { 0 }, real = { 0 };

    start(r, 0);
    challenge_for(r, "nobody", &one);
    challenge_for(r, "anna", &real);
    stop(r);
    start(r, 0);
    challenge_for(r, "nobody", &two);
    CHECK(span_eq(rig_attribute(buf_span(&one), 's'),
                  rig_attribute(buf_span(&two), 's')),
          "the same salt");
    CHECK(!span_eq(rig_attribute(buf_span(&one), 'r'),
                   rig_attribute(buf_span(&two), 'r')),
          "another nonce");
    CHECK(one.n == real.n, "nobody's looks like anna's");
    stop(r);
    buf_free(&one);
    buf_free(&two);
    buf_free(&real);
}

static void
add_anna(struct rig *r)
{
    struct accounts *a;
    struct error e = { 0 };

    CHECK(accounts_open(&a, &r->settings, &e) &&
              users_add(a, span_of("anna@example.org"), span_of(RIG_PASSWORD),
                        &e),
          "%s", e.text);
    accounts_close(&a);
}

int
main(void)
{
    struct rig r = { .settings = rig_settings(), .loop = loop_new() };
    struct error e = { 0 };

    CHECK(sasl_library_start(&e), "%s", e.text);
    r.clock = timer_new(r.loop, on_clock, &r);
    add_anna(&r);
    check_delay(&r);
    check_no_escape(&r);
    check_no_delay(&r);
    check_decoy(&r);
    timer_free(&r.clock);
    loop_free(&r.loop);
    buf_free(&r.challenge);
    sasl_library_stop();
    return check_report();
}
