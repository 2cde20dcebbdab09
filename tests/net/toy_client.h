/* A client for the toy server of toy.h: it blocks, in clear or over TLS. */
#ifndef TESTS_NET_TOY_CLIENT_H
#define TESTS_NET_TOY_CLIENT_H

#include "base/error.h"
#include "base/span.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TOY_PATIENCE 20 /* seconds until a test gives up */

struct client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
};

static inline struct client
client_connect(uint16_t port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct client c = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct timeval patience = { .tv_sec = TOY_PATIENCE };

    signal(SIGPIPE, SIG_IGN);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(c.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(c.fd, (struct sockaddr *)&a, sizeof a) == -1)
        die("cannot connect to loopback");
    return c;
}

/* alpn: in wire form, or NULL. */
static inline bool
client_shake_hands(struct client *c, const char *alpn, int version)
{
    c->ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(c->ctx, version);
    SSL_CTX_set_max_proto_version(c->ctx, version);
    SSL_CTX_set_security_level(c->ctx, 0);
    c->ssl = SSL_new(c->ctx);
    SSL_set_fd(c->ssl, c->fd);
    if (alpn != NULL)
        SSL_set_alpn_protos(c->ssl, (const unsigned char *)alpn,
                            (unsigned)strlen(alpn));
    return SSL_connect(c->ssl) == 1;
}

static inline void
client_send_bytes(struct client *c, struct span s)
{
    while (s.n > 0) {
        ssize_t n = c->ssl == NULL ? send(c->fd, s.p, s.n, MSG_NOSIGNAL)
                                   : SSL_write(c->ssl, s.p, (int)s.n);

        if (n <= 0)
            return;
        s = span_after(s, (size_t)n);
    }
}

static inline void
client_send(struct client *c, const char *text)
{
    client_send_bytes(c, span_of(text));
}

/* 0: the end; below: an error. */
static inline ssize_t
client_read(struct client *c, char *to, size_t n)
{
    if (c->ssl == NULL)
        return recv(c->fd, to, n, 0);
    return SSL_read(c->ssl, to, (int)n);
}

/* n bytes, or fewer where the server ended before. */
static inline size_t
client_read_all(struct client *c, char *to, size_t n)
{
    size_t got = 0;

    while (got < n) {
        ssize_t r = client_read(c, to + got, n - got);

        if (r <= 0)
            break;
        got += (size_t)r;
    }
    return got;
}

/* Exactly these bytes come next. */
static inline bool
client_hears(struct client *c, const char *text)
{
    char got[1024];
    size_t n = client_read_all(c, got, strlen(text));
    bool same = span_is(span_from(got, n), text);

    if (!same)
        fprintf(stderr, "heard \"%.*s\"\n", (int)n, got);
    return same;
}

/* The server ends in good order: no RST. */
static inline bool
client_hears_end(struct client *c)
{
    char ch;

    return client_read(c, &ch, 1) == 0 &&
           (c->ssl == NULL ||
            SSL_get_error(c->ssl, 0) == SSL_ERROR_ZERO_RETURN);
}

static inline void
client_close(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    if (c->fd != -1)
        close(c->fd);
    *c = (struct client){ .fd = -1 };
}

#endif
