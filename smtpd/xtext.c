#include "smtpd/xtext.h"

/* hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
 *                                                 RFC 3461 section 4 */
static int
hex_digit(char ch)
{
    if (ascii_is_digit(ch))
        return ch - '0';
    return ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}

/* xtext = *( xchar / hexchar ); xchar = %d33-42 / %d44-60 / %d62-126 */
bool
smtp_xtext_decode(struct span text, struct buf *out)
{
    size_t before = out->n;

    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];

        if (ch == '+') {
            int high = i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
            int low = i + 2 < text.n ? hex_digit(text.p[i + 2]) : -1;

            if (high < 0 || low < 0)
                goto undo;
            ch = (char)(high * 16 + low);
            i += 2;
        } else if (ch < '!' || ch > '~' || ch == '=') {
            goto undo;
        }
        buf_put_ch(out, ch);
    }
    if (!out->full)
        return true;
undo:
    out->n = before;
    return false;
}
