/*
 * Inside of a front end: front.c starts, runs and stops it, front_accept.c
 * lets clients in and counts them.
 */
#ifndef NET_FRONT_PRIVATE_H
#define NET_FRONT_PRIVATE_H

#include "base/map.h"
#include "net/conn_private.h"
#include "net/daemon.h"

struct listener {
    struct listener *next;
    struct front *front;
    int fd;
    const char *name;
    bool tls;
    const struct protocol *protocol;
    const void *conf;
    struct watch *watch;
};

struct address_count {
    unsigned n;
};

struct front {
    struct conn_host host; /* first: a host is its front */
    struct daemon_options options;
    char *busy_text;
    struct listener *listeners;
    struct conn *conns;
    unsigned count;
    struct map *addresses; /* address_key -> struct address_count */
    struct timer *accept_timer;
    struct timer *stop_timer;
    int64_t refusal_logged_ms;
    uint64_t refusals; /* since then */
    unsigned stop_ticks;
    bool stopping;
};

/* The loop's callback for a listener's descriptor. */
void front_on_listener(void *listener, int events);

/* Accept, or (0) leave them waiting. */
void front_watch_listeners(struct front *f, int events);

/* After a pause: accept again. */
void front_on_accept_again(void *f);

/* conn_host's gone(): a connection is over. */
void front_on_gone(struct conn_host *h, struct conn *c);

#endif
