/*
 * Starting one of our programs with the descriptors of net/daemon.h, as the
 * user of its role. It dies with us (SIGTERM) and is found beside our own
 * binary.
 */
#ifndef PILLARBOX_CHILD_H
#define PILLARBOX_CHILD_H

#include "base/error.h"
#include "conf/settings.h"

#define CHILD_SOCKETS_MAX 256
#define CHILD_KEY_SIZE    32

/* A listening socket and the name it is handed down under. */
struct named_socket {
    char name[32];
    int fd;
};

struct child_start {
    const char *program; /* "smtpd" */
    const struct settings *settings;
    const struct named_socket *sockets;
    size_t socket_count;
    const unsigned char *key; /* NULL: it gets none */
};

/* *ready_fd reads one line when the child serves; the caller closes it. */
bool child_spawn(const struct child_start *start, int *pid, int *ready_fd,
                 struct error *e);

#endif
