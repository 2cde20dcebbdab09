/* Listening sockets, made by the supervisor so that no other program needs the
 * right to, and so that a restarted one finds its clients still waiting. */
#ifndef PILLARBOX_BIND_H
#define PILLARBOX_BIND_H

#include "pillarbox/child.h"

struct sockets {
    struct named_socket all[CHILD_SOCKETS_MAX];
    size_t count;
};

/* Every address of the listen section. The error names the key and the
 * address. */
bool bind_ports(struct sockets *s, const struct settings *settings,
                struct error *e);

/* A SOCK_SEQPACKET listener dir/name, for root alone where the name ends in
 * "-admin", otherwise for the front ends' group too; what a former life left
 * there is replaced, a live one is BUSY. */
bool bind_unix(struct sockets *s, const char *dir, const char *name,
               struct error *e);

/* Is its name still there? */
bool bind_is_there(const char *dir, const char *name);

/* Another socket of this name, in the place of the old one's descriptor: who
 * has inherited that still listens to the old one. */
bool bind_unix_again(struct sockets *s, const char *dir, const char *name,
                     struct error *e);

void bind_close(struct sockets *s);

/* "host:port" of a listening TCP socket as it was bound. */
void bind_address(int fd, char *out, size_t size);

/* Is somebody listening on this Unix socket? */
bool bind_is_served(const char *path);

#endif
