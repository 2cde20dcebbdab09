/* Passwords and their cache; that nobody can tell who exists; threads. */
#include "auth/checker.h"

#include "auth/users.h"
#include "auth/workers.h"
#include "base/clock.h"
#include "tests/auth/rig.h"

#include <stdatomic.h>
#include <time.h>

struct rig {
    struct settings settings;
    struct checker checker;
};

static enum verdict
check(struct rig *r, const char *user, const char *password)
{
    bool exists;

    return checker_password(&r->checker, span_of(user), span_of("192.0.2.1"),
                            span_of(password), &exists);
}

static void
check_verdicts(struct rig *r)
{
    bool exists;

    CHECK(check(r, "anna@example.org", RIG_PASSWORD) == VERDICT_RIGHT, "right");
    CHECK(check(r, "anna@example.org", RIG_PASSWORD) == VERDICT_RIGHT, "again");
    CHECK(check(r, "anna@example.org", "wrong") == VERDICT_WRONG, "wrong");
    CHECK(check(r, "anna@example.org", "wrong") == VERDICT_REPEATED, "again");
    CHECK(check(r, "carl@example.org", "wrong") == VERDICT_WRONG, "nobody");
    CHECK(check(r, "carl@example.org", "wrong") == VERDICT_REPEATED, "again");
    CHECK(check(r, "anna@example.org", "") == VERDICT_WRONG, "empty");
    checker_password(&r->checker, span_of("carl@example.org"),
                     (struct span){ 0 }, span_of("x"), &exists);
    CHECK(!exists, "carl is nobody");
    checker_password(&r->checker, span_of("anna@example.org"),
                     (struct span){ 0 }, span_of("x"), &exists);
    CHECK(exists, "anna is somebody");
}

/* An account that comes to be is not kept out by what was wrong before. */
static void
check_new_user(struct rig *r)
{
    struct error e;

    CHECK(check(r, "dora@example.org", "pass") == VERDICT_WRONG, "not yet");
    CHECK(users_add(r->checker.accounts, span_of("dora@example.org"),
                    span_of("pass"), &e),
          "now");
    CHECK(check(r, "dora@example.org", "pass") == VERDICT_RIGHT, "in");
    CHECK(users_remove(r->checker.accounts, span_of("dora@example.org"), &e),
          "gone");
    CHECK(check(r, "dora@example.org", "pass") != VERDICT_RIGHT, "out");
    CHECK(users_add(r->checker.accounts, span_of("dora@example.org"),
                    span_of("other"), &e),
          "back with another");
    CHECK(check(r, "dora@example.org", "pass") != VERDICT_RIGHT, "still out");
}

static int64_t
cpu_micros(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

#define ROUNDS 31

/* The median cost of a wrong password that was not tried before. */
static int64_t
cost(struct rig *r, const char *user)
{
    int64_t took[ROUNDS];
    char password[64];

    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = cpu_micros();

        snprintf(password, sizeof password, "guess %d", i);
        CHECK(check(r, user, password) == VERDICT_WRONG, "a guess");
        took[i] = cpu_micros() - start;
    }
    qsort(took, ROUNDS, sizeof took[0], by_size);
    return took[ROUNDS / 2];
}

static void
check_cost(struct rig *r)
{
    int64_t known = cost(r, "anna@example.org");
    int64_t unknown = cost(r, "nobody@example.org");

    CHECK(known < unknown * 2 && unknown < known * 2,
          "known %d us, unknown %d us", (int)known, (int)unknown);
}

static void
check_subject(struct rig *r)
{
    struct subject known, one, two;
    struct error e;

    CHECK(
        checker_subject(&r->checker, span_of("anna@example.org"), &known, &e) &&
            known.exists,
        "anna");
    CHECK(checker_subject(&r->checker, span_of("no@example.org"), &one, &e) &&
              !one.exists && one.revision == 0,
          "nobody");
    checker_subject(&r->checker, span_of("no@example.org"), &two, &e);
    CHECK(memcmp(&one, &two, sizeof one) == 0, "nobody is always the same");
    CHECK(one.verifier.iterations == known.verifier.iterations,
          "and looks like anna");
}

static void
check_cache(void)
{
    struct verify_cache *c = verify_cache_new();
    struct verify_tag a, b;

    verify_cache_tag(c, span_of("anna"), 1, span_of("pass"), &a);
    verify_cache_tag(c, span_of("anna"), 1, span_of("pass"), &b);
    CHECK(memcmp(&a, &b, sizeof a) == 0, "the same");
    verify_cache_tag(c, span_of("anna"), 2, span_of("pass"), &b);
    CHECK(memcmp(&a, &b, sizeof a) != 0, "another revision");
    verify_cache_tag(c, span_of("ann"), 1, span_of("apass"), &b);
    CHECK(memcmp(&a, &b, sizeof a) != 0, "another border");
    CHECK(verify_cache_get(c, &a, 0) == CACHED_NOT, "not yet");
    verify_cache_put(c, &a, true, 0);
    CHECK(verify_cache_get(c, &a, 599999) == CACHED_RIGHT, "ten minutes");
    CHECK(verify_cache_get(c, &a, 600000) == CACHED_NOT, "and no longer");
    CHECK(verify_cache_get(c, &a, 599999) == CACHED_RIGHT,
          "use does not prolong it");
    verify_cache_put(c, &b, false, 0);
    CHECK(verify_cache_get(c, &b, 60000) == CACHED_WRONG, "a minute");
    verify_cache_put(c, &b, true, 0);
    CHECK(verify_cache_get(c, &b, 0) == CACHED_RIGHT, "replaced");
    verify_cache_free(&c);
}

/* --- workers ------------------------------------------------------------------- */

struct task {
    struct job job;
    struct loop *loop;
    atomic_int *worked;
    int *finished;
};

static void
work(struct job *j)
{
    atomic_fetch_add(((struct task *)j)->worked, 1);
}

static void
done(struct job *j)
{
    struct task *t = (struct task *)j;

    if (++*t->finished == 100)
        loop_stop(t->loop);
}

static void
check_workers(void)
{
    static struct task tasks[400];
    struct loop *l = loop_new();
    struct workers *w = workers_new(l, 2);
    atomic_int worked = 0;
    int finished = 0, taken = 0;

    for (int i = 0; i < 400; i++)
        tasks[i] = (struct task){
            { .work = work, .done = done }, l, &worked, &finished
        };
    for (int i = 0; i < 100; i++)
        CHECK(workers_submit(w, &tasks[i].job), "job %d", i);
    loop_run(l);
    CHECK(worked == 100 && finished == 100, "%d, %d", worked, finished);
    for (int i = 100; i < 400; i++)
        taken += workers_submit(w, &tasks[i].job);
    workers_free(&w);
    CHECK(finished == 100 + taken, "all that was taken is finished: %d of %d",
          finished - 100, taken);
    loop_free(&l);
}

static void
block(struct job *j)
{
    struct task *t = (struct task *)j;

    while (atomic_load(t->worked) == 0)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* A queue that grows without end would answer nobody. */
static void
check_bound(void)
{
    static struct task tasks[400];
    struct loop *l = loop_new();
    struct workers *w = workers_new(l, 2);
    atomic_int go_on = 0;
    int finished = 0, taken = 0;

    for (int i = 0; i < 400; i++) {
        tasks[i] = (struct task){
            { .work = block, .done = done }, l, &go_on, &finished
        };
        taken += workers_submit(w, &tasks[i].job);
    }
    CHECK(taken >= 2 * AUTH_JOBS_PER_WORKER &&
              taken <= 2 * AUTH_JOBS_PER_WORKER + 2,
          "%d of 400", taken);
    atomic_store(&go_on, 1);
    workers_free(&w);
    loop_free(&l);
}

int
main(void)
{
    struct rig r = { .settings = rig_settings() };
    struct error e = { 0 };

    CHECK(accounts_open(&r.checker.accounts, &r.settings, &e), "%s", e.text);
    CHECK(users_add(r.checker.accounts, span_of("anna@example.org"),
                    span_of(RIG_PASSWORD), &e),
          "%s", e.text);
    r.checker.cache = verify_cache_new();
    r.checker.throttle = throttle_new(0);
    check_verdicts(&r);
    check_new_user(&r);
    check_subject(&r);
    check_cost(&r);
    check_cache();
    check_workers();
    check_bound();
    throttle_free(&r.checker.throttle);
    verify_cache_free(&r.checker.cache);
    accounts_close(&r.checker.accounts);
    return check_report();
}
