#include "tests/check.h"

#include "net/crypto.h"

#include <stdio.h>
#include <string.h>

static bool
is_hex(const unsigned char got[SHA256_SIZE], const char *hex)
{
    char text[2 * SHA256_SIZE + 1];

    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", got[i]);
    return strcmp(text, hex) == 0;
}

/* n times the same byte, then text. */
static struct span
bytes(char *room, size_t n, int byte, const char *text)
{
    memset(room, byte, n);
    memcpy(room + n, text, strlen(text));
    return span_from(room, n + strlen(text));
}

/* clang-format off */
static const struct {
    const char *why;
    size_t key_count; int key_byte; const char *key;
    size_t data_count; int data_byte; const char *data;
    const char *mac;
} hmacs[] = {
    { "RFC 4231 section 4.2", 20, 0x0b, "", 0, 0, "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "RFC 4231 section 4.3: a short key", 0, 0, "Jefe", 0, 0, "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "RFC 4231 section 4.4", 20, 0xaa, "", 50, 0xdd, "",
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "RFC 4231 section 4.7: a key longer than a block", 131, 0xaa, "", 0, 0,
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "RFC 4231 section 4.8: and long data", 131, 0xaa, "", 0, 0,
      "This is a test using a larger than block-size key and a larger than "
      "block-size data. The key needs to be hashed before being used by the "
      "HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    { "no key and no data", 0, 0, "", 0, 0, "",
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

static const struct {
    const char *password, *salt;
    unsigned iterations;
    const char *key;
} derived[] = {
    /* RFC 7914 section 11 (the first 32 bytes) and draft-josefsson-pbkdf2 */
    { "passwd", "salt", 1,
      "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" },
    { "Password", "NaCl", 80000,
      "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56" },
    { "password", "salt", 2,
      "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43" },
    { "password", "salt", 4096,
      "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a" },
};

static const struct {
    const char *text, *hash;
} hashes[] = {
    { "",    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
};
/* clang-format on */

static void
check_known(void)
{
    unsigned char out[SHA256_SIZE];
    char key[200];
    char data[400];

    for (size_t i = 0; i < sizeof hmacs / sizeof *hmacs; i++) {
        crypto_hmac_sha256(
            bytes(key, hmacs[i].key_count, hmacs[i].key_byte, hmacs[i].key),
            bytes(data, hmacs[i].data_count, hmacs[i].data_byte, hmacs[i].data),
            out);
        CHECK(is_hex(out, hmacs[i].mac), "%s", hmacs[i].why);
    }
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        crypto_pbkdf2_sha256(span_of(derived[i].password),
                             span_of(derived[i].salt), derived[i].iterations,
                             out);
        CHECK(is_hex(out, derived[i].key), "PBKDF2 of %s, %u rounds",
              derived[i].password, derived[i].iterations);
    }
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        crypto_sha256(span_of(hashes[i].text), out);
        CHECK(is_hex(out, hashes[i].hash), "SHA-256 of \"%s\"", hashes[i].text);
    }
    crypto_sha256((struct span){ 0 }, out);
    CHECK(is_hex(out, hashes[0].hash), "a span without bytes");
}

/* In pieces of any size as in one. */
static void
check_pieces(void)
{
    unsigned char bytes[300];
    unsigned char whole[SHA256_SIZE];
    unsigned char out[SHA256_SIZE];

    crypto_random(bytes, sizeof bytes);
    crypto_sha256(span_from(bytes, sizeof bytes), whole);
    for (size_t n = 1; n <= sizeof bytes; n++) {
        struct sha256 *s = crypto_sha256_begin();

        for (size_t at = 0; at < sizeof bytes; at += n)
            crypto_sha256_add(s,
                              span_sub(span_from(bytes, sizeof bytes), at, n));
        crypto_sha256_finish(&s, out);
        CHECK(s == NULL && memcmp(out, whole, sizeof out) == 0,
              "in pieces of %zu", n);
    }
}

static void
check_random(void)
{
    unsigned char a[64] = { 0 };
    unsigned char b[64] = { 0 };

    crypto_random(a, sizeof a);
    crypto_random(b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0, "never the same twice");
    CHECK(crypto_equal(a, a, sizeof a), "equal to itself");
    memcpy(b, a, sizeof b);
    for (size_t i = 0; i < sizeof b; i++) {
        b[i] ^= 1;
        CHECK(!crypto_equal(a, b, sizeof a), "one bit of byte %zu", i);
        b[i] ^= 1;
    }
    CHECK(crypto_equal(a, b, 0), "nothing equals nothing");
    crypto_wipe(a, sizeof a);
    memset(b, 0, sizeof b);
    CHECK(memcmp(a, b, sizeof a) == 0, "wiped");
}

int
main(void)
{
    check_known();
    check_pieces();
    check_random();
    return check_report();
}
