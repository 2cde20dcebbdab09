#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)1024 - sizeof(struct arena_block))

struct arena_block {
    struct arena_block *below;
    size_t size;
    size_t used;
    alignas(max_align_t) char data[];
};

static struct arena_block *
block_new(size_t size, struct arena_block *below)
{
    struct arena_block *b = mem_take(sizeof *b + size);

    b->below = below;
    b->size = size;
    return b;
}

void *
arena_take(struct arena *a, size_t n)
{
    struct arena_block *b = a->top;
    void *p;

    n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (b == NULL || b->size - b->used < n)
        b = a->top = block_new(n > BLOCK_SIZE ? n : BLOCK_SIZE, b);
    p = b->data + b->used;
    b->used += n;
    return p;
}

struct span
arena_copy(struct arena *a, struct span s)
{
    char *p = arena_take(a, s.n);

    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return (struct span){ p, s.n };
}

char *
arena_text(struct arena *a, struct span s)
{
    char *p = arena_take(a, s.n + 1);

    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    int n;
    char *p;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    p = arena_take(a, (size_t)(n < 0 ? 0 : n) + 1);
    if (n > 0) {
        va_start(ap, fmt);
        vsnprintf(p, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    return p;
}

void
arena_clear(struct arena *a)
{
    while (a->top != NULL) {
        struct arena_block *b = a->top;

        a->top = b->below;
        free(b);
    }
}
