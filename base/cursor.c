#include "base/cursor.h"

struct cursor
cursor_on(struct span line)
{
    if (line.p == NULL)
        line = span_of("");
    return (struct cursor){ line.p, line.p + line.n, NULL };
}

struct span
cursor_rest(const struct cursor *c)
{
    return (struct span){ c->at, (size_t)(c->end - c->at) };
}

bool
cursor_at_end(const struct cursor *c)
{
    return c->at == c->end;
}

bool
want(struct cursor *c, const char *what)
{
    c->want = what;
    return false;
}

static const char *
name_of(char ch)
{
    switch (ch) {
    case ' ':
        return "a space";
    case '(':
        return "\"(\"";
    case ')':
        return "\")\"";
    case '<':
        return "\"<\"";
    case '>':
        return "\">\"";
    case ':':
        return "\":\"";
    case '=':
        return "\"=\"";
    case '"':
        return "a quote";
    default:
        return "another character";
    }
}

bool
take(struct cursor *c, char ch)
{
    if (c->at == c->end || *c->at != ch)
        return want(c, name_of(ch));
    c->at++;
    return true;
}

bool
take_nocase(struct cursor *c, const char *text)
{
    if (!span_starts_nocase(cursor_rest(c), text))
        return want(c, text);
    c->at += span_of(text).n;
    return true;
}

bool
take_word(struct cursor *c, struct span *out)
{
    size_t n = span_find(cursor_rest(c), ' ');

    if (n == 0)
        return want(c, "a word");
    *out = span_from(c->at, n);
    c->at += n;
    return true;
}

bool
take_alpha(struct cursor *c, struct span *out)
{
    const char *p = c->at;

    while (p < c->end && ascii_is_alpha(*p))
        p++;
    if (p == c->at)
        return want(c, "a letter");
    *out = span_from(c->at, (size_t)(p - c->at));
    c->at = p;
    return true;
}

/*
 * number = 1*DIGIT   ; unsigned, 0 <= n < 4,294,967,296
 *                                                RFC 3501 section 9
 */
static bool
take_digits(struct cursor *c, uint64_t max, const char *range, uint64_t *out)
{
    const char *p = c->at;
    uint64_t n = 0;

    for (; p < c->end && ascii_is_digit(*p); p++) {
        uint64_t digit = (uint64_t)(*p - '0');

        if (n > (max - digit) / 10)
            return want(c, range);
        n = n * 10 + digit;
    }
    if (p == c->at)
        return want(c, "a number");
    c->at = p;
    *out = n;
    return true;
}

bool
take_number(struct cursor *c, uint32_t *out)
{
    uint64_t n;

    if (!take_digits(c, UINT32_MAX, "a number below 4294967296", &n))
        return false;
    *out = (uint32_t)n;
    return true;
}

bool
take_number64(struct cursor *c, uint64_t *out)
{
    return take_digits(c, INT64_MAX, "a number below 9223372036854775808", out);
}

bool
take_end(struct cursor *c)
{
    return c->at == c->end || want(c, "the end of the line");
}

bool
take_spaces(struct cursor *c)
{
    while (c->at < c->end && *c->at == ' ')
        c->at++;
    return true;
}
