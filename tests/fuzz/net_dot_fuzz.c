/* decode(encode(x)) is x for text with whole lines; and where the network cuts
 * decides neither what is decoded, nor where it ends, nor what is refused. */
#include "net/dot.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
    struct buf text;
    bool bare;
    bool ended;
    size_t used;
};

static void
must(bool ok)
{
    if (!ok)
        abort();
}

static void
collect(void *to, struct span run)
{
    must(run.n > 0);
    buf_put(to, run);
}

static void
decode(struct span wire, size_t step, struct found *f)
{
    struct dot d = { 0 };

    while (f->used < wire.n && !f->ended) {
        struct span piece = span_sub(wire, f->used, step);
        size_t n = piece.n;
        enum dot_result r = dot_decode(&d, &piece, collect, &f->text);

        f->used += n - piece.n;
        must(r != DOT_BARE_EOL || !f->bare);
        must(r != DOT_MORE || piece.n == 0);
        f->bare |= r == DOT_BARE_EOL;
        f->ended = r == DOT_END;
    }
}

static void
check_cutting(struct span wire, size_t step)
{
    struct found whole = { 0 };
    struct found cut = { 0 };

    decode(wire, wire.n, &whole);
    decode(wire, step, &cut);
    must(span_eq(buf_span(&whole.text), buf_span(&cut.text)));
    must(whole.bare == cut.bare && whole.ended == cut.ended &&
         whole.used == cut.used);
    buf_free(&whole.text);
    buf_free(&cut.text);
}

/* Lines as a mail program would have made them from these bytes. */
static void
make_lines(struct span bytes, struct buf *text)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] == '\n')
            buf_put_text(text, "\r\n");
        else if (bytes.p[i] != '\r')
            buf_put_ch(text, bytes.p[i]);
    }
    if (text->n > 0 && text->p[text->n - 1] != '\n')
        buf_put_text(text, "\r\n");
}

static void
check_round_trip(struct span bytes, size_t step)
{
    struct buf text = { 0 };
    struct buf wire = { 0 };
    struct found f = { 0 };
    struct dot d = { 0 };

    make_lines(bytes, &text);
    for (size_t at = 0; at < text.n; at += step)
        dot_encode(&d, span_sub(buf_span(&text), at, step), &wire);
    dot_finish(&d, &wire);
    decode(buf_span(&wire), step, &f);
    must(f.ended && !f.bare && f.used == wire.n);
    must(span_eq(buf_span(&f.text), buf_span(&text)));
    buf_free(&text);
    buf_free(&wire);
    buf_free(&f.text);
}

/* Whatever is encoded, its end is the end that a strict reader sees. */
static void
check_end(struct span bytes)
{
    struct buf wire = { 0 };
    struct found f = { 0 };
    struct dot d = { 0 };

    dot_encode(&d, bytes, &wire);
    dot_finish(&d, &wire);
    decode(buf_span(&wire), wire.n, &f);
    must(f.ended && f.used == wire.n);
    buf_free(&wire);
    buf_free(&f.text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_from(data, size);

    check_cutting(bytes, 1 + size % 5);
    check_round_trip(bytes, 1 + size % 7);
    check_end(bytes);
    return 0;
}
