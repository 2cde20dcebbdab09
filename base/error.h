/*
 * How everything here fails: bool f(..., struct error *e).
 *
 * true: done. false: not done, and *e was filled by whoever first knew.
 * kind is for programs, text for the log and for people at a terminal; neither
 * is ever sent to a client as it is: each daemon has one table from kind to
 * reply.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#define ERROR_TEXT_MAX 256

enum fail {
    FAIL_NOT_FOUND = 1, /* the named thing does not exist                */
    FAIL_EXISTS,        /* the name is taken                             */
    FAIL_DENIED,        /* exists, but not for this user                 */
    FAIL_INVALID,       /* the request is malformed or cannot be done    */
    FAIL_LIMIT,         /* one of our limits.h; will not pass later      */
    FAIL_FULL,          /* the disk; may pass later                      */
    FAIL_BUSY,          /* lock or deadlock; retry                       */
    FAIL_IO,            /* the system said no                            */
    FAIL_CORRUPT,       /* stored data breaks its own invariant          */
    FAIL_UNAVAILABLE,   /* the process that owns it is away; may be back */
    FAIL_QUOTA,         /* the account's quota; may pass later           */
    FAIL_OVERSIZE,      /* larger than the whole quota; never passes     */
    FAIL_KINDS
};

struct error {
    enum fail kind;
    char text[ERROR_TEXT_MAX];
};

/* Fill *e and return false, so that a failing line is `return fail(...)`. */
bool fail(struct error *e, enum fail kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Same, with a trailing ": reason" and the kind taken from errno:
 * ENOENT NOT_FOUND, EEXIST EXISTS, EACCES EPERM DENIED, ENOSPC EDQUOT FULL,
 * EAGAIN EBUSY BUSY, everything else IO.
 */
bool fail_sys(struct error *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The kind as one stable lower-case word, for logs: "not-found", "busy". */
const char *fail_name(enum fail kind);

/*
 * die: the environment is wrong (settings, memory, a missing right); prints
 * one line to standard error and exits with 78. bug: we are wrong; prints and
 * aborts. Neither may be reachable from bytes a client sends.
 */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void bug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
