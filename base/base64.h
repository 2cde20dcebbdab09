/* Base 64 with padding, as RFC 4648 section 4 and SASL profiles want it. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

void base64_encode(struct buf *out, struct span bytes);

/*
 * Strict: length a multiple of four, padding only at the end, no white space.
 * False leaves *out as it was.
 */
bool base64_decode(struct buf *out, struct span text);

/* MIME's lenient reading (RFC 2045 section 6.8): what is not in the alphabet is
 * skipped, an incomplete last group gives what it holds. */
void base64_decode_mime(struct buf *out, struct span text);

#endif
