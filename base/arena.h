/*
 * Memory that dies together. Three lifetimes, one arena for each: the process,
 * a connection, a command (or mail transaction). Take from the shortest that
 * is long enough; free nothing by hand. Memory comes zeroed. Running out ends
 * the process; limits.h keeps a client from reaching that.
 *
 * An arena starts as { 0 }.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena_block;

struct arena {
    struct arena_block *top;
};

void *arena_take(struct arena *a, size_t n);

/* A copy of the bytes. */
struct span arena_copy(struct arena *a, struct span s);

/* A copy with a NUL behind it. The bytes must not hold one themselves. */
char *arena_text(struct arena *a, struct span s);

char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Free everything taken; the arena may be used again. */
void arena_clear(struct arena *a);

#endif
