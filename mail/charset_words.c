/*
 * Encoded words of header fields: RFC 2047 section 2.
 *
 *   encoded-word = "=?" charset "?" encoding "?" encoded-text "?="
 *
 * Lenient where the world is: spaces in the text, words that cut a character
 * in two (neighbours of one charset are joined before they are converted), raw
 * 8-bit text beside them.
 */
#include "mail/charset.h"

#include "base/base64.h"
#include "mail/header.h"

struct word {
    struct span charset, text;
    char encoding; /* 'q' or 'b' */
    size_t n;      /* of the whole word */
};

struct decoder {
    struct buf *out;
    struct buf bytes;    /* decoded, of words in `charset`, not yet converted */
    struct span charset; /* empty: none pending                              */
    bool no_more_ends;   /* there is no "?=" any more: do not look again     */
};

/* charset = token; "*" and a language may follow (RFC 2231 section 5) */
static size_t
charset_length(struct span s)
{
    size_t n = 0;

    while (n < s.n && n < 64 && s.p[n] > ' ' && s.p[n] <= '~' &&
           !span_has(span_of("()<>@,;:\"/[]?="), s.p[n]))
        n++;
    return n;
}

/* Is there a word at the front of s? */
static bool
find_word(struct decoder *d, struct span s, struct word *w)
{
    size_t n, end;

    if (d->no_more_ends || !span_starts(s, "=?"))
        return false;
    n = charset_length(span_after(s, 2));
    w->charset = span_sub(s, 2, n);
    w->charset = span_sub(w->charset, 0, span_find(w->charset, '*'));
    n += 2;
    if (w->charset.n == 0 || s.n < n + 5 || s.p[n] != '?' || s.p[n + 2] != '?')
        return false;
    w->encoding = ascii_lower(s.p[n + 1]);
    if (w->encoding != 'q' && w->encoding != 'b')
        return false;
    w->text = span_after(s, n + 3);
    if (!span_search(w->text, span_of("?="), &end)) {
        d->no_more_ends = true;
        return false;
    }
    w->text = span_sub(w->text, 0, end);
    w->n = n + 3 + end + 2;
    return true;
}

static int
hex_value(char ch)
{
    if (ascii_is_digit(ch))
        return ch - '0';
    ch = ascii_lower(ch);
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* The byte of "=41" at the front; -1: there is none. */
static int
coded_byte(struct span s)
{
    int high, low;

    if (s.n < 3 || s.p[0] != '=')
        return -1;
    high = hex_value(s.p[1]);
    low = hex_value(s.p[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* The "Q" encoding: RFC 2047 section 4.2 */
static void
decode_q(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        int byte = coded_byte(span_after(text, i));

        if (byte >= 0)
            i += 2;
        else
            byte = text.p[i] == '_' ? ' ' : text.p[i];
        buf_put_ch(out, (char)byte);
    }
}

static void
flush(struct decoder *d)
{
    if (d->charset.n > 0)
        charset_to_utf8(buf_span(&d->bytes), d->charset, d->out);
    buf_clear(&d->bytes);
    d->charset.n = 0;
}

static void
put_word(struct decoder *d, const struct word *w)
{
    if (!span_eq_nocase(d->charset, w->charset)) {
        flush(d);
        d->charset = w->charset;
    }
    if (w->encoding == 'q')
        decode_q(w->text, &d->bytes);
    else
        base64_decode_mime(&d->bytes, w->text);
}

/* What stands between words; white space between two words is not shown
 * (RFC 2047 section 6.2). */
static void
put_plain(struct decoder *d, struct span text, bool before_word)
{
    bool only_space = span_trim(text).n == 0;

    if (only_space && before_word && d->charset.n > 0)
        return;
    if (text.n == 0)
        return;
    flush(d);
    charset_to_utf8(
        text, utf8_is_valid(text) ? span_of("utf-8") : span_of("iso-8859-1"),
        d->out);
}

void
charset_decode_words(struct span value, struct buf *out)
{
    struct buf flat = { 0 };
    struct decoder d = { .out = out };
    struct span rest;
    struct word w;
    size_t at = 0;

    header_unfold(value, &flat);
    rest = buf_span(&flat);
    while (at < rest.n) {
        at += span_find(span_after(rest, at), '=');
        if (find_word(&d, span_after(rest, at), &w)) {
            put_plain(&d, span_sub(rest, 0, at), true);
            put_word(&d, &w);
            rest = span_after(rest, at + w.n);
            at = 0;
        } else if (at < rest.n) {
            at++;
        }
    }
    put_plain(&d, rest, false);
    flush(&d);
    buf_free(&d.bytes);
    buf_free(&flat);
}

/* --- quoted-printable ------------------------------------------------------- */

/* Length of a soft line break at the front: "=" *WSP line end; 0: none. */
static size_t
soft_break(struct span s)
{
    size_t n = 1;

    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n++;
    if (n == s.n)
        return n;
    if (s.p[n] == '\n')
        return n + 1;
    return s.p[n] == '\r' && n + 1 < s.n && s.p[n + 1] == '\n' ? n + 2 : 0;
}

/* White space at a line's end was added on the way: RFC 2045 section 6.7 (3) */
static void
put_line(struct buf *out, struct span text, bool line_ends)
{
    if (line_ends)
        while (text.n > 0 &&
               (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
            text.n--;
    buf_put(out, text);
}

/* What stands before a "=", or the end: lines, the last of which may go on. */
static void
put_lines(struct buf *out, struct span text)
{
    while (text.n > 0) {
        size_t end = span_find(text, '\n');
        size_t next = end < text.n ? end + 1 : end;

        if (next > end && end > 0 && text.p[end - 1] == '\r')
            end--;
        put_line(out, span_sub(text, 0, end), next > end);
        buf_put(out, span_sub(text, end, next - end));
        text = span_after(text, next);
    }
}

/* Takes the "=" at the front; returns how much belongs to it. */
static size_t
put_coded(struct buf *out, struct span text)
{
    int byte = coded_byte(text);
    size_t n;

    if (byte >= 0) {
        buf_put_ch(out, (char)byte);
        return 3;
    }
    n = soft_break(text);
    if (n > 0)
        return n;
    buf_put_ch(out, '='); /* it means itself */
    return 1;
}

void
charset_decode_qp(struct span text, struct buf *out)
{
    while (text.n > 0) {
        size_t at = span_find(text, '=');

        put_lines(out, span_sub(text, 0, at));
        text = span_after(text, at);
        if (text.n > 0)
            text = span_after(text, put_coded(out, text));
    }
}
