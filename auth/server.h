/*
 * authd: the answers to wire.h's questions, over any number of sockets. Who
 * asks is known by the socket: "smtp", "pop3", "imap" may log users in and
 * look addresses up; "admin" may change things as well.
 *
 *   server.c        peers and the table of ops
 *   attempt.c       BEGIN, STEP, CANCEL: SASL in worker threads
 *   server_admin.c  what administrators ask
 */
#ifndef AUTH_SERVER_H
#define AUTH_SERVER_H

#include "base/error.h"
#include "conf/settings.h"
#include "net/loop.h"

struct authd;

struct authd_options {
    const struct settings *settings;
    const unsigned char *key; /* of tickets; 32 bytes */
    unsigned threads;
};

/* sasl_library_start() was called. All of options stays borrowed. */
bool authd_new(struct authd **d, struct loop *l,
               const struct authd_options *options, struct error *e);

/* fd: a listening socket or one end of a pair; authd closes it. service: one
 * of those above, else INVALID. */
bool authd_serve(struct authd *d, int fd, struct span service, struct error *e);

void authd_free(struct authd **d);

#endif
