/*
 * For the tests of auth/: settings of a small instance in a fresh directory,
 * and the client's side of SCRAM-SHA-256.
 */
#ifndef TESTS_AUTH_RIG_H
#define TESTS_AUTH_RIG_H

#include "auth/scram.h"
#include "base/base64.h"
#include "base/cursor.h"
#include "conf/settings.h"
#include "tests/check.h"

#include <stdio.h>
#include <string.h>

#define RIG_PASSWORD "fern-lamp-otter-81"

static inline struct settings
rig_settings(void)
{
    static const char *const domains[] = { "example.org", "example.net" };
    struct settings s = { .hostname = "mail.example.org",
                          .domains = { domains, 2 } };

    s.auth.dir = check_dir();
    s.auth.require_tls = true;
    s.auth.iterations = 4096;
    s.mail.subaddress = "+";
    return s;
}

/* A literal with NULs inside. */
#define BYTES(text) span_from((text), sizeof(text) - 1)

/* A SCRAM client: what it said and heard so far. */
struct rig_scram {
    const char *user, *password, *gs2;
    struct buf bare, final;
    unsigned char server_key[SHA256_SIZE];
    struct buf said; /* AuthMessage */
};

static inline void
rig_scram_first(struct rig_scram *c, const char *nonce, struct buf *out)
{
    buf_printf(&c->bare, "n=%s,r=%s", c->user, nonce);
    buf_put_text(out, c->gs2);
    buf_put(out, buf_span(&c->bare));
}

/* attribute = letter "=" value, at the cursor */
static inline struct span
rig_attribute(struct span text, char letter)
{
    struct span one;

    while (text.n > 0 && span_cut(&text, ',', &one))
        if (one.n > 2 && one.p[0] == letter && one.p[1] == '=')
            return span_after(one, 2);
    return span_of("");
}

/* The client-final-message; false where the challenge is none. */
static inline bool
rig_scram_final(struct rig_scram *c, struct span challenge, struct buf *out)
{
    struct verifier_keys keys;
    struct buf salt = { 0 };
    unsigned char salted[SHA256_SIZE], client[SHA256_SIZE], sig[SHA256_SIZE];
    struct cursor number = cursor_on(rig_attribute(challenge, 'i'));
    uint32_t iterations;

    if (!take_number(&number, &iterations) ||
        !base64_decode(&salt, rig_attribute(challenge, 's')))
        return false;
    crypto_pbkdf2_sha256(span_of(c->password), buf_span(&salt), iterations,
                         salted);
    crypto_hmac_sha256(span_from(salted, sizeof salted), span_of("Client Key"),
                       client);
    crypto_hmac_sha256(span_from(salted, sizeof salted), span_of("Server Key"),
                       c->server_key);
    crypto_sha256(span_from(client, sizeof client), keys.stored);
    buf_put_text(&c->final, "c=");
    base64_encode(&c->final, span_of(c->gs2));
    buf_put_text(&c->final, ",r=");
    buf_put(&c->final, rig_attribute(challenge, 'r'));
    buf_put(&c->said, buf_span(&c->bare));
    buf_put_ch(&c->said, ',');
    buf_put(&c->said, challenge);
    buf_put_ch(&c->said, ',');
    buf_put(&c->said, buf_span(&c->final));
    crypto_hmac_sha256(span_from(keys.stored, SHA256_SIZE), buf_span(&c->said),
                       sig);
    for (size_t i = 0; i < sizeof client; i++)
        client[i] ^= sig[i];
    buf_put(out, buf_span(&c->final));
    buf_put_text(out, ",p=");
    base64_encode(out, span_from(client, sizeof client));
    buf_free(&salt);
    return true;
}

/* Is "v=..." what only the real server can say? */
static inline bool
rig_scram_trusts(struct rig_scram *c, struct span last)
{
    struct verifier_keys keys = { 0 };
    struct buf right = { 0 };
    bool same;

    memcpy(keys.server, c->server_key, SHA256_SIZE);
    scram_put_signature(&keys, buf_span(&c->said), &right);
    same = span_eq(buf_span(&right), last);
    buf_free(&right);
    return same;
}

static inline void
rig_scram_free(struct rig_scram *c)
{
    buf_free(&c->bare);
    buf_free(&c->final);
    buf_free(&c->said);
}

#endif
