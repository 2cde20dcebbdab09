#include "mail/body_structure.h"

#include "mail/imap_text.h"

/* Numbers of RFC 3501 have 32 bits. */
static void
put_number(struct buf *out, uint64_t n)
{
    buf_put_ch(out, ' ');
    buf_put_number(out, n > UINT32_MAX ? UINT32_MAX : n);
}

static void
put_nstring(struct buf *out, struct span s)
{
    buf_put_ch(out, ' ');
    imap_text_put_nstring(out, s);
}

static void
put_text(struct buf *out, struct span text, bool lean)
{
    buf_put_ch(out, ' ');
    if (text.n == 0 || lean)
        buf_put_text(out, "NIL");
    else
        buf_put(out, text);
}

static void
put_charset(struct buf *out, struct span charset)
{
    buf_put_text(out, "(\"charset\" ");
    imap_text_put_string(out, charset);
    buf_put_ch(out, ')');
}

/* body-fld-param; text has a charset, us-ascii where none is named (RFC 2045
 * section 5.2). */
static void
put_parameters(struct buf *out, const struct content *c, unsigned detail)
{
    bool lean = (detail & BODY_LEAN_FIELDS) != 0;

    buf_put_ch(out, ' ');
    if (content_is_text(c) && c->charset.n == 0 &&
        (lean || c->parameters.n == 0)) {
        put_charset(out, span_of("us-ascii"));
    } else if (lean && c->charset.n > 0) {
        put_charset(out, c->charset);
    } else if (lean || c->parameters.n == 0) {
        buf_put_text(out, "NIL");
    } else if (content_is_text(c) && c->charset.n == 0) {
        buf_put(out, span_sub(c->parameters, 0, c->parameters.n - 1));
        buf_put_text(out, " \"charset\" \"us-ascii\")");
    } else {
        buf_put(out, c->parameters);
    }
}

/* What BODYSTRUCTURE has at the end of both kinds: disposition, language,
 * location. */
static void
put_extension(struct buf *out, const struct content *c, bool lean)
{
    put_text(out, c->disposition, lean);
    put_text(out, c->language, lean);
    put_nstring(out, lean ? (struct span){ NULL, 0 } : c->location);
}

/*
 * media-basic SP body-fields, body-fields = body-fld-param SP body-fld-id SP
 *     body-fld-desc SP body-fld-enc SP body-fld-octets    RFC 3501 section 9
 */
static void
put_fields(struct buf *out, const struct mime_part *p, unsigned detail)
{
    const struct content *c = &p->content;
    bool lean = (detail & BODY_LEAN_FIELDS) != 0;
    struct span none = { NULL, 0 };

    imap_text_put_string(out, c->type);
    put_nstring(out, c->subtype);
    put_parameters(out, c, detail);
    put_nstring(out, lean ? none : c->id);
    put_nstring(out, lean ? none : c->description);
    put_nstring(out, c->encoding);
    put_number(out, p->end.offset - p->body.offset);
}

/*
 * The tree is walked without recursion: open_part() when a part is met,
 * close_part() when its last descendant has been printed.
 *
 * body-type-1part = (body-type-basic / body-type-msg / body-type-text)
 *                   [SP body-ext-1part]
 * body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
 */
static void
open_part(struct buf *out, const struct mime_tree *t, uint32_t index,
          unsigned detail)
{
    const struct mime_part *p = &t->part[index];

    buf_put_ch(out, '(');
    if (p->kind == PART_MULTIPART)
        return;
    put_fields(out, p, detail);
    if (p->kind == PART_LEAF)
        return;
    buf_put_ch(out, ' ');
    envelope_put(out, t->part[p->first_child].envelope,
                 (detail & BODY_LEAN_ENVELOPES) != 0);
    buf_put_ch(out, ' ');
}

static void
close_part(struct buf *out, const struct mime_tree *t, uint32_t index,
           unsigned detail)
{
    const struct mime_part *p = &t->part[index];
    bool extensible = (detail & BODY_EXTENSIBLE) != 0;
    bool lean = (detail & BODY_LEAN_FIELDS) != 0;
    struct span none = { NULL, 0 };

    if (p->kind == PART_MULTIPART) {
        put_nstring(out, p->content.subtype);
        if (extensible)
            put_text(out, p->content.parameters, lean);
    } else {
        if (p->kind == PART_MESSAGE || content_is_text(&p->content))
            put_number(out, p->end.lines - p->body.lines);
        if (extensible)
            put_nstring(out, lean ? none : p->content.md5);
    }
    if (extensible)
        put_extension(out, &p->content, lean);
    buf_put_ch(out, ')');
}

void
body_structure_put(struct buf *out, const struct mime_tree *t, unsigned detail)
{
    uint32_t at = 0;
    bool done = false;

    open_part(out, t, at, detail);
    while (!done) {
        const struct mime_part *p = &t->part[at];

        if (p->first_child != 0) {
            at = p->first_child;
            open_part(out, t, at, detail);
            continue;
        }
        for (;;) {
            close_part(out, t, at, detail);
            done = at == 0;
            if (done || t->part[at].next != 0)
                break;
            at = t->part[at].parent;
        }
        if (!done) {
            at = t->part[at].next;
            open_part(out, t, at, detail);
        }
    }
}
