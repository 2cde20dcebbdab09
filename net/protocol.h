/*
 * The seam: net moves bytes and knows no protocol; smtpd, pop3d and imapd-lite
 * know a protocol and no sockets. They meet in this table of functions, so a
 * test can drive a session with two buffers and no network at all
 * (conn_new_for_test in conn.h).
 */
#ifndef NET_PROTOCOL_H
#define NET_PROTOCOL_H

#include "base/span.h"

struct conn;

enum next {
    NEXT_INPUT,    /* used what it could; call again when more arrives       */
    NEXT_DRAIN,    /* wrote a lot; call again when the output has left       */
    NEXT_WAIT,     /* waits for an answer; call again after conn_wake()      */
    NEXT_STARTTLS, /* flush, drop unread input (RFC 3207 section 4.2), shake
                      hands, call secured()                                  */
    NEXT_CLOSE     /* flush, then hang up                                    */
};

struct protocol {
    const char *name; /* "smtp", "pop3", "imap": logs, ALPN, SASL service */

    /* A client is there (after the handshake on a TLS port). conf is what
     * front_listen() was given. The greeting is written in the first run().
     * NULL: hang up at once. */
    void *(*open)(struct conn *c, const void *conf);

    /*
     * Eat from *in (its span is moved forward past what was used) and write
     * answers with conn_put(). Called once at the start with no input, then
     * whenever what the last return asked for has come. While NEXT_WAIT
     * stands, input stays unread; conn_wake() calls again. The span is good
     * for this call only: what came later may have moved it.
     */
    enum next (*run)(void *session, struct span *in);

    /* STARTTLS is done: forget all that was learnt in clear. */
    enum next (*secured)(void *session);

    /* The peer left, time ran out (`why` is a word for the log), or the
     * session said NEXT_CLOSE. Frees the session; no conn_*() after it. `why`
     * is one of closed, eof, reset, idle, stalled, stopping, input-limit,
     * file-short, no-tls, tls-failed, tls-timeout, tls-error. */
    void (*closed)(void *session, const char *why);

    /* Time ran out: write the protocol's farewell (421, * BYE). May be NULL. */
    void (*expired)(void *session);

    /* The process is to stop: say so (421, * BYE) as expired() does. */
    void (*stopping)(void *session);
};

#endif
