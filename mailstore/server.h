/*
 * mailstored towards its peers: who may ask what, and the answers. A peer is a
 * front end that may have been taken over: every field is checked here, and a
 * session serves only the user of its ticket.
 *
 *   line     one connected process, on one service's socket
 *   session  one user's, on a line; has at most one view
 *   slot     a delivery that was begun on a line
 *   reply    a request under way
 */
#ifndef MAILSTORE_SERVER_H
#define MAILSTORE_SERVER_H

#include "mailstore/core.h"

struct server;

enum server_service {
    SERVER_SMTP = 1,
    SERVER_POP3 = 2,
    SERVER_IMAP = 4,
    SERVER_ADMIN = 8
};

/* key: daemon_key(), stays valid. */
struct server *server_new(struct core *c, const unsigned char *key);

/* fd: a listening socket, the server's from now on. name: "store-smtp",
 * "store-pop3", "store-imap" or "store-admin"; false for another. */
bool server_listen(struct server *s, int fd, const char *name);

/* Every line ends. */
void server_free(struct server **s);

#endif
