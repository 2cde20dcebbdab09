/*
 * Reads ENVELOPE, BODY and BODYSTRUCTURE as a client would, by the grammar of
 * RFC 3501 section 9 and nothing more lenient, and compares the bodies with
 * the summary's table of parts.
 */
#ifndef TESTS_MAIL_IMAP_GRAMMAR_H
#define TESTS_MAIL_IMAP_GRAMMAR_H

#include "base/cursor.h"
#include "mail/summary.h"

struct grammar {
    struct cursor c;
    const struct summary *s;
    bool extensible;
};

static bool
grammar_quoted(struct cursor *c)
{
    if (!take(c, '"'))
        return false;
    for (; c->at < c->end && *c->at != '"'; c->at++) {
        if (*c->at == '\\' &&
            (++c->at == c->end || (*c->at != '"' && *c->at != '\\')))
            return false;
        if (*c->at <= 0 || *c->at == '\r' || *c->at == '\n')
            return false;
    }
    return take(c, '"');
}

static bool
grammar_literal(struct cursor *c)
{
    uint64_t n;

    if (!take(c, '{') || !take_number64(c, &n) || !take_nocase(c, "}\r\n") ||
        (uint64_t)(c->end - c->at) < n)
        return false;
    for (uint64_t i = 0; i < n; i++)
        if (*c->at++ == '\0')
            return false;
    return true;
}

static bool
grammar_string(struct cursor *c)
{
    return c->at < c->end && *c->at == '{' ? grammar_literal(c)
                                           : grammar_quoted(c);
}

static bool
grammar_nstring(struct cursor *c)
{
    return take_nocase(c, "NIL") || grammar_string(c);
}

/* The string is this text. */
static bool
grammar_this(struct cursor *c, struct span text)
{
    const char *start = c->at;

    return grammar_string(c) && c->at - start == (ptrdiff_t)text.n + 2 &&
           span_eq(span_from(start + 1, text.n), text);
}

/* "(" 1*address ")" / nil; groups begin and end. */
static bool
grammar_addresses(struct cursor *c)
{
    bool in_group = false;

    if (take_nocase(c, "NIL"))
        return true;
    if (!take(c, '('))
        return false;
    do {
        bool no_mailbox, no_host;

        if (!take(c, '(') || !grammar_nstring(c) || !take(c, ' ') ||
            !grammar_nstring(c) || !take(c, ' '))
            return false;
        no_mailbox = take_nocase(c, "NIL");
        if ((!no_mailbox && !grammar_string(c)) || !take(c, ' '))
            return false;
        no_host = take_nocase(c, "NIL");
        if ((!no_host && !grammar_string(c)) || !take(c, ')'))
            return false;
        if ((no_mailbox && !no_host) || (no_host && in_group != no_mailbox))
            return false;
        if (no_host)
            in_group = !no_mailbox;
    } while (!take(c, ')'));
    return !in_group;
}

static bool
grammar_take_envelope(struct cursor *c)
{
    if (!take(c, '(') || !grammar_nstring(c) || !take(c, ' ') ||
        !grammar_nstring(c))
        return false;
    for (int i = 0; i < 6; i++)
        if (!take(c, ' ') || !grammar_addresses(c))
            return false;
    return take(c, ' ') && grammar_nstring(c) && take(c, ' ') &&
           grammar_nstring(c) && take(c, ')');
}

/* "(" string SP string *(SP string SP string) ")" / nil */
static bool
grammar_parameters(struct cursor *c)
{
    if (take_nocase(c, "NIL"))
        return true;
    if (!take(c, '('))
        return false;
    do {
        if (!grammar_string(c) || !take(c, ' ') || !grammar_string(c))
            return false;
    } while (take(c, ' '));
    return take(c, ')');
}

static bool
grammar_extension(struct cursor *c)
{
    if (!take(c, ' '))
        return false;
    if (take(c, '(')) {
        if (!grammar_string(c) || !take(c, ' ') || !grammar_parameters(c) ||
            !take(c, ')'))
            return false;
    } else if (!take_nocase(c, "NIL")) {
        return false;
    }
    if (!take(c, ' '))
        return false;
    if (take(c, '(')) {
        do {
            if (!grammar_string(c))
                return false;
        } while (take(c, ' '));
        if (!take(c, ')'))
            return false;
    } else if (!grammar_nstring(c)) {
        return false;
    }
    return take(c, ' ') && grammar_nstring(c);
}

static bool grammar_part(struct grammar *g, uint32_t index, int depth);

static bool
grammar_multipart(struct grammar *g, const struct summary_part *p, int depth)
{
    struct summary_part child;

    for (uint32_t at = p->first_child; at != 0; at = child.next)
        if (!summary_part(g->s, at, &child) ||
            child.mime_offset < p->body_offset ||
            child.body_offset + child.body_size >
                p->body_offset + p->body_size ||
            !grammar_part(g, at, depth + 1))
            return false;
    return p->first_child != 0 && take(&g->c, ' ') &&
           grammar_this(&g->c, p->subtype) &&
           (!g->extensible || (take(&g->c, ' ') && grammar_parameters(&g->c)));
}

static bool
grammar_message(struct grammar *g, const struct summary_part *p, int depth)
{
    struct summary_part child;

    return summary_part(g->s, p->first_child, &child) &&
           child.mime_offset == p->body_offset &&
           child.mime_size == p->inner_header_size &&
           child.mime_size + child.body_size == p->body_size &&
           take(&g->c, ' ') && grammar_take_envelope(&g->c) &&
           take(&g->c, ' ') && grammar_part(g, p->first_child, depth + 1);
}

static bool
grammar_single(struct grammar *g, const struct summary_part *p, int depth)
{
    struct cursor *c = &g->c;
    uint32_t size, lines;
    bool is_text = span_is(p->type, "text");
    bool is_message =
        span_is(p->type, "message") && span_is(p->subtype, "rfc822");

    if (!grammar_this(c, p->type) || !take(c, ' ') ||
        !grammar_this(c, p->subtype) || !take(c, ' ') ||
        !grammar_parameters(c) || !take(c, ' ') || !grammar_nstring(c) ||
        !take(c, ' ') || !grammar_nstring(c) || !take(c, ' ') ||
        !grammar_string(c) || !take(c, ' ') || !take_number(c, &size) ||
        size != p->body_size || is_message != (p->kind == PART_MESSAGE))
        return false;
    if (is_message && !grammar_message(g, p, depth))
        return false;
    if ((is_text || is_message) &&
        (!take(c, ' ') || !take_number(c, &lines) || lines != p->lines))
        return false;
    return !g->extensible || (take(c, ' ') && grammar_nstring(c));
}

static bool
grammar_part(struct grammar *g, uint32_t index, int depth)
{
    struct summary_part p;
    bool good;

    if (depth > 60 || !summary_part(g->s, index, &p) || !take(&g->c, '('))
        return false;
    good = p.kind == PART_MULTIPART ? grammar_multipart(g, &p, depth)
                                    : grammar_single(g, &p, depth);
    return good && (!g->extensible || grammar_extension(&g->c)) &&
           take(&g->c, ')');
}

static bool
grammar_body(const struct summary *s, struct span text, bool extensible)
{
    struct grammar g = { cursor_on(text), s, extensible };

    return grammar_part(&g, 0, 0) && cursor_at_end(&g.c);
}

static bool
grammar_envelope(struct span text)
{
    struct cursor c = cursor_on(text);

    return grammar_take_envelope(&c) && cursor_at_end(&c);
}

/* Everything a client may see of this summary. */
static bool
grammar_is_legal(const struct summary *s)
{
    return grammar_envelope(s->envelope) && grammar_body(s, s->body, false) &&
           grammar_body(s, s->body_structure, true);
}

#endif
