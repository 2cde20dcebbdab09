#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

#define NO_DIGIT 64

static unsigned
value_of(char ch)
{
    if (ch >= 'A' && ch <= 'Z')
        return (unsigned)(ch - 'A');
    if (ch >= 'a' && ch <= 'z')
        return (unsigned)(ch - 'a') + 26;
    if (ascii_is_digit(ch))
        return (unsigned)(ch - '0') + 52;
    if (ch == '+')
        return 62;
    return ch == '/' ? 63 : NO_DIGIT;
}

void
base64_encode(struct buf *out, struct span bytes)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t have = bytes.n - i < 3 ? bytes.n - i : 3;
        uint32_t group = 0;
        char digits[4];

        for (size_t k = 0; k < 3; k++)
            group =
                group << 8 | (k < have ? (unsigned char)bytes.p[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            digits[k] = k <= have ? alphabet[group >> (18 - 6 * k) & 63] : '=';
        buf_put(out, span_from(digits, sizeof digits));
    }
}

/* The digits of one group that are not padding; 0 where the group is bad. */
static size_t
digits_in(const char *group, bool last)
{
    size_t n = 0;

    while (n < 4 && value_of(group[n]) != NO_DIGIT)
        n++;
    for (size_t k = n; k < 4; k++)
        if (group[k] != '=')
            return 0;
    return n < 2 || (n < 4 && !last) ? 0 : n;
}

bool
base64_decode(struct buf *out, struct span text)
{
    size_t start = out->n;

    if (text.n % 4 != 0)
        return false;
    for (size_t i = 0; i < text.n; i += 4) {
        size_t n = digits_in(text.p + i, i + 4 == text.n);
        uint32_t group = 0;

        if (n == 0) {
            out->n = start;
            return false;
        }
        for (size_t k = 0; k < 4; k++)
            group = group << 6 | (k < n ? value_of(text.p[i + k]) : 0);
        for (size_t k = 0; k + 1 < n; k++)
            buf_put_ch(out, (char)(group >> (16 - 8 * k)));
    }
    return true;
}

void
base64_decode_mime(struct buf *out, struct span text)
{
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
        unsigned v = value_of(text.p[i]);

        if (v == NO_DIGIT)
            continue;
        bits = (bits << 6 | v) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_put_ch(out, (char)(bits >> have));
        }
    }
}
