#include "mail/header.h"

#include <string.h>

/* The first line with its line end. A lone LF ends a line too: some of the
 * world's mail comes so, and nobody reads it otherwise. */
static struct span
first_line(struct span s)
{
    size_t n = span_find(s, '\n');

    return span_sub(s, 0, n == s.n ? n : n + 1);
}

static struct span
without_line_end(struct span s)
{
    if (s.n > 0 && s.p[s.n - 1] == '\n')
        s.n--;
    if (s.n > 0 && s.p[s.n - 1] == '\r')
        s.n--;
    return s;
}

static bool
is_empty_line(struct span line)
{
    return line.n > 0 && line.p[line.n - 1] == '\n' &&
           without_line_end(line).n == 0;
}

/* The first line and those that continue it. */
static struct span
first_field(struct span s)
{
    size_t n = first_line(s).n;

    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n += first_line(span_after(s, n)).n;
    return span_sub(s, 0, n);
}

/*
 * field-name = 1*ftext                             RFC 5322 section 3.6.8
 * obs-optional = field-name *WSP ":" unstructured CRLF     section 4.5.8
 */
static bool
split_field(struct span whole, struct header_field *f)
{
    size_t colon = span_find(whole, ':');
    struct span name = span_sub(whole, 0, colon);

    if (colon == whole.n)
        return false;
    while (name.n > 0 && strchr(" \t", name.p[name.n - 1]) != NULL)
        name.n--;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~')
            return false;
    f->name = name;
    f->value = without_line_end(span_after(whole, colon + 1));
    return name.n > 0;
}

bool
header_next(struct span *rest, struct header_field *f)
{
    struct span whole;

    if (rest->n == 0 || is_empty_line(first_line(*rest)))
        return false;
    whole = first_field(*rest);
    if (!split_field(whole, f)) {
        f->name = span_sub(whole, 0, 0);
        f->value = without_line_end(whole);
    }
    f->whole = whole;
    *rest = span_after(*rest, whole.n);
    return true;
}

bool
header_find(struct span header, const char *name, struct header_field *f)
{
    struct header_field at;

    while (header_next(&header, &at)) {
        if (span_is_nocase(at.name, name)) {
            *f = at;
            return true;
        }
    }
    return false;
}

static bool
is_blank(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

void
header_unfold(struct span value, struct buf *out)
{
    while (value.n > 0 && is_blank(value.p[0]))
        value = span_after(value, 1);
    while (value.n > 0 && is_blank(value.p[value.n - 1]))
        value.n--;
    while (value.n > 0) {
        size_t end = span_find(value, '\n');
        size_t next = end + 1;

        if (next < value.n && value.p[next] != ' ' && value.p[next] != '\t')
            end = next; /* no fold: it stays */
        else if (next < value.n && end > 0 && value.p[end - 1] == '\r')
            end--;
        buf_put(out, span_sub(value, 0, end));
        value = span_after(value, next);
    }
}

size_t
header_size(struct span message)
{
    size_t n = 0;

    while (n < message.n) {
        struct span line = first_line(span_after(message, n));

        n += line.n;
        if (is_empty_line(line))
            break;
    }
    return n;
}
