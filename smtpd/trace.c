#include "smtpd/trace.h"

#include "mail/date.h"

/* RFC 3848's names; HELO's clients get plain SMTP, whatever else is true. */
static const char *
protocol_of(const struct smtp_trace *t)
{
    bool tls = t->tls_version != NULL;

    if (!t->extended)
        return "SMTP";
    if (t->authenticated)
        return tls ? "ESMTPSA" : "ESMTPA";
    return tls ? "ESMTPS" : "ESMTP";
}

/* address-literal: "[192.0.2.1]", "[IPv6:2001:db8::1]"
 *                                               RFC 5321 section 4.1.3 */
static void
put_literal(const char *address, struct buf *out)
{
    buf_put_ch(out, '[');
    if (span_has(span_of(address), ':'))
        buf_put_text(out, "IPv6:");
    buf_put_text(out, address);
    buf_put_ch(out, ']');
}

/*
 * Return-path-line = "Return-Path:" FWS Reverse-path <CRLF>
 * Time-stamp-line  = "Received:" FWS Stamp <CRLF>
 * Stamp            = From-domain By-domain Opt-info [CFWS] ";" FWS date-time
 *                                               RFC 5321 section 4.4
 *
 * The recipient is named only where it is the only one: the others would learn
 * of a blind copy (section 7.6).
 */
void
smtp_trace_put(const struct smtp_trace *t, struct buf *out)
{
    buf_put_text(out, "Return-Path: <");
    buf_put(out, t->from);
    buf_put_text(out, ">\r\nReceived: from ");
    buf_put(out, t->client);
    buf_put_text(out, " (");
    put_literal(t->peer, out);
    buf_put_text(out, ")\r\n\tby ");
    buf_put_text(out, t->hostname);
    buf_put_text(out, " (pillarbox) with ");
    buf_put_text(out, protocol_of(t));
    if (t->tls_version != NULL) {
        buf_put_text(out, " (");
        buf_put_text(out, t->tls_version);
        buf_put_ch(out, ' ');
        buf_put_text(out, t->tls_cipher);
        buf_put_ch(out, ')');
    }
    buf_put_text(out, "\r\n\tid ");
    buf_put(out, t->id);
    if (t->to.n > 0) {
        buf_put_text(out, "\r\n\tfor <");
        buf_put(out, t->to);
        buf_put_ch(out, '>');
    }
    buf_put_text(out, "; ");
    date_print_822(t->date, out);
    buf_put_text(out, "\r\n");
}
