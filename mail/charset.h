/* Text in the world's character sets, as UTF-8 (iconv; charset.c names it). */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include "base/buf.h"

/* Adds text converted to UTF-8; bytes that have no meaning in the charset
 * become U+FFFD. False for an unknown charset: then the bytes are added as
 * they are where they are valid UTF-8, else as Latin-1. (ASCII in one of a
 * family that has ASCII is true, whether or not that very charset is known.) */
bool charset_to_utf8(struct span text, struct span charset, struct buf *out);
bool charset_is_known(struct span charset);

/*
 * The C library keeps most charsets in files of code and loads them when they
 * are first used, which a process in a sandbox may not. Load what mail uses
 * before entering it, and keep that as long as the process: what was not
 * loaded is unknown then.
 */
struct charset_shelf;
struct charset_shelf *charset_load(void);
/* Accepts NULL, sets *s to NULL. */
void charset_unload(struct charset_shelf **s);

/* Unfolded value of a header field with its encoded words decoded
 * (RFC 2047), as UTF-8. */
void charset_decode_words(struct span value, struct buf *out);

/* Folded for searching without regard to case: i;unicode-casemap's purpose
 * (RFC 5051), done as simple lower case of every character. */
void charset_fold(struct span utf8, struct buf *out);

bool utf8_is_valid(struct span text);

/* quoted-printable, leniently (RFC 2045 section 6.7). */
void charset_decode_qp(struct span text, struct buf *out);

#endif
