/* The first octet says how the rest is cut; the blob must be the one of the
 * whole, legal, and readable even when it is damaged. */
#include "base/error.h"
#include "mail/limits.h"
#include "mail/summary.h"
#include "tests/mail/imap_grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
summarize(struct span message, size_t step, struct buf *blob)
{
    struct summary_maker *m = summary_begin();

    for (; message.n > 0; message = span_after(message, step))
        summary_feed(m, span_sub(message, 0, step));
    summary_finish(&m, blob);
}

static void
read_damaged(struct buf *blob, struct span pattern)
{
    struct summary s;
    struct summary_part p;

    for (size_t i = 0; i < blob->n && pattern.n > 0; i++)
        if (i % 7 == 0)
            blob->p[i] ^= pattern.p[i % pattern.n];
    blob->p[0] = 1;
    if (!summary_open(buf_span(blob), &s))
        return;
    for (uint32_t i = 0; summary_part(&s, i, &p); i++)
        if (p.body_offset + p.body_size > s.size)
            bug("a part outside the message");
    summary_find(&s, (const uint32_t[]){ 1, 2, 1 }, 3, &p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf blob = { 0 }, other = { 0 };
    struct span message = span_from(data, size);
    struct summary s;

    if (size == 0)
        return 0;
    message = span_after(message, 1);
    summarize(message, SIZE_MAX, &blob);
    summarize(message, data[0] % 16 + 1, &other);
    if (!span_eq(buf_span(&blob), buf_span(&other)))
        bug("the cuts show");
    if (blob.n > SUMMARY_BLOB_MAX || !summary_open(buf_span(&blob), &s) ||
        s.size != message.n || !grammar_is_legal(&s))
        bug("not legal");
    read_damaged(&blob, message);
    summary_open(message, &s);
    buf_free(&blob);
    buf_free(&other);
    return 0;
}
