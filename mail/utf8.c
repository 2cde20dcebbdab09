#include "mail/utf8.h"

#include "mail/charset.h"

#include <string.h>

static bool
is_tail(char ch)
{
    return ((unsigned char)ch & 0xc0) == 0x80;
}

/* Bytes of the character that starts with this one; 0: none does. */
static size_t
length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Eight at a time: of nearly all mail nearly all bytes pass here. */
size_t
utf8_ascii(struct span text)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    size_t n = 0;

    for (; text.n - n >= sizeof(uint64_t); n += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, text.p + n, sizeof word);
        if ((word & high_bits) != 0)
            break;
    }
    while (n < text.n && (unsigned char)text.p[n] < 0x80)
        n++;
    return n;
}

bool
utf8_take(struct span *rest, uint32_t *ch)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    struct span s = *rest;
    unsigned char first = (unsigned char)s.p[0];
    size_t n = length_of(first);
    uint32_t code = n < 2 ? first : first & (0x7fu >> n);

    *ch = UTF8_REPLACEMENT;
    *rest = span_after(s, 1);
    if (n == 0 || n > s.n)
        return false;
    for (size_t i = 1; i < n; i++) {
        if (!is_tail(s.p[i]))
            return false;
        code = code << 6 | ((unsigned char)s.p[i] & 0x3f);
    }
    if (code < least[n] || code > 0x10ffff || (code >> 11) == 0x1b)
        return false;
    *ch = code;
    *rest = span_after(s, n);
    return true;
}

void
utf8_put(struct buf *out, uint32_t ch)
{
    if (ch > 0x10ffff || (ch >> 11) == 0x1b)
        ch = UTF8_REPLACEMENT;
    if (ch < 0x80) {
        buf_put_ch(out, (char)ch);
        return;
    }
    if (ch < 0x800) {
        buf_put_ch(out, (char)(0xc0 | ch >> 6));
    } else if (ch < 0x10000) {
        buf_put_ch(out, (char)(0xe0 | ch >> 12));
        buf_put_ch(out, (char)(0x80 | (ch >> 6 & 0x3f)));
    } else {
        buf_put_ch(out, (char)(0xf0 | ch >> 18));
        buf_put_ch(out, (char)(0x80 | (ch >> 12 & 0x3f)));
        buf_put_ch(out, (char)(0x80 | (ch >> 6 & 0x3f)));
    }
    buf_put_ch(out, (char)(0x80 | (ch & 0x3f)));
}

/* Behind the longest beginning of s that is UTF-8. */
static struct span
after_valid(struct span s)
{
    uint32_t ch;

    for (;;) {
        struct span at = span_after(s, utf8_ascii(s));

        s = at;
        if (at.n == 0 || !utf8_take(&s, &ch))
            return at;
    }
}

void
utf8_put_repaired(struct buf *out, struct span text)
{
    for (;;) {
        struct span rest = after_valid(text);

        buf_put(out, span_sub(text, 0, text.n - rest.n));
        if (rest.n == 0)
            return;
        utf8_put(out, UTF8_REPLACEMENT);
        text = span_after(rest, 1);
    }
}

struct span
utf8_head(struct span text, size_t n)
{
    if (text.n <= n)
        return text;
    for (int i = 0; i < 3 && n > 0 && is_tail(text.p[n]); i++)
        n--;
    return span_sub(text, 0, n);
}

bool
utf8_is_valid(struct span text)
{
    return after_valid(text).n == 0;
}
