/*
 * After start a front end needs no file and no new program: Landlock takes
 * every file away (but the paths given), seccomp every system call it does not
 * need. Where the kernel has no Landlock or seccomp, *in_force says so and the
 * process goes on.
 */
#ifndef NET_SANDBOX_H
#define NET_SANDBOX_H

#include "base/error.h"

enum sandbox_part { SANDBOX_LANDLOCK = 1, SANDBOX_SECCOMP = 2 };

struct sandbox_path {
    const char *path;
    bool may_write;
};

/* paths ends with a NULL path; what is below them stays reachable. A process
 * under a sanitizer gets no seccomp. */
bool sandbox_enter(const struct sandbox_path *paths, int *in_force,
                   struct error *e);

#endif
