#include "smtpd/reply.h"

/*
 * Codes: RFC 5321 section 4.2.3, RFC 3207 section 4, RFC 4954 sections 4 and 6.
 * Statuses: RFC 3463, sent as RFC 2034 section 4 has it: behind every 2xx, 4xx
 * and 5xx but the greeting and the answers to HELO and EHLO.
 */
/* clang-format off */
static const struct smtp_reply replies[SAY_COUNT] = {
    [SAY_GREETING]      = { 220, "",      "ESMTP pillarbox", false },
    [SAY_HELLO]         = { 250, "",      "", false },
    [SAY_OK]            = { 250, "2.0.0", "OK", false },
    [SAY_SENDER_OK]     = { 250, "2.1.0", "Sender OK", false },
    [SAY_RECIPIENT_OK]  = { 250, "2.1.5", "Recipient OK", false },
    [SAY_ACCEPTED]      = { 250, "2.0.0", "Accepted", false },
    [SAY_BYE]           = { 221, "2.0.0", "Bye", true },
    /* RFC 5321 section 7.3: who collects addresses learns nothing here. */
    [SAY_CANNOT_VERIFY] = { 252, "2.0.0", "Cannot verify, but will take a message and try", false },
    [SAY_HELP]          = { 214, "2.0.0", "", false },
    [SAY_START_TEXT]    = { 354, "",      "End with a line that is only a dot", false },
    [SAY_START_TLS]     = { 220, "2.0.0", "Ready to start TLS", false },
    [SAY_CHALLENGE]     = { 334, "",      "", false },
    [SAY_AUTH_OK]       = { 235, "2.7.0", "Authentication succeeded", false },

    [SAY_UNKNOWN_COMMAND] = { 500, "5.5.1", "Unknown command", false },
    [SAY_NOT_IMPLEMENTED] = { 502, "5.5.1", "Command not available", false },
    [SAY_BAD_SEQUENCE]    = { 503, "5.5.1", "Command out of sequence", false },
    [SAY_BAD_SYNTAX]      = { 501, "5.5.2", "Syntax error", false },
    [SAY_NO_ARGUMENT]     = { 501, "5.5.4", "This command takes no argument", false },
    [SAY_LINE_TOO_LONG]   = { 500, "5.5.2", "Line too long", false },
    [SAY_BAD_LINE]        = { 500, "5.5.2", "Lines end in CR LF and hold no CR, LF or NUL", false },
    [SAY_BAD_PARAMETER]   = { 501, "5.5.4", "Bad parameter value", false },
    [SAY_UNKNOWN_PARAMETER] = { 555, "5.5.4", "Parameter not recognised", false },
    [SAY_WRONG_PROTOCOL]  = { 554, "5.5.1", "This is SMTP", true },
    [SAY_OUT_OF_STEP]     = { 554, "5.5.0", "Sent ahead of an answer that was needed first", true },

    [SAY_NEED_TLS]       = { 530, "5.7.0", "Must issue a STARTTLS command first", false },
    [SAY_NO_TLS]         = { 454, "4.7.0", "TLS not available", false },
    [SAY_TLS_ACTIVE]     = { 503, "5.5.1", "TLS is active already", false },
    [SAY_NEED_AUTH]      = { 530, "5.7.0", "Authentication required", false },
    [SAY_AUTH_DONE]      = { 503, "5.5.1", "Already authenticated", false },
    [SAY_AUTH_FAILED]    = { 535, "5.7.8", "Authentication credentials invalid", false },
    [SAY_AUTH_DISABLED]  = { 535, "5.7.8", "Account disabled", false },
    [SAY_AUTH_EXPIRED]   = { 535, "5.7.8", "Password expired", false },
    [SAY_AUTH_LATER]     = { 454, "4.7.0", "Temporary authentication failure", false },
    [SAY_AUTH_LIMIT]     = { 454, "4.7.0", "Too many tries, wait a while", false },
    [SAY_AUTH_NO_MECHANISM] = { 504, "5.5.4", "Unrecognized authentication type", false },
    [SAY_AUTH_BAD_BASE64]   = { 501, "5.5.2", "Cannot decode the response", false },
    [SAY_AUTH_BAD_EXCHANGE] = { 501, "5.5.2", "The response makes no sense", false },
    [SAY_AUTH_CANCELLED] = { 501, "5.0.0", "Authentication cancelled", false },
    [SAY_AUTH_TOO_LONG]  = { 500, "5.5.6", "Authentication line too long", false },

    [SAY_NOT_YOUR_SENDER] = { 553, "5.7.1", "Not an address of yours", false },
    [SAY_NO_SUCH_USER]    = { 550, "5.1.1", "No such user here", false },
    [SAY_NO_RELAY]        = { 550, "5.7.1", "Relaying denied", false },
    /* 452, not 552: RFC 5321 section 4.5.3.1.10. */
    [SAY_TOO_MANY_RECIPIENTS] = { 452, "4.5.3", "Too many recipients", false },
    [SAY_TOO_BIG]         = { 552, "5.3.4", "Message too big", false },
    [SAY_BARE_EOL]        = { 550, "5.6.11", "Bare CR or LF in the message", false },
    [SAY_LOOP]            = { 554, "5.4.6", "Too many hops, this message loops", false },
    [SAY_FULL]            = { 452, "4.3.1", "No room for mail, try again later", false },
    [SAY_OVER_QUOTA]      = { 452, "4.2.2", "Mailbox full, try again later", false },
    [SAY_OVERSIZE]        = { 552, "5.2.2", "Message too big for this mailbox", false },
    [SAY_BUSY]            = { 451, "4.2.0", "Mailbox busy, try again", false },
    [SAY_TRY_LATER]       = { 451, "4.3.0", "Temporary failure, try again later", false },
    [SAY_REFUSED]         = { 554, "5.3.0", "Message cannot be stored", false },

    [SAY_TOO_MANY_ERRORS] = { 421, "4.7.0", "Too many errors, closing", true },
    [SAY_TOO_MANY_LOGINS] = { 421, "4.7.0", "Too many failed logins, closing", true },
    [SAY_IDLE]            = { 421, "4.4.2", "Idle for too long, closing", true },
    [SAY_STOPPING]        = { 421, "4.3.2", "Shutting down, try again soon", true },
};

static const enum smtp_say say_for[FAIL_KINDS] = {
    [FAIL_NOT_FOUND]   = SAY_NO_SUCH_USER,
    [FAIL_EXISTS]      = SAY_TRY_LATER,
    [FAIL_DENIED]      = SAY_TRY_LATER,
    [FAIL_INVALID]     = SAY_REFUSED,
    [FAIL_LIMIT]       = SAY_TOO_BIG,
    [FAIL_FULL]        = SAY_FULL,
    [FAIL_BUSY]        = SAY_BUSY,
    [FAIL_IO]          = SAY_TRY_LATER,
    [FAIL_CORRUPT]     = SAY_TRY_LATER,
    [FAIL_UNAVAILABLE] = SAY_TRY_LATER,
    [FAIL_QUOTA]       = SAY_OVER_QUOTA,
    [FAIL_OVERSIZE]    = SAY_OVERSIZE,
};
/* clang-format on */

const struct smtp_reply *
smtp_say(enum smtp_say what)
{
    return &replies[what];
}

const struct smtp_reply *
smtp_say_text(struct arena *a, enum smtp_say what, struct span text)
{
    struct smtp_reply *r = arena_take(a, sizeof *r);

    *r = replies[what];
    r->text = arena_text(a, text);
    return r;
}

const struct smtp_reply *
smtp_reply_for(const struct error *e)
{
    return &replies[say_for[e->kind]];
}

/*
 * Reply-line = *( Reply-code "-" [ textstring ] CRLF )
 *              Reply-code [ SP textstring ] CRLF   RFC 5321 section 4.2
 *
 * Every line of a reply repeats its status (RFC 2034 section 4).
 */
void
smtp_reply_put(const struct smtp_reply *r, struct buf *out)
{
    struct span rest = span_of(r->text);
    struct span line = rest;

    span_cut(&rest, '\n', &line);
    for (;;) {
        buf_put_number(out, r->code);
        buf_put_ch(out, rest.n > 0 ? '-' : ' ');
        if (*r->status != '\0') {
            buf_put_text(out, r->status);
            buf_put_ch(out, ' ');
        }
        buf_put(out, line);
        buf_put_text(out, "\r\n");
        if (rest.n == 0)
            return;
        span_cut(&rest, '\n', &line);
    }
}
