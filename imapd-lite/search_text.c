#include "imapd-lite/search_text.h"

#include "base/base64.h"
#include "base/fs.h"
#include "mail/charset.h"
#include "mail/header.h"
#include "mail/limits.h"

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

void
imap_search_fold_header(struct span header, struct buf *out)
{
    struct buf value = { .max = HEADER_BYTES_MAX };
    struct buf words = { .max = 4 * HEADER_BYTES_MAX };
    struct header_field f;

    while (header_next(&header, &f)) {
        buf_clear(&value);
        buf_clear(&words);
        header_unfold(f.value, &value);
        charset_decode_words(buf_span(&value), &words);
        charset_fold(f.name, out);
        buf_put_text(out, ": ");
        put_value(buf_span(&words), out);
    }
    buf_free(&value);
    buf_free(&words);
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

/* --- the file ------------------------------------------------------------------- */

/* The bytes of the file from `offset`: `size` of them, at most raw->max. */
static bool
read_piece(int fd, uint64_t offset, uint64_t size, struct buf *raw,
           struct error *e)
{
    size_t n = size < raw->max ? (size_t)size : raw->max;
    char *room = buf_room(raw, n);
    size_t got;

    if (!fs_read_at(fd, offset, room, n, &got, e))
        return false;
    raw->n += got;
    return true;
}

static bool
add_header(int fd, uint64_t offset, uint64_t size, struct buf *out,
           struct error *e)
{
    struct buf raw = { .max = HEADER_BYTES_MAX };
    bool done = read_piece(fd, offset, size, &raw, e);

    if (done)
        imap_search_fold_header(buf_span(&raw), out);
    buf_free(&raw);
    return done;
}

/* Raw bytes of a part, its transfer encoding undone. */
static void
decode_transfer(char encoding, struct span raw, struct buf *out)
{
    if (encoding == 'B')
        base64_decode_mime(out, raw);
    else if (encoding == 'q')
        charset_decode_qp(raw, out);
    else
        buf_put(out, raw);
}

static bool
add_text(int fd, const struct summary_part *p, struct buf *out, struct error *e)
{
    struct buf raw = { .max = SEARCH_PART_MAX };
    struct buf plain = { .max = SEARCH_PART_MAX };
    struct buf utf8 = { .max = 3 * SEARCH_PART_MAX };
    bool done = read_piece(fd, p->body_offset, p->body_size, &raw, e);

    if (done) {
        decode_transfer(p->encoding, buf_span(&raw), &plain);
        charset_to_utf8(buf_span(&plain),
                        p->charset.n > 0 ? p->charset : span_of("utf-8"),
                        &utf8);
        charset_fold(buf_span(&utf8), out);
        buf_put_ch(out, '\n');
    }
    buf_free(&raw);
    buf_free(&plain);
    buf_free(&utf8);
    return done;
}

/* A part's own header, that of a message inside it, and its text. */
static bool
add_part(int fd, const struct summary_part *p, bool is_message, struct buf *out,
         struct error *e)
{
    if (!is_message && !add_header(fd, p->mime_offset, p->mime_size, out, e))
        return false;
    if (p->kind == PART_MESSAGE)
        return add_header(fd, p->body_offset, p->inner_header_size, out, e);
    if (p->kind == PART_LEAF && span_is(p->type, "text"))
        return add_text(fd, p, out, e);
    return true;
}

bool
imap_search_read(struct search_text *t, int fd, const struct summary *sum,
                 struct error *e)
{
    struct summary_part p;

    imap_search_text_trim(t);
    t->header.max = 4 * HEADER_BYTES_MAX;
    t->body.max = SEARCH_TEXT_MAX;
    if (!add_header(fd, 0, sum->header_size, &t->header, e))
        return false;
    for (uint32_t i = 0; summary_part(sum, i, &p); i++) {
        if (!add_part(fd, &p, i == 0, &t->body, e))
            return false;
    }
    return true;
}

void
imap_search_text_trim(struct search_text *t)
{
    if (t->header.cap + t->body.cap > KEPT_MEMORY)
        imap_search_text_free(t);
    buf_clear(&t->header);
    buf_clear(&t->body);
}

void
imap_search_text_free(struct search_text *t)
{
    buf_free(&t->header);
    buf_free(&t->body);
}
