/*
 * What our daemons share at start: what the supervisor handed down, and the
 * main loop of the three front ends.
 *
 * The supervisor passes listening sockets by number in the environment:
 *   PILLARBOX_FDS="smtp=3 submission=4"   names and descriptors
 *   PILLARBOX_KEY_FD=9                    authd, mailstored: 32 secret bytes
 *                                         (a memfd, a file or a pipe)
 *   PILLARBOX_READY_FD=7                  write one line there when serving
 *   PILLARBOX_PEER_UID=105                authd, mailstored: the front ends' user
 */
#ifndef NET_DAEMON_H
#define NET_DAEMON_H

#include "base/error.h"
#include "net/loop.h"
#include "net/protocol.h"

#define DAEMON_KEY_SIZE 32

/* The descriptor handed down under this name, close-on-exec; -1: none. */
int daemon_inherited(const char *name);

/* Walk over them: *at starts at 0; false at the end. The name stays valid. */
bool daemon_next_inherited(size_t *at, const char **name, int *fd);

/* The key that authd and mailstored share; dies where there is none. Repeated
 * calls give the same bytes. */
const unsigned char *daemon_key(void);

/* May a process of this user connect to us? Our own user, root, and the one the
 * supervisor named. (Which socket it can reach is up to the socket's mode.) */
bool daemon_admits(unsigned uid);

/* Tell the supervisor that we serve. Harmless without one. */
void daemon_ready(void);

/* SIGPIPE ignored, umask 077, no core dumps, standard descriptors open. */
void daemon_prepare(void);

/* --- front ends ----------------------------------------------------------- */

struct daemon_options {
    const char *cert_file; /* PEM; NULL or "": no TLS is offered         */
    const char *key_file;
    const char *alpn;       /* "imap", "pop3" or NULL                      */
    unsigned connections;   /* at most so many at once                     */
    unsigned per_address;   /* and so many from one address                */
    unsigned login_seconds; /* idle limit until the session sets its own   */
    const char *busy_text;  /* what one connection too many is told, with
                                 CR LF ("421 4.3.2 Too many connections")    */
};

struct front;

/* The loop of a front end; TLS files are read now. Fails as tls_server_new. */
bool front_new(struct front **f, struct loop *l,
               const struct daemon_options *options, struct error *e);

/* Serve the listening socket fd with this protocol. tls: shake hands at once.
 * name is for conn_listener() and the log, conf is handed to open(); both stay
 * valid until front_free(). The caller closes fd after that. */
void front_listen(struct front *f, int fd, const char *name, bool tls,
                  const struct protocol *p, const void *conf);

/* Serve every socket handed down; `ports` ends with a NULL name. Dies where one
 * has another name, or where there is none. */
struct front_port {
    const char *name; /* in PILLARBOX_FDS, and conn_listener() */
    bool tls;         /* at once */
};
void front_listen_inherited(struct front *f, const struct front_port *ports,
                            const struct protocol *p, const void *conf);

/* From here on only the certificate's files and the sockets in this directory
 * can be reached (net/sandbox.h). Dies where that fails; logs what is in
 * force. */
void front_enter_sandbox(const struct front *f, const char *sockets);

/* True where STARTTLS can be offered. */
bool front_has_tls(const struct front *f);

/*
 * Serve until SIGTERM or SIGINT: then stop accepting, tell every session
 * (stopping(); one in NEXT_WAIT after its answer came, or three seconds), give
 * output five seconds to leave, and return. SIGHUP re-reads the TLS files.
 */
void front_run(struct front *f);
void front_free(struct front **f);

#endif
