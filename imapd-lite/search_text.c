#include "imapd-lite/search_text.h"

#include "base/base64.h"
#include "base/fs.h"
#include "mail/charset.h"
#include "mail/header.h"
#include "mail/limits.h"
#include "mail/utf8.h"

#define KEPT_MEMORY ((size_t)1 << 20)

/* --- headers ------------------------------------------------------------------ */

/* On one line, whatever an encoded word hides. */
static void
put_value(struct span text, struct buf *out)
{
    struct span piece;

    for (bool first = true; span_cut(&text, '\n', &piece); first = false) {
        if (!first)
            buf_put_ch(out, ' ');
        charset_fold(piece, out);
    }
    buf_put_ch(out, '\n');
}

/* Every "=?" may be the beginning of an encoded word. */
static bool
is_plain(struct span value)
{
    size_t at;

    return utf8_ascii(value) == value.n &&
           !span_search(value, span_of("=?"), &at);
}

static void
put_decoded(struct span value, struct buf *out)
{
    struct buf flat = { .max = HEADER_BYTES_MAX };
    struct buf words = { .max = 4 * HEADER_BYTES_MAX };

    header_unfold(value, &flat);
    charset_decode_words(buf_span(&flat), &words);
    put_value(buf_span(&words), out);
    buf_free(&flat);
    buf_free(&words);
}

static void
put_field(const struct header_field *f, struct buf *out)
{
    struct buf flat = { .max = HEADER_BYTES_MAX };

    charset_fold(f->name, out);
    buf_put_text(out, ": ");
    if (!is_plain(f->value)) {
        put_decoded(f->value, out);
    } else if (span_has(f->value, '\r') || span_has(f->value, '\n')) {
        header_unfold(f->value, &flat);
        put_value(buf_span(&flat), out);
        buf_free(&flat);
    } else {
        put_value(span_trim(f->value), out);
    }
}

static bool
is_needed(const struct search_needs *only, struct span name)
{
    for (size_t i = 0; i < only->field_count; i++)
        if (span_eq_nocase(only->fields[i], name))
            return true;
    return false;
}

void
imap_search_fold_header(struct span header, const struct search_needs *only,
                        struct buf *out)
{
    struct header_field f;

    while (header_next(&header, &f))
        if (only == NULL || is_needed(only, f.name))
            put_field(&f, out);
}

bool
imap_search_line(struct span *rest, struct span name, struct span *value)
{
    struct span line;

    while (rest->n > 0 && span_cut(rest, '\n', &line)) {
        size_t colon = span_find(line, ':');

        if (colon == 0 || !span_eq_nocase(span_sub(line, 0, colon), name))
            continue;
        *value = span_after(line, colon + 2);
        return true;
    }
    return false;
}

/* --- the message ---------------------------------------------------------------- */

struct reading {
    const struct search_source *from;
    const struct search_needs *needs;
    struct search_text *to;
};

/* Its bytes from `offset`, as many as are there. */
static bool
take_piece(struct reading *r, uint64_t offset, size_t size, struct span *out,
           struct error *e)
{
    struct buf *raw = &r->to->raw;
    size_t got;

    if (r->from->fd == -1) {
        *out = span_sub(r->from->bytes, offset, size);
        return true;
    }
    buf_clear(raw);
    if (!fs_read_at(r->from->fd, offset, buf_room(raw, size), size, &got, e))
        return false;
    *out = span_from(raw->p, got);
    return true;
}

static bool
add_header(struct reading *r, uint64_t offset, uint64_t size, struct error *e)
{
    size_t n = size < HEADER_BYTES_MAX ? (size_t)size : HEADER_BYTES_MAX;
    struct span raw;

    if (!take_piece(r, offset, n, &raw, e))
        return false;
    imap_search_fold_header(raw, NULL, &r->to->body);
    return true;
}

/* Its transfer encoding undone; borrows. */
static struct span
plain_of(struct search_text *t, char encoding, struct span raw)
{
    if (encoding != 'B' && encoding != 'q')
        return raw;
    buf_clear(&t->plain);
    if (encoding == 'B')
        base64_decode_mime(&t->plain, raw);
    else
        charset_decode_qp(raw, &t->plain);
    return buf_span(&t->plain);
}

/* Borrows. Mail that names no charset is UTF-8 at best. */
static struct span
utf8_of(struct search_text *t, struct span charset, struct span plain)
{
    bool is_utf8 = charset.n == 0 || span_is(charset, "utf-8") ||
                   span_is(charset, "us-ascii");

    if (is_utf8 && utf8_is_valid(plain))
        return plain;
    buf_clear(&t->utf8);
    charset_to_utf8(plain, is_utf8 ? span_of("utf-8") : charset, &t->utf8);
    return buf_span(&t->utf8);
}

static bool
add_text(struct reading *r, const struct summary_part *p, struct error *e)
{
    size_t n =
        p->body_size < SEARCH_PART_MAX ? (size_t)p->body_size : SEARCH_PART_MAX;
    struct search_text *t = r->to;
    struct span raw, plain;

    if (!take_piece(r, p->body_offset, n, &raw, e))
        return false;
    plain = plain_of(t, p->encoding, raw);
    charset_fold(utf8_of(t, p->charset, plain), &t->body);
    buf_put_ch(&t->body, '\n');
    return true;
}

/* A part's own header, that of a message inside it, and its text. */
static bool
add_part(struct reading *r, const struct summary_part *p, bool is_message,
         struct error *e)
{
    if (!is_message && !add_header(r, p->mime_offset, p->mime_size, e))
        return false;
    if (p->kind == PART_MESSAGE)
        return add_header(r, p->body_offset, p->inner_header_size, e);
    if (p->kind == PART_LEAF && span_is(p->type, "text"))
        return add_text(r, p, e);
    return true;
}

static bool
read_header(struct reading *r, uint64_t size, struct error *e)
{
    const struct search_needs *needs = r->needs;
    size_t n = size < HEADER_BYTES_MAX ? (size_t)size : HEADER_BYTES_MAX;
    struct span raw;

    if (!needs->header && needs->field_count == 0)
        return true;
    if (!take_piece(r, 0, n, &raw, e))
        return false;
    imap_search_fold_header(raw, needs->header ? NULL : needs, &r->to->header);
    return true;
}

bool
imap_search_read(struct search_text *t, const struct search_source *from,
                 const struct summary *sum, const struct search_needs *needs,
                 struct error *e)
{
    struct reading r = { .from = from, .needs = needs, .to = t };
    struct summary_part p;

    imap_search_text_trim(t);
    t->header.max = 4 * HEADER_BYTES_MAX;
    t->body.max = SEARCH_TEXT_MAX;
    t->raw.max = SEARCH_PART_MAX;
    t->plain.max = SEARCH_PART_MAX;
    t->utf8.max = 3 * SEARCH_PART_MAX;
    if (!read_header(&r, sum->header_size, e))
        return false;
    for (uint32_t i = 0; needs->body && summary_part(sum, i, &p); i++)
        if (!add_part(&r, &p, i == 0, e))
            return false;
    return true;
}

void
imap_search_text_trim(struct search_text *t)
{
    if (t->header.cap + t->body.cap + t->raw.cap + t->plain.cap + t->utf8.cap >
        KEPT_MEMORY)
        imap_search_text_free(t);
    buf_clear(&t->header);
    buf_clear(&t->body);
}

void
imap_search_text_free(struct search_text *t)
{
    buf_free(&t->header);
    buf_free(&t->body);
    buf_free(&t->raw);
    buf_free(&t->plain);
    buf_free(&t->utf8);
}
