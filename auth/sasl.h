/*
 * Server side SASL exchanges through libsasl2, which is set up without any
 * file: PLAIN and LOGIN from its modules, SCRAM-SHA-256 our own (scram_mech.c),
 * one sasl_conn_t per exchange.
 *
 * start and stop in the main thread; an exchange in one thread at a time.
 */
#ifndef AUTH_SASL_H
#define AUTH_SASL_H

#include "auth/checker.h"
#include "auth/client.h"

/* Fails where libsasl2 offers anything else than auth_mechanisms(true). */
bool sasl_library_start(struct error *e);
void sasl_library_stop(void);

struct sasl_exchange;

struct sasl_peer {
    const char *service;  /* "smtp", "imap", "pop3"                         */
    const char *hostname; /* ours                                           */
    struct span address;  /* the client's                                   */
};

/* NULL where libsasl2 has none to give. The checker stays borrowed. */
struct sasl_exchange *sasl_exchange_new(const struct checker *c,
                                        const struct sasl_peer *peer);

/* A message of the client; message.p NULL: none (yet). Adds the challenge to
 * *out. After anything but AUTH_CONTINUE only free may follow. */
enum auth_outcome sasl_exchange_start(struct sasl_exchange *x,
                                      struct span mechanism,
                                      struct span message, struct buf *out);
enum auth_outcome sasl_exchange_step(struct sasl_exchange *x,
                                     struct span message, struct buf *out);

/* After AUTH_OK: who it is. Before, and after a failure: who was claimed, as
 * canonical as it got; for throttle and log. */
struct span sasl_exchange_user(const struct sasl_exchange *x);
bool sasl_exchange_user_exists(const struct sasl_exchange *x);

/* The failure was a wrong password sent again. */
bool sasl_exchange_is_repeated(const struct sasl_exchange *x);

/* Accepts NULL. */
void sasl_exchange_free(struct sasl_exchange **x);

#endif
