/* A request of ipc_client.c that has not ended, and lists of them. */
#ifndef NET_IPC_PENDING_H
#define NET_IPC_PENDING_H

#include "net/ipc.h"

struct ipc_pending {
    struct ipc_pending_list *in;
    struct ipc_pending *prev, *next;
    uint32_t number;
    uint16_t op;
    struct ipc_answer answer;
    void *arg;
    /* While it waits: */
    struct span body; /* ours */
    int fd;           /* ours */
    int64_t deadline;
    /* When it failed: */
    enum fail kind;
    const char *why;
};

struct ipc_pending_list {
    struct ipc_pending *first, *last;
};

/* At the end of the list. */
void ipc_pending_add(struct ipc_pending_list *l, struct ipc_pending *p);
/* Out of its list. */
void ipc_pending_remove(struct ipc_pending *p);
/* Gives back what is kept of a request until it was sent. */
void ipc_pending_drop_body(struct ipc_pending *p);

#endif
