/*
 * TLS for servers (OpenSSL 3; tls.c, crypto.c and ca.c alone name it).
 * TLS 1.2 and up, ECDHE with AEAD ciphers, no renegotiation, no compression,
 * no tickets. ALPN: a client that offers protocols without ours is refused on
 * imap and pop3 (RFC 7301 section 3.2); smtp ignores it.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

struct tls_server; /* a certificate, its key, the policy: for many clients */
struct tls;        /* one connection */

enum tls_result {
    TLS_OK,
    TLS_WANT_READ,
    TLS_WANT_WRITE,
    TLS_EOF,  /* the peer closed, with or without close_notify */
    TLS_ERROR /* handshake or record failure; tls_why() */
};

/* PEM files: chain and key. alpn: "imap", "pop3" or NULL.
 * Fails with NOT_FOUND, DENIED, INVALID (not a certificate, key mismatch). */
bool tls_server_new(struct tls_server **s, const char *cert_file,
                    const char *key_file, const char *alpn, struct error *e);

/* Read the same files again; on failure the old ones stay in force. */
bool tls_server_reload(struct tls_server *s, struct error *e);
void tls_server_free(struct tls_server **s);

struct tls *tls_new(struct tls_server *s, int fd);
void tls_free(struct tls **t); /* sends close_notify if it can at once */
enum tls_result tls_handshake(struct tls *t);
enum tls_result tls_read(struct tls *t, char *to, size_t max, size_t *got);
/* At most 16384 bytes are taken at once. After WANT_* call again with the same
 * or more bytes. */
enum tls_result tls_write(struct tls *t, const char *from, size_t n,
                          size_t *put);
const char *tls_version(const struct tls *t);
const char *tls_cipher(const struct tls *t);
const char *tls_why(const struct tls *t);

#endif
