#include "net/crypto.h"

#include "base/error.h"
#include "base/mem.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

struct sha256 {
    EVP_MD_CTX *ctx;
};

/* What fails below is never what a client sent: the library is broken or out
 * of memory. */
static void
require(bool fine, const char *what)
{
    if (!fine)
        die("OpenSSL: %s failed", what);
}

static const void *
bytes_of(struct span s)
{
    return s.p == NULL ? "" : s.p;
}

void
crypto_random(void *to, size_t n)
{
    unsigned char *at = to;

    while (n > 0) {
        int part = n > INT_MAX ? INT_MAX : (int)n;

        require(RAND_bytes(at, part) == 1, "the random generator");
        at += part;
        n -= (size_t)part;
    }
}

void
crypto_sha256(struct span bytes, unsigned char out[SHA256_SIZE])
{
    require(EVP_Digest(bytes_of(bytes), bytes.n, out, NULL, EVP_sha256(),
                       NULL) == 1,
            "SHA-256");
}

struct sha256 *
crypto_sha256_begin(void)
{
    struct sha256 *s = mem_take(sizeof *s);

    s->ctx = EVP_MD_CTX_new();
    require(s->ctx != NULL &&
                EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) == 1,
            "SHA-256");
    return s;
}

void
crypto_sha256_add(struct sha256 *s, struct span bytes)
{
    require(EVP_DigestUpdate(s->ctx, bytes_of(bytes), bytes.n) == 1, "SHA-256");
}

void
crypto_sha256_finish(struct sha256 **s, unsigned char out[SHA256_SIZE])
{
    require(EVP_DigestFinal_ex((*s)->ctx, out, NULL) == 1, "SHA-256");
    EVP_MD_CTX_free((*s)->ctx);
    free(*s);
    *s = NULL;
}

void
crypto_hmac_sha256(struct span key, struct span bytes,
                   unsigned char out[SHA256_SIZE])
{
    require(key.n <= INT_MAX && HMAC(EVP_sha256(), bytes_of(key), (int)key.n,
                                     bytes_of(bytes), bytes.n, out, NULL),
            "HMAC");
}

void
crypto_pbkdf2_sha256(struct span password, struct span salt,
                     unsigned iterations, unsigned char out[SHA256_SIZE])
{
    require(password.n <= INT_MAX && salt.n <= INT_MAX &&
                iterations <= INT_MAX &&
                PKCS5_PBKDF2_HMAC(bytes_of(password), (int)password.n,
                                  bytes_of(salt), (int)salt.n, (int)iterations,
                                  EVP_sha256(), SHA256_SIZE, out) == 1,
            "PBKDF2");
}

bool
crypto_equal(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

void
crypto_wipe(void *p, size_t n)
{
    OPENSSL_cleanse(p, n);
}
