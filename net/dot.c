#include "net/dot.h"

#include <string.h>

/*
 *   START --"."--> DOT --CR--> DOT_CR --LF--> end of message
 *     |             | other: the dot was stuffing, drop it
 *     | other       v
 *     +----------> TEXT --CR--> CR --LF--> START
 *
 * A CR or LF on its own is an error, never a line end: a server that is lenient
 * here can be made to see two messages where its peer saw one (RFC 5321
 * section 2.3.8). After the error the same picture holds, nothing is handed
 * out, and a CR or LF on its own counts as text.
 *
 * A CR is held back until its LF is there, so that runs end in whole line ends.
 * The encoder uses START, TEXT, CR, and LF for a line feed on its own.
 */
enum dot_state { START, TEXT, CR, DOT, DOT_CR, LF };

/* Length of the whole lines that *in starts with and that go out as they are:
 * they end in CR LF, hold no other CR or LF, and begin with no dot. */
static size_t
plain_lines(struct span in)
{
    size_t at = 0;

    while (at < in.n && in.p[at] != '.') {
        const char *from = in.p + at;
        const char *lf = memchr(from, '\n', in.n - at);
        size_t len = lf == NULL ? 0 : (size_t)(lf - from);

        if (len == 0 || memchr(from, '\r', len) != lf - 1)
            break;
        at += len + 1;
    }
    return at;
}

/* Length of what comes before the next CR or LF. */
static size_t
text_run(struct span in)
{
    size_t n = span_find(in, '\n');

    return span_find(span_sub(in, 0, n), '\r');
}

static void
hand_out(const struct dot *d, struct span run, dot_sink *put, void *to)
{
    if (!d->spoilt && run.n > 0)
        put(to, run);
}

static void
use(struct span *in, size_t n)
{
    *in = span_after(*in, n);
}

/* A CR or LF on its own: the line goes on. Reported once. */
static enum dot_result
spoil(struct dot *d)
{
    bool is_news = !d->spoilt;

    d->state = TEXT;
    d->spoilt = true;
    return is_news ? DOT_BARE_EOL : DOT_MORE;
}

/* Behind a CR. */
static enum dot_result
decode_after_cr(struct dot *d, struct span *in, dot_sink *put, void *to)
{
    bool was_dot = d->state == DOT_CR;

    if (*in->p != '\n')
        return spoil(d);
    use(in, 1);
    d->state = START;
    if (was_dot)
        return DOT_END;
    hand_out(d, span_of("\r\n"), put, to);
    return DOT_MORE;
}

/* Inside a line, or at its start with no dot there. */
static enum dot_result
decode_text(struct dot *d, struct span *in, dot_sink *put, void *to)
{
    size_t n = text_run(*in);
    char ch;

    hand_out(d, span_sub(*in, 0, n), put, to);
    use(in, n);
    if (n > 0)
        d->state = TEXT;
    if (in->n == 0)
        return DOT_MORE;
    ch = *in->p;
    use(in, 1);
    if (ch == '\n')
        return spoil(d);
    d->state = d->state == DOT ? DOT_CR : CR;
    return DOT_MORE;
}

static enum dot_result
decode_start(struct dot *d, struct span *in, dot_sink *put, void *to)
{
    size_t n = plain_lines(*in);

    hand_out(d, span_sub(*in, 0, n), put, to);
    use(in, n);
    if (in->n == 0)
        return DOT_MORE;
    if (*in->p != '.')
        return decode_text(d, in, put, to);
    use(in, 1);
    d->state = DOT;
    return DOT_MORE;
}

enum dot_result
dot_decode(struct dot *d, struct span *in, dot_sink *put, void *to)
{
    enum dot_result r = DOT_MORE;

    while (in->n > 0 && r == DOT_MORE) {
        if (d->state == START)
            r = decode_start(d, in, put, to);
        else if (d->state == CR || d->state == DOT_CR)
            r = decode_after_cr(d, in, put, to);
        else
            r = decode_text(d, in, put, to);
    }
    return r;
}

static enum dot_state
state_after(struct span text, enum dot_state before)
{
    char last = text.p[text.n - 1];
    bool after_cr = text.n > 1 ? text.p[text.n - 2] == '\r' : before == CR;

    if (last == '\r')
        return CR;
    if (last == '\n')
        return after_cr ? START : LF;
    return TEXT;
}

/* A line feed on its own should not be there; but a reader that takes it for
 * a line end must not find its "." unstuffed. */
void
dot_encode(struct dot *d, struct span text, struct buf *out)
{
    while (text.n > 0) {
        size_t n = span_find(text, '\n');

        if (n < text.n)
            n++;
        if (*text.p == '.' && (d->state == START || d->state == LF))
            buf_put_ch(out, '.');
        buf_put(out, span_sub(text, 0, n));
        d->state =
            (int)state_after(span_sub(text, 0, n), (enum dot_state)d->state);
        text = span_after(text, n);
    }
}

void
dot_finish(struct dot *d, struct buf *out)
{
    if (d->state == CR)
        buf_put_text(out, "\n");
    else if (d->state != START)
        buf_put_text(out, "\r\n");
    buf_put_text(out, ".\r\n");
    *d = (struct dot){ 0 };
}
