/* The lines we put on top of a message (RFC 5321 section 4.4). */
#ifndef SMTPD_TRACE_H
#define SMTPD_TRACE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct smtp_trace {
    struct span from;   /* reverse path without <>; empty for <> */
    struct span client; /* its name in HELO or EHLO */
    const char *peer;   /* its numeric address */
    const char *hostname;
    const char *tls_version, *tls_cipher; /* NULL: in clear */
    bool extended, authenticated;
    struct span id;
    struct span to; /* the one recipient; empty: there are more */
    int64_t date;
};

/* Return-Path and Received, each with its CR LF. */
void smtp_trace_put(const struct smtp_trace *t, struct buf *out);

#endif
