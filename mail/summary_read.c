#include "mail/kept_fields.h"
#include "mail/summary_blob.h"
#include "mail/summary_parts.h"

/* --- the head --------------------------------------------------------------- */

static uint64_t
little_endian(struct span blob, size_t at, size_t size)
{
    uint64_t n = 0;

    for (size_t i = size; i-- > 0;)
        n = n << 8 | (unsigned char)blob.p[at + i];
    return n;
}

static bool
cut_sections(struct span blob, struct summary *s)
{
    struct span *const section[SUMMARY_SECTIONS] = { &s->envelope, &s->body,
                                                     &s->body_structure,
                                                     &s->fields, &s->parts };
    size_t at = SUMMARY_HEAD_SIZE;

    for (size_t i = 0; i < SUMMARY_SECTIONS; i++) {
        size_t n = little_endian(
            blob, SUMMARY_HEAD_SIZE - 4 * (SUMMARY_SECTIONS - i), 4);

        if (n > blob.n - at)
            return false;
        *section[i] = span_sub(blob, at, n);
        at += n;
    }
    return at == blob.n;
}

bool
summary_open(struct span blob, struct summary *s)
{
    struct summary open = { 0 };

    if (blob.n < SUMMARY_HEAD_SIZE || blob.p[0] != SUMMARY_VERSION)
        return false;
    open.kept = (uint32_t)little_endian(blob, 1, 4);
    open.size = little_endian(blob, 5, 8);
    open.header_size = little_endian(blob, 13, 8);
    open.date = (int64_t)little_endian(blob, 21, 8);
    if (open.header_size > open.size || !cut_sections(blob, &open) ||
        !summary_parts_is_valid(open.parts, open.size))
        return false;
    *s = open;
    return true;
}

bool
summary_has_field(const struct summary *s, struct span name)
{
    return (kept_fields_bit(name) & s->kept) != 0;
}

/* --- the parts -------------------------------------------------------------- */

struct part_walk {
    struct span words; /* from the first one on */
    size_t word_count;
    struct span rest; /* from the next part on */
    uint32_t count;   /* of the parts          */
    uint32_t index;   /* of the next part      */
    uint64_t mime_offset;
};

/* One part as it is stored. */
struct part_record {
    uint8_t octet;
    uint64_t next, mime_offset, mime_size, body_size, lines;
    uint64_t type, subtype, charset;
};

static bool
take_octet(struct span *rest, uint8_t *out)
{
    if (rest->n == 0)
        return false;
    *out = (uint8_t)rest->p[0];
    *rest = span_after(*rest, 1);
    return true;
}

static bool
take_number_below(struct span *rest, uint64_t limit, uint64_t *out)
{
    uint64_t n = 0;
    uint8_t octet = 0x80;

    for (unsigned shift = 0; (octet & 0x80) != 0; shift += 7) {
        if (shift > 56 || !take_octet(rest, &octet))
            return false;
        n |= (uint64_t)(octet & 0x7f) << shift;
    }
    *out = n;
    return n < limit;
}

static bool
take_word_text(struct span *rest, struct span *out)
{
    uint8_t n;

    if (!take_octet(rest, &n) || n > rest->n)
        return false;
    *out = span_sub(*rest, 0, n);
    *rest = span_after(*rest, n);
    return true;
}

static bool
begin_walk(struct span section, struct part_walk *w)
{
    struct span word;
    uint64_t words, parts;

    *w = (struct part_walk){ .rest = section };
    if (!take_number_below(&w->rest, MIME_PARTS_MAX * 3 + 1, &words))
        return false;
    w->words = w->rest;
    w->word_count = words;
    for (size_t i = 0; i < words; i++)
        if (!take_word_text(&w->rest, &word))
            return false;
    if (!take_number_below(&w->rest, MIME_PARTS_MAX + 1, &parts))
        return false;
    w->count = (uint32_t)parts;
    return true;
}

/* The next part; false at the end, and where the bytes make none. */
static bool
next_record(struct part_walk *w, struct part_record *r)
{
    const uint64_t far = (uint64_t)1 << 62;
    uint64_t ahead;

    if (w->index >= w->count || !take_octet(&w->rest, &r->octet) ||
        !take_number_below(&w->rest, w->count - w->index, &r->next) ||
        !take_number_below(&w->rest, far, &ahead) ||
        !take_number_below(&w->rest, far, &r->mime_size) ||
        !take_number_below(&w->rest, far, &r->body_size) ||
        !take_number_below(&w->rest, far, &r->lines) ||
        !take_number_below(&w->rest, w->word_count, &r->type) ||
        !take_number_below(&w->rest, w->word_count, &r->subtype) ||
        !take_number_below(&w->rest, w->word_count + 1, &r->charset))
        return false;
    r->mime_offset = w->mime_offset += ahead;
    w->index++;
    return r->mime_offset < far;
}

static bool
record_is_valid(const struct part_record *r, const struct part_walk *w,
                uint64_t message_size)
{
    unsigned kind = r->octet & SUMMARY_KIND_MASK;
    bool has_child = (r->octet & SUMMARY_HAS_CHILD) != 0;

    return kind <= PART_MESSAGE && has_child == (kind != PART_LEAF) &&
           (!has_child || (w->index < w->count && r->next != 1)) &&
           r->octet / SUMMARY_ENCODING_1 < sizeof SUMMARY_ENCODINGS - 1 &&
           r->mime_offset <= message_size &&
           r->mime_size <= message_size - r->mime_offset &&
           r->body_size <= message_size - r->mime_offset - r->mime_size;
}

bool
summary_parts_is_valid(struct span section, uint64_t message_size)
{
    struct part_walk w;
    struct part_record r;

    if (!begin_walk(section, &w) || w.count == 0)
        return false;
    while (w.index < w.count)
        if (!next_record(&w, &r) || !record_is_valid(&r, &w, message_size))
            return false;
    return w.rest.n == 0;
}

size_t
summary_part_count(const struct summary *s)
{
    struct part_walk w;

    return begin_walk(s->parts, &w) ? w.count : 0;
}

static struct span
word_at(const struct part_walk *w, uint64_t number)
{
    struct span rest = w->words;
    struct span word = span_of("");

    for (uint64_t i = 0; i <= number; i++)
        if (!take_word_text(&rest, &word))
            return span_of("");
    return word;
}

bool
summary_part(const struct summary *s, uint32_t index, struct summary_part *out)
{
    struct part_walk w;
    struct part_record r, child = { 0 };
    bool has_child;

    if (!begin_walk(s->parts, &w))
        return false;
    do {
        if (!next_record(&w, &r))
            return false;
    } while (w.index <= index);
    *out = (struct summary_part){
        .kind = (enum part_kind)(r.octet & SUMMARY_KIND_MASK),
        .next = r.next == 0 ? 0 : index + (uint32_t)r.next,
        .mime_offset = r.mime_offset,
        .mime_size = r.mime_size,
        .body_offset = r.mime_offset + r.mime_size,
        .body_size = r.body_size,
        .lines = r.lines,
        .type = word_at(&w, r.type),
        .subtype = word_at(&w, r.subtype),
        .charset = r.charset == 0 ? span_of("") : word_at(&w, r.charset - 1),
        .encoding = SUMMARY_ENCODINGS[r.octet / SUMMARY_ENCODING_1],
    };
    has_child = (r.octet & SUMMARY_HAS_CHILD) != 0 && next_record(&w, &child);
    out->first_child = has_child ? index + 1 : 0;
    out->inner_header_size = out->kind == PART_MESSAGE ? child.mime_size : 0;
    return true;
}

/* --- section numbers -------------------------------------------------------- */

/* The nth part of a multipart, counted from 1. */
static bool
nth_child(const struct summary *s, uint32_t n, struct summary_part *p)
{
    uint32_t at = p->first_child;

    for (uint32_t i = 1; i <= n && at != 0; i++) {
        if (!summary_part(s, at, p))
            return false;
        if (i == n)
            return true;
        at = p->next;
    }
    return false;
}

bool
summary_find(const struct summary *s, const uint32_t *numbers, size_t n,
             struct summary_part *out)
{
    struct summary_part p;
    bool is_content = true; /* of a message: "1" names it unless multipart */

    if (!summary_part(s, 0, &p))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_content && p.kind == PART_MESSAGE) {
            if (!summary_part(s, p.first_child, &p))
                return false;
            is_content = true;
        }
        if (p.kind == PART_MULTIPART) {
            if (!nth_child(s, numbers[i], &p))
                return false;
        } else if (!is_content || numbers[i] != 1) {
            return false;
        }
        is_content = false;
    }
    *out = p;
    return true;
}
