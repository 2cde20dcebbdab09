/* Dates: of header fields, and of IMAP. Seconds are since 1970, UTC. */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include "base/buf.h"
#include "base/cursor.h"

/* date-time of RFC 5322 section 3.3 with the obsolete forms of 4.3, comments,
 * and what the world sends (missing zone: UTC; two-digit years). False: none
 * that makes sense. */
bool date_parse_822(struct span text, int64_t *seconds);

/* "Sat, 21 Nov 2026 10:00:00 +0000" (UTC) */
void date_print_822(int64_t seconds, struct buf *out);

/* "21-Nov-2026 10:00:00 +0000", without quotes: date-time of RFC 3501 sec. 9 */
void date_print_imap(int64_t seconds, struct buf *out);
/* With its quotes: DQUOTE date-day-fixed "-" ... DQUOTE */
bool take_imap_date_time(struct cursor *c, int64_t *seconds);
/* date of SEARCH: 1-Nov-2026, quoted or not; midnight UTC. */
bool take_imap_date(struct cursor *c, int64_t *seconds);

/* The calendar day of RFC 5322's own zone, for SENTON: seconds of midnight UTC
 * of the date as written. */
bool date_day_822(struct span text, int64_t *midnight);

#endif
