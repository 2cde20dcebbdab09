/*
 * What the two sides of net/ipc.h share: a link carries frames over one
 * connected SOCK_SEQPACKET socket, queues what cannot leave at once, and sees
 * to it that the first frame in each direction is the right HELLO.
 */
#ifndef NET_IPC_PRIVATE_H
#define NET_IPC_PRIVATE_H

#include "net/ipc.h"

#define IPC_HELLO      0xffff /* the op of the first frame              */
#define IPC_LAYOUT     1      /* raise it when any body changes         */
#define IPC_HEADER     ((size_t)12)
#define IPC_PATH_MAX   108
#define IPC_BATCH      64 /* frames taken from one socket before others */
#define IPC_QUEUE_MAX  ((size_t)64 << 20)
#define IPC_QUEUE_FULL ((size_t)4 << 20) /* no more requests are read   */

struct ipc_frame {
    uint32_t request;
    uint16_t op;
    uint16_t status;
    struct span body;
    int fd; /* -1: none */
};

struct ipc_queued;

struct ipc_link {
    int fd; /* -1: there is no line */
    struct watch *watch;
    struct ipc_queued *first, *last;
    size_t queued; /* bytes */
    const struct ipc_op *ops;
    const char *name; /* whose line, for traces */
    bool trace;
    bool greeted; /* the peer's HELLO came */
};

/* A link without a line. */
struct ipc_link ipc_link_none(const struct ipc_op *ops, const char *name);

/* A new socket that is connected to this path, or -1. */
int ipc_link_dial(const char *path);

/* Takes over fd (made non-blocking) and sends HELLO. False: it is broken. */
bool ipc_link_open(struct ipc_link *k, struct loop *l, int fd, watch_fn *fn,
                   void *arg);

/* Frees the queue and closes the socket. */
void ipc_link_close(struct ipc_link *k);

/* Sends or queues; f->fd stays the caller's. False: the line is broken or its
 * queue is full, so the link is to be closed. */
bool ipc_link_send(struct ipc_link *k, const struct ipc_frame *f);

/* Sends what is queued, as far as it goes. False as above. */
bool ipc_link_flush(struct ipc_link *k);

/* Watches for input where `reading`, and for room where it is needed. */
void ipc_link_watch(struct ipc_link *k, bool reading);

enum ipc_got {
    IPC_NOTHING, /* no frame is there yet                                */
    IPC_GREETED, /* the peer's HELLO, of the same build                  */
    IPC_FRAME,   /* *f; its descriptor, if any, is the caller's          */
    IPC_LOST,    /* end, error                                           */
    IPC_GARBAGE  /* not a frame, or not our build                        */
};

/* room: IPC_FRAME_MAX bytes that f->body then borrows from. */
enum ipc_got ipc_link_take(struct ipc_link *k, char *room, struct ipc_frame *f);

void ipc_trace(const struct ipc_link *k, bool outgoing,
               const struct ipc_frame *f);

#endif
