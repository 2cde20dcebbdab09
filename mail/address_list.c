#include "mail/address_list.h"

#include "mail/limits.h"

#include <string.h>

void
address_list_begin(struct address_list_reader *r, struct span value)
{
    *r = (struct address_list_reader){
        .rest = value,
        .name.max = ADDRESS_TEXT_MAX,
        .route.max = ADDRESS_TEXT_MAX,
        .local.max = ADDRESS_TEXT_MAX,
        .domain.max = ADDRESS_TEXT_MAX,
        .comment.max = ADDRESS_TEXT_MAX,
    };
}

void
address_list_end(struct address_list_reader *r)
{
    buf_free(&r->name);
    buf_free(&r->route);
    buf_free(&r->local);
    buf_free(&r->domain);
    buf_free(&r->comment);
}

static void
clear(struct address_list_reader *r)
{
    r->spaced = false;
    r->at_seen = false;
    buf_clear(&r->name);
    buf_clear(&r->route);
    buf_clear(&r->local);
    buf_clear(&r->domain);
    buf_clear(&r->comment);
}

static void
skip(struct address_list_reader *r, size_t n)
{
    r->rest = span_after(r->rest, n);
}

static bool
is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* comment = "(" *([FWS] ccontent) [FWS] ")"    RFC 5322 section 3.2.2; nested
 * ones are counted, not recursed into. */
static void
take_comment(struct address_list_reader *r)
{
    size_t depth = 0;
    size_t i = 0;

    buf_clear(&r->comment);
    for (; i < r->rest.n; i++) {
        char ch = r->rest.p[i];

        if (ch == ')' && --depth == 0)
            break;
        if (ch == '(' && depth++ == 0)
            continue;
        if (ch == '\\' && i + 1 < r->rest.n)
            ch = r->rest.p[++i];
        if (ch != '\r' && ch != '\n')
            buf_put_ch(&r->comment, ch);
    }
    skip(r, i + 1);
    r->spaced = true;
}

static bool
ends_with_dot(const struct buf *b)
{
    return b->n > 0 && b->p[b->n - 1] == '.';
}

/*
 * A piece of a phrase or of an address; which, the end tells, so it is added
 * to both. In a local part only the last word counts, in a domain the first;
 * dots join words (obs-local-part, obs-domain).
 */
static void
add(struct address_list_reader *r, struct span piece)
{
    bool joined = !r->spaced || span_starts(piece, ".");

    if (r->spaced && r->name.n > 0)
        buf_put_ch(&r->name, ' ');
    buf_put(&r->name, piece);
    if (!r->at_seen) {
        if (!joined && !ends_with_dot(&r->local))
            buf_clear(&r->local);
        buf_put(&r->local, piece);
    } else if (joined || r->domain.n == 0 || ends_with_dot(&r->domain)) {
        buf_put(&r->domain, piece);
    }
    r->spaced = false;
}

/* quoted-string: RFC 5322 section 3.2.4 */
static void
take_quoted(struct address_list_reader *r)
{
    struct buf text = { .max = ADDRESS_TEXT_MAX };
    size_t i = 1;

    for (; i < r->rest.n && r->rest.p[i] != '"'; i++) {
        if (r->rest.p[i] == '\\' && i + 1 < r->rest.n)
            i++;
        if (r->rest.p[i] != '\r' && r->rest.p[i] != '\n')
            buf_put_ch(&text, r->rest.p[i]);
    }
    skip(r, i + 1);
    add(r, buf_span(&text));
    buf_free(&text);
}

static void
take_atom(struct address_list_reader *r)
{
    size_t n = 1; /* at least the character nobody else wanted */

    while (n < r->rest.n && (r->rest.p[n] == '\0' ||
                             strchr(" \t\r\n,;:<>(\"@", r->rest.p[n]) == NULL))
        n++;
    add(r, span_sub(r->rest, 0, n));
    skip(r, n);
}

/* Of several "@" the last one divides. */
static void
take_at_sign(struct address_list_reader *r)
{
    if (r->spaced && r->name.n > 0)
        buf_put_ch(&r->name, ' ');
    buf_put_ch(&r->name, '@');
    if (r->at_seen) {
        buf_put_ch(&r->local, '@');
        buf_put(&r->local, buf_span(&r->domain));
        buf_clear(&r->domain);
    }
    r->at_seen = true;
    r->spaced = false;
    skip(r, 1);
}

/* White space, comments, and words: what may stand anywhere. */
static void
take_any(struct address_list_reader *r)
{
    char ch = r->rest.p[0];

    if (is_space(ch)) {
        r->spaced = true;
        skip(r, 1);
    } else if (ch == '(') {
        take_comment(r);
    } else if (ch == '"') {
        take_quoted(r);
    } else if (ch == '@') {
        take_at_sign(r);
    } else {
        take_atom(r);
    }
}

/* obs-route = obs-domain-list ":"                  RFC 5322 section 4.4 */
static void
end_route(struct address_list_reader *r)
{
    buf_put(&r->route, buf_span(&r->local));
    buf_put_ch(&r->route, '@');
    buf_put(&r->route, buf_span(&r->domain));
    buf_clear(&r->local);
    buf_clear(&r->domain);
    r->at_seen = false;
    skip(r, 1);
}

/* angle-addr, and what stands behind it up to the "," or ";"; the name has
 * been read. */
static void
take_angle(struct address_list_reader *r)
{
    struct buf name = r->name;
    bool routed;

    r->name = (struct buf){ .max = ADDRESS_TEXT_MAX };
    buf_clear(&r->local);
    buf_clear(&r->domain);
    r->at_seen = false;
    skip(r, 1);
    while (r->rest.n > 0 && is_space(r->rest.p[0]))
        skip(r, 1);
    routed = span_starts(r->rest, "@");
    while (r->rest.n > 0 && r->rest.p[0] != '>') {
        char ch = r->rest.p[0];

        if (ch == ':' && routed && r->route.n == 0)
            end_route(r);
        else if ((ch == ',' || ch == ';') && !routed)
            break;
        else
            take_any(r);
    }
    while (r->rest.n > 0 && r->rest.p[0] != ',' && r->rest.p[0] != ';') {
        if (r->rest.p[0] == '(')
            take_comment(r);
        else
            skip(r, 1);
    }
    buf_free(&r->name);
    r->name = name;
}

static void
swap(struct buf *a, struct buf *b)
{
    struct buf t = *a;

    *a = *b;
    *b = t;
}

/* No angle brackets: what was read is the address, or no address at all. */
static enum address_kind
bare_mailbox(struct address_list_reader *r)
{
    if (!r->at_seen)
        swap(&r->local, &r->name);
    swap(&r->name, &r->comment);
    return ADDRESS_MAILBOX;
}

static enum address_kind
angle_mailbox(struct address_list_reader *r)
{
    take_angle(r);
    if (r->name.n == 0)
        swap(&r->name, &r->comment);
    return ADDRESS_MAILBOX;
}

static enum address_kind
end_of_list(struct address_list_reader *r)
{
    if (r->name.n > 0)
        return bare_mailbox(r);
    if (!r->in_group)
        return ADDRESS_END;
    r->in_group = false;
    return ADDRESS_GROUP_END;
}

/* group = display-name ":" [group-list] ";"        RFC 5322 section 3.4 */
static enum address_kind
begin_group(struct address_list_reader *r)
{
    skip(r, 1);
    r->in_group = true;
    return ADDRESS_GROUP;
}

enum address_kind
address_list_next(struct address_list_reader *r)
{
    clear(r);
    while (r->rest.n > 0) {
        char ch = r->rest.p[0];

        if (ch == '<')
            return angle_mailbox(r);
        if (ch == ':' && !r->in_group && !r->at_seen)
            return begin_group(r);
        if (ch != ',' && ch != ';') {
            take_any(r);
            continue;
        }
        if (r->name.n > 0)
            return bare_mailbox(r); /* the ";" is for the next call */
        skip(r, 1);
        clear(r);
        if (ch == ';' && r->in_group) {
            r->in_group = false;
            return ADDRESS_GROUP_END;
        }
    }
    return end_of_list(r);
}
