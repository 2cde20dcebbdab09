#include "pop3d/reply.h"

#include <stdarg.h>
#include <stdio.h>

/* A status line is at most 512 octets long (RFC 1939 section 3); ours hold
 * numbers and words of our own. */
#define TEXT_MAX 256

/* clang-format off */
static const struct pop3_reply replies[SAY_COUNT] = {
    [SAY_GREETING]  = { true, "", "pillarbox POP3 ready", false },
    [SAY_OK]        = { true, "", "", false },
    [SAY_USER_OK]   = { true, "", "Send PASS", false }, /* known or not: RFC 1939 section 13 */
    [SAY_BYE]       = { true, "", "Bye", true },
    [SAY_START_TLS] = { true, "", "Begin TLS", false },
    [SAY_DELETED]   = { true, "", "Marked as deleted", false },

    [SAY_UNKNOWN_COMMAND] = { false, "", "Unknown command", false },
    [SAY_BAD_STATE]       = { false, "", "Not now", false },
    [SAY_BAD_SYNTAX]      = { false, "", "Syntax error", false },
    [SAY_BAD_LINE]        = { false, "", "Lines end in CR LF and hold no CR, LF or NUL", false },
    [SAY_LINE_TOO_LONG]   = { false, "", "Line too long", false },
    [SAY_NO_SUCH_MESSAGE] = { false, "", "No such message", false },
    [SAY_ALREADY_DELETED] = { false, "", "Message is deleted", false },

    [SAY_NEED_TLS]       = { false, "AUTH", "Use STLS first", false },
    [SAY_NO_TLS]         = { false, "", "TLS is not available", false },
    [SAY_TLS_ACTIVE]     = { false, "", "TLS is active already", false },
    [SAY_LOGIN_FAILED]   = { false, "AUTH", "Authentication failed", false },
    [SAY_LOGIN_DISABLED] = { false, "AUTH", "Account disabled", false },
    [SAY_LOGIN_EXPIRED]  = { false, "AUTH", "Password expired", false },
    [SAY_LOGIN_LIMIT]    = { false, "SYS/TEMP", "Too many tries, wait a while", false },
    [SAY_NO_MECHANISM]   = { false, "", "Unknown authentication mechanism", false },
    [SAY_BAD_BASE64]     = { false, "", "Cannot decode the response", false },
    [SAY_BAD_EXCHANGE]   = { false, "", "The response makes no sense", false },
    [SAY_CANCELLED]      = { false, "", "Authentication cancelled", false },

    [SAY_GONE]        = { false, "", "It is not there any more", false },
    [SAY_IN_USE]      = { false, "IN-USE", "Another session has the mailbox", false },
    [SAY_TRY_LATER]   = { false, "SYS/TEMP", "Temporary failure, try again later", false },
    [SAY_BROKEN]      = { false, "SYS/PERM", "Failure that needs the administrator", false },
    [SAY_NOT_REMOVED] = { false, "SYS/TEMP", "Some deleted messages were not removed", true },
    [SAY_STOPPING]    = { false, "SYS/TEMP", "Shutting down, try again soon", true },
};

static const enum pop3_say say_for[FAIL_KINDS] = {
    [FAIL_NOT_FOUND]   = SAY_GONE,
    [FAIL_EXISTS]      = SAY_BROKEN,
    [FAIL_DENIED]      = SAY_BROKEN,
    [FAIL_INVALID]     = SAY_BROKEN,
    [FAIL_LIMIT]       = SAY_BROKEN,
    [FAIL_FULL]        = SAY_TRY_LATER,
    [FAIL_BUSY]        = SAY_IN_USE,
    [FAIL_IO]          = SAY_TRY_LATER,
    [FAIL_CORRUPT]     = SAY_BROKEN,
    [FAIL_UNAVAILABLE] = SAY_TRY_LATER,
    [FAIL_QUOTA]       = SAY_TRY_LATER,
    [FAIL_OVERSIZE]    = SAY_BROKEN,
};
/* clang-format on */

const struct pop3_reply *
pop3_say(enum pop3_say what)
{
    return &replies[what];
}

const struct pop3_reply *
pop3_say_ok(struct arena *a, const char *fmt, ...)
{
    struct pop3_reply *r = arena_take(a, sizeof *r);
    char text[TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    *r = replies[SAY_OK];
    r->text = arena_text(a, span_of(text));
    return r;
}

const struct pop3_reply *
pop3_reply_for(const struct error *e)
{
    return &replies[say_for[e->kind]];
}

/* single-line = status [SP text] CRLF              RFC 2449 section 4 */
void
pop3_reply_put(const struct pop3_reply *r, struct buf *out)
{
    buf_put_text(out, r->ok ? "+OK" : "-ERR");
    if (*r->code != '\0')
        buf_printf(out, " [%s]", r->code);
    if (*r->text != '\0')
        buf_printf(out, " %s", r->text);
    buf_put_text(out, "\r\n");
}
