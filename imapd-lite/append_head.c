#include "imapd-lite/append.h"

#include "imapd-lite/parse.h"
#include "mail/date.h"

/*
 * append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal
 *                                                  RFC 3501 section 6.3.11
 */
bool
imap_take_append_head(struct cursor *c, struct arena *a,
                      struct imap_append_head *out)
{
    struct imap_append_head h = { 0 };

    if (!take(c, ' ') || !imap_take_mailbox(c, a, &h.mailbox) || !take(c, ' '))
        return false;
    if (!cursor_at_end(c) && *c->at == '(' &&
        (!imap_take_flag_list(c, a, &h.flags) || !take(c, ' ')))
        return false;
    if (!cursor_at_end(c) && *c->at == '"') {
        if (!take_imap_date_time(c, &h.date) || !take(c, ' '))
            return false;
        h.has_date = true;
    }
    *out = h;
    return true;
}

bool
imap_append_lines(struct imap_append_lines *l, struct span chunk,
                  imap_append_put_fn *put, void *arg)
{
    size_t from = 0;

    for (size_t at = 0; at < chunk.n; at++) {
        at += span_find(span_after(chunk, at), '\n');
        if (at == chunk.n)
            break;
        if (at == 0 ? l->after_cr : chunk.p[at - 1] == '\r')
            continue;
        if (!put(arg, span_sub(chunk, from, at - from)) ||
            !put(arg, span_of("\r")))
            return false;
        from = at;
    }
    if (chunk.n > 0)
        l->after_cr = chunk.p[chunk.n - 1] == '\r';
    return put(arg, span_after(chunk, from));
}
