/*
 * A cursor stands on a complete line and takes it apart from the left.
 *
 * Every take_*() either consumes exactly one grammar element and returns true,
 * or leaves the cursor where it was, notes in `want` what it looked for, and
 * returns false. So a handler reads like the RFC's rule for its command:
 *
 *     if (!take(c, ' ') || !take_number(c, &n) || !take_end(c))
 *         return RUN_BAD;
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/span.h"

#include <stdint.h>

struct cursor {
    const char *at, *end;
    const char *want; /* static text; NULL until something was missing */
};

struct cursor cursor_on(struct span line);
struct span cursor_rest(const struct cursor *c);
bool cursor_at_end(const struct cursor *c);

/* Note what was expected; returns false. For parsers built on this one. */
bool want(struct cursor *c, const char *what);

/* Exactly this byte. */
bool take(struct cursor *c, char ch);

/* Exactly this text, in any case. */
bool take_nocase(struct cursor *c, const char *text);

/* One or more bytes up to a space or the end. */
bool take_word(struct cursor *c, struct span *out);

/* One or more letters. */
bool take_alpha(struct cursor *c, struct span *out);

/* number = 1*DIGIT, below 2^32 (RFC 3501 section 9) or below 2^63. */
bool take_number(struct cursor *c, uint32_t *out);
bool take_number64(struct cursor *c, uint64_t *out);

/* The end of the line. */
bool take_end(struct cursor *c);

/* Zero or more spaces; always true. */
bool take_spaces(struct cursor *c);

#endif
