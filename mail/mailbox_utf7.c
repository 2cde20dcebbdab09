/*
 * Modified UTF-7: RFC 3501 section 5.1.3. Printable ASCII stands for itself,
 * "&-" for "&"; all else is UTF-16 in base 64 (with "," for "/", without
 * padding) between "&" and "-". Only the one right spelling of a name is
 * accepted, so that two spellings never name one mailbox.
 */
#include "mail/mailbox_name.h"

#include "mail/utf8.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
is_direct(uint32_t ch)
{
    return ch >= ' ' && ch <= '~';
}

/* --- printing -------------------------------------------------------------- */

struct shift {
    uint32_t bits;
    unsigned have; /* bits not yet printed, below 6 between units */
};

static void
put_unit(struct buf *out, struct shift *s, uint32_t unit)
{
    s->bits = s->bits << 16 | unit;
    for (s->have += 16; s->have >= 6; s->have -= 6)
        buf_put_ch(out, alphabet[s->bits >> (s->have - 6) & 63]);
}

static void
put_shifted(struct buf *out, struct shift *s, uint32_t ch)
{
    if (ch < 0x10000) {
        put_unit(out, s, ch);
        return;
    }
    put_unit(out, s, 0xd800 | (ch - 0x10000) >> 10);
    put_unit(out, s, 0xdc00 | (ch & 0x3ff));
}

static void
end_shift(struct buf *out, struct shift *s)
{
    if (s->have > 0)
        buf_put_ch(out, alphabet[s->bits << (6 - s->have) & 63]);
    *s = (struct shift){ 0 };
    buf_put_ch(out, '-');
}

void
mailbox_name_to_utf7(struct span name, struct buf *out)
{
    struct shift s = { 0 };
    bool shifted = false;
    uint32_t ch;

    while (name.n > 0) {
        utf8_take(&name, &ch);
        if (shifted && is_direct(ch))
            end_shift(out, &s);
        else if (!shifted && !is_direct(ch))
            buf_put_ch(out, '&');
        shifted = !is_direct(ch);
        if (shifted)
            put_shifted(out, &s, ch);
        else
            buf_put_ch(out, (char)ch);
        if (ch == '&')
            buf_put_ch(out, '-');
    }
    if (shifted)
        end_shift(out, &s);
}

/* --- reading --------------------------------------------------------------- */

struct unshift {
    uint32_t bits;
    unsigned have;
    uint32_t high; /* a high surrogate that waits for its low one */
};

/* One UTF-16 unit; false for what should not have been shifted, or is broken */
static bool
take_unit(struct unshift *u, uint32_t unit, struct buf *out)
{
    bool low = unit >= 0xdc00 && unit <= 0xdfff;

    if (low != (u->high != 0))
        return false;
    if (low) {
        utf8_put(out, 0x10000 + ((u->high & 0x3ff) << 10) + (unit & 0x3ff));
        u->high = 0;
    } else if (unit >= 0xd800 && unit <= 0xdbff) {
        u->high = unit;
    } else if (unit == 0 || is_direct(unit)) {
        return false;
    } else {
        utf8_put(out, unit);
    }
    return true;
}

/* What stands between "&" and "-", not empty. */
static bool
decode_shift(struct span digits, struct buf *out)
{
    struct unshift u = { 0 };

    for (size_t i = 0; i < digits.n; i++) {
        size_t value = span_find(span_from(alphabet, 64), digits.p[i]);

        if (value == 64)
            return false;
        u.bits = u.bits << 6 | (uint32_t)value;
        u.have += 6;
        if (u.have < 16)
            continue;
        u.have -= 16;
        if (!take_unit(&u, u.bits >> u.have & 0xffff, out))
            return false;
    }
    return u.high == 0 && u.have < 6 && (u.bits & ((1u << u.have) - 1)) == 0;
}

static bool
decode(struct span wire, struct buf *out)
{
    bool after_shift = false;

    for (size_t i = 0; i < wire.n; i++) {
        struct span rest = span_after(wire, i + 1);
        size_t n = span_find(rest, '-');

        if (!is_direct((unsigned char)wire.p[i]))
            return false;
        if (wire.p[i] != '&') {
            buf_put_ch(out, wire.p[i]);
            after_shift = false;
            continue;
        }
        if (n == rest.n || (n > 0 && after_shift))
            return false; /* a null shift: section 5.1.3 forbids it */
        if (n == 0)
            buf_put_ch(out, '&');
        else if (!decode_shift(span_sub(rest, 0, n), out))
            return false;
        after_shift = n > 0;
        i += n + 1;
    }
    return true;
}

bool
mailbox_name_from_utf7(struct span wire, struct buf *out)
{
    size_t start = out->n;

    if (decode(wire, out))
        return true;
    out->n = start;
    return false;
}
