/*
 * Message text on the wire ends at CRLF "." CRLF, and a leading "." on any
 * other line is doubled (RFC 5321 section 4.5.2, RFC 1939 section 3).
 */
#ifndef NET_DOT_H
#define NET_DOT_H

#include "base/buf.h"

enum dot_result {
    DOT_MORE,    /* used all of *in; the text goes on                        */
    DOT_END,     /* the end was seen; *in stands behind it                   */
    DOT_BARE_EOL /* a CR or LF on its own (reported once; the rest is then
                    decoded as if the line went on, to find the end)         */
};

struct dot {
    int state; /* starts as { 0 }: at the beginning of a line */
    bool spoilt;
};

/* Gets runs of decoded text, CR LF included; never an empty one. */
typedef void dot_sink(void *to, struct span run);

/*
 * Decode what is there. After DOT_BARE_EOL call again with the same *in: the
 * text is only searched for its end (strict CRLF "." CRLF) and no longer
 * handed out, so that one refusal answers the whole message.
 */
enum dot_result dot_decode(struct dot *d, struct span *in, dot_sink *put,
                           void *to);

/* Encode: state as above, any cutting into pieces; text has CR LF line ends. */
void dot_encode(struct dot *d, struct span text, struct buf *out);

/* The closing "." CRLF, with a CRLF before it where the text had none. */
void dot_finish(struct dot *d, struct buf *out);

#endif
