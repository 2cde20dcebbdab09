/* Where the network cuts must not matter, no line may hold what it must not,
 * and what is held unread stays below the limit. */
#include "base/buf.h"
#include "net/line.h"

#include <stdint.h>
#include <stdlib.h>

#define MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
    if (!ok)
        abort();
}

static void
take_all(struct line *l, struct buf *in, struct buf *out)
{
    struct span rest = buf_span(in);
    struct span line;
    enum line_result r;

    while ((r = line_take(l, &rest, MAX, &line)) != LINE_MORE) {
        buf_put_ch(out, (char)('0' + (int)r));
        if (r != LINE_OK)
            continue;
        must(line.n + 2 <= MAX && !span_has(line, '\r') &&
             !span_has(line, '\n') && !span_has(line, '\0'));
        buf_put(out, line);
    }
    buf_consume(in, in->n - rest.n);
    must(in->n < MAX);
}

static void
run(struct span wire, size_t step, struct buf *out)
{
    struct buf in = { 0 };
    struct line l = { 0 };

    for (size_t at = 0; at < wire.n; at += step) {
        buf_put(&in, span_sub(wire, at, step));
        take_all(&l, &in, out);
    }
    buf_free(&in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span wire = span_from(data, size);
    struct buf whole = { 0 };
    struct buf cut = { 0 };

    run(wire, size == 0 ? 1 : size, &whole);
    run(wire, 1 + size % 5, &cut);
    must(span_eq(buf_span(&whole), buf_span(&cut)));
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
