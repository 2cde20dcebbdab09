/* Where TOP ends: the header, the empty line, and so many lines of the body
 * (RFC 1939 section 7). */
#ifndef POP3D_TOP_H
#define POP3D_TOP_H

#include "base/span.h"

#include <stdint.h>

/* Starts as { .lines = wanted }. */
struct pop3_top {
    uint32_t lines; /* of the body, still to come */
    bool in_body;
    bool in_line; /* something other than CR stands before us in this line */
    bool ended;
};

/* How much of the message's next bytes belongs to it; sets `ended` where more
 * does not. */
size_t pop3_top_take(struct pop3_top *t, struct span text);

#endif
