#include "auth/verifier.h"

#include "base/buf.h"

#include <string.h>

void
verifier_start(struct verifier *v, uint32_t iterations)
{
    memset(v, 0, sizeof *v);
    v->iterations = iterations;
    crypto_random(v->salt, sizeof v->salt);
}

void
verifier_derive(const struct verifier *v, struct span password,
                struct verifier_keys *out)
{
    unsigned char salted[SHA256_SIZE], client[SHA256_SIZE];
    struct span key;

    crypto_pbkdf2_sha256(password, span_from(v->salt, sizeof v->salt),
                         v->iterations, salted);
    key = span_from(salted, sizeof salted);
    crypto_hmac_sha256(key, span_of("Client Key"), client);
    crypto_sha256(span_from(client, sizeof client), out->stored);
    crypto_hmac_sha256(key, span_of("Server Key"), out->server);
    crypto_wipe(salted, sizeof salted);
    crypto_wipe(client, sizeof client);
}

int
verifier_find(const struct verifier *v, const struct verifier_keys *keys)
{
    int found = -1;

    for (uint32_t i = 0; i < v->count; i++)
        if (crypto_equal(v->credentials[i].keys.stored, keys->stored,
                         SHA256_SIZE))
            found = (int)i;
    return found;
}

static void
decoy_bytes(struct span secret, const char *what, struct span user,
            unsigned char out[SHA256_SIZE])
{
    struct buf said = { .max = 512 };

    buf_printf(&said, "%s|", what);
    buf_put(&said, span_sub(user, 0, ADDRESS_MAX));
    crypto_hmac_sha256(secret, buf_span(&said), out);
    buf_free(&said);
}

void
verifier_decoy(struct span secret, struct span user, uint32_t iterations,
               struct verifier *out)
{
    unsigned char salt[SHA256_SIZE];
    struct verifier_keys *keys = &out->credentials[0].keys;

    memset(out, 0, sizeof *out);
    decoy_bytes(secret, "salt", user, salt);
    memcpy(out->salt, salt, sizeof out->salt);
    decoy_bytes(secret, "stored", user, keys->stored);
    decoy_bytes(secret, "server", user, keys->server);
    out->iterations = iterations;
    out->count = 1;
}

void
verifier_wipe(struct verifier *v)
{
    crypto_wipe(v, sizeof *v);
}
