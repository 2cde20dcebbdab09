#include "imapd-lite/search_text.h"

#include "base/base64.h"
#include "base/fs.h"
#include "mail/charset.h"
#include "mail/header.h"
#include "mail/limits.h"

static bool
read_piece(int fd, uint64_t offset, uint64_t size, struct buf *out,
           struct error *e)
{
    size_t n = size < SEARCH_PART_MAX ? (size_t)size : SEARCH_PART_MAX;
    char *room = buf_room(out, n);
    size_t got;

    if (room == NULL)
        return fail(e, FAIL_LIMIT, "part of %zu octets", n);
    if (!fs_read_at(fd, offset, room, n, &got, e))
        return false;
    out->n += got;
    return true;
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

/* Header fields as a person reads them, each on a line. */
static void
put_header(struct span header, struct buf *out)
{
    struct buf value = { .max = HEADER_BYTES_MAX };
    struct buf words = { .max = 4 * HEADER_BYTES_MAX };
    struct header_field f;

    while (header_next(&header, &f)) {
        buf_clear(&value);
        buf_clear(&words);
        buf_put(&words, f.name);
        buf_put_text(&words, ": ");
        header_unfold(f.value, &value);
        charset_decode_words(buf_span(&value), &words);
        charset_fold(buf_span(&words), out);
        buf_put_ch(out, '\n');
    }
    buf_free(&value);
    buf_free(&words);
}

static bool
add_text_part(struct search_text *t, int fd, const struct summary_part *p,
              struct error *e)
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
        charset_fold(buf_span(&utf8), &t->body);
        buf_put_ch(&t->body, '\n');
    }
    buf_free(&raw);
    buf_free(&plain);
    buf_free(&utf8);
    return done;
}

/* The part's own header, and that of a message inside it. */
static bool
add_part_headers(struct search_text *t, int fd, const struct summary_part *p,
                 bool is_message, struct error *e)
{
    struct buf raw = { .max = SEARCH_PART_MAX };
    bool done = true;

    if (!is_message)
        done = read_piece(fd, p->mime_offset, p->mime_size, &raw, e);
    if (done && p->kind == PART_MESSAGE)
        done = read_piece(fd, p->body_offset, p->inner_header_size, &raw, e);
    if (done)
        put_header(buf_span(&raw), &t->body);
    buf_free(&raw);
    return done;
}

bool
imap_search_read(struct search_text *t, int fd, const struct summary *sum,
                 struct error *e)
{
    struct summary_part p;

    buf_clear(&t->header);
    buf_clear(&t->body);
    if (!read_piece(fd, 0, sum->header_size, &t->header, e))
        return false;
    for (uint32_t i = 0; summary_part(sum, i, &p); i++) {
        if (!add_part_headers(t, fd, &p, i == 0, e))
            return false;
        if (p.kind == PART_LEAF && span_is(p.type, "text") &&
            !add_text_part(t, fd, &p, e))
            return false;
    }
    return true;
}

void
imap_search_text_free(struct search_text *t)
{
    buf_free(&t->header);
    buf_free(&t->body);
}

static bool
holds(struct span folded, struct span text)
{
    size_t at;

    return span_search(folded, text, &at);
}

static bool
field_holds(const struct header_field *f, struct span text)
{
    struct buf value = { .max = HEADER_BYTES_MAX };
    struct buf words = { .max = 4 * HEADER_BYTES_MAX };
    struct buf folded = { .max = 8 * HEADER_BYTES_MAX };
    bool found;

    header_unfold(f->value, &value);
    charset_decode_words(buf_span(&value), &words);
    charset_fold(buf_span(&words), &folded);
    found = holds(buf_span(&folded), text);
    buf_free(&value);
    buf_free(&words);
    buf_free(&folded);
    return found;
}

bool
imap_search_header(struct span header, struct span name, struct span text)
{
    struct header_field f;

    if (name.n == 0) {
        struct buf all = { .max = 8 * HEADER_BYTES_MAX };
        bool found;

        put_header(header, &all);
        found = holds(buf_span(&all), text);
        buf_free(&all);
        return found;
    }
    while (header_next(&header, &f)) {
        if (span_eq_nocase(f.name, name) &&
            (text.n == 0 || field_holds(&f, text)))
            return true;
    }
    return false;
}
