/*
 * Bytes that we own and that grow, up to a limit: what a client sends is
 * bounded before it is stored.
 *
 * A buf starts as { .max = N } (0: BUF_MAX_DEFAULT). What would pass the limit
 * is not added and sets `full`, which stays until buf_clear(): build a whole
 * answer and look at `full` once. The bytes at p are not NUL-terminated; see
 * buf_text().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

#include <stdint.h>

#define BUF_MAX_DEFAULT ((size_t)64 << 20)

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
    bool full;
};

void buf_put(struct buf *b, struct span s);
void buf_put_ch(struct buf *b, char ch);
void buf_put_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Decimal, quicker than buf_printf. */
void buf_put_number(struct buf *b, uint64_t n);

/*
 * Room for n more bytes at b->p + b->n (the caller writes there and adds to
 * b->n); NULL, and full is set, where the limit forbids it.
 */
char *buf_room(struct buf *b, size_t n);

struct span buf_span(const struct buf *b);

/* The bytes with a NUL behind them (not counted in n); valid until a change. */
const char *buf_text(struct buf *b);

/* Drop n bytes from the front. */
void buf_consume(struct buf *b, size_t n);

/* Forget the bytes, keep the memory; full is reset. */
void buf_clear(struct buf *b);

/* Give the memory back; the buf may be used again. */
void buf_free(struct buf *b);

#endif
