#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

#define NO_DIGIT 64

/* clang-format off */
static const unsigned char values[256] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64, 64, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64,
    64,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64,
    64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
};
/* clang-format on */

static unsigned
value_of(char ch)
{
    return values[(unsigned char)ch];
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

/* Whole groups of four digits at the front; returns where they end. */
static size_t
put_groups(struct span text, char **to)
{
    size_t i = 0;

    for (; text.n - i >= 4; i += 4) {
        const char *p = text.p + i;
        unsigned a = value_of(p[0]), b = value_of(p[1]);
        unsigned c = value_of(p[2]), d = value_of(p[3]);
        uint32_t group = a << 18 | b << 12 | c << 6 | d;

        if (((a | b | c | d) & NO_DIGIT) != 0)
            break;
        *(*to)++ = (char)(group >> 16);
        *(*to)++ = (char)(group >> 8);
        *(*to)++ = (char)group;
    }
    return i;
}

/* Groups as they come; digit by digit around line ends and where they stand
 * elsewhere than behind a group. */
void
base64_decode_mime(struct buf *out, struct span text)
{
    char *room = buf_room(out, text.n / 4 * 3 + 3);
    char *to = room;
    uint32_t bits = 0;
    unsigned have = 0;

    if (room == NULL)
        return;
    for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
        unsigned v;

        if (have == 0)
            i += put_groups(span_after(text, i), &to);
        if (i == text.n || text.p[i] == '=')
            break;
        v = value_of(text.p[i]);
        if (v == NO_DIGIT)
            continue;
        bits = (bits << 6 | v) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            *to++ = (char)(bits >> have);
        }
    }
    out->n += (size_t)(to - room);
}
