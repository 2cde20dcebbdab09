/* UTF-8, one character at a time (RFC 3629: shortest form, no surrogates). */
#ifndef MAIL_UTF8_H
#define MAIL_UTF8_H

#include "base/buf.h"

#define UTF8_REPLACEMENT 0xfffdu

/*
 * Take the first character of *rest, which is not empty. False for a byte that
 * begins no character: that byte alone is taken, *ch is UTF8_REPLACEMENT.
 */
bool utf8_take(struct span *rest, uint32_t *ch);

/* How many bytes at the front are ASCII. */
size_t utf8_ascii(struct span text);

/* Surrogates and what lies beyond U+10FFFF become UTF8_REPLACEMENT. */
void utf8_put(struct buf *out, uint32_t ch);

/* Copies; what is not UTF-8 becomes U+FFFD, byte by byte. */
void utf8_put_repaired(struct buf *out, struct span text);

/* The longest beginning of at most n bytes that cuts no character. */
struct span utf8_head(struct span text, size_t n);

#endif
