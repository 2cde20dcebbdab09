/*
 * Keys and certificates of the private CA, in memory; ca.c knows the files.
 */
#include "net/ca_cert.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CA_DAYS   3650
#define LEAF_DAYS 398 /* what browsers and phones take (Apple: 825) */
#define CN_MAX    64  /* ub-common-name, RFC 5280 appendix A        */

struct ca_pair {
    X509 *cert;
    EVP_PKEY *key;
};

static bool
fail_ssl(struct error *e, const char *doing)
{
    char text[120] = "unknown reason";
    unsigned long code = ERR_get_error();

    if (code != 0)
        ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return fail(e, FAIL_IO, "%s: %s", doing, text);
}

struct ca_pair *
ca_pair_new(void)
{
    return mem_take(sizeof(struct ca_pair));
}

static void
empty(struct ca_pair *p)
{
    X509_free(p->cert);
    EVP_PKEY_free(p->key);
    *p = (struct ca_pair){ 0 };
}

void
ca_pair_free(struct ca_pair **p)
{
    if (*p == NULL)
        return;
    empty(*p);
    free(*p);
    *p = NULL;
}

/* --- PEM ------------------------------------------------------------------ */

bool
ca_pair_take_cert(struct ca_pair *p, struct span pem)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);

    X509_free(p->cert);
    p->cert = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return p->cert != NULL;
}

static int
no_passphrase(char *to, int size, int writing, void *arg)
{
    (void)to;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

bool
ca_pair_take_key(struct ca_pair *p, struct span pem)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);

    EVP_PKEY_free(p->key);
    p->key = bio == NULL
                 ? NULL
                 : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return p->key != NULL;
}

static bool
put_bio(BIO *bio, bool fine, struct buf *out)
{
    char *text = NULL;
    long n = fine ? BIO_get_mem_data(bio, &text) : 0;

    if (n > 0)
        buf_put(out, span_from(text, (size_t)n));
    BIO_free(bio);
    ERR_clear_error();
    return n > 0 && !out->full;
}

bool
ca_pair_put_cert(const struct ca_pair *p, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    return put_bio(bio, bio != NULL && PEM_write_bio_X509(bio, p->cert) == 1,
                   out);
}

bool
ca_pair_put_key(const struct ca_pair *p, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_secmem());

    return put_bio(bio,
                   bio != NULL &&
                       PEM_write_bio_PKCS8PrivateKey(bio, p->key, NULL, NULL, 0,
                                                     NULL, NULL) == 1,
                   out);
}

/* --- names ---------------------------------------------------------------- */

size_t
ca_address(const char *name, unsigned char to[16])
{
    if (inet_pton(AF_INET, name, to) == 1)
        return 4;
    return inet_pton(AF_INET6, name, to) == 1 ? 16 : 0;
}

static GENERAL_NAME *
name_of_bytes(int type, const void *p, size_t n)
{
    GENERAL_NAME *g = GENERAL_NAME_new();
    ASN1_STRING *s = ASN1_STRING_type_new(
        type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);

    if (g == NULL || s == NULL || ASN1_STRING_set(s, p, (int)n) != 1) {
        GENERAL_NAME_free(g);
        ASN1_STRING_free(s);
        return NULL;
    }
    GENERAL_NAME_set0_value(g, type, s);
    return g;
}

/* SAN, RFC 5280 section 4.2.1.6. */
static bool
add_names(X509 *cert, const struct ca_names *names)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    bool fine = all != NULL;

    for (size_t i = 0; fine && i < names->count; i++) {
        unsigned char address[16];
        size_t n = ca_address(names->items[i], address);
        GENERAL_NAME *g = n > 0 ? name_of_bytes(GEN_IPADD, address, n)
                                : name_of_bytes(GEN_DNS, names->items[i],
                                                strlen(names->items[i]));

        fine = g != NULL && sk_GENERAL_NAME_push(all, g) > 0;
    }
    fine =
        fine && X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, 0) == 1;
    GENERAL_NAMES_free(all);
    return fine;
}

/* Name constraints, RFC 5280 section 4.2.1.10: a stolen ca.key is good for our
 * own names and for private networks, not for anybody's bank. */
static const struct {
    const char *address;
    unsigned bits;
} private_networks[] = {
    { "127.0.0.0", 8 },    { "10.0.0.0", 8 },     { "172.16.0.0", 12 },
    { "192.168.0.0", 16 }, { "169.254.0.0", 16 }, { "::1", 128 },
    { "fc00::", 7 },       { "fe80::", 10 },
};

static bool
permit(NAME_CONSTRAINTS *nc, GENERAL_NAME *g)
{
    GENERAL_SUBTREE *t = GENERAL_SUBTREE_new();

    if (t == NULL || g == NULL) {
        GENERAL_SUBTREE_free(t);
        GENERAL_NAME_free(g);
        return false;
    }
    GENERAL_NAME_free(t->base);
    t->base = g;
    return sk_GENERAL_SUBTREE_push(nc->permittedSubtrees, t) > 0;
}

static bool
permit_network(NAME_CONSTRAINTS *nc, const char *address, unsigned bits)
{
    unsigned char bytes[32] = { 0 };
    size_t n = ca_address(address, bytes);

    for (size_t i = 0; i < bits; i++)
        bytes[n + i / 8] |= (unsigned char)(0x80 >> i % 8);
    return permit(nc, name_of_bytes(GEN_IPADD, bytes, 2 * n));
}

static bool
permit_all(NAME_CONSTRAINTS *nc, const struct ca_names *names)
{
    const size_t networks = sizeof private_networks / sizeof *private_networks;
    unsigned char address[16];
    bool fine = true;

    for (size_t i = 0; fine && i < networks; i++)
        fine = permit_network(nc, private_networks[i].address,
                              private_networks[i].bits);
    for (size_t i = 0; fine && i < names->count; i++) {
        const char *name = names->items[i];
        size_t n = ca_address(name, address);

        fine = n > 0 ? permit_network(nc, name, (unsigned)(8 * n))
                     : permit(nc, name_of_bytes(GEN_DNS, name, strlen(name)));
    }
    return fine;
}

static bool
add_constraints(X509 *cert, const struct ca_names *names)
{
    NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
    bool fine = nc != NULL;

    if (fine)
        nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
    fine = fine && nc->permittedSubtrees != NULL && permit_all(nc, names) &&
           X509_add1_ext_i2d(cert, NID_name_constraints, nc, 1, 0) == 1;
    NAME_CONSTRAINTS_free(nc);
    return fine;
}

/* --- certificates --------------------------------------------------------- */

static bool
add_text(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *x;
    X509V3_CTX ctx;
    bool fine;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    fine = x != NULL && X509_add_ext(cert, x, -1) == 1;
    X509_EXTENSION_free(x);
    return fine;
}

/* 127 random bits: above what RFC 5280 section 4.1.2.2 lets people guess. */
static bool
set_serial(X509 *cert)
{
    unsigned char bytes[16];
    BIGNUM *n;
    bool fine;

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
    n = BN_bin2bn(bytes, sizeof bytes, NULL);
    fine =
        n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
    BN_free(n);
    return fine;
}

/* It starts a day ago, for clocks that nobody sets; `days` is all its life. */
static bool
set_life(X509 *cert, int64_t now, int days)
{
    time_t t = (time_t)now;

    return X509_time_adj_ex(X509_getm_notBefore(cert), -1, 0, &t) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(cert), days - 1, 0, &t) != NULL;
}

static bool
add_subject(X509 *cert, const char *field, const char *value)
{
    size_t n = strlen(value);

    return X509_NAME_add_entry_by_txt(
               X509_get_subject_name(cert), field, MBSTRING_UTF8,
               (const unsigned char *)value, (int)(n > CN_MAX ? CN_MAX : n), -1,
               0) == 1;
}

static X509 *
start_cert(EVP_PKEY *key, int64_t now, int days)
{
    X509 *cert = X509_new();

    if (cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 &&
        set_serial(cert) && set_life(cert, now, days) &&
        X509_set_pubkey(cert, key) == 1)
        return cert;
    X509_free(cert);
    return NULL;
}

bool
ca_pair_make_ca(struct ca_pair *p, const struct ca_names *names, int64_t now,
                struct error *e)
{
    unsigned char tag[4];
    char cn[CN_MAX + 1];
    X509 *c;

    empty(p);
    p->key = EVP_EC_gen("P-256");
    if (p->key == NULL || RAND_bytes(tag, sizeof tag) != 1)
        return fail_ssl(e, "make a key");
    c = p->cert = start_cert(p->key, now, CA_DAYS);
    /* Two CAs of one name and different keys would confuse whoever has both. */
    snprintf(cn, sizeof cn, "pillarbox CA %02x%02x%02x%02x", tag[0], tag[1],
             tag[2], tag[3]);
    if (c == NULL || !add_subject(c, "O", names->items[0]) ||
        !add_subject(c, "CN", cn) ||
        X509_set_issuer_name(c, X509_get_subject_name(c)) != 1 ||
        !add_text(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_text(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_text(c, c, NID_subject_key_identifier, "hash") ||
        !add_constraints(c, names) || X509_sign(c, p->key, EVP_sha256()) == 0)
        return fail_ssl(e, "make the CA's certificate");
    return true;
}

bool
ca_pair_make_leaf(struct ca_pair *p, const struct ca_pair *ca,
                  const struct ca_names *names, int64_t now, struct error *e)
{
    const char *first = names->items[0];
    const char *cn = strlen(first) <= CN_MAX ? first : "pillarbox";
    X509 *c;

    if (p->key == NULL)
        p->key = EVP_EC_gen("P-256");
    if (p->key == NULL)
        return fail_ssl(e, "make a key");
    X509_free(p->cert);
    c = p->cert = start_cert(p->key, now, LEAF_DAYS);
    if (c == NULL || !add_subject(c, "CN", cn) ||
        X509_set_issuer_name(c, X509_get_subject_name(ca->cert)) != 1 ||
        !add_text(c, ca->cert, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_text(c, ca->cert, NID_key_usage, "critical,digitalSignature") ||
        !add_text(c, ca->cert, NID_ext_key_usage, "serverAuth") ||
        !add_text(c, ca->cert, NID_subject_key_identifier, "hash") ||
        !add_text(c, ca->cert, NID_authority_key_identifier, "keyid:always") ||
        !add_names(c, names) || X509_sign(c, ca->key, EVP_sha256()) == 0)
        return fail_ssl(e, "make the server's certificate");
    return true;
}

/* --- what is there, and does it do? --------------------------------------- */

bool
ca_pair_has_cert(const struct ca_pair *p)
{
    return p->cert != NULL;
}

bool
ca_pair_has_key(const struct ca_pair *p)
{
    return p->key != NULL;
}

bool
ca_pair_fits(const struct ca_pair *p)
{
    bool fits = p->cert != NULL && p->key != NULL &&
                X509_check_private_key(p->cert, p->key) == 1;

    ERR_clear_error();
    return fits;
}

static bool
seconds_of(const ASN1_TIME *t, int64_t *seconds)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(t, &tm) != 1)
        return false;
    *seconds = timegm(&tm);
    return true;
}

bool
ca_pair_life(const struct ca_pair *p, int64_t *start, int64_t *end)
{
    return seconds_of(X509_get0_notBefore(p->cert), start) &&
           seconds_of(X509_get0_notAfter(p->cert), end);
}

bool
ca_pair_has_names(const struct ca_pair *p, const struct ca_names *names)
{
    unsigned char address[16];

    for (size_t i = 0; i < names->count; i++) {
        size_t n = ca_address(names->items[i], address);
        int has =
            n > 0 ? X509_check_ip(p->cert, address, n, 0)
                  : X509_check_host(p->cert, names->items[i], 0,
                                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL);

        if (has != 1)
            return false;
    }
    return true;
}

bool
ca_pair_is_trusted(const struct ca_pair *leaf, const struct ca_pair *ca,
                   int64_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool fine = store != NULL && ctx != NULL && leaf->cert != NULL &&
                ca->cert != NULL && X509_STORE_add_cert(store, ca->cert) == 1 &&
                X509_STORE_CTX_init(ctx, store, leaf->cert, NULL) == 1;

    if (fine) {
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
        X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
        fine = X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) == 1 &&
               X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();
    return fine;
}

bool
ca_pair_digest(const struct ca_pair *p, unsigned char out[32])
{
    unsigned n = 0;

    return X509_digest(p->cert, EVP_sha256(), out, &n) == 1 && n == 32;
}
