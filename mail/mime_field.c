#include "mail/mime_field.h"

#include "base/cursor.h"
#include "mail/mime_parameter.h"

#include <string.h>

#define TOKEN_MAX 128

static struct span
lower(struct arena *a, struct span s)
{
    char *to = arena_take(a, s.n == 0 ? 1 : s.n);

    for (size_t i = 0; i < s.n; i++)
        to[i] = ascii_lower(s.p[i]);
    return span_from(to, s.n);
}

static bool
is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* Nested comments: counted, not recursed into. */
static void
skip_comment(struct cursor *c)
{
    size_t depth = 0;

    for (; c->at < c->end; c->at++) {
        if (*c->at == '(')
            depth++;
        else if (*c->at == '\\' && c->at + 1 < c->end)
            c->at++;
        else if (*c->at == ')' && --depth == 0)
            break;
    }
    if (c->at < c->end)
        c->at++;
}

static void
skip_space(struct cursor *c)
{
    while (c->at < c->end) {
        if (*c->at == '(')
            skip_comment(c);
        else if (is_space(*c->at))
            c->at++;
        else
            return;
    }
}

/* token = 1*<any CHAR except SPACE, CTLs, or tspecials>  RFC 2045 section 5.1 */
static bool
take_token(struct cursor *c, struct span *out)
{
    const char *p = c->at;

    while (p<c->end && * p> ' ' && *p <= '~' &&
           strchr("()<>@,;:\\\"/[]?=", *p) == NULL)
        p++;
    if (p == c->at || p - c->at > TOKEN_MAX)
        return want(c, "a token");
    *out = span_from(c->at, (size_t)(p - c->at));
    c->at = p;
    return true;
}

static struct span
take_quoted(struct cursor *c, struct arena *a)
{
    char *to = arena_take(a, (size_t)(c->end - c->at));
    size_t n = 0;

    for (c->at++; c->at < c->end && *c->at != '"'; c->at++) {
        if (*c->at == '\\' && c->at + 1 < c->end)
            c->at++;
        if (*c->at != '\r' && *c->at != '\n')
            to[n++] = *c->at;
    }
    if (c->at < c->end)
        c->at++;
    return span_from(to, n);
}

/*
 * value = token / quoted-string. Without quotes, what runs up to the ";" is
 * taken, since file names come so too; but not a comment.
 */
static struct span
take_value(struct cursor *c, struct arena *a)
{
    const char *start = c->at;
    const char *end;

    if (c->at < c->end && *c->at == '"')
        return take_quoted(c, a);
    while (c->at < c->end && *c->at != ';' && *c->at != '\r' &&
           *c->at != '\n' && (*c->at != '(' || !is_space(c->at[-1])))
        c->at++;
    for (end = c->at; end > start && is_space(end[-1]);)
        end--;
    return span_from(start, (size_t)(end - start));
}

/* parameter = attribute "=" value, up to the next ";" */
static void
take_parameter(struct cursor *c, struct arena *a, struct mime_field *f)
{
    struct mime_parameter *p = &f->parameter[f->count];
    struct span name;

    skip_space(c);
    if (take_token(c, &name)) {
        skip_space(c);
        if (take(c, '=')) {
            skip_space(c);
            p->name = lower(a, name);
            p->value = take_value(c, a);
            f->count++;
        }
    }
    while (c->at < c->end && *c->at != ';') {
        if (*c->at == '(')
            skip_comment(c);
        else
            c->at++;
    }
}

bool
mime_field_read(struct mime_field *f, struct arena *a, struct span value)
{
    struct cursor c = cursor_on(span_sub(value, 0, HEADER_FIELD_MAX));
    struct span token;

    f->subtype = span_of("");
    f->count = 0;
    skip_space(&c);
    if (!take_token(&c, &token))
        return false;
    f->type = lower(a, token);
    skip_space(&c);
    if (take(&c, '/')) {
        skip_space(&c);
        if (take_token(&c, &token))
            f->subtype = lower(a, token);
    }
    while (c.at < c.end && *c.at != ';')
        c.at++;
    while (f->count < MIME_PARAMETERS_MAX && take(&c, ';'))
        take_parameter(&c, a, f);
    mime_parameter_join(f, a);
    return true;
}

struct span
mime_field_find(const struct mime_field *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (span_is(f->parameter[i].name, name))
            return f->parameter[i].value;
    return (struct span){ NULL, 0 };
}
