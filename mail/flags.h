/* System flags (RFC 3501 section 2.3.2), and their letters in Maildir names. */
#ifndef MAIL_FLAGS_H
#define MAIL_FLAGS_H

#include "base/buf.h"
#include "base/cursor.h"

#include <stdint.h>

enum mail_flag {
    MAIL_SEEN = 1,
    MAIL_ANSWERED = 2,
    MAIL_FLAGGED = 4,
    MAIL_DELETED = 8,
    MAIL_DRAFT = 16,
    MAIL_PASSED = 32, /* Maildir's P: the keyword $Forwarded */
    MAIL_RECENT =
        64, /* never stored: in new/, and this session sees it first */
};

/* The flag named "\Seen" and so on in any case, or "$Forwarded" (MAIL_PASSED);
 * 0: not one a client may set (\Recent is not). */
uint16_t mail_flag_named(struct span name);

/* "\Answered \Flagged ..." with one space between; RECENT included where set. */
void mail_flags_print(uint16_t flags, struct buf *out);

/* "DFPRST" in ASCII order, as Maildir wants it; and back, ignoring others. */
void mail_flags_letters(uint16_t flags, struct buf *out);
uint16_t mail_flags_from_letters(struct span letters);

/* A keyword: an atom of RFC 3501 section 9 that is no system flag, at most
 * KEYWORD_MAX octets. */
bool mail_keyword_is_valid(struct span name);

#endif
