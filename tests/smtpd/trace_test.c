#include "smtpd/trace.h"
#include "tests/check.h"

/* clang-format off */
static const struct {
    const char *why;
    struct smtp_trace trace;
    const char *text;
} cases[] = {
    { "a plain client; HELO is SMTP (RFC 3848)",
      { .from = { "carl@client.example", 19 }, .client = { "client.example", 14 },
        .peer = "192.0.2.7", .hostname = "mail.example.org",
        .id = { "0a1b-1", 6 }, .to = { "anna@example.org", 16 }, .date = 0 },
      "Return-Path: <carl@client.example>\r\n"
      "Received: from client.example ([192.0.2.7])\r\n"
      "\tby mail.example.org (pillarbox) with SMTP\r\n"
      "\tid 0a1b-1\r\n"
      "\tfor <anna@example.org>; Thu, 01 Jan 1970 00:00:00 +0000\r\n" },
    { "EHLO, a null sender, several recipients: none is named",
      { .client = { "[192.0.2.7]", 11 }, .peer = "2001:db8::1",
        .hostname = "mail.example.org", .extended = true, .id = { "x-2", 3 } },
      "Return-Path: <>\r\n"
      "Received: from [192.0.2.7] ([IPv6:2001:db8::1])\r\n"
      "\tby mail.example.org (pillarbox) with ESMTP\r\n"
      "\tid x-2; Thu, 01 Jan 1970 00:00:00 +0000\r\n" },
    { "inside TLS",
      { .client = { "c", 1 }, .peer = "192.0.2.7", .hostname = "h", .extended = true,
        .tls_version = "TLSv1.3", .tls_cipher = "TLS_AES_256_GCM_SHA384", .id = { "x", 1 } },
      "Return-Path: <>\r\nReceived: from c ([192.0.2.7])\r\n"
      "\tby h (pillarbox) with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
      "\tid x; Thu, 01 Jan 1970 00:00:00 +0000\r\n" },
    { "authenticated inside TLS",
      { .client = { "c", 1 }, .peer = "192.0.2.7", .hostname = "h", .extended = true,
        .authenticated = true, .tls_version = "TLSv1.2", .tls_cipher = "C", .id = { "x", 1 } },
      "Return-Path: <>\r\nReceived: from c ([192.0.2.7])\r\n"
      "\tby h (pillarbox) with ESMTPSA (TLSv1.2 C)\r\n"
      "\tid x; Thu, 01 Jan 1970 00:00:00 +0000\r\n" },
    { "authenticated in clear",
      { .client = { "c", 1 }, .peer = "192.0.2.7", .hostname = "h", .extended = true,
        .authenticated = true, .id = { "x", 1 } },
      "Return-Path: <>\r\nReceived: from c ([192.0.2.7])\r\n"
      "\tby h (pillarbox) with ESMTPA\r\n"
      "\tid x; Thu, 01 Jan 1970 00:00:00 +0000\r\n" },
};
/* clang-format on */

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };

        smtp_trace_put(&cases[i].trace, &out);
        CHECK(span_is(buf_span(&out), cases[i].text), "%s: %s", cases[i].why,
              buf_text(&out));
        buf_free(&out);
    }
    return check_report();
}
