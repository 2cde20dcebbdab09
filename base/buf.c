#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_START 256

static size_t
limit_of(const struct buf *b)
{
    return b->max == 0 ? BUF_MAX_DEFAULT : b->max;
}

char *
buf_room(struct buf *b, size_t n)
{
    size_t cap = b->cap == 0 ? BUF_START : b->cap;

    if (b->n > limit_of(b) || n > limit_of(b) - b->n) {
        b->full = true;
        return NULL;
    }
    while (cap < b->n + n)
        cap *= 2;
    if (cap > b->cap || b->p == NULL) {
        b->p = mem_grow(b->p, cap);
        b->cap = cap;
    }
    return b->p + b->n;
}

void
buf_put(struct buf *b, struct span s)
{
    char *at;

    if (s.n == 0)
        return;
    at = buf_room(b, s.n);
    if (at == NULL)
        return;
    memcpy(at, s.p, s.n);
    b->n += s.n;
}

void
buf_put_ch(struct buf *b, char ch)
{
    buf_put(b, (struct span){ &ch, 1 });
}

void
buf_put_text(struct buf *b, const char *text)
{
    buf_put(b, span_of(text));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;
    char *at;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n <= 0)
        return;
    at = buf_room(b, (size_t)n + 1);
    if (at == NULL)
        return;
    va_start(ap, fmt);
    vsnprintf(at, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

void
buf_put_number(struct buf *b, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    buf_put(b, span_from(digits + at, sizeof digits - at));
}

struct span
buf_span(const struct buf *b)
{
    return (struct span){ b->p, b->n };
}

const char *
buf_text(struct buf *b)
{
    if (b->n == b->cap) {
        b->cap += BUF_START;
        b->p = mem_grow(b->p, b->cap);
    }
    b->p[b->n] = '\0';
    return b->p;
}

void
buf_consume(struct buf *b, size_t n)
{
    if (n >= b->n) {
        b->n = 0;
        return;
    }
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

void
buf_clear(struct buf *b)
{
    b->n = 0;
    b->full = false;
}

void
buf_free(struct buf *b)
{
    free(b->p);
    b->p = NULL;
    b->n = 0;
    b->cap = 0;
    b->full = false;
}
