/*
 * Lines of a protocol: they end in exactly CR LF (RFC 5321 section 2.3.8,
 * RFC 3501 section 2.2). A CR or LF on its own belongs to no line.
 */
#ifndef NET_LINE_H
#define NET_LINE_H

#include "base/span.h"

enum line_result {
    LINE_OK,       /* *line is set (without CR LF), *in moved past it        */
    LINE_MORE,     /* no whole line yet; *in is untouched, but for what
                      belongs to a line that was given up                    */
    LINE_TOO_LONG, /* longer than max octets with its CR LF: all of it was
                      dropped, and its end has now been seen                 */
    LINE_BARE      /* a bare CR, a bare LF or a NUL in the line. All of it, up
                      to its CR LF, is dropped: what stands behind a bare LF
                      never runs as a command                                */
};

/* State between calls: starts as { 0 }. */
struct line {
    bool skipping; /* inside a line that was given up */
    bool reported; /* the peer has had its answer to that line */
    bool after_cr; /* what was dropped ended in CR */
};

/*
 * The next line of *in; call until LINE_MORE. LINE_TOO_LONG and LINE_BARE come
 * exactly once for each such line, so a peer gets one answer per line however
 * the network cut it. (A bare LF is reported at once, for the sake of whoever
 * types into a terminal and would wait for ever.)
 */
enum line_result line_take(struct line *l, struct span *in, size_t max,
                           struct span *line);

#endif
