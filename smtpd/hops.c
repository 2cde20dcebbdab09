#include "smtpd/hops.h"

static const char field_name[] = "received:";

#define FIELD_NAME_SIZE (sizeof field_name - 1)

/* More octets of the same line, without its LF. */
static void
look(struct smtp_hops *h, struct span piece)
{
    for (size_t i = 0; i < piece.n && !h->differs; i++) {
        size_t at = h->column + i;

        if (at >= FIELD_NAME_SIZE)
            break;
        if (ascii_lower(piece.p[i]) != field_name[at])
            h->differs = true;
        else if (at == FIELD_NAME_SIZE - 1)
            h->count++;
    }
    h->column += piece.n;
}

static void
end_line(struct smtp_hops *h)
{
    /* A line of nothing but its CR ends the header. */
    h->in_body = h->column == 1;
    h->column = 0;
    h->differs = false;
}

void
smtp_hops_feed(struct smtp_hops *h, struct span text)
{
    while (text.n > 0 && !h->in_body) {
        size_t n = span_find(text, '\n');
        bool ended = n < text.n;

        look(h, span_sub(text, 0, n));
        text = span_after(text, ended ? n + 1 : n);
        if (ended)
            end_line(h);
    }
}
