#include "auth/record.h"

#include "tests/check.h"

#include <string.h>

static struct user_record
sample(void)
{
    struct user_record u = { .flags = RECORD_DISABLED,
                             .created = 1795255200,
                             .revision = UINT64_C(0xfedcba9876543210),
                             .next_id = 3 };
    struct verifier *v = &u.verifier;

    verifier_start(v, 32768);
    v->count = 2;
    v->credentials[0].id = 1;
    v->credentials[0].kind = CREDENTIAL_MAIN;
    v->credentials[1].id = 2;
    v->credentials[1].kind = CREDENTIAL_DEVICE;
    memcpy(v->credentials[1].label, "phone", 6);
    crypto_random(&v->credentials[0].keys, sizeof v->credentials[0].keys);
    crypto_random(&v->credentials[1].keys, sizeof v->credentials[1].keys);
    return u;
}

static void
check_round(void)
{
    struct user_record u = sample(), back;
    struct buf value = { 0 };

    user_record_put(&u, &value);
    CHECK(value.n == 43 + 2 * (6 + 64) + 5, "%zu octets", value.n);
    CHECK(user_record_take(buf_span(&value), &back), "comes back");
    CHECK(memcmp(&u, &back, sizeof u) == 0, "as it went");
    buf_free(&value);
}

/* Damage is noticed, or at least harmless: never read past the end. */
static void
check_damage(void)
{
    struct user_record u = sample(), back;
    struct buf value = { 0 };
    static const struct {
        const char *why;
        size_t at;
        char byte;
    } damages[] = {
        { "another version", 0, 2 },        { "no credentials", 42, 0 },
        { "too many credentials", 42, 33 }, { "one is missing", 42, 3 },
        { "one too many", 42, 1 },          { "an unknown kind", 47, 9 },
        { "a long label", 48, 65 },         { "few iterations", 20, 0x7f },
    };

    user_record_put(&u, &value);
    for (size_t n = 0; n < value.n; n++)
        CHECK(!user_record_take(span_sub(buf_span(&value), 0, n), &back),
              "cut at %zu", n);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        char was = value.p[damages[i].at];

        value.p[damages[i].at] = damages[i].byte;
        CHECK(!user_record_take(buf_span(&value), &back), "%s", damages[i].why);
        value.p[damages[i].at] = was;
    }
    buf_put_ch(&value, 'x');
    CHECK(!user_record_take(buf_span(&value), &back), "a byte behind it");
    buf_free(&value);
}

/* RFC 7677 section 3: "pencil", its salt, 4096. */
static void
check_derive(void)
{
    static const unsigned char salt[16] = {
        0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e,
        0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81,
    };
    static const unsigned char server[4] = { 0xc1, 0xf3, 0xcb, 0xc1 };
    struct verifier v = { .iterations = 4096, .count = 1 };
    struct verifier_keys wrong;

    memcpy(v.salt, salt, sizeof salt);
    verifier_derive(&v, span_of("pencil"), &v.credentials[0].keys);
    CHECK(memcmp(v.credentials[0].keys.server, server, sizeof server) == 0,
          "ServerKey starts %02x%02x%02x%02x", v.credentials[0].keys.server[0],
          v.credentials[0].keys.server[1], v.credentials[0].keys.server[2],
          v.credentials[0].keys.server[3]);
    verifier_derive(&v, span_of("pencils"), &wrong);
    CHECK(verifier_find(&v, &v.credentials[0].keys) == 0, "found");
    CHECK(verifier_find(&v, &wrong) == -1, "not found");
}

static void
check_decoy(void)
{
    struct verifier a, b, c, d;

    verifier_decoy(span_of("secret"), span_of("x@y"), 4096, &a);
    verifier_decoy(span_of("secret"), span_of("x@y"), 4096, &b);
    verifier_decoy(span_of("secret"), span_of("z@y"), 4096, &c);
    verifier_decoy(span_of("other"), span_of("x@y"), 4096, &d);
    CHECK(memcmp(&a, &b, sizeof a) == 0, "the same at every try");
    CHECK(memcmp(a.salt, c.salt, sizeof a.salt) != 0, "another for another");
    CHECK(memcmp(a.salt, d.salt, sizeof a.salt) != 0, "another elsewhere");
    CHECK(a.count == 1 && a.iterations == 4096, "looks like anybody");
}

int
main(void)
{
    check_round();
    check_damage();
    check_derive();
    check_decoy();
    return check_report();
}
