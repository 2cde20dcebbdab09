#include "imapd-lite/parse.h"

#include "imapd-lite/limits.h"
#include "mail/flags.h"
#include "mail/mailbox_name.h"

#include <string.h>

/*
 * ATOM-CHAR     = <any CHAR except atom-specials>    RFC 3501 section 9
 * atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards /
 *                 quoted-specials / resp-specials
 */
static bool
is_atom_char(char ch)
{
    return ch > ' ' && ch <= '~' && strchr("(){%*\"\\]", ch) == NULL;
}

/* ASTRING-CHAR = ATOM-CHAR / resp-specials */
static bool
is_astring_char(char ch)
{
    return ch == ']' || is_atom_char(ch);
}

/* list-char = ATOM-CHAR / list-wildcards / resp-specials */
static bool
is_list_char(char ch)
{
    return ch == '%' || ch == '*' || is_astring_char(ch);
}

static bool
is_tag_char(char ch)
{
    return ch != '+' && is_astring_char(ch);
}

static bool
take_run(struct cursor *c, bool (*fits)(char ch), const char *what,
         struct span *out)
{
    const char *p = c->at;

    while (p < c->end && fits(*p))
        p++;
    if (p == c->at)
        return want(c, what);
    *out = span_from(c->at, (size_t)(p - c->at));
    c->at = p;
    return true;
}

bool
imap_take_tag(struct cursor *c, struct span *out)
{
    const char *start = c->at;
    struct span tag;

    if (!take_run(c, is_tag_char, "a tag", &tag))
        return false;
    if (tag.n > IMAP_TAG_MAX) {
        c->at = start;
        return want(c, "a shorter tag");
    }
    *out = tag;
    return true;
}

bool
imap_take_atom(struct cursor *c, struct span *out)
{
    return take_run(c, is_atom_char, "an atom", out);
}

/*
 * quoted         = DQUOTE *QUOTED-CHAR DQUOTE        RFC 3501 section 9
 * QUOTED-CHAR    = <any TEXT-CHAR except quoted-specials> /
 *                  "\" quoted-specials
 *
 * A departure: octets above 127 are taken too, since clients send passwords
 * and search texts in UTF-8 that way.
 */
static bool
take_quoted(struct cursor *c, struct arena *a, struct span *out)
{
    const char *p = c->at + 1;
    size_t escapes = 0;
    struct span raw;
    char *to;

    for (; p < c->end && *p != '"'; p++) {
        if (*p == '\r' || *p == '\n' || *p == '\0')
            return want(c, "a closing quote");
        if (*p != '\\')
            continue;
        p++;
        escapes++;
        if (p == c->end || (*p != '"' && *p != '\\'))
            return want(c, "a quote or backslash behind a backslash");
    }
    if (p == c->end)
        return want(c, "a closing quote");
    raw = span_from(c->at + 1, (size_t)(p - c->at - 1));
    c->at = p + 1;
    *out = raw;
    if (escapes == 0)
        return true;
    to = arena_take(a, raw.n);
    *out = span_from(to, raw.n - escapes);
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\')
            i++;
        *to++ = raw.p[i];
    }
    return true;
}

/*
 * literal = "{" number ["+"] "}" CRLF *CHAR8         RFC 7888 section 8
 */
static bool
take_literal(struct cursor *c, struct span *out)
{
    struct cursor inner = *c;
    uint64_t size;

    if (!take(&inner, '{') || !take_number64(&inner, &size))
        return want(c, "a literal");
    (void)take(&inner, '+');
    if (!take(&inner, '}') || !take(&inner, '\r') || !take(&inner, '\n') ||
        size > cursor_rest(&inner).n)
        return want(c, "a literal");
    *out = span_sub(cursor_rest(&inner), 0, (size_t)size);
    if (span_has(*out, '\0'))
        return want(c, "a literal without NUL");
    c->at = inner.at + size;
    return true;
}

bool
imap_take_string(struct cursor *c, struct arena *a, struct span *out)
{
    if (!cursor_at_end(c) && *c->at == '"')
        return take_quoted(c, a, out);
    if (!cursor_at_end(c) && *c->at == '{')
        return take_literal(c, out);
    return want(c, "a string");
}

bool
imap_take_astring(struct cursor *c, struct arena *a, struct span *out)
{
    if (!cursor_at_end(c) && (*c->at == '"' || *c->at == '{'))
        return imap_take_string(c, a, out);
    return take_run(c, is_astring_char, "an atom or string", out);
}

bool
imap_take_nstring(struct cursor *c, struct arena *a, struct span *out)
{
    struct cursor inner = *c;
    struct span word;

    if (!imap_take_atom(&inner, &word))
        return imap_take_string(c, a, out);
    if (!span_is_nocase(word, "NIL"))
        return want(c, "a string or NIL");
    c->at = inner.at;
    *out = (struct span){ NULL, 0 };
    return true;
}

/* Decode a name; the cursor goes back to `start` where it cannot be done. */
static bool
decode_name(struct cursor *c, const char *start, struct span wire,
            struct buf *out)
{
    if (mailbox_name_from_utf7(wire, out) && !out->full)
        return true;
    c->at = start;
    return want(c, "a mailbox name in modified UTF-7");
}

bool
imap_take_mailbox(struct cursor *c, struct arena *a, struct span *out)
{
    const char *start = c->at;
    struct buf decoded = { 0 };
    struct buf canonical = { 0 };
    struct span wire;
    bool ok;

    if (!imap_take_astring(c, a, &wire))
        return false;
    ok = decode_name(c, start, wire, &decoded);
    if (ok) {
        mailbox_name_canonical(buf_span(&decoded), &canonical);
        *out = arena_copy(a, buf_span(&canonical));
    }
    buf_free(&canonical);
    buf_free(&decoded);
    return ok;
}

bool
imap_take_pattern(struct cursor *c, struct arena *a, struct span *out)
{
    const char *start = c->at;
    struct buf decoded = { .max = IMAP_PATTERN_MAX };
    struct span wire;
    bool ok;

    if (!cursor_at_end(c) && (*c->at == '"' || *c->at == '{')) {
        if (!imap_take_string(c, a, &wire))
            return false;
    } else if (!take_run(c, is_list_char, "a mailbox pattern", &wire)) {
        return false;
    }
    ok = decode_name(c, start, wire, &decoded);
    if (ok)
        *out = arena_copy(a, buf_span(&decoded));
    buf_free(&decoded);
    return ok;
}

/* One flag into *f; keywords has room for IMAP_FLAGS_MAX. */
static bool
take_flag(struct cursor *c, struct store_flags *f, struct span *keywords)
{
    struct cursor inner = *c;
    struct span name;
    uint16_t flag;
    bool system = take(&inner, '\\');

    if (!imap_take_atom(&inner, &name))
        return want(c, "a flag");
    if (system)
        name = span_from(name.p - 1, name.n + 1);
    flag = mail_flag_named(name);
    if (system && flag == 0)
        return want(c, "a flag that a client may set");
    if (flag == 0 && !mail_keyword_is_valid(name))
        return want(c, "a shorter keyword");
    if (flag == 0 && f->keyword_count == IMAP_FLAGS_MAX)
        return want(c, "fewer keywords");
    if (flag == 0)
        keywords[f->keyword_count++] = name;
    f->flags = (uint16_t)(f->flags | flag);
    c->at = inner.at;
    return true;
}

static bool
is_closed(struct cursor *c, bool in_list)
{
    return in_list && take(c, ')');
}

static bool
take_flags(struct cursor *c, struct arena *a, bool in_list,
           struct store_flags *out)
{
    const char *start = c->at;
    struct span *keywords = arena_take(a, IMAP_FLAGS_MAX * sizeof *keywords);
    struct store_flags f = { .keywords = keywords };
    bool first = true;

    if (in_list && !take(c, '('))
        return want(c, "a list of flags");
    while (!is_closed(c, in_list)) {
        if (!first && !in_list && cursor_at_end(c))
            break;
        if ((!first && !take(c, ' ')) || !take_flag(c, &f, keywords)) {
            c->at = start;
            return false;
        }
        first = false;
    }
    *out = f;
    return true;
}

bool
imap_take_flag_list(struct cursor *c, struct arena *a, struct store_flags *out)
{
    return take_flags(c, a, true, out);
}

bool
imap_take_flags(struct cursor *c, struct arena *a, struct store_flags *out)
{
    bool in_list = !cursor_at_end(c) && *c->at == '(';

    return take_flags(c, a, in_list, out);
}

enum imap_literal_is
imap_literal_at_end(struct span line, struct imap_literal *out)
{
    struct imap_literal found = { .waits = true };
    struct cursor c;
    size_t at = line.n;

    if (at < 3 || line.p[--at] != '}')
        return LITERAL_NONE;
    if (line.p[at - 1] == '+') {
        found.waits = false;
        at--;
    }
    while (at > 0 && ascii_is_digit(line.p[at - 1]))
        at--;
    if (at == 0 || line.p[at - 1] != '{' || !ascii_is_digit(line.p[at]))
        return LITERAL_NONE;
    found.text = line.n - at + 1;
    c = cursor_on(span_after(line, at));
    if (!take_number64(&c, &found.size)) {
        *out = found;
        return LITERAL_BAD;
    }
    *out = found;
    return LITERAL_HERE;
}

/* TEXT-CHAR and no more: what a quoted string can hold. */
static bool
is_quotable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return true;
}

void
imap_put_string(struct buf *out, struct span s)
{
    if (!is_quotable(s)) {
        buf_printf(out, "{%zu}\r\n", s.n);
        buf_put(out, s);
        return;
    }
    buf_put_ch(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_put_ch(out, '\\');
        buf_put_ch(out, s.p[i]);
    }
    buf_put_ch(out, '"');
}

void
imap_put_nstring(struct buf *out, struct span s)
{
    if (s.p == NULL)
        buf_put_text(out, "NIL");
    else
        imap_put_string(out, s);
}

void
imap_put_mailbox(struct buf *out, struct span name)
{
    struct buf wire = { 0 };

    mailbox_name_to_utf7(name, &wire);
    imap_put_string(out, buf_span(&wire));
    buf_free(&wire);
}
