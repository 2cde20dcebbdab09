#include "imapd-lite/input.h"

#define SLACK       16                /* CR LF behind an announcement */
#define KEPT_MEMORY ((size_t)4 << 10) /* of an idle session */

static enum imap_got
hopeless(struct imap_input *i, const char *why)
{
    i->refused = why;
    i->state = INPUT_AT_HOPELESS;
    return INPUT_HOPELESS;
}

/* Refused commands need no more than their beginning, which has the tag. */
static void
keep(struct imap_input *i, struct span bytes)
{
    if (i->refused == NULL)
        buf_put(&i->text, bytes);
}

/* A literal that is not wanted. Sent only after "+": then it never comes and
 * the command ends here. Else it is eaten, within reason. */
static void
drop_literal(struct imap_input *i)
{
    if (i->literal.waits) {
        i->state = INPUT_AT_END;
        return;
    }
    i->left = i->literal.size;
    i->state = INPUT_AT_SWALLOW;
}

static enum imap_got
announced(struct imap_input *i)
{
    keep(i, span_of("\r\n"));
    i->state = INPUT_AT_ANNOUNCED;
    if (i->refused == NULL)
        return INPUT_LITERAL;
    drop_literal(i);
    return INPUT_MORE;
}

/* INPUT_MORE: a state was left or more bytes are needed. */
static enum imap_got
take_one_line(struct imap_input *i, struct span *in,
              const struct imap_input_limits *limits)
{
    size_t used = i->text.n - i->literals;
    size_t room = used < limits->line_max ? limits->line_max - used : 0;
    struct span line;

    switch (line_take(&i->line, in, room + 2, &line)) {
    case LINE_MORE:
        if (!i->line.skipping)
            return INPUT_MORE;
        return hopeless(i, "Command line too long");
    case LINE_TOO_LONG:
        return hopeless(i, "Command line too long");
    case LINE_BARE:
        /* What follows may be part of anything: RFC 3501 section 2.2. */
        return hopeless(i, "Lines end in CR LF, and hold no NUL");
    case LINE_OK:
        break;
    }
    keep(i, line);
    switch (imap_literal_at_end(line, &i->literal)) {
    case LITERAL_NONE:
        i->state = INPUT_AT_END;
        return INPUT_COMMAND;
    case LITERAL_BAD:
        if (!i->literal.waits)
            return hopeless(i, "Literal too large");
        imap_input_refuse(i, NULL, "Literal too large");
        i->state = INPUT_AT_END;
        return INPUT_COMMAND;
    case LITERAL_HERE:
        break;
    }
    return announced(i);
}

static struct span
take_left(struct imap_input *i, struct span *in)
{
    size_t n = i->left < in->n ? (size_t)i->left : in->n;
    struct span chunk = span_sub(*in, 0, n);

    *in = span_after(*in, n);
    i->left -= n;
    return chunk;
}

/* A kept literal of i->left octets has come as far as it has. */
static void
take_literal_bytes(struct imap_input *i, struct span *in)
{
    struct span chunk = take_left(i, in);

    keep(i, chunk);
    if (i->refused == NULL)
        i->literals += chunk.n;
}

static bool
is_in_bytes(const struct imap_input *i)
{
    return i->state == INPUT_AT_LITERAL || i->state == INPUT_AT_STREAM ||
           i->state == INPUT_AT_SWALLOW;
}

enum imap_got
imap_input_take(struct imap_input *i, struct span *in,
                const struct imap_input_limits *limits)
{
    i->text.max = limits->line_max + limits->literals_max + SLACK;
    for (;;) {
        enum imap_got got;

        if (i->state == INPUT_AT_HOPELESS)
            return INPUT_HOPELESS;
        if (i->state == INPUT_AT_END)
            return INPUT_COMMAND;
        if (i->state == INPUT_AT_ANNOUNCED)
            return INPUT_LITERAL;
        if (i->state == INPUT_AT_LITERAL)
            take_literal_bytes(i, in);
        if (i->state == INPUT_AT_SWALLOW) {
            if (i->swallowed + i->left > limits->swallow_max)
                return hopeless(i, "Literal too large");
            i->swallowed += take_left(i, in).n;
        }
        if (is_in_bytes(i) && i->left > 0)
            return INPUT_MORE;
        if (is_in_bytes(i))
            i->state = INPUT_AT_LINE;
        got = take_one_line(i, in, limits);
        if (got != INPUT_MORE || i->state == INPUT_AT_LINE)
            return got;
    }
}

bool
imap_input_accept(struct imap_input *i, const struct imap_input_limits *limits)
{
    if (i->literal.size > limits->literals_max - i->literals) {
        imap_input_refuse(i, NULL, "Literal too large");
        return false;
    }
    i->left = i->literal.size;
    i->state = INPUT_AT_LITERAL;
    return i->literal.waits;
}

void
imap_input_stream(struct imap_input *i)
{
    i->left = i->literal.size;
    i->state = INPUT_AT_STREAM;
}

struct span
imap_input_chunk(struct imap_input *i, struct span *in)
{
    return take_left(i, in);
}

void
imap_input_refuse(struct imap_input *i, const char *code, const char *why)
{
    if (i->refused == NULL) {
        i->refused = why;
        i->refused_code = code;
    }
    if (i->state == INPUT_AT_ANNOUNCED)
        drop_literal(i);
    if (i->state == INPUT_AT_STREAM || i->state == INPUT_AT_LITERAL)
        i->state = INPUT_AT_SWALLOW;
}

bool
imap_input_is_inside(const struct imap_input *i)
{
    if (i->state == INPUT_AT_ANNOUNCED)
        return !i->literal.waits;
    return is_in_bytes(i) && i->left > 0;
}

void
imap_input_clear(struct imap_input *i)
{
    struct buf text = i->text;

    if (text.cap > KEPT_MEMORY)
        buf_free(&text);
    buf_clear(&text);
    *i = (struct imap_input){ .line = i->line, .text = text };
}

void
imap_input_free(struct imap_input *i)
{
    buf_free(&i->text);
    *i = (struct imap_input){ 0 };
}
