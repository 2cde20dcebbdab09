#include "mail/content.h"

#include "mail/imap_text.h"
#include "mail/limits.h"
#include "mail/mime_field.h"
#include "mail/utf8.h"

#include <stddef.h>

#define LANGUAGES_MAX      16
#define PARAMETER_TEXT_MAX ((size_t)8 << 10)

/* RFC 2045 section 6.1 */
static const struct {
    const char *name;
    char letter;
} encodings[] = { { "7bit", '7' },
                  { "8bit", '8' },
                  { "binary", 'b' },
                  { "quoted-printable", 'q' },
                  { "base64", 'B' } };

#define ENCODINGS (sizeof encodings / sizeof *encodings)

/* --- reading --------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *name;
    size_t offset;
} field_rows[] = {
    { "Content-Type",     offsetof(struct content_reader, type)          },
    { "Content-Transfer-Encoding",
                          offsetof(struct content_reader, encoding)      },
    { "Content-Disposition",
                          offsetof(struct content_reader, disposition)   },
    { "Content-Language", offsetof(struct content_reader, language)      },
    { "Content-ID",       offsetof(struct content_reader, id)            },
    { "Content-Description",
                          offsetof(struct content_reader, description)   },
    { "Content-MD5",      offsetof(struct content_reader, md5)           },
    { "Content-Location", offsetof(struct content_reader, location)      },
};
/* clang-format on */

void
content_field(struct content_reader *r, const struct header_field *f)
{
    for (size_t i = 0; i < sizeof field_rows / sizeof *field_rows; i++) {
        struct span *to = (void *)((char *)r + field_rows[i].offset);

        if (to->p == NULL && span_is_nocase(f->name, field_rows[i].name))
            *to = f->value;
    }
}

static struct span
keep_lower(struct mime_store *store, struct span s)
{
    struct buf b = { 0 };
    struct span kept;

    for (size_t i = 0; i < s.n; i++)
        buf_put_ch(&b, ascii_lower(s.p[i]));
    kept = mime_store_keep(store, buf_span(&b));
    buf_free(&b);
    return kept;
}

static struct span
keep_string(struct mime_store *store, struct span value)
{
    struct buf flat = { 0 };
    struct span kept = { NULL, 0 };

    if (value.p == NULL)
        return kept;
    header_unfold(span_sub(value, 0, HEADER_FIELD_MAX), &flat);
    if (flat.n > 0)
        kept = mime_store_keep(store,
                               utf8_head(buf_span(&flat), ENVELOPE_STRING_MAX));
    buf_free(&flat);
    return kept;
}

/*
 * body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
 * What does not fit is left out, parameter by parameter.
 */
static void
put_parameters(struct buf *out, const struct mime_field *f)
{
    struct buf one = { .max = PARAMETER_TEXT_MAX };
    bool first = true;

    for (size_t i = 0; i < f->count; i++) {
        buf_clear(&one);
        imap_text_put_string(&one, f->parameter[i].name);
        buf_put_ch(&one, ' ');
        imap_text_put_string(&one, f->parameter[i].value);
        if (one.full || out->n + one.n > PARAMETER_TEXT_MAX)
            continue;
        buf_put_ch(out, first ? '(' : ' ');
        buf_put(out, buf_span(&one));
        first = false;
    }
    buf_put_text(out, first ? "NIL" : ")");
    buf_free(&one);
}

static struct span
usable_boundary(const struct mime_field *f)
{
    struct span b = mime_field_find(f, "boundary");

    while (b.n > 0 && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == '\t'))
        b.n--;
    return b.n > MIME_BOUNDARY_MAX ? span_sub(b, 0, 0) : b;
}

/* RFC 2045 section 5.2: what cannot be read is as if it were absent. */
static void
read_type(struct span value, struct mime_store *store, struct content *out)
{
    struct mime_field f;
    struct arena scratch = { 0 };
    struct buf text = { 0 };

    if (value.p == NULL || !mime_field_read(&f, &scratch, value) ||
        f.subtype.n == 0) {
        arena_clear(&scratch);
        return;
    }
    put_parameters(&text, &f);
    out->type = mime_store_keep(store, f.type);
    out->subtype = mime_store_keep(store, f.subtype);
    out->charset = keep_lower(store, mime_field_find(&f, "charset"));
    out->boundary = mime_store_keep(store, usable_boundary(&f));
    if (span_starts(buf_span(&text), "("))
        out->parameters = mime_store_keep(store, buf_span(&text));
    buf_free(&text);
    arena_clear(&scratch);
}

/* body-fld-dsp = "(" string SP body-fld-param ")" / nil */
static struct span
read_disposition(struct span value, struct mime_store *store)
{
    struct mime_field f;
    struct arena scratch = { 0 };
    struct buf text = { 0 };
    struct span kept = { NULL, 0 };

    if (value.p != NULL && mime_field_read(&f, &scratch, value)) {
        buf_put_ch(&text, '(');
        imap_text_put_string(&text, f.type);
        buf_put_ch(&text, ' ');
        put_parameters(&text, &f);
        buf_put_ch(&text, ')');
        kept = mime_store_keep(store, buf_span(&text));
    }
    buf_free(&text);
    arena_clear(&scratch);
    return kept;
}

/* body-fld-lang = nstring / "(" string *(SP string) ")" */
static struct span
read_language(struct span value, struct mime_store *store)
{
    struct buf flat = { 0 };
    struct buf text = { 0 };
    struct span rest, tag;
    struct span kept = { NULL, 0 };
    size_t n = 0;

    header_unfold(span_sub(value, 0, ENVELOPE_STRING_MAX), &flat);
    rest = buf_span(&flat);
    while (n < LANGUAGES_MAX && span_cut(&rest, ',', &tag)) {
        tag = span_trim(tag);
        if (tag.n == 0)
            continue;
        buf_put_ch(&text, n++ == 0 ? '(' : ' ');
        imap_text_put_string(&text, tag);
    }
    buf_put_ch(&text, ')');
    if (n > 0)
        kept = mime_store_keep(store, buf_span(&text));
    buf_free(&flat);
    buf_free(&text);
    return kept;
}

/* mechanism = token                                RFC 2045 section 6.1 */
static struct span
read_encoding(struct span value, struct mime_store *store)
{
    struct mime_field f;
    struct arena scratch = { 0 };
    struct span kept = { NULL, 0 };

    if (value.p != NULL && mime_field_read(&f, &scratch, value)) {
        kept = mime_store_keep(store, f.type);
        for (size_t i = 0; i < ENCODINGS; i++)
            if (span_is(f.type, encodings[i].name))
                kept = span_of(encodings[i].name);
    }
    arena_clear(&scratch);
    return kept.p == NULL ? span_of("7bit") : kept;
}

void
content_end(struct content_reader *r, struct mime_store *store, bool in_digest,
            struct content *out)
{
    *out = (struct content){ 0 };
    read_type(r->type, store, out);
    if (out->type.p == NULL || out->subtype.p == NULL)
        content_become(out, in_digest ? "message" : "text",
                       in_digest ? "rfc822" : "plain");
    out->encoding = read_encoding(r->encoding, store);
    out->disposition = read_disposition(r->disposition, store);
    out->language = read_language(r->language, store);
    out->id = keep_string(store, r->id);
    out->description = keep_string(store, r->description);
    out->md5 = keep_string(store, r->md5);
    out->location = keep_string(store, r->location);
    *r = (struct content_reader){ 0 };
}

void
content_become(struct content *c, const char *type, const char *subtype)
{
    c->type = span_of(type);
    c->subtype = span_of(subtype);
    c->charset = c->boundary = c->parameters = (struct span){ NULL, 0 };
}

/* --- asking ---------------------------------------------------------------- */

bool
content_is_multipart(const struct content *c)
{
    return span_is(c->type, "multipart");
}

bool
content_is_text(const struct content *c)
{
    return span_is(c->type, "text");
}

bool
content_is_message(const struct content *c)
{
    char encoding = content_encoding(c);

    return span_is(c->type, "message") && span_is(c->subtype, "rfc822") &&
           encoding != 'q' && encoding != 'B';
}

char
content_encoding(const struct content *c)
{
    for (size_t i = 0; i < ENCODINGS; i++)
        if (span_is(c->encoding, encodings[i].name))
            return encodings[i].letter;
    return '?';
}
