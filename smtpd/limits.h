/* What one SMTP session may cost us. Settings hold the limits that an owner
 * may want to move: message size, recipients, time. */
#ifndef SMTPD_LIMITS_H
#define SMTPD_LIMITS_H

#include <stddef.h>

/* 512 octets with CR LF (RFC 5321 section 4.5.3.1.4) and room for parameters:
 * SIZE asks for 26 more, AUTH for 500 (RFC 4954 section 3). */
#define SMTP_COMMAND_MAX ((size_t)2048)

/* AUTH's responses: RFC 4954 section 4. */
#define SMTP_AUTH_LINE_MAX ((size_t)12288)

/* A domain has at most 255 octets: RFC 5321 section 4.5.3.1.2. */
#define SMTP_DOMAIN_MAX ((size_t)255)

/* Aliases make more mailboxes than addresses; this bounds their sum. */
#define SMTP_TARGETS_MAX ((size_t)1000)

/* Refusals until we say 421 (RFC 5321 section 7.8); a message accepted starts
 * the count again. */
#define SMTP_ERRORS_MAX        20
#define SMTP_AUTH_FAILURES_MAX 3

/* Loop detection wants "at least 100": RFC 5321 section 6.3. */
#define SMTP_RECEIVED_MAX 100

/* Message text goes to its file in writes of this size. */
#define SMTP_WRITE_SIZE ((size_t)64 << 10)

#endif
