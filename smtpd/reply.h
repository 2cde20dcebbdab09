/*
 * Everything smtpd says. A reply is a value: handlers return one, and
 * smtp_answer() alone sends it. reply.c holds the table, and with it the one
 * translation from an error's kind to a reply.
 */
#ifndef SMTPD_REPLY_H
#define SMTPD_REPLY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

enum smtp_say {
    SAY_GREETING,
    SAY_HELLO,
    SAY_OK,
    SAY_SENDER_OK,
    SAY_RECIPIENT_OK,
    SAY_ACCEPTED,
    SAY_BYE,
    SAY_CANNOT_VERIFY,
    SAY_HELP,
    SAY_START_TEXT,
    SAY_START_TLS,
    SAY_CHALLENGE,
    SAY_AUTH_OK,

    SAY_UNKNOWN_COMMAND,
    SAY_NOT_IMPLEMENTED,
    SAY_BAD_SEQUENCE,
    SAY_BAD_SYNTAX,
    SAY_NO_ARGUMENT,
    SAY_LINE_TOO_LONG,
    SAY_BAD_LINE,
    SAY_BAD_PARAMETER,
    SAY_UNKNOWN_PARAMETER,
    SAY_WRONG_PROTOCOL,
    SAY_OUT_OF_STEP,

    SAY_NEED_TLS,
    SAY_NO_TLS,
    SAY_TLS_ACTIVE,
    SAY_NEED_AUTH,
    SAY_AUTH_DONE,
    SAY_AUTH_FAILED,
    SAY_AUTH_DISABLED,
    SAY_AUTH_EXPIRED,
    SAY_AUTH_LATER,
    SAY_AUTH_LIMIT,
    SAY_AUTH_NO_MECHANISM,
    SAY_AUTH_BAD_BASE64,
    SAY_AUTH_BAD_EXCHANGE,
    SAY_AUTH_CANCELLED,
    SAY_AUTH_TOO_LONG,

    SAY_NOT_YOUR_SENDER,
    SAY_NO_SUCH_USER,
    SAY_NO_RELAY,
    SAY_TOO_MANY_RECIPIENTS,
    SAY_TOO_BIG,
    SAY_BARE_EOL,
    SAY_LOOP,
    SAY_FULL,
    SAY_OVER_QUOTA,
    SAY_OVERSIZE,
    SAY_BUSY,
    SAY_TRY_LATER,
    SAY_REFUSED,

    SAY_TOO_MANY_ERRORS,
    SAY_TOO_MANY_LOGINS,
    SAY_IDLE,
    SAY_STOPPING,
    SAY_COUNT
};

struct smtp_reply {
    unsigned code;
    const char *status; /* RFC 3463; "" where RFC 2034 section 4 wants none */
    const char *text;   /* lines parted by "\n" */
    bool hang_up;       /* close after it */
};

const struct smtp_reply *smtp_say(enum smtp_say what);

/* Its code and status with another text, which lives in the arena. */
const struct smtp_reply *smtp_say_text(struct arena *a, enum smtp_say what,
                                       struct span text);

/* What a client is told when the store or authd failed this way. */
const struct smtp_reply *smtp_reply_for(const struct error *e);

/* All its lines, as they go on the wire. */
void smtp_reply_put(const struct smtp_reply *r, struct buf *out);

#endif
