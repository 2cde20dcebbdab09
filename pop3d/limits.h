/* What one POP3 session may cost us. */
#ifndef POP3D_LIMITS_H
#define POP3D_LIMITS_H

#include <stddef.h>

/* RFC 2449 section 4 allows 255 octets; a password may need more. */
#define POP3_COMMAND_MAX ((size_t)512)

/* AUTH and its responses: as SMTP's, RFC 4954 section 4. */
#define POP3_AUTH_LINE_MAX ((size_t)12288)

#define POP3_LOGIN_FAILURES_MAX 3

/* Refusals before login. */
#define POP3_ERRORS_MAX 10

/* What a message is read in. */
#define POP3_READ_SIZE ((size_t)16 << 10)

/* LIST and UIDL are written in pieces of about this size. */
#define POP3_LIST_SIZE ((size_t)16 << 10)

#endif
