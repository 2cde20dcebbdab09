#include "base/span.h"

#include <string.h>
#include <strings.h>

struct span
span_of(const char *text)
{
    return (struct span){ text, strlen(text) };
}

struct span
span_from(const void *p, size_t n)
{
    return (struct span){ p, n };
}

bool
span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool
same_nocase(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return true;
}

bool
span_eq_nocase(struct span a, struct span b)
{
    return a.n == b.n && same_nocase(a.p, b.p, a.n);
}

bool
span_is(struct span s, const char *text)
{
    return span_eq(s, span_of(text));
}

bool
span_is_nocase(struct span s, const char *text)
{
    return span_eq_nocase(s, span_of(text));
}

bool
span_starts(struct span s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool
span_starts_nocase(struct span s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.n >= n && same_nocase(s.p, prefix, n);
}

bool
span_ends(struct span s, const char *suffix)
{
    size_t n = strlen(suffix);

    return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

int
span_cmp(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

size_t
span_find(struct span s, char ch)
{
    const char *at = s.n == 0 ? NULL : memchr(s.p, ch, s.n);

    return at == NULL ? s.n : (size_t)(at - s.p);
}

bool
span_has(struct span s, char ch)
{
    return span_find(s, ch) < s.n;
}

bool
span_search(struct span s, struct span needle, size_t *at)
{
    const char *hit;

    if (needle.n == 0) {
        *at = 0;
        return true;
    }
    if (s.n < needle.n)
        return false;
    hit = memmem(s.p, s.n, needle.p, needle.n);
    if (hit == NULL)
        return false;
    *at = (size_t)(hit - s.p);
    return true;
}

bool
span_search_nocase(struct span s, struct span needle, size_t *at)
{
    if (s.n < needle.n)
        return false;
    for (size_t i = 0; i <= s.n - needle.n; i++) {
        if (same_nocase(s.p + i, needle.p, needle.n)) {
            *at = i;
            return true;
        }
    }
    return false;
}

struct span
span_sub(struct span s, size_t from, size_t n)
{
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return (struct span){ s.p == NULL ? NULL : s.p + from, n };
}

struct span
span_after(struct span s, size_t from)
{
    return span_sub(s, from, s.n);
}

struct span
span_trim(struct span s)
{
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

bool
span_cut(struct span *rest, char ch, struct span *out)
{
    size_t at;

    if (rest->p == NULL)
        return false;
    at = span_find(*rest, ch);
    *out = span_sub(*rest, 0, at);
    if (at == rest->n)
        *rest = (struct span){ NULL, 0 };
    else
        *rest = span_after(*rest, at + 1);
    return true;
}

char
ascii_lower(char ch)
{
    return ch >= 'A' && ch <= 'Z' ? (char)(ch + ('a' - 'A')) : ch;
}

bool
ascii_is_alpha(char ch)
{
    return ascii_lower(ch) >= 'a' && ascii_lower(ch) <= 'z';
}

bool
ascii_is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}
