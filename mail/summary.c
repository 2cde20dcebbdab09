#include "mail/summary.h"

#include "base/mem.h"
#include "mail/body_structure.h"
#include "mail/date.h"
#include "mail/kept_fields.h"
#include "mail/summary_blob.h"
#include "mail/summary_parts.h"

#include <stdlib.h>

/* Left for the sections of a blob. */
#define SECTIONS_MAX (SUMMARY_BLOB_MAX - SUMMARY_HEAD_SIZE)

struct summary_maker {
    struct mime_splitter mime;
    uint64_t size;
    int64_t date;
    struct buf fields; /* of the names in `kept` */
    uint32_t kept;
};

/* The sections but for the fields. */
struct sections {
    struct buf envelope, body, body_structure, parts;
};

/* mime_header_fn */
static void
on_header(void *arg, struct span header, bool whole)
{
    struct summary_maker *m = arg;
    struct header_field f;

    if (!header_find(header, "Date", &f) || !date_parse_822(f.value, &m->date))
        m->date = INT64_MIN;
    if (whole)
        m->kept = kept_fields_put(&m->fields, header, kept_fields_all(),
                                  SUMMARY_FIELDS_MAX);
}

struct summary_maker *
summary_begin(void)
{
    struct summary_maker *m = mem_take(sizeof *m);

    mime_begin(&m->mime, on_header, m);
    return m;
}

void
summary_feed(struct summary_maker *m, struct span bytes)
{
    m->size += bytes.n;
    mime_feed(&m->mime, bytes);
}

void
summary_abort(struct summary_maker **m)
{
    if (*m == NULL)
        return;
    mime_free(&(*m)->mime);
    buf_free(&(*m)->fields);
    free(*m);
    *m = NULL;
}

/* --- making it fit ---------------------------------------------------------- */

/*
 * From rich to plain. The fields are the first to go (put_fields); then the
 * messages inside lose their long address lists, then the message itself, then
 * the parts their parameters; then the tree is pruned (fit()).
 */
static const struct {
    unsigned body;
    bool lean_envelope;
} plainness[] = {
    { 0, false },
    { BODY_LEAN_ENVELOPES, false },
    { BODY_LEAN_ENVELOPES, true },
    { BODY_LEAN_ENVELOPES | BODY_LEAN_FIELDS, true },
};

#define PLAINNESS (sizeof plainness / sizeof *plainness)

static size_t
sections_size(const struct sections *s)
{
    return s->envelope.n + s->body.n + s->body_structure.n + s->parts.n;
}

/* Print them all; false where they are too large. */
static bool
print(struct sections *s, const struct mime_tree *t, size_t row)
{
    unsigned body = plainness[row].body;

    buf_clear(&s->envelope);
    buf_clear(&s->body);
    buf_clear(&s->body_structure);
    buf_clear(&s->parts);
    envelope_put(&s->envelope, t->part[0].envelope,
                 plainness[row].lean_envelope);
    body_structure_put(&s->body, t, body);
    body_structure_put(&s->body_structure, t, body | BODY_EXTENSIBLE);
    summary_parts_put(&s->parts, t);
    return !s->envelope.full && !s->body.full && !s->body_structure.full &&
           sections_size(s) <= SECTIONS_MAX;
}

/* One lean part always fits. */
static void
fit(struct sections *s, struct mime_tree *t)
{
    for (size_t row = 0; row < PLAINNESS; row++)
        if (print(s, t, row))
            return;
    while (t->count > 1) {
        mime_tree_prune(t, t->count - (t->count + 7) / 8);
        if (print(s, t, PLAINNESS - 1))
            return;
    }
}

/* --- the blob --------------------------------------------------------------- */

static void
put_little_endian(struct buf *out, uint64_t n, size_t size)
{
    for (size_t i = 0; i < size; i++, n >>= 8)
        buf_put_ch(out, (char)(unsigned char)n);
}

static void
put_blob(struct buf *out, const struct summary_maker *m,
         const struct sections *s, struct span fields)
{
    const struct span section[SUMMARY_SECTIONS] = {
        buf_span(&s->envelope), buf_span(&s->body),
        buf_span(&s->body_structure), fields, buf_span(&s->parts)
    };

    buf_put_ch(out, SUMMARY_VERSION);
    put_little_endian(out, m->kept, 4);
    put_little_endian(out, m->size, 8);
    put_little_endian(out, m->mime.tree.part[0].body.offset, 8);
    put_little_endian(out, (uint64_t)m->date, 8);
    for (size_t i = 0; i < SUMMARY_SECTIONS; i++)
        put_little_endian(out, section[i].n, 4);
    for (size_t i = 0; i < SUMMARY_SECTIONS; i++)
        buf_put(out, section[i]);
}

void
summary_finish(struct summary_maker **maker, struct buf *out)
{
    struct summary_maker *m = *maker;
    struct buf fields = { 0 };
    struct sections s = { .envelope.max = SUMMARY_TEXT_MAX,
                          .body.max = SUMMARY_TEXT_MAX,
                          .body_structure.max = SUMMARY_TEXT_MAX };

    mime_end(&m->mime);
    fit(&s, &m->mime.tree);
    m->kept = kept_fields_put(&fields, buf_span(&m->fields), m->kept,
                              SECTIONS_MAX - sections_size(&s));
    put_blob(out, m, &s, buf_span(&fields));
    buf_free(&fields);
    buf_free(&s.envelope);
    buf_free(&s.body);
    buf_free(&s.body_structure);
    buf_free(&s.parts);
    summary_abort(maker);
}
