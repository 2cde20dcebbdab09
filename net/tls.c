#include "net/tls.h"

#include "base/mem.h"
#include "base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What every caller of OpenSSL here keeps to:
 *   T1 ERR_clear_error() before every SSL_* call that SSL_get_error() is asked
 *      about: the queue is per thread, and an entry that another connection
 *      left makes it lie about this one.
 *   T2 What a call waits for need not be its own direction: TLS_WANT_READ may
 *      come from tls_write().
 *   T3 Decrypted bytes inside OpenSSL make no event on the descriptor: read
 *      until TLS_WANT_READ.
 *   T4 After a fatal error no further call but SSL_free().
 */
struct tls_server {
    SSL_CTX *ctx; /* running connections hold their own reference */
    char *cert_file;
    char *key_file;
    const char *alpn;
};

struct tls {
    SSL *ssl;
    const char *why; /* static text; NULL until something failed */
};

#define RECORD_MAX ((size_t)16384)

/* Forward secrecy and AEAD only (RFC 7525 section 4.2, RFC 8997). */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
static const char groups[] = "X25519:P-256:P-384";

/* RFC 7301 section 6, IANA's registry of ALPN identifiers. */
/* clang-format off */
static const struct {
    const char *name;
    const char *wire;
} protocols[] = {
    { "imap", "\4imap" },
    { "pop3", "\4pop3" },
};
/* clang-format on */

static const char *
alpn_wire(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        if (name != NULL && strcmp(protocols[i].name, name) == 0)
            return protocols[i].wire;
    }
    return NULL;
}

/* A client that offers protocols, ours not among them, was sent here by
 * somebody who wants our answers read as another protocol's (ALPACA). */
static int
select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
            const unsigned char *offered, unsigned offered_len, void *ours)
{
    const unsigned char *wire = ours;
    unsigned char *chosen;

    (void)ssl;
    if (SSL_select_next_proto(&chosen, out_len, wire, wire[0] + 1u, offered,
                              offered_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A key under a pass phrase cannot be used unattended; never ask a terminal. */
static int
no_pass_phrase(char *to, int size, int for_writing, void *arg)
{
    (void)to;
    (void)size;
    (void)for_writing;
    (void)arg;
    return -1;
}

static bool
fail_tls(struct error *e, const char *what, const char *file)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    fail(e, FAIL_INVALID, "%s %s: %s", what, file,
         why == NULL ? "not usable" : why);
    ERR_clear_error();
    return false;
}

/* OpenSSL does not say why it cannot open a file in a way we could use. */
static bool
check_readable(const char *file, struct error *e)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd == -1)
        return fail_sys(e, "open %s", file);
    close(fd);
    return true;
}

static bool
load_files(SSL_CTX *ctx, const struct tls_server *s, struct error *e)
{
    if (!check_readable(s->cert_file, e) || !check_readable(s->key_file, e))
        return false;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, s->cert_file) != 1)
        return fail_tls(e, "certificate", s->cert_file);
    if (SSL_CTX_use_PrivateKey_file(ctx, s->key_file, SSL_FILETYPE_PEM) != 1)
        return fail_tls(e, "key", s->key_file);
    if (SSL_CTX_check_private_key(ctx) != 1)
        return fail_tls(e, "key for the certificate", s->key_file);
    return true;
}

static void
set_policy(SSL_CTX *ctx, const char *alpn)
{
    const char *wire = alpn_wire(alpn);

    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, ciphers) != 1 ||
        SSL_CTX_set1_groups_list(ctx, groups) != 1)
        die("this OpenSSL lacks TLS 1.2 with ECDHE and AEAD");
    /* A cut without close_notify is an end like any other, and what was asked
     * before it is still answered: our protocols have an end of their own
     * (QUIT, the final dot), and only that makes anything happen. */
    SSL_CTX_set_options(
        ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                 SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF |
                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    /* Buffers move between tries, and 33 KiB go back while nothing comes. */
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(ctx, no_pass_phrase);
    if (wire != NULL)
        SSL_CTX_set_alpn_select_cb(ctx, select_alpn, (void *)(uintptr_t)wire);
}

/* RFC 7301 section 3.2 holds for all contexts: each reload makes a whole one. */
static bool
make_context(const struct tls_server *s, SSL_CTX **out, struct error *e)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL)
        die("OpenSSL gives no context");
    set_policy(ctx, s->alpn);
    if (!load_files(ctx, s, e)) {
        SSL_CTX_free(ctx);
        return false;
    }
    *out = ctx;
    return true;
}

bool
tls_server_new(struct tls_server **sp, const char *cert_file,
               const char *key_file, const char *alpn, struct error *e)
{
    struct tls_server *s = mem_take(sizeof *s);

    s->cert_file = mem_text(cert_file);
    s->key_file = mem_text(key_file);
    s->alpn = alpn;
    if (!make_context(s, &s->ctx, e)) {
        tls_server_free(&s);
        return false;
    }
    *sp = s;
    return true;
}

bool
tls_server_reload(struct tls_server *s, struct error *e)
{
    SSL_CTX *fresh;

    if (!make_context(s, &fresh, e))
        return false;
    SSL_CTX_free(s->ctx);
    s->ctx = fresh;
    return true;
}

void
tls_server_free(struct tls_server **sp)
{
    struct tls_server *s = *sp;

    if (s == NULL)
        return;
    SSL_CTX_free(s->ctx);
    free(s->cert_file);
    free(s->key_file);
    free(s);
    *sp = NULL;
}

struct tls *
tls_new(struct tls_server *s, int fd)
{
    struct tls *t = mem_take(sizeof *t);

    t->ssl = SSL_new(s->ctx);
    if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1)
        die("out of memory for a TLS connection");
    SSL_set_accept_state(t->ssl);
    return t;
}

/* One close_notify; the peer's is not waited for (RFC 8446 section 6.1). */
void
tls_free(struct tls **tp)
{
    struct tls *t = *tp;

    if (t == NULL)
        return;
    if (t->why == NULL && SSL_is_init_finished(t->ssl)) {
        ERR_clear_error(); /* T1 */
        SSL_shutdown(t->ssl);
    }
    ERR_clear_error();
    SSL_free(t->ssl);
    free(t);
    *tp = NULL;
}

static enum tls_result
failed(struct tls *t, const char *why)
{
    t->why = why == NULL ? "unknown" : why;
    return TLS_ERROR;
}

static enum tls_result
result_of(struct tls *t, int rc, int sys)
{
    const char *why;

    switch (SSL_get_error(t->ssl, rc)) {
    case SSL_ERROR_NONE:
        return TLS_OK;
    case SSL_ERROR_WANT_READ:
        return TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_EOF;
    case SSL_ERROR_SSL:
        why = ERR_reason_error_string(ERR_peek_error());
        ERR_clear_error();
        return failed(t, why);
    default:
        ERR_clear_error();
        return failed(t, sys == 0 ? "end of file" : strerrordesc_np(sys));
    }
}

enum tls_result
tls_handshake(struct tls *t)
{
    int rc;

    ERR_clear_error(); /* T1 */
    errno = 0;
    rc = SSL_do_handshake(t->ssl);
    return result_of(t, rc, errno);
}

enum tls_result
tls_read(struct tls *t, char *to, size_t max, size_t *got)
{
    int rc;

    *got = 0;
    ERR_clear_error(); /* T1 */
    errno = 0;
    rc = SSL_read_ex(t->ssl, to, max, got);
    return result_of(t, rc, errno);
}

enum tls_result
tls_write(struct tls *t, const char *from, size_t n, size_t *put)
{
    int rc;

    *put = 0;
    if (n == 0)
        return TLS_OK;
    ERR_clear_error(); /* T1 */
    errno = 0;
    rc = SSL_write_ex(t->ssl, from, n < RECORD_MAX ? n : RECORD_MAX, put);
    return result_of(t, rc, errno);
}

const char *
tls_version(const struct tls *t)
{
    return SSL_get_version(t->ssl);
}

const char *
tls_cipher(const struct tls *t)
{
    return SSL_get_cipher_name(t->ssl);
}

const char *
tls_why(const struct tls *t)
{
    return t->why == NULL ? "" : t->why;
}
