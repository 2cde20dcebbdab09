#include "base/mem.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

void *
mem_take_array(size_t count, size_t size)
{
    void *p = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);

    if (p == NULL)
        die("out of memory (%zu x %zu bytes)", count, size);
    return p;
}

void *
mem_take(size_t n)
{
    return mem_take_array(1, n);
}

void *
mem_grow(void *p, size_t n)
{
    p = realloc(p, n == 0 ? 1 : n);
    if (p == NULL)
        die("out of memory (%zu bytes)", n);
    return p;
}

char *
mem_text(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(mem_take(n), text, n);
}
