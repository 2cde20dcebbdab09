#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_CONFIGURATION 78 /* EX_CONFIG of sysexits.h */

bool
fail(struct error *e, enum fail kind, const char *fmt, ...)
{
    va_list ap;

    e->kind = kind;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return false;
}

static enum fail
kind_of_errno(int err)
{
    switch (err) {
    case ENOENT:
    case ENOTDIR:
        return FAIL_NOT_FOUND;
    case EEXIST:
        return FAIL_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return FAIL_DENIED;
    case ENOSPC:
    case EDQUOT:
        return FAIL_FULL;
    case EAGAIN:
    case EBUSY:
        return FAIL_BUSY;
    default:
        return FAIL_IO;
    }
}

bool
fail_sys(struct error *e, const char *fmt, ...)
{
    int err = errno;
    va_list ap;
    size_t n;

    e->kind = kind_of_errno(err);
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    n = strlen(e->text);
    snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(err));
    errno = err;
    return false;
}

const char *
fail_name(enum fail kind)
{
    static const char *const names[FAIL_KINDS] = {
        [FAIL_NOT_FOUND] = "not-found", [FAIL_EXISTS] = "exists",
        [FAIL_DENIED] = "denied",       [FAIL_INVALID] = "invalid",
        [FAIL_LIMIT] = "limit",         [FAIL_FULL] = "full",
        [FAIL_BUSY] = "busy",           [FAIL_IO] = "io",
        [FAIL_CORRUPT] = "corrupt",     [FAIL_UNAVAILABLE] = "unavailable",
        [FAIL_QUOTA] = "quota",         [FAIL_OVERSIZE] = "oversize",
    };

    if ((unsigned)kind < FAIL_KINDS && names[kind] != NULL)
        return names[kind];
    return "unknown";
}

void
die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("pillarbox: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(EXIT_CONFIGURATION);
}

void
bug(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("pillarbox: bug: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    abort();
}
