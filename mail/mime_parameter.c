#include "mail/mime_parameter.h"

#include "base/buf.h"

#include <string.h>

struct piece {
    struct span base; /* the name without its stars                      */
    size_t section;   /* MIME_PARAMETERS_MAX: it is no piece             */
    bool extended;    /* "*" at the end: the value is percent-encoded    */
};

/* section = "*" ( "0" / DIGIT-from-1 *DIGIT )      RFC 2231 section 7 */
static struct piece
piece_of(struct span name)
{
    struct piece p = { name, MIME_PARAMETERS_MAX, false };
    struct span digits;
    size_t star, section = 0;

    if (name.n > 0 && name.p[name.n - 1] == '*') {
        p.extended = true;
        name.n--;
    }
    star = span_find(name, '*');
    digits = span_after(name, star + 1);
    if (star == 0 || digits.n == 0 || digits.n > 2 ||
        (digits.n == 2 && digits.p[0] == '0'))
        return p;
    for (size_t i = 0; i < digits.n; i++) {
        if (!ascii_is_digit(digits.p[i]))
            return p;
        section = section * 10 + (size_t)(digits.p[i] - '0');
    }
    if (section < MIME_PARAMETERS_MAX)
        p.section = section;
    p.base = span_sub(name, 0, star);
    return p;
}

/* attribute-char: RFC 2231 section 7 */
static bool
needs_encoding(char ch)
{
    return ch <= ' ' || ch > '~' || strchr("*'%()<>@,;:\\\"/[]?=", ch) != NULL;
}

static void
put_encoded(struct buf *out, struct span value)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < value.n; i++) {
        unsigned char byte = (unsigned char)value.p[i];

        if (!needs_encoding(value.p[i])) {
            buf_put_ch(out, value.p[i]);
            continue;
        }
        buf_put_ch(out, '%');
        buf_put_ch(out, digits[byte >> 4]);
        buf_put_ch(out, digits[byte & 15]);
    }
}

struct joining {
    struct piece piece[MIME_PARAMETERS_MAX];
    size_t of_section[MIME_PARAMETERS_MAX]; /* index of the parameter, plus 1 */
};

/* The pieces of one name, in order; true when one of them is encoded. */
static bool
order_pieces(struct joining *j, const struct mime_field *f, struct span base)
{
    bool extended = false;

    memset(j->of_section, 0, sizeof j->of_section);
    for (size_t i = 0; i < f->count; i++) {
        const struct piece *p = &j->piece[i];

        if (p->section == MIME_PARAMETERS_MAX || !span_eq(p->base, base) ||
            j->of_section[p->section] != 0)
            continue;
        j->of_section[p->section] = i + 1;
        extended = extended || p->extended;
    }
    return extended;
}

static struct mime_parameter
join_pieces(struct joining *j, const struct mime_field *f, struct span base,
            struct arena *a)
{
    struct buf value = { .max = HEADER_FIELD_MAX };
    bool extended = order_pieces(j, f, base);
    struct mime_parameter joined = { .name = base };

    if (extended && !j->piece[j->of_section[0] - 1].extended)
        buf_put_text(&value, "''"); /* no charset, no language */
    for (size_t s = 0; s < MIME_PARAMETERS_MAX && j->of_section[s] > 0; s++) {
        size_t i = j->of_section[s] - 1;

        if (extended && !j->piece[i].extended)
            put_encoded(&value, f->parameter[i].value);
        else
            buf_put(&value, f->parameter[i].value);
    }
    if (extended)
        joined.name = span_of(arena_printf(a, "%.*s*", SPAN(base)));
    joined.value = arena_copy(a, buf_span(&value));
    buf_free(&value);
    return joined;
}

void
mime_parameter_join(struct mime_field *f, struct arena *a)
{
    struct joining j;
    struct mime_parameter joined[MIME_PARAMETERS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < f->count; i++)
        j.piece[i] = piece_of(f->parameter[i].name);
    for (size_t i = 0; i < f->count; i++) {
        if (span_eq(j.piece[i].base, f->parameter[i].name))
            joined[n++] = f->parameter[i];
        else if (j.piece[i].section == 0)
            joined[n++] = join_pieces(&j, f, j.piece[i].base, a);
    }
    memcpy(f->parameter, joined, n * sizeof *joined);
    f->count = n;
}
