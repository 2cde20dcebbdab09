/*
 * The splitter knows the open parts, from the message inwards, and whether it
 * is in the innermost one's header:
 *
 *             empty line                boundary line of an open multipart
 *   header -----------------> body ------------------------------------+
 *     ^   end_header():                                                |
 *     |     multipart: its preamble; leaf: its body                    |
 *     |     message/rfc822: its body is a part, whose header follows   |
 *     +----------------------------------------------------------------+
 *         on_boundary(): closes what is inside, begins the next part; behind
 *         the last boundary ("--" at its end) the multipart's epilogue
 *
 * A line end in front of a boundary belongs to it (RFC 2046 section 5.1.1),
 * but never reaches into a header. Boundaries of every open multipart count,
 * the innermost first: there are at most MIME_DEPTH_MAX of them.
 */
#include "mail/mime.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_AT_FIRST 4

/* --- parts ------------------------------------------------------------------ */

static struct mime_part *
innermost(struct mime_splitter *s)
{
    return &s->tree.part[s->open[s->depth - 1]];
}

static void
begin_header(struct mime_splitter *s)
{
    buf_clear(&s->header);
    s->header_line = 0;
    s->in_header = true;
}

/* A new part inside the innermost open one (none: the message itself). */
static void
begin_part(struct mime_splitter *s, struct mime_place at)
{
    struct mime_tree *t = &s->tree;
    uint32_t index = t->count++;
    struct mime_part *p;

    if (index == t->room) {
        t->room = t->room == 0 ? PARTS_AT_FIRST : t->room * 2;
        t->part = mem_grow(t->part, t->room * sizeof *t->part);
    }
    p = &t->part[index];
    *p = (struct mime_part){ .mime_offset = at.offset, .body = at, .end = at };
    if (s->depth > 0) {
        struct mime_part *parent = innermost(s);

        p->parent = s->open[s->depth - 1];
        if (parent->first_child == 0)
            parent->first_child = index;
        else
            t->part[parent->last_child].next = index;
        parent->last_child = index;
    }
    s->open[s->depth++] = index;
    begin_header(s);
}

/* Close the open parts but the first `keep`. */
static void
close_parts(struct mime_splitter *s, size_t keep, struct mime_place end)
{
    while (s->depth > keep) {
        struct mime_part *p = innermost(s);

        if (end.offset < p->body.offset)
            end = p->body; /* and those around it end there too */
        p->end = end;
        s->depth--;
    }
}

static bool
is_room_for_part(const struct mime_splitter *s)
{
    return s->depth <= MIME_DEPTH_MAX && s->tree.count < MIME_PARTS_MAX;
}

/* --- headers ---------------------------------------------------------------- */

static bool
is_message_header(const struct mime_splitter *s, uint32_t index)
{
    const struct mime_part *p = &s->tree.part[index];

    return index == 0 || s->tree.part[p->parent].kind == PART_MESSAGE;
}

static bool
is_in_digest(const struct mime_splitter *s, uint32_t index)
{
    const struct mime_part *p = &s->tree.part[index];
    const struct mime_part *parent = &s->tree.part[p->parent];

    return index > 0 && parent->kind == PART_MULTIPART &&
           span_is(parent->content.subtype, "digest");
}

static void
read_header(struct mime_splitter *s, uint32_t index)
{
    struct mime_part *p = &s->tree.part[index];
    struct content_reader content = { 0 };
    bool is_message = is_message_header(s, index);
    struct span rest = buf_span(&s->header);
    struct header_field f;

    if (index == 0)
        s->on_header(s->arg, rest, !s->header.full);
    while (header_next(&rest, &f)) {
        content_field(&content, &f);
        if (is_message)
            envelope_field(&s->envelope, &f);
    }
    content_end(&content, &s->tree.store, is_in_digest(s, index), &p->content);
    if (!is_message)
        return;
    p->envelope = arena_take(&s->tree.store.arena, sizeof *p->envelope);
    envelope_end(&s->envelope, &s->tree.store, p->envelope);
}

/* A leaf, whatever it claims to be. */
static void
become_leaf(struct mime_part *p)
{
    p->kind = PART_LEAF;
    p->first_child = p->last_child = 0;
    p->content.boundary.n = 0; /* others than multiparts may name one, too */
    if (content_is_multipart(&p->content))
        content_become(&p->content, "text", "plain");
    else if (span_is(p->content.type, "message") &&
             span_is(p->content.subtype, "rfc822"))
        content_become(&p->content, "application", "octet-stream");
}

/* The innermost part's header ends here. */
static void
end_header(struct mime_splitter *s, struct mime_place at)
{
    uint32_t index = s->open[s->depth - 1];
    struct mime_part *p = &s->tree.part[index];
    bool room = is_room_for_part(s);

    if (at.offset < p->mime_offset)
        at = p->body;
    p->body = at;
    read_header(s, index);
    s->in_header = false;
    if (room && content_is_message(&p->content)) {
        p->kind = PART_MESSAGE;
        p->content.boundary.n = 0;
        begin_part(s, at);
    } else if (room && content_is_multipart(&p->content) &&
               p->content.boundary.n > 0) {
        p->kind = PART_MULTIPART;
    } else {
        become_leaf(p);
    }
}

static void
add_to_header(struct mime_splitter *s, struct span bytes)
{
    size_t room = HEADER_BYTES_MAX - s->header.n;

    if (bytes.n > room)
        s->header.full = true;
    buf_put(&s->header, span_sub(bytes, 0, room));
}

/* --- boundaries ------------------------------------------------------------- */

struct boundary {
    size_t level; /* of the multipart in s->open */
    bool last;
};

/*
 * delimiter = CRLF "--" boundary
 * close-delimiter = delimiter "--"
 * transport-padding = *LWSP-char                   RFC 2046 section 5.1.1
 */
static bool
is_boundary(const struct mime_splitter *s, struct boundary *out)
{
    struct span line = span_from(s->line_text, s->line_kept);

    if (s->line_size != s->line_kept || !span_starts(line, "--"))
        return false;
    line = span_after(line, 2);
    while (line.n > 0 && strchr(" \t\r\n", line.p[line.n - 1]) != NULL &&
           line.p[line.n - 1] != '\0')
        line.n--;
    for (size_t level = s->depth; level-- > 0;) {
        struct span b = s->tree.part[s->open[level]].content.boundary;

        if (b.n == 0 || line.n < b.n || memcmp(line.p, b.p, b.n) != 0)
            continue;
        out->level = level;
        out->last = span_is(span_after(line, b.n), "--");
        if (out->last || line.n == b.n)
            return true;
    }
    return false;
}

/* The current line is a boundary; `behind` is the place behind it. */
static void
on_boundary(struct mime_splitter *s, struct boundary b,
            struct mime_place behind)
{
    struct mime_place end = s->line;

    end.offset -= s->end_before;
    end.lines -= s->end_before > 0;
    if (s->in_header)
        s->header.n = s->header_line;
    while (s->in_header)
        end_header(s, end);
    close_parts(s, b.level + 1, end);
    if (b.last)
        innermost(s)->content.boundary.n = 0;
    else
        begin_part(s, behind);
}

/* --- lines ------------------------------------------------------------------ */

/* Of lines that cannot be boundaries two octets are enough. */
static void
keep_line(struct mime_splitter *s, struct span bytes)
{
    char first = s->line_kept > 0 ? s->line_text[0] : bytes.p[0];
    size_t wanted = first == '-' ? MIME_LINE_KEPT : 2;

    if (s->line_kept < wanted) {
        bytes = span_sub(bytes, 0, wanted - s->line_kept);
        memcpy(s->line_text + s->line_kept, bytes.p, bytes.n);
        s->line_kept += bytes.n;
    }
}

/* Octets of the line end at the end of `bytes`. */
static unsigned
line_end(const struct mime_splitter *s, struct span bytes)
{
    char before = bytes.n > 1 ? bytes.p[bytes.n - 2] : s->last;

    return s->line_size > 1 && before == '\r' ? 2 : 1;
}

/* The current line is complete, with a line end of so many octets. */
static void
end_line(struct mime_splitter *s, unsigned end_size)
{
    struct mime_place next = { s->line.offset + s->line_size,
                               s->line.lines + 1 };
    struct boundary b;

    if (is_boundary(s, &b) && (b.last || s->tree.count < MIME_PARTS_MAX))
        on_boundary(s, b, next);
    else if (s->in_header && s->line_size == end_size)
        end_header(s, next);
    s->line = next;
    s->line_size = 0;
    s->line_kept = 0;
    s->end_before = end_size;
    s->header_line = s->header.n;
}

void
mime_begin(struct mime_splitter *s, mime_header_fn *on_header, void *arg)
{
    *s = (struct mime_splitter){ .on_header = on_header, .arg = arg };
    begin_part(s, (struct mime_place){ 0, 0 });
}

void
mime_feed(struct mime_splitter *s, struct span bytes)
{
    while (bytes.n > 0) {
        size_t n = span_find(bytes, '\n');
        bool complete = n < bytes.n;
        struct span piece = span_sub(bytes, 0, complete ? n + 1 : n);

        keep_line(s, piece);
        s->line_size += piece.n;
        if (s->in_header)
            add_to_header(s, piece);
        if (complete)
            end_line(s, line_end(s, piece));
        s->last = piece.p[piece.n - 1];
        bytes = span_after(bytes, piece.n);
    }
}

static void
finish_multiparts(struct mime_tree *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->part[i].kind == PART_MULTIPART && t->part[i].first_child == 0)
            become_leaf(&t->part[i]);
}

void
mime_end(struct mime_splitter *s)
{
    struct mime_place end = { s->line.offset + s->line_size, s->line.lines };
    struct boundary b;

    if (is_boundary(s, &b) && (b.last || s->tree.count < MIME_PARTS_MAX))
        on_boundary(s, b, end);
    while (s->in_header)
        end_header(s, end);
    close_parts(s, 0, end);
    finish_multiparts(&s->tree);
}

void
mime_free(struct mime_splitter *s)
{
    envelope_reader_free(&s->envelope);
    buf_free(&s->header);
    free(s->tree.part);
    s->tree.part = NULL;
    arena_clear(&s->tree.store.arena);
}

/* --- pruning ---------------------------------------------------------------- */

void
mime_tree_prune(struct mime_tree *t, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct mime_part *p = &t->part[i];

        if (p->first_child >= count)
            become_leaf(p);
        if (p->next < count)
            continue;
        if (p->kind == PART_LEAF)
            p->end = t->part[t->part[p->parent].last_child].end;
        p->next = 0;
    }
    t->count = count;
}
