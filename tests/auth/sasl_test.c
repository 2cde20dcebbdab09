/* SASL through libsasl2: what is right, and every trap of the library that
 * auth/sasl.c writes down (L1 to L9). */
#include "auth/sasl.h"

#include "auth/users.h"
#include "base/mem.h"
#include "tests/auth/rig.h"

#include <pthread.h>

struct rig {
    struct settings settings;
    struct checker checker;
};

static struct sasl_exchange *
begin(struct rig *r)
{
    const struct sasl_peer peer = { "imap", "mail.example.org",
                                    span_of("192.0.2.1") };

    return sasl_exchange_new(&r->checker, &peer);
}

/* --- PLAIN ------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *why;
    struct span message;
    enum auth_outcome outcome;
    const char *user;
} plain[] = {
    { "the right password",             { "\0anna@example.org\0" RIG_PASSWORD, 36 }, AUTH_OK, "anna@example.org" },
    { "default domain",                 { "\0anna\0" RIG_PASSWORD, 24 },             AUTH_OK, "anna@example.org" },
    { "any case",                       { "\0Anna@Example.ORG\0" RIG_PASSWORD, 36 }, AUTH_OK, "anna@example.org" },
    { "oneself as authzid",             { "anna\0anna\0" RIG_PASSWORD, 28 },         AUTH_OK, "anna@example.org" },
    { "another's authzid",              { "bob\0anna\0" RIG_PASSWORD, 27 },          AUTH_NOAUTHZ, NULL },
    { "an authzid that nobody has",     { "a b\0anna\0" RIG_PASSWORD, 27 },          AUTH_NOAUTHZ, NULL },
    { "another's authzid, wrong: the password decides first", { "bob\0anna\0wrong", 14 }, AUTH_FAILED, NULL },
    { "a wrong password",               { "\0anna\0wrong", 11 },                     AUTH_FAILED, NULL },
    { "the same again",                 { "\0anna\0wrong", 11 },                     AUTH_FAILED, NULL },
    { "nobody",                         { "\0carl\0wrong", 11 },                     AUTH_FAILED, NULL },
    { "nobody, of another domain",      { "\0a@b.example\0wrong", 18 },              AUTH_FAILED, NULL },
    { "no login with a detail",         { "\0anna+x\0" RIG_PASSWORD, 26 },           AUTH_FAILED, NULL },
    { "an alias is no account",         { "\0info\0" RIG_PASSWORD, 24 },             AUTH_FAILED, NULL },
    { "spaces are no part of a name",   { "\0anna \0" RIG_PASSWORD, 25 },            AUTH_FAILED, NULL },
    { "empty password",                 { "\0anna\0", 6 },                           AUTH_FAILED, NULL },
    { "control in the password",        { "\0anna\0a\nb", 9 },                       AUTH_FAILED, NULL },
    { "no UTF-8",                       { "\0anna\0\xff\xfe", 8 },                   AUTH_FAILED, NULL },
    { "switched off, right password",   { "\0off\0" RIG_PASSWORD, 23 },              AUTH_DISABLED, NULL },
    { "switched off, wrong password: says nothing more", { "\0off\0wrong", 10 },     AUTH_FAILED, NULL },
    { "a device's password",            { "\0anna\0phone-pass", 16 },                AUTH_OK, "anna@example.org" },
    { "no NUL at all",                  { "anna", 4 },                               AUTH_BAD_PROTOCOL, NULL },
    { "one NUL",                        { "anna\0secret", 11 },                      AUTH_BAD_PROTOCOL, NULL },
    { "a NUL in the password",          { "\0anna\0" RIG_PASSWORD "\0x", 26 },       AUTH_BAD_PROTOCOL, NULL },
    { "\"=\": an empty message",        { "", 0 },                                   AUTH_BAD_PROTOCOL, NULL },
};
/* clang-format on */

static void
check_plain(struct rig *r)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        struct sasl_exchange *x = begin(r);
        struct buf out = { 0 };
        enum auth_outcome o =
            sasl_exchange_start(x, span_of("PLAIN"), plain[i].message, &out);

        CHECK(o == plain[i].outcome, "%s: %s", plain[i].why,
              auth_outcome_name(o));
        CHECK(out.n == 0, "%s: nothing to say after it", plain[i].why);
        if (plain[i].user != NULL)
            CHECK(span_is(sasl_exchange_user(x), plain[i].user), "%s: \"%.*s\"",
                  plain[i].why, SPAN(sasl_exchange_user(x)));
        buf_free(&out);
        sasl_exchange_free(&x);
    }
}

static enum auth_outcome
try_plain(struct rig *r, struct span message)
{
    struct sasl_exchange *x = begin(r);
    struct buf out = { 0 };
    enum auth_outcome o =
        sasl_exchange_start(x, span_of("PLAIN"), message, &out);

    buf_free(&out);
    sasl_exchange_free(&x);
    return o;
}

static void
check_plain_in_two(struct rig *r)
{
    struct sasl_exchange *x = begin(r);
    struct buf out = { 0 };

    CHECK(sasl_exchange_start(x, span_of("plain"), (struct span){ 0 }, &out) ==
              AUTH_CONTINUE,
          "no initial response: a challenge; names in any case");
    CHECK(out.n == 0, "and an empty one");
    CHECK(sasl_exchange_step(x, BYTES("\0anna\0" RIG_PASSWORD), &out) ==
              AUTH_OK,
          "then the message");
    CHECK(sasl_exchange_step(x, BYTES("\0anna\0" RIG_PASSWORD), &out) ==
              AUTH_BAD_PROTOCOL,
          "L3: no step after the end");
    buf_free(&out);
    sasl_exchange_free(&x);
}

/* --- LOGIN ------------------------------------------------------------------- */

static void
check_login(struct rig *r, struct span initial, const char *password,
            enum auth_outcome expected)
{
    struct sasl_exchange *x = begin(r);
    struct buf out = { 0 };
    enum auth_outcome o =
        sasl_exchange_start(x, span_of("LOGIN"), initial, &out);

    CHECK(o == AUTH_CONTINUE && out.n > 0, "LOGIN asks");
    if (initial.p == NULL) {
        buf_clear(&out);
        o = sasl_exchange_step(x, span_of("anna"), &out);
        CHECK(o == AUTH_CONTINUE && out.n > 0, "LOGIN asks twice");
    }
    o = sasl_exchange_step(x, span_of(password), &out);
    CHECK(o == expected, "LOGIN with \"%s\": %s", password,
          auth_outcome_name(o));
    buf_free(&out);
    sasl_exchange_free(&x);
}

/* L9: the sanitizer sees what the library loses. */
static void
check_login_of_nobody(struct rig *r)
{
    struct sasl_exchange *x = begin(r);
    struct buf out = { 0 };

    sasl_exchange_start(x, span_of("LOGIN"), span_of("an na"), &out);
    CHECK(sasl_exchange_step(x, span_of(RIG_PASSWORD), &out) == AUTH_FAILED,
          "nobody is called so");
    buf_free(&out);
    sasl_exchange_free(&x);
}

/* --- SCRAM ------------------------------------------------------------------- */

struct scram_case {
    const char *why, *user, *password, *gs2;
    enum auth_outcome first, final;
};

/* clang-format off */
static const struct scram_case scrams[] = {
    { "right",                    "anna",             RIG_PASSWORD, "n,,",        AUTH_CONTINUE, AUTH_CONTINUE },
    { "in any case",              "ANNA@Example.Org", RIG_PASSWORD, "n,,",        AUTH_CONTINUE, AUTH_CONTINUE },
    { "a device's password",      "anna",             "phone-pass", "n,,",        AUTH_CONTINUE, AUTH_CONTINUE },
    { "a client that could bind", "anna",             RIG_PASSWORD, "y,,",        AUTH_CONTINUE, AUTH_CONTINUE },
    { "oneself as authzid",       "anna",             RIG_PASSWORD, "n,a=anna,",  AUTH_CONTINUE, AUTH_CONTINUE },
    { "another's authzid",        "anna",             RIG_PASSWORD, "n,a=bob,",   AUTH_CONTINUE, AUTH_NOAUTHZ },
    { "wrong password",           "anna",             "wrong",      "n,,",        AUTH_CONTINUE, AUTH_FAILED },
    { "nobody: the same step",    "carl",             "wrong",      "n,,",        AUTH_CONTINUE, AUTH_FAILED },
    { "switched off",             "off",              RIG_PASSWORD, "n,,",        AUTH_CONTINUE, AUTH_DISABLED },
    { "switched off and wrong",   "off",              "wrong",      "n,,",        AUTH_CONTINUE, AUTH_FAILED },
    { "detail: nobody",           "anna+x",           RIG_PASSWORD, "n,,",        AUTH_CONTINUE, AUTH_FAILED },
    { "an authzid nobody has",    "anna",             RIG_PASSWORD, "n,a=a b,,",  AUTH_BAD_PROTOCOL, AUTH_FAILED },
    { "or with a detail",         "anna",             RIG_PASSWORD, "n,a=b+x,",   AUTH_NOAUTHZ,  AUTH_FAILED },
    { "L4: binding not offered",  "anna",             RIG_PASSWORD, "p=tls-exporter,,", AUTH_BAD_PROTOCOL, AUTH_FAILED },
    { "no gs2 header",            "anna",             RIG_PASSWORD, "",           AUTH_BAD_PROTOCOL, AUTH_FAILED },
};
/* clang-format on */

static void
check_scram_one(struct rig *r, const struct scram_case *t, bool in_two)
{
    struct sasl_exchange *x = begin(r);
    struct rig_scram c = { .user = t->user,
                           .password = t->password,
                           .gs2 = t->gs2 };
    struct buf message = { 0 }, answer = { 0 };
    enum auth_outcome o = AUTH_CONTINUE;

    rig_scram_first(&c, "rOprNGfwEbeRWgbNEkqO", &message);
    if (in_two) {
        o = sasl_exchange_start(x, span_of("SCRAM-SHA-256"), (struct span){ 0 },
                                &answer);
        CHECK(o == AUTH_CONTINUE && answer.n == 0, "%s: your turn", t->why);
        o = sasl_exchange_step(x, buf_span(&message), &answer);
    } else {
        o = sasl_exchange_start(x, span_of("SCRAM-SHA-256"), buf_span(&message),
                                &answer);
    }
    CHECK(o == t->first, "%s: first: %s", t->why, auth_outcome_name(o));
    if (o == AUTH_CONTINUE) {
        buf_clear(&message);
        CHECK(rig_scram_final(&c, buf_span(&answer), &message), "%s: \"%.*s\"",
              t->why, SPAN(buf_span(&answer)));
        buf_clear(&answer);
        o = sasl_exchange_step(x, buf_span(&message), &answer);
        CHECK(o == t->final || (t->final == AUTH_NOAUTHZ && o == AUTH_CONTINUE),
              "%s: final: %s", t->why, auth_outcome_name(o));
    }
    if (o == AUTH_CONTINUE) {
        CHECK(rig_scram_trusts(&c, buf_span(&answer)), "%s: server's proof",
              t->why);
        o = sasl_exchange_step(x, span_of(""), &answer);
        CHECK(o == (t->final == AUTH_NOAUTHZ ? AUTH_NOAUTHZ : AUTH_OK),
              "%s: empty line: %s", t->why, auth_outcome_name(o));
        CHECK(span_is(sasl_exchange_user(x), "anna@example.org"), "%s: user",
              t->why);
    } else {
        o = sasl_exchange_step(x, span_of(""), &answer);
        CHECK(o != AUTH_OK, "L1: a step after a failure (%s)", t->why);
    }
    rig_scram_free(&c);
    buf_free(&message);
    buf_free(&answer);
    sasl_exchange_free(&x);
}

static void
check_scram(struct rig *r)
{
    for (size_t i = 0; i < sizeof scrams / sizeof *scrams; i++) {
        check_scram_one(r, &scrams[i], false);
        check_scram_one(r, &scrams[i], true);
    }
}

/* Up to "v=...", which ends every honest SCRAM. */
static struct sasl_exchange *
proven_anna(struct rig *r)
{
    struct sasl_exchange *x = begin(r);
    struct rig_scram c = { .user = "anna",
                           .password = RIG_PASSWORD,
                           .gs2 = "n,," };
    struct buf message = { 0 }, answer = { 0 };

    rig_scram_first(&c, "abcdefghij", &message);
    sasl_exchange_start(x, span_of("SCRAM-SHA-256"), buf_span(&message),
                        &answer);
    buf_clear(&message);
    rig_scram_final(&c, buf_span(&answer), &message);
    sasl_exchange_step(x, buf_span(&message), &answer);
    rig_scram_free(&c);
    buf_free(&message);
    buf_free(&answer);
    return x;
}

/* L1: libsasl2 would let the next login on the same connection succeed, as
 * anna, whatever password it brings. */
static void
check_leak(struct rig *r)
{
    struct sasl_exchange *x = proven_anna(r);
    struct buf out = { 0 };

    CHECK(sasl_exchange_step(x, BYTES("\0bob\0WRONG"), &out) ==
              AUTH_BAD_PROTOCOL,
          "after \"v=\" only an empty line may come");
    CHECK(sasl_exchange_step(x, span_of(""), &out) == AUTH_BAD_PROTOCOL,
          "and then nothing more");
    sasl_exchange_free(&x);
    x = proven_anna(r);
    sasl_exchange_free(&x); /* the client sent "*" */
    CHECK(try_plain(r, BYTES("\0bob\0WRONG")) == AUTH_FAILED,
          "a cancelled proof is worth nothing");
    buf_free(&out);
}

static void
check_order(struct rig *r)
{
    struct sasl_exchange *x = begin(r);
    struct buf out = { 0 };

    CHECK(sasl_exchange_step(x, span_of("x"), &out) == AUTH_BAD_PROTOCOL,
          "L3: a step before the start");
    CHECK(sasl_exchange_start(x, span_of("PLAIN"), BYTES("\0anna\0no"), &out) ==
              AUTH_FAILED,
          "wrong");
    CHECK(sasl_exchange_step(x, span_of(""), &out) == AUTH_BAD_PROTOCOL,
          "L1: nothing after a failure");
    buf_free(&out);
    sasl_exchange_free(&x);
}

static void
check_mechanisms(struct rig *r)
{
    static const char *const others[] = {
        "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5", "NTLM",
        "ANONYMOUS",          "EXTERNAL",    "GSSAPI",   "",           "PLAIN ",
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct sasl_exchange *x = begin(r);
        struct buf out = { 0 };

        CHECK(sasl_exchange_start(x, span_of(others[i]), (struct span){ 0 },
                                  &out) == AUTH_NO_MECH,
              "L4: \"%s\" is not offered", others[i]);
        buf_free(&out);
        sasl_exchange_free(&x);
    }
}

/* The password of a moment ago opens nothing any more. */
static void
check_change(struct rig *r)
{
    struct error e;

    CHECK(try_plain(r, BYTES("\0bob\0first-one")) == AUTH_OK, "before");
    CHECK(try_plain(r, BYTES("\0bob\0first-one")) == AUTH_OK, "from the cache");
    CHECK(users_set_password(r->checker.accounts, span_of("bob@example.org"),
                             span_of("second-one"), &e),
          "changed");
    CHECK(try_plain(r, BYTES("\0bob\0first-one")) == AUTH_FAILED, "the old");
    CHECK(try_plain(r, BYTES("\0bob\0second-one")) == AUTH_OK, "the new");
    CHECK(users_set_disabled(r->checker.accounts, span_of("bob@example.org"),
                             true, &e),
          "switched off");
    CHECK(try_plain(r, BYTES("\0bob\0second-one")) == AUTH_DISABLED,
          "in spite of the cache");
    CHECK(users_remove_device(r->checker.accounts, span_of("anna@example.org"),
                              span_of("phone"), &e),
          "device gone");
    CHECK(try_plain(r, BYTES("\0anna\0phone-pass")) == AUTH_FAILED,
          "its password too");
    CHECK(try_plain(r, BYTES("\0anna\0" RIG_PASSWORD)) == AUTH_OK,
          "the main one stays");
}

static void *
many_logins(void *arg)
{
    struct rig *r = arg;
    size_t *good = mem_take(sizeof *good);

    for (int i = 0; i < 20; i++) {
        struct sasl_exchange *x = proven_anna(r);
        struct buf out = { 0 };

        *good += sasl_exchange_step(x, span_of(""), &out) == AUTH_OK;
        *good += try_plain(r, BYTES("\0anna\0" RIG_PASSWORD)) == AUTH_OK;
        buf_free(&out);
        sasl_exchange_free(&x);
    }
    return good;
}

static void
check_threads(struct rig *r)
{
    pthread_t threads[4];
    size_t good = 0;

    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, many_logins, r);
    for (size_t i = 0; i < 4; i++) {
        void *one;

        pthread_join(threads[i], &one);
        good += *(size_t *)one;
        free(one);
    }
    CHECK(good == 160, "four threads, %zu of 160 logins", good);
}

static void
fill(struct accounts *a)
{
    struct error e = { 0 };

    CHECK(
        users_add(a, span_of("anna@example.org"), span_of(RIG_PASSWORD), &e) &&
            users_add_device(a, span_of("anna@example.org"), span_of("phone"),
                             span_of("phone-pass"), &e) &&
            users_add(a, span_of("bob@example.org"), span_of("first-one"),
                      &e) &&
            users_add(a, span_of("off@example.org"), span_of(RIG_PASSWORD),
                      &e) &&
            users_set_disabled(a, span_of("off@example.org"), true, &e),
        "%s", e.text);
}

int
main(void)
{
    struct rig r = { .settings = rig_settings() };
    struct error e = { 0 };

    CHECK(sasl_library_start(&e), "%s", e.text);
    CHECK(accounts_open(&r.checker.accounts, &r.settings, &e), "%s", e.text);
    r.checker.cache = verify_cache_new();
    r.checker.throttle = throttle_new(0);
    fill(r.checker.accounts);
    check_plain(&r);
    check_plain_in_two(&r);
    check_login(&r, (struct span){ 0 }, RIG_PASSWORD, AUTH_OK);
    check_login(&r, span_of("anna"), RIG_PASSWORD, AUTH_OK);
    check_login(&r, span_of("anna"), "wrong", AUTH_FAILED);
    check_login_of_nobody(&r);
    check_scram(&r);
    check_leak(&r);
    check_order(&r);
    check_mechanisms(&r);
    check_threads(&r);
    check_change(&r);
    throttle_free(&r.checker.throttle);
    verify_cache_free(&r.checker.cache);
    accounts_close(&r.checker.accounts);
    sasl_library_stop();
    return check_report();
}
