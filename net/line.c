#include "net/line.h"

#include <string.h>

/* Is there a CR or a NUL where none belongs? */
static bool
is_spoilt(struct span line)
{
    return span_has(line, '\r') || span_has(line, '\0');
}

/* Drop what is left of a line that was given up. True: its CR LF was there. */
static bool
skip(struct line *l, struct span *in)
{
    while (in->n > 0) {
        size_t at = span_find(*in, '\n');
        bool after_cr = at == 0 ? l->after_cr : in->p[at - 1] == '\r';

        if (at == in->n) {
            l->after_cr = in->p[in->n - 1] == '\r';
            *in = span_after(*in, in->n);
            return false;
        }
        *in = span_after(*in, at + 1);
        l->after_cr = false;
        if (after_cr)
            return true;
    }
    return false;
}

/* True: the line that was given up ended, and nobody knows of it yet. */
static bool
skip_to_end(struct line *l, struct span *in)
{
    bool tell = !l->reported;

    if (!skip(l, in))
        return false;
    *l = (struct line){ 0 };
    return tell;
}

enum line_result
line_take(struct line *l, struct span *in, size_t max, struct span *line)
{
    size_t end;
    struct span found;

    if (l->skipping && skip_to_end(l, in))
        return LINE_TOO_LONG;
    if (l->skipping)
        return LINE_MORE;
    end = span_find(span_sub(*in, 0, max), '\n');
    if (end == in->n && in->n < max)
        return LINE_MORE;
    if (end >= max) {
        l->skipping = true;
        return skip_to_end(l, in) ? LINE_TOO_LONG : LINE_MORE;
    }
    found = span_sub(*in, 0, end);
    *in = span_after(*in, end + 1);
    if (!span_ends(found, "\r")) {
        /* A bare LF: say so now, and let what it was glued to not run. */
        *l = (struct line){ .skipping = true, .reported = true };
        return LINE_BARE;
    }
    found.n--;
    if (is_spoilt(found))
        return LINE_BARE;
    *line = found;
    return LINE_OK;
}
