#include "pop3d/top.h"

/* The line before its LF, which may have begun in an earlier piece. */
static void
look(struct pop3_top *t, struct span line)
{
    t->in_line = t->in_line || (line.n > 0 && !span_is(line, "\r"));
}

static void
end_line(struct pop3_top *t)
{
    if (t->in_body)
        t->lines--;
    else if (!t->in_line)
        t->in_body = true;
    t->in_line = false;
    t->ended = t->in_body && t->lines == 0;
}

size_t
pop3_top_take(struct pop3_top *t, struct span text)
{
    size_t used = 0;

    while (used < text.n && !t->ended) {
        struct span rest = span_after(text, used);
        size_t n = span_find(rest, '\n');

        look(t, span_sub(rest, 0, n));
        if (n == rest.n)
            return text.n;
        used += n + 1;
        end_line(t);
    }
    return used;
}
