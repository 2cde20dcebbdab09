/*
 * One client connection, as a session sees it: who is there, bytes out, and
 * what to wait for. Reading, TLS, deadlines and back-pressure are conn.c's.
 *
 * Input: at most CONN_INPUT_MAX bytes are held unread; a session that leaves
 * so many unused and asks for more is hung up (use net/line.h, which bounds a
 * line long before). Output is unbounded here: a session that writes more than
 * CONN_OUTPUT_HIGH returns NEXT_DRAIN and goes on when called again; conn.c
 * reads no further input above that mark.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/buf.h"
#include "net/protocol.h"

#include <stdint.h>

#define CONN_INPUT_MAX   ((size_t)80 << 10)
#define CONN_OUTPUT_HIGH ((size_t)64 << 10)

struct conn;

/* Sixteen hex digits, unique in this process's life: the log's session=. */
const char *conn_id(const struct conn *c);

/* Numeric addresses without ports; IPv4-mapped ones as IPv4. */
const char *conn_peer(const struct conn *c);
uint16_t conn_peer_port(const struct conn *c);
const char *conn_local(const struct conn *c);

/* Name of the listener it came in on: "smtp", "submission", "imaps"... */
const char *conn_listener(const struct conn *c);

bool conn_is_tls(const struct conn *c);
const char *conn_tls_version(const struct conn *c); /* "TLSv1.3"; "" clear */
const char *conn_tls_cipher(const struct conn *c);

/* Output, in order. May be called at any time between open() and closed(),
 * also outside run(): it leaves as soon as the loop turns. */
void conn_put(struct conn *c, struct span bytes);
void conn_text(struct conn *c, const char *text);
void conn_printf(struct conn *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * `length` bytes of the file fd from `offset`, in order with the rest, read as
 * they leave. conn owns fd from here and closes it. Should the file be shorter
 * than promised the connection is cut: the count was already announced.
 */
void conn_put_fd(struct conn *c, int fd, uint64_t offset, uint64_t length);

/* Bytes not yet sent (files counted by their lengths). */
uint64_t conn_queued(const struct conn *c);

/* From inside run(), before NEXT_WAIT: what is queued may stay until run() is
 * called again, to leave with what comes then. For answers to commands that
 * came in one piece; whoever waits for them waits for the next one as well. */
void conn_gather(struct conn *c);

/* Call run() again soon (ends NEXT_WAIT; harmless otherwise). */
void conn_wake(struct conn *c);

/*
 * Hang up after so many seconds without input that run() used, counted from
 * now; replaces what was set before. 0: no limit. Waiting (NEXT_WAIT) does not
 * count, nor does the time in which a slow peer takes queued output (one that
 * takes none for five minutes is cut). A limit that is absolute, as before
 * login, is what remains of it at each command.
 */
void conn_idle_limit(struct conn *c, unsigned seconds);

/* As if the session had returned NEXT_CLOSE, from outside run() or inside any
 * of the session's functions; closed() comes later, never from in here. */
void conn_close(struct conn *c);

/*
 * For tests: a connection without a socket. What the session writes is found
 * in *out; conn_test_input() gives it bytes and calls run() until it wants
 * more than there is. Files put with conn_put_fd() are read at once. The
 * greeting is there after conn_new_for_test(). NEXT_DRAIN runs on at once,
 * NEXT_STARTTLS succeeds at once (secured() is called, unread input dropped),
 * NEXT_WAIT comes back to the test, which goes on after conn_wake() with
 * conn_test_input() of nothing. The peer is 192.0.2.7, we are 192.0.2.25.
 */
struct conn *conn_new_for_test(const struct protocol *p, const void *conf,
                               const char *listener, bool tls, struct buf *out);
enum next conn_test_input(struct conn *c, struct span bytes);
void conn_test_free(struct conn **c);

#endif
