/*
 * Everything pop3d says in one line. A reply is a value: handlers return one,
 * and pop3_answer() alone sends it. reply.c holds the table, and with it the
 * one translation from an error's kind to a reply.
 */
#ifndef POP3D_REPLY_H
#define POP3D_REPLY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

enum pop3_say {
    SAY_GREETING,
    SAY_OK,
    SAY_USER_OK,
    SAY_BYE,
    SAY_START_TLS,
    SAY_DELETED,

    SAY_UNKNOWN_COMMAND,
    SAY_BAD_STATE,
    SAY_BAD_SYNTAX,
    SAY_BAD_LINE,
    SAY_LINE_TOO_LONG,
    SAY_NO_SUCH_MESSAGE,
    SAY_ALREADY_DELETED,

    SAY_NEED_TLS,
    SAY_NO_TLS,
    SAY_TLS_ACTIVE,
    SAY_LOGIN_FAILED,
    SAY_LOGIN_DISABLED,
    SAY_LOGIN_EXPIRED,
    SAY_LOGIN_LIMIT,
    SAY_NO_MECHANISM,
    SAY_BAD_BASE64,
    SAY_BAD_EXCHANGE,
    SAY_CANCELLED,

    SAY_GONE,
    SAY_IN_USE,
    SAY_TRY_LATER,
    SAY_BROKEN,
    SAY_NOT_REMOVED,
    SAY_STOPPING,
    SAY_COUNT
};

struct pop3_reply {
    bool ok;
    const char *code; /* RFC 2449 section 8, RFC 3206 section 4; "": none */
    const char *text;
    bool hang_up; /* close after it */
};

const struct pop3_reply *pop3_say(enum pop3_say what);

/* "+OK " and this text, which lives in the arena. */
const struct pop3_reply *pop3_say_ok(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What a client is told when the store failed this way. */
const struct pop3_reply *pop3_reply_for(const struct error *e);

/* The line as it goes on the wire. */
void pop3_reply_put(const struct pop3_reply *r, struct buf *out);

#endif
