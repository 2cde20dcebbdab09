/*
 * What is kept instead of passwords (RFC 5802 section 3, RFC 5803): from one
 * salt and one iteration count per user, a StoredKey and a ServerKey for each
 * of the user's passwords. PLAIN and LOGIN derive the keys again from the
 * password that was sent; SCRAM-SHA-256 proves knowledge of them. Because the
 * salt is shared, a password is checked against all of them with one PBKDF2.
 *
 *   SaltedPassword  := Hi(password, salt, i)          PBKDF2
 *   ClientKey       := HMAC(SaltedPassword, "Client Key")
 *   StoredKey       := H(ClientKey)
 *   ServerKey       := HMAC(SaltedPassword, "Server Key")
 */
#ifndef AUTH_VERIFIER_H
#define AUTH_VERIFIER_H

#include "auth/limits.h"
#include "net/crypto.h"

#include <stdint.h>

struct verifier_keys {
    unsigned char stored[SHA256_SIZE];
    unsigned char server[SHA256_SIZE];
};

enum credential_kind { CREDENTIAL_MAIN = 1, CREDENTIAL_DEVICE };

struct credential {
    uint32_t id; /* of this user; never used again */
    enum credential_kind kind;
    char label[AUTH_LABEL_MAX + 1];
    struct verifier_keys keys;
};

/* Plain memory: copied by assignment, wiped with verifier_wipe(). */
struct verifier {
    unsigned char salt[AUTH_SALT_SIZE];
    uint32_t iterations;
    uint32_t count;
    struct credential credentials[AUTH_CREDENTIALS_MAX];
};

/* A fresh salt; no credentials. */
void verifier_start(struct verifier *v, uint32_t iterations);

/* Takes some milliseconds: never in a loop. */
void verifier_derive(const struct verifier *v, struct span password,
                     struct verifier_keys *out);

/* The index of the credential these keys belong to; -1 for none. */
int verifier_find(const struct verifier *v, const struct verifier_keys *keys);

/*
 * What an unknown user seems to have: the same at every try, and after every
 * restart, for whoever does not have `secret`. Nobody knows its password.
 */
void verifier_decoy(struct span secret, struct span user, uint32_t iterations,
                    struct verifier *out);

void verifier_wipe(struct verifier *v);

#endif
