/*
 * The messages of SCRAM-SHA-256 (RFC 5802 section 5.1, RFC 7677) and what is
 * computed from them: pure functions over bytes, the server's side.
 *
 *   C: n,,n=user,r=CNONCE                          client-first-message
 *   S: r=CNONCE SNONCE,s=SALT,i=ITERATIONS         server-first-message
 *   C: c=biws,r=CNONCE SNONCE,p=PROOF              client-final-message
 *   S: v=SIGNATURE                                 server-final-message
 *
 *   AuthMessage     := client-first-message-bare + "," +
 *                      server-first-message + "," +
 *                      client-final-message-without-proof
 */
#ifndef AUTH_SCRAM_H
#define AUTH_SCRAM_H

#include "auth/limits.h"
#include "auth/verifier.h"
#include "base/buf.h"

#define SCRAM_MESSAGE_MAX 2048
#define SCRAM_NONCE_MIN   8 /* octets of the client's */
#define SCRAM_NONCE_MAX   128

/* Spans borrow from the message. */
struct scram_first {
    char flag;          /* 'n', 'y' or 'p': RFC 5801 section 4             */
    struct span header; /* gs2-header, as it came                          */
    struct span bare;   /* client-first-message-bare                       */
    struct span nonce;
    char authzid[ADDRESS_MAX + 1]; /* decoded; "" where there is none      */
    char user[ADDRESS_MAX + 1];    /* decoded                              */
};

struct scram_final {
    struct span binding;       /* base64 of gs2-header and channel data   */
    struct span nonce;         /* the client's and ours                   */
    struct span without_proof; /* client-final-message-without-proof      */
    unsigned char proof[SHA256_SIZE];
};

/* False: not such a message. Unknown mandatory extensions ("m=") among it. */
bool scram_take_first(struct span message, struct scram_first *out);
bool scram_take_final(struct span message, struct scram_final *out);

/* Does "c=" repeat the header of the first message, with no channel binding? */
bool scram_binding_fits(const struct scram_final *f, struct span header);

/* server-first-message; nonce is the client's and ours. */
void scram_put_challenge(struct span nonce, const struct verifier *v,
                         struct buf *out);

/* The index of the credential whose password made the proof; -1 for none. The
 * same work whichever it is. */
int scram_find(const struct verifier *v, struct span auth_message,
               const unsigned char proof[SHA256_SIZE]);

/* server-final-message. */
void scram_put_signature(const struct verifier_keys *keys,
                         struct span auth_message, struct buf *out);

#endif
