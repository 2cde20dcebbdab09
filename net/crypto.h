/*
 * The few primitives that authd, mailstored and the command line need.
 */
#ifndef NET_CRYPTO_H
#define NET_CRYPTO_H

#include "base/span.h"

#define SHA256_SIZE 32

/* From the system's generator; ends the process where there is none. */
void crypto_random(void *to, size_t n);
void crypto_sha256(struct span bytes, unsigned char out[SHA256_SIZE]);
/* The same of bytes that come one after the other. finish frees, and sets *s to
 * NULL. */
struct sha256;
struct sha256 *crypto_sha256_begin(void);
void crypto_sha256_add(struct sha256 *s, struct span bytes);
void crypto_sha256_finish(struct sha256 **s, unsigned char out[SHA256_SIZE]);

void crypto_hmac_sha256(struct span key, struct span bytes,
                        unsigned char out[SHA256_SIZE]);
/* PBKDF2-HMAC-SHA-256 (RFC 8018 section 5.2): the Hi() of RFC 5802. */
void crypto_pbkdf2_sha256(struct span password, struct span salt,
                          unsigned iterations, unsigned char out[SHA256_SIZE]);
/* In constant time. */
bool crypto_equal(const void *a, const void *b, size_t n);
/* Forget a secret; never optimised away. */
void crypto_wipe(void *p, size_t n);

#endif
