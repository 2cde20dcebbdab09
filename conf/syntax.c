#include "conf/syntax.h"

#define TAB_WIDTH 8

struct reader {
    const struct syntax_calls *calls;
    void *arg;
    struct syntax_place at;   /* the line being read */
    struct syntax_place open; /* where the section began */
    struct span section;
};

static struct syntax_place
place_of(const struct reader *r, struct span what)
{
    struct syntax_place at = r->at;

    at.column = (unsigned)(what.p - r->at.text.p) + 1;
    at.width = what.n == 0 ? 1 : what.n;
    return at;
}

static void
wrong(struct reader *r, const char *what, struct span where)
{
    struct syntax_place at = place_of(r, where);

    r->calls->wrong(r->arg, what, &at);
}

static bool
is_blank(char ch)
{
    return ch == ' ' || ch == '\t';
}

/* Without a comment: "#" at the start or behind a blank, outside quotes. */
static struct span
without_comment(struct span line)
{
    bool quoted = false;

    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '"')
            quoted = !quoted;
        if (line.p[i] == '#' && !quoted && (i == 0 || is_blank(line.p[i - 1])))
            return span_sub(line, 0, i);
    }
    return line;
}

static bool
is_word(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];

        if (!ascii_is_alpha(ch) && !ascii_is_digit(ch) && ch != '_')
            return false;
    }
    return s.n > 0;
}

static void
open_section(struct reader *r, struct span line)
{
    struct span name = span_trim(span_sub(line, 0, line.n - 1));

    if (!is_word(name)) {
        wrong(r, "a section begins with its name: \"limits {\"", line);
        return;
    }
    if (r->section.n > 0)
        wrong(r, "a section inside a section; is a \"}\" missing above?", name);
    r->section = name;
    r->open = place_of(r, name);
}

static void
close_section(struct reader *r, struct span line)
{
    if (r->section.n == 0)
        wrong(r, "\"}\" without a section", line);
    r->section = (struct span){ NULL, 0 };
}

static bool
unquote(struct reader *r, struct span *value)
{
    if (!span_starts(*value, "\""))
        return true;
    if (value->n < 2 || !span_ends(*value, "\"")) {
        wrong(r, "the quote is not closed", *value);
        return false;
    }
    *value = span_sub(*value, 1, value->n - 2);
    return true;
}

static void
set_key(struct reader *r, struct span line, size_t equals)
{
    struct span key = span_trim(span_sub(line, 0, equals));
    struct span value = span_trim(span_after(line, equals + 1));
    struct syntax_place key_at;
    struct syntax_place value_at;

    if (!is_word(key)) {
        wrong(r, "a key is made of letters, digits and \"_\"",
              key.n > 0 ? key : line);
        return;
    }
    key_at = place_of(r, key);
    value_at = value.n > 0 ? place_of(r, value) : key_at;
    if (!unquote(r, &value))
        return;
    r->calls->set(r->arg, r->section, key, value, &key_at, &value_at);
}

static void
include_files(struct reader *r, struct span line)
{
    struct span pattern = span_trim(span_after(line, 8));
    struct syntax_place at = place_of(r, pattern);

    if (r->section.n > 0)
        wrong(r, "include stands outside of sections", line);
    else if (unquote(r, &pattern))
        r->calls->include(r->arg, pattern, &at);
}

static void
read_line(struct reader *r)
{
    struct span line = span_trim(without_comment(r->at.text));
    size_t equals = span_find(line, '=');

    if (line.n == 0)
        return;
    if (span_starts(line, "include ") || span_starts(line, "include\t"))
        include_files(r, line);
    else if (equals < line.n)
        set_key(r, line, equals);
    else if (span_ends(line, "{"))
        open_section(r, line);
    else if (span_is(line, "}"))
        close_section(r, line);
    else
        wrong(r, "expected \"key = value\", \"section {\" or \"}\"", line);
}

void
syntax_read(const char *file, struct span content,
            const struct syntax_calls *calls, void *arg)
{
    struct reader r = { calls, arg, { .file = file }, { 0 }, { NULL, 0 } };
    struct span rest = content;

    while (span_cut(&rest, '\n', &r.at.text)) {
        if (span_ends(r.at.text, "\r"))
            r.at.text.n--;
        r.at.line++;
        read_line(&r);
    }
    if (r.section.n > 0)
        calls->wrong(arg, "this section is never closed with \"}\"", &r.open);
}

/* The line as a terminal shows it, tabs as blanks, so that the caret fits. */
static void
put_shown(struct buf *out, struct span line, size_t upto, bool as_blanks)
{
    size_t column = 0;

    for (size_t i = 0; i < upto && i < line.n; i++) {
        char ch = line.p[i];

        do {
            bool blank = as_blanks || ch == '\t' || (unsigned char)ch < ' ';

            buf_put_ch(out, blank ? ' ' : ch);
            column++;
        } while (ch == '\t' && column % TAB_WIDTH != 0);
    }
}

void
syntax_report(struct buf *report, const struct syntax_place *at,
              const char *what)
{
    buf_printf(report, "%s:%u:%u: %s\n", at->file, at->line, at->column, what);
    if (at->text.p == NULL)
        return;
    buf_printf(report, "%5u | ", at->line);
    put_shown(report, at->text, at->text.n, false);
    buf_put_text(report, "\n      | ");
    put_shown(report, at->text, at->column - 1, true);
    buf_put_ch(report, '^');
    for (size_t i = 1; i < at->width; i++)
        buf_put_ch(report, '~');
    buf_put_ch(report, '\n');
}
