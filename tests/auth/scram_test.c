/* RFC 7677 section 3's example, computed and taken apart, and what is no
 * message at all. */
#include "auth/scram.h"

#include "base/base64.h"
#include "tests/auth/rig.h"

#define CNONCE    "rOprNGfwEbeRWgbNEkqO"
#define NONCE     CNONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define FIRST     "n,,n=user,r=" CNONCE
#define CHALLENGE "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define FINAL                                                                  \
    "c=biws,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define LAST "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

static struct verifier
pencil(void)
{
    struct verifier v = { .iterations = 4096, .count = 2 };
    struct buf salt = { 0 };

    base64_decode(&salt, span_of("W22ZaJ0SNY7soEsUEjb6gQ=="));
    memcpy(v.salt, salt.p, sizeof v.salt);
    buf_free(&salt);
    verifier_derive(&v, span_of("another"), &v.credentials[0].keys);
    verifier_derive(&v, span_of("pencil"), &v.credentials[1].keys);
    return v;
}

static void
check_server(void)
{
    struct verifier v = pencil();
    struct scram_first first;
    struct scram_final final;
    struct buf challenge = { 0 }, said = { 0 }, last = { 0 };

    CHECK(scram_take_first(span_of(FIRST), &first), "first");
    CHECK(span_is(first.header, "n,,") && first.flag == 'n', "header");
    CHECK(span_is(first.nonce, CNONCE), "nonce");
    CHECK(strcmp(first.user, "user") == 0 && first.authzid[0] == '\0', "user");
    scram_put_challenge(span_of(NONCE), &v, &challenge);
    CHECK(span_is(buf_span(&challenge), CHALLENGE), "challenge: %s",
          buf_text(&challenge));
    CHECK(scram_take_final(span_of(FINAL), &final), "final");
    CHECK(span_is(final.nonce, NONCE), "both nonces");
    CHECK(scram_binding_fits(&final, first.header), "binding");
    CHECK(!scram_binding_fits(&final, span_of("y,,")), "not another's");
    buf_printf(&said, "%.*s,%s,%.*s", SPAN(first.bare), CHALLENGE,
               SPAN(final.without_proof));
    CHECK(scram_find(&v, buf_span(&said), final.proof) == 1,
          "the second password's");
    final.proof[31] ^= 1;
    CHECK(scram_find(&v, buf_span(&said), final.proof) == -1, "one bit");
    scram_put_signature(&v.credentials[1].keys, buf_span(&said), &last);
    CHECK(span_is(buf_span(&last), LAST), "last: %s", buf_text(&last));
    buf_free(&challenge);
    buf_free(&said);
    buf_free(&last);
}

/* The tests' own client agrees with the RFC too. */
static void
check_client(void)
{
    struct rig_scram c = { .user = "user", .password = "pencil", .gs2 = "n,," };
    struct buf out = { 0 };

    rig_scram_first(&c, CNONCE, &out);
    CHECK(span_is(buf_span(&out), FIRST), "%s", buf_text(&out));
    buf_clear(&out);
    CHECK(rig_scram_final(&c, span_of(CHALLENGE), &out), "a challenge");
    CHECK(span_is(buf_span(&out), FINAL), "%s", buf_text(&out));
    CHECK(rig_scram_trusts(&c, span_of(LAST)), "server's proof");
    rig_scram_free(&c);
    buf_free(&out);
}

/* clang-format off */
static const struct {
    const char *why, *message, *user, *authzid; /* user NULL: refused */
} firsts[] = {
    { "plain",                   "n,,n=u,r=12345678",         "u",   "" },
    { "y",                       "y,,n=u,r=12345678",         "u",   "" },
    { "binding",                 "p=tls-unique,,n=u,r=12345678", "u", "" },
    { "authzid",                 "n,a=b,n=u,r=12345678",      "u",   "b" },
    { "escapes",                 "n,a=x=3Dy,n=a=2Cb,r=12345678", "a,b", "x=y" },
    { "extension to be ignored", "n,,n=u,r=12345678,x=y",     "u",   "" },
    { "mandatory extension",     "n,,m=x,n=u,r=12345678",     NULL,  "" },
    { "and at the end",          "n,,n=u,r=12345678,m=x",     NULL,  "" },
    { "no flag",                 ",,n=u,r=12345678",          NULL,  "" },
    { "another flag",            "x,,n=u,r=12345678",         NULL,  "" },
    { "p without a name",        "p=,,n=u,r=12345678",        NULL,  "" },
    { "one comma",               "n,n=u,r=12345678",          NULL,  "" },
    { "empty authzid",           "n,a=,n=u,r=12345678",       NULL,  "" },
    { "no name",                 "n,,r=12345678",             NULL,  "" },
    { "empty name",              "n,,n=,r=12345678",          NULL,  "" },
    { "bad escape",              "n,,n=a=2,r=12345678",       NULL,  "" },
    { "bad escape",              "n,,n=a=41,r=12345678",      NULL,  "" },
    { "lone =",                  "n,,n=a=,r=12345678",        NULL,  "" },
    { "no nonce",                "n,,n=u",                    NULL,  "" },
    { "short nonce",             "n,,n=u,r=1234567",          NULL,  "" },
    { "blank in the nonce",      "n,,n=u,r=1234 5678",        NULL,  "" },
    { "8 bit in the nonce",      "n,,n=u,r=1234\xff" "5678",  NULL,  "" },
    { "bad extension",           "n,,n=u,r=12345678,xy",      NULL,  "" },
    { "nothing",                 "",                          NULL,  "" },
};

static const struct {
    const char *why, *message;
    bool good;
} finals[] = {
    { "good",                 FINAL,                            true  },
    { "an extension",         "c=biws,r=1234567890,x=y,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", true },
    { "no binding",           "r=1234567890,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", false },
    { "no nonce",             "c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", false },
    { "no proof",             "c=biws,r=1234567890",            false },
    { "short proof",          "c=biws,r=1234567890,p=dHzb",     false },
    { "proof not last",       FINAL ",x=y",                     false },
    { "bad base64",           "c=biws,r=1234567890,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7And Q=", false },
    { "nothing",              "",                               false },
};
/* clang-format on */

static void
check_takes(void)
{
    struct scram_first first;
    struct scram_final final;
    char large[SCRAM_MESSAGE_MAX + 1];

    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        bool taken = scram_take_first(span_of(firsts[i].message), &first);

        CHECK(taken == (firsts[i].user != NULL), "%s", firsts[i].why);
        if (taken)
            CHECK(strcmp(first.user, firsts[i].user) == 0 &&
                      strcmp(first.authzid, firsts[i].authzid) == 0,
                  "%s: \"%s\" \"%s\"", firsts[i].why, first.user,
                  first.authzid);
    }
    for (size_t i = 0; i < sizeof finals / sizeof *finals; i++)
        CHECK(scram_take_final(span_of(finals[i].message), &final) ==
                  finals[i].good,
              "%s", finals[i].why);
    CHECK(!scram_take_first(BYTES("n,,n=u\0,r=12345678"), &first), "a NUL");
    memset(large, 'a', sizeof large);
    memcpy(large, "n,,n=", 5);
    CHECK(!scram_take_first(span_from(large, 300), &first), "a long name");
    memcpy(large, "n,,n=u,r=", 9);
    CHECK(!scram_take_first(span_from(large, 200), &first), "a long nonce");
    CHECK(!scram_take_first(span_from(large, sizeof large), &first), "long");
}

int
main(void)
{
    check_server();
    check_client();
    check_takes();
    return check_report();
}
