#include "mail/summary_parts.h"

#include "base/map.h"
#include "mail/summary_blob.h"

#define WORD_MAX 255

static void
put_octet(struct buf *out, uint64_t n)
{
    buf_put_ch(out, (char)(unsigned char)n);
}

static void
put_number(struct buf *out, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        put_octet(out, (n & 0x7f) | 0x80);
    put_octet(out, n);
}

/* --- words ------------------------------------------------------------------ */

struct words {
    struct map *numbers; /* word -> one of `places` */
    struct buf text;
    size_t count;
    size_t places[MIME_PARTS_MAX * 3];
};

/* The number of a word, which is new or not. */
static size_t
word_number(struct words *w, struct span word)
{
    size_t *place;

    word = span_sub(word, 0, WORD_MAX);
    place = map_get(w->numbers, word);
    if (place != NULL)
        return *place;
    w->places[w->count] = w->count;
    map_put(w->numbers, word, &w->places[w->count]);
    put_octet(&w->text, word.n);
    buf_put(&w->text, word);
    return w->count++;
}

/* --- parts ------------------------------------------------------------------ */

static void
put_part(struct buf *out, const struct mime_tree *t, uint32_t i,
         struct words *w)
{
    const struct mime_part *p = &t->part[i];
    const struct content *c = &p->content;
    size_t encoding =
        span_find(span_of(SUMMARY_ENCODINGS), content_encoding(c));

    put_octet(out, (unsigned)p->kind |
                       (p->first_child != 0 ? SUMMARY_HAS_CHILD : 0u) |
                       encoding * SUMMARY_ENCODING_1);
    put_number(out, p->next == 0 ? 0 : p->next - i);
    put_number(out, p->mime_offset - (i == 0 ? 0 : p[-1].mime_offset));
    put_number(out, p->body.offset - p->mime_offset);
    put_number(out, p->end.offset - p->body.offset);
    put_number(out, p->end.lines - p->body.lines);
    put_number(out, word_number(w, c->type));
    put_number(out, word_number(w, c->subtype));
    put_number(out, c->charset.n == 0 ? 0 : word_number(w, c->charset) + 1);
}

void
summary_parts_put(struct buf *out, const struct mime_tree *t)
{
    struct words w = { .numbers = map_new() };
    struct buf parts = { 0 };

    for (uint32_t i = 0; i < t->count; i++)
        put_part(&parts, t, i, &w);
    put_number(out, w.count);
    buf_put(out, buf_span(&w.text));
    put_number(out, t->count);
    buf_put(out, buf_span(&parts));
    map_free(&w.numbers);
    buf_free(&w.text);
    buf_free(&parts);
}
