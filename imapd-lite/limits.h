/* What one IMAP client may cost us. */
#ifndef IMAPD_LITE_LIMITS_H
#define IMAPD_LITE_LIMITS_H

#include <stddef.h>

/* A command without its literals: RFC 2683 section 3.2.1.5 asks servers for
 * 8,000 octets at least; clients send sets of thousands of UIDs. */
#define IMAP_LINE_MAX_BEFORE ((size_t)8 << 10)
#define IMAP_LINE_MAX        ((size_t)64 << 10)

/* All literals of one command, APPEND's message not counted. */
#define IMAP_LITERALS_MAX_BEFORE ((size_t)8 << 10)
#define IMAP_LITERALS_MAX        ((size_t)128 << 10)

#define IMAP_TAG_MAX       256 /* octets of a tag                            */
#define IMAP_SET_MAX       20000 /* elements of one sequence-set               */
#define IMAP_FLAGS_MAX     128  /* flags and keywords in one list             */
#define IMAP_PATTERN_MAX   1024 /* octets of all patterns of one LIST         */
#define IMAP_PATTERNS_MAX  16   /* of one LIST (RFC 5258)                     */
#define IMAP_LIST_TURN     256  /* mailboxes looked at before others' turn    */
#define IMAP_ID_PAIRS_MAX  30   /* RFC 2971 section 3.3                       */
#define IMAP_ID_LOGGED_MAX 64   /* octets of a client's name in the log       */
#define IMAP_SASL_LINE_MAX 12288 /* RFC 4954 section 4: as SMTP               */

#define IMAP_BAD_LOGINS_MAX   3  /* then BYE                                  */
#define IMAP_BAD_COMMANDS_MAX 20 /* in a row, then BYE                        */

/* Pending EXPUNGE and FETCH responses are written in pieces of so many. */
#define IMAP_REPORT_MAX 4096

#endif
