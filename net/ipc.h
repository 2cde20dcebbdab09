/*
 * Frames between our own processes over SOCK_SEQPACKET Unix sockets: one frame
 * a packet, at most IPC_FRAME_MAX bytes, optionally with one descriptor
 * (SCM_RIGHTS).
 *
 *   OFFSET SIZE  MEANING (host order: same machine, same build)
 *   0      4     request: chosen by the client, repeated in every answer;
 *                0 in frames that answer nothing (pushed events)
 *   4      2     op
 *   6      2     status: IPC_ROW, IPC_DONE, or IPC_DONE + enum fail
 *   8      4     length of the body
 *   12           body
 *
 * The first frame in each direction is IPC_HELLO with the build id; a mismatch
 * is refused. A request gets zero or more rows and exactly one end. Who is on
 * the other side is known by which socket it came in on, never by a field;
 * SO_PEERCRED is checked on accept (same uid as ours, or root).
 *
 * PILLARBOX_TRACE=ipc prints every frame readably to standard error.
 */
#ifndef NET_IPC_H
#define NET_IPC_H

#include "base/buf.h"
#include "base/error.h"
#include "net/loop.h"

#include <stdint.h>

#define IPC_FRAME_MAX ((size_t)64 << 10)
#define IPC_BODY_MAX  (IPC_FRAME_MAX - 12)

enum { IPC_ROW = 0, IPC_DONE = 1 /* IPC_DONE + kind: failed, body = text */ };

/* --- bodies: writing and reading ------------------------------------------ */

void put_u8(struct buf *b, uint8_t n);
void put_u16(struct buf *b, uint16_t n);
void put_u32(struct buf *b, uint32_t n);
void put_u64(struct buf *b, uint64_t n);
void put_span(struct buf *b, struct span s); /* u32 length, bytes */

/* Each false when the body ends too early; it then stays where it was. */
bool get_u8(struct span *body, uint8_t *n);
bool get_u16(struct span *body, uint16_t *n);
bool get_u32(struct span *body, uint32_t *n);
bool get_u64(struct span *body, uint64_t *n);
bool get_span(struct span *body, struct span *s); /* borrows from body */

struct numset;
void put_numset(struct buf *b, const struct numset *s);
/* False also for unsorted or overlapping ranges. Replaces what s held. */
bool get_numset(struct span *body, struct numset *s);

/* --- names for traces ----------------------------------------------------- */

struct ipc_op {
    uint16_t op;
    const char *name;
};

/* --- the owner's side ----------------------------------------------------- */

struct ipc_server;
struct ipc_peer; /* one connected process */

struct ipc_server_calls {
    /* A process connected on the listener called `service`; returns the state
     * given back below. */
    void *(*open)(void *arg, struct ipc_peer *p, const char *service);
    /* A request. fd is -1 or a descriptor that now is the callee's. body is
     * valid during the call. Answer now or later. */
    void (*request)(void *state, uint32_t request, uint16_t op,
                    struct span body, int fd);
    /* It is gone; the peer may not be used any more. Called from the loop (or
     * from ipc_server_free()), never from inside ipc_row() and the like. */
    void (*closed)(void *state);
};

/* listen_fd is a listening SOCK_SEQPACKET socket (the server closes it). The
 * same server may serve several services. ops ends with a NULL name. */
struct ipc_server *ipc_server_new(struct loop *l,
                                  const struct ipc_server_calls *calls,
                                  void *arg, const struct ipc_op *ops);
void ipc_server_listen(struct ipc_server *s, int listen_fd,
                       const char *service);
/* The same for one end of a socket pair: a peer that is there already. */
void ipc_server_adopt(struct ipc_server *s, int fd, const char *service);
/* Every peer is closed() first. */
void ipc_server_free(struct ipc_server **s);

/* What cannot be sent at once is queued, in order. A peer that lets more than
 * IPC_QUEUE_MAX (64 MiB) pile up is cut off; closed() then follows from the
 * loop. An answer larger than IPC_BODY_MAX becomes the failure LIMIT. fd: -1, or a
 * descriptor that is duplicated for the peer (the caller keeps its own). */
void ipc_row(struct ipc_peer *p, uint32_t request, uint16_t op,
             struct span body, int fd);
void ipc_done(struct ipc_peer *p, uint32_t request, uint16_t op,
              struct span body, int fd);
void ipc_failed(struct ipc_peer *p, uint32_t request, uint16_t op,
                const struct error *e);
void ipc_push(struct ipc_peer *p, uint16_t op, struct span body);

/* Bytes waiting to leave to this peer. */
size_t ipc_queued(const struct ipc_peer *p);

/* --- the client's side ---------------------------------------------------- */

struct ipc_client;

struct ipc_client_calls {
    /* The line is up (first time or again): requests may be sent. */
    void (*up)(void *arg);
    /* The line broke: every outstanding request has just failed with
     * FAIL_UNAVAILABLE. It is tried again every 50 ms. */
    void (*down)(void *arg);
    /* A pushed frame (request 0). */
    void (*pushed)(void *arg, uint16_t op, struct span body);
};

/* Rows, then one end: done with e == NULL, or failed with *e. fd: -1 or a
 * descriptor that now is the callee's. */
struct ipc_answer { /* either may be NULL: of no interest */
    void (*row)(void *arg, struct span body, int fd);
    void (*done)(void *arg, struct span body, int fd, const struct error *e);
};

/* Connects at once if it can, else keeps trying; never blocks. */
struct ipc_client *ipc_client_new(struct loop *l, const char *socket_path,
                                  const struct ipc_client_calls *calls,
                                  void *arg, const struct ipc_op *ops);
/* The same on one end of a socket pair; no reconnecting. */
struct ipc_client *ipc_client_on_fd(struct loop *l, int fd,
                                    const struct ipc_client_calls *calls,
                                    void *arg, const struct ipc_op *ops);
void ipc_client_free(struct ipc_client **c);
bool ipc_client_is_up(const struct ipc_client *c);

/*
 * Send a request; returns its number, for ipc_forget(). While the line is down
 * requests wait up to two seconds for it and then fail with FAIL_UNAVAILABLE.
 * The answer's functions are called from the loop, never from inside this
 * call. A body larger than IPC_BODY_MAX fails with LIMIT. fd: -1, or a
 * descriptor that is duplicated for the peer. answer NULL: of no interest.
 */
uint32_t ipc_request(struct ipc_client *c, uint16_t op, struct span body,
                     int fd, const struct ipc_answer *answer, void *arg);

/* The answer is of no interest any more: its functions are not called, its
 * descriptors are closed. */
void ipc_forget(struct ipc_client *c, uint32_t request);

#endif
