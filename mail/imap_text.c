#include "mail/imap_text.h"

/*
 * quoted = DQUOTE *QUOTED-CHAR DQUOTE              RFC 3501 section 9
 * QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> /
 *               "\" quoted-specials
 */
static bool
can_be_quoted(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] & 0x80) != 0 || s.p[i] == '\r' || s.p[i] == '\n')
            return false;
    return true;
}

static void
put_quoted(struct buf *out, struct span s)
{
    buf_put_ch(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0')
            continue;
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_put_ch(out, '\\');
        buf_put_ch(out, s.p[i]);
    }
    buf_put_ch(out, '"');
}

/* literal = "{" number "}" CRLF *CHAR8 */
static void
put_literal(struct buf *out, struct span s)
{
    size_t nuls = 0;
    struct span piece;

    for (size_t i = 0; i < s.n; i++)
        nuls += s.p[i] == '\0';
    buf_put_ch(out, '{');
    buf_put_number(out, s.n - nuls);
    buf_put_text(out, "}\r\n");
    while (span_cut(&s, '\0', &piece))
        buf_put(out, piece);
}

void
imap_text_put_string(struct buf *out, struct span s)
{
    if (can_be_quoted(s))
        put_quoted(out, s);
    else
        put_literal(out, s);
}

void
imap_text_put_nstring(struct buf *out, struct span s)
{
    if (s.p == NULL)
        buf_put_text(out, "NIL");
    else
        imap_text_put_string(out, s);
}
