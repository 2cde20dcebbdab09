/* Printing IMAP's strings: RFC 3501 section 4.3. Any bytes give legal text:
 * NULs, which no string may hold, are left out. */
#ifndef MAIL_IMAP_TEXT_H
#define MAIL_IMAP_TEXT_H

#include "base/buf.h"

/* string = quoted / literal; quoted where it can be. */
void imap_text_put_string(struct buf *out, struct span s);

/* nstring = string / nil; s.p == NULL is NIL. */
void imap_text_put_nstring(struct buf *out, struct span s);

#endif
