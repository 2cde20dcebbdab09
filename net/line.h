/*
 * Lines of a protocol: they end in exactly CR LF (RFC 5321 section 2.3.8,
 * RFC 3501 section 2.2). A CR or LF on its own belongs to no line.
 */
#ifndef NET_LINE_H
#define NET_LINE_H

#include "base/span.h"

enum line_result {
    LINE_OK,       /* *line is set (without CR LF), *in moved past it        */
    LINE_MORE,     /* no whole line yet; *in is untouched                    */
    LINE_TOO_LONG, /* longer than max octets with its CR LF: what is there was
                      dropped; go on with the same struct line until LINE_OK
                      gives the end, which is reported once as too long      */
    LINE_BARE      /* a bare CR, a bare LF or a NUL in the line: it was used
                      up to its CR LF (or the bare LF)                       */
};

/* State between calls: starts as { 0 }. */
struct line {
    bool skipping; /* inside a line that was too long */
};

/*
 * The next line of *in. LINE_TOO_LONG comes exactly once for each overlong
 * line, when its end has been seen, so a peer gets one answer per line.
 */
enum line_result line_take(struct line *l, struct span *in, size_t max,
                           struct span *line);

#endif
