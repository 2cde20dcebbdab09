#include "mail/path.h"

#include "mail/charset.h"
#include "mail/limits.h"

#include <arpa/inet.h>
#include <string.h>

#define DOMAIN_OCTETS_MAX 255 /* RFC 5321 section 4.5.3.1.2 */
#define LABEL_OCTETS_MAX  63  /* RFC 1035 section 2.3.4     */

static bool
is_eight_bit(char ch)
{
    return ((unsigned char)ch & 0x80) != 0;
}

static bool
is_alnum(char ch)
{
    return ascii_is_alpha(ch) || ascii_is_digit(ch);
}

/* atext of RFC 5322 section 3.2.3, with UTF-8 by RFC 6531 section 3.3 */
static bool
is_atext(char ch, bool utf8)
{
    return is_alnum(ch) || (utf8 && is_eight_bit(ch)) ||
           (ch != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", ch) != NULL);
}

/* Dot-string = Atom *("." Atom)                    RFC 5321 section 4.1.2 */
static const char *
end_of_dot_string(const char *p, const char *end, bool utf8)
{
    for (;;) {
        const char *start = p;

        while (p < end && is_atext(*p, utf8))
            p++;
        if (p == start)
            return NULL;
        if (p == end || *p != '.')
            return p;
        p++;
    }
}

/*
 * Quoted-string = DQUOTE *QcontentSMTP DQUOTE      RFC 5321 section 4.1.2
 * qtextSMTP = %d32-33 / %d35-91 / %d93-126
 * quoted-pairSMTP = %d92 %d32-126
 */
static const char *
end_of_quoted(const char *p, const char *end, bool utf8)
{
    for (p++; p < end && *p != '"'; p++) {
        if (*p == '\\' && ++p == end)
            return NULL;
        if (is_eight_bit(*p) ? !utf8 : *p < ' ' || *p > '~')
            return NULL;
    }
    return p < end ? p + 1 : NULL;
}

static bool
take_local_part(struct cursor *c, bool utf8, struct span *out)
{
    const char *end = NULL;

    if (c->at < c->end)
        end = *c->at == '"' ? end_of_quoted(c->at, c->end, utf8)
                            : end_of_dot_string(c->at, c->end, utf8);
    if (end == NULL)
        return want(c, "a local part");
    if (end - c->at > LOCAL_PART_MAX)
        return want(c, "a local part of at most 64 octets");
    *out = span_from(c->at, (size_t)(end - c->at));
    c->at = end;
    return true;
}

/*
 * address-literal = "[" ( IPv4 / "IPv6:" IPv6 / General-address-literal ) "]"
 * General-address-literal = Standardized-tag ":" 1*dcontent
 *                                                  RFC 5321 section 4.1.3
 */
static bool
literal_is_valid(struct span inside)
{
    struct in6_addr address;
    char text[64];
    size_t colon = span_find(inside, ':');

    for (size_t i = 0; i < inside.n; i++)
        if (inside.p[i] <= ' ' || inside.p[i] > '~' ||
            (inside.p[i] >= '[' && inside.p[i] <= ']'))
            return false;
    if (colon == inside.n || span_starts_nocase(inside, "IPv6:")) {
        bool v6 = colon < inside.n;

        inside = span_after(inside, v6 ? 5 : 0);
        if (inside.n >= sizeof text)
            return false;
        memcpy(text, inside.p, inside.n);
        text[inside.n] = '\0';
        return inet_pton(v6 ? AF_INET6 : AF_INET, text, &address) == 1;
    }
    for (size_t i = 0; i < colon; i++)
        if (!is_alnum(inside.p[i]) && inside.p[i] != '-')
            return false;
    return colon > 0 && is_alnum(inside.p[colon - 1]) && colon + 1 < inside.n;
}

static bool
take_address_literal(struct cursor *c, struct span *out)
{
    struct span rest = cursor_rest(c);
    size_t close = span_find(rest, ']');

    if (close == rest.n || close >= DOMAIN_OCTETS_MAX ||
        !literal_is_valid(span_sub(rest, 1, close - 1)))
        return want(c, "an address literal");
    *out = span_sub(rest, 0, close + 1);
    c->at += close + 1;
    return true;
}

/*
 * sub-domain = Let-dig [Ldh-str]                   RFC 5321 section 4.1.2
 * "_" is let through: hosts have it in their names, and send mail.
 */
static size_t
label_length(struct span s, bool utf8)
{
    size_t n = 0;

    while (n < s.n && (is_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '_' ||
                       (utf8 && is_eight_bit(s.p[n]))))
        n++;
    if (n > LABEL_OCTETS_MAX || (n > 0 && (s.p[0] == '-' || s.p[n - 1] == '-')))
        return 0;
    return n;
}

/* Domain = sub-domain *("." sub-domain)            RFC 5321 section 4.1.2 */
static bool
take_domain(struct cursor *c, bool utf8, struct span *out)
{
    struct span rest = cursor_rest(c);
    size_t n = 0;
    size_t label;

    for (;;) {
        label = label_length(span_after(rest, n), utf8);
        if (label == 0)
            return want(c, "a domain");
        n += label;
        if (n == rest.n || rest.p[n] != '.')
            break;
        n++;
    }
    if (n > DOMAIN_OCTETS_MAX)
        return want(c, "a domain of at most 255 octets");
    *out = span_sub(rest, 0, n);
    c->at += n;
    return true;
}

/* Mailbox = Local-part "@" ( Domain / address-literal ) */
bool
take_mailbox_address(struct cursor *c, bool utf8, struct mail_path *out)
{
    struct cursor at = *c;
    struct mail_path p = { 0 };
    bool found = take_local_part(&at, utf8, &p.local);

    if (found && !take(&at, '@'))
        found = want(&at, "\"@\"");
    if (found && at.at < at.end && *at.at == '[')
        found = take_address_literal(&at, &p.domain);
    else if (found)
        found = take_domain(&at, utf8, &p.domain);
    if (!found)
        return want(c, at.want);
    if ((size_t)(at.at - c->at) > ADDRESS_MAX)
        return want(c, "an address of at most 254 octets");
    if (utf8 && !utf8_is_valid(span_from(c->at, (size_t)(at.at - c->at))))
        return want(c, "UTF-8");
    *c = at;
    *out = p;
    return true;
}

/* A-d-l = At-domain *( "," At-domain ), then ":"   RFC 5321 section 4.1.2 */
static bool
take_source_route(struct cursor *c, bool utf8)
{
    struct span domain;

    do {
        if (!take(c, '@') || !take_domain(c, utf8, &domain))
            return want(c, "a source route");
    } while (take(c, ','));
    return take(c, ':');
}

static bool
take_path(struct cursor *c, bool utf8, struct mail_path *out)
{
    struct cursor at = *c;

    if (!take(&at, '<') ||
        (at.at < at.end && *at.at == '@' && !take_source_route(&at, utf8)) ||
        !take_mailbox_address(&at, utf8, out) || !take(&at, '>'))
        return want(c, at.want);
    *c = at;
    return true;
}

bool
take_reverse_path(struct cursor *c, bool utf8, struct mail_path *out)
{
    struct mail_path p = { 0 };

    if (!take_nocase(c, "<>") && !take_path(c, utf8, &p))
        return false;
    *out = p;
    return true;
}

bool
take_forward_path(struct cursor *c, bool utf8, struct mail_path *out)
{
    struct mail_path p = { 0 };

    if (take_nocase(c, "<postmaster>"))
        p.local = span_from(c->at - 11, 10);
    else if (!take_path(c, utf8, &p))
        return false;
    *out = p;
    return true;
}

/* Adds the local part without quotes, in lower case; at most LOCAL_PART_MAX. */
static void
put_unquoted(struct buf *out, struct span local)
{
    bool quoted = local.n > 1 && local.p[0] == '"';

    if (quoted)
        local = span_sub(local, 1, local.n - 2);
    for (size_t i = 0; i < local.n; i++) {
        if (quoted && local.p[i] == '\\' && i + 1 < local.n)
            i++;
        buf_put_ch(out, ascii_lower(local.p[i]));
    }
}

bool
mail_path_canonical(const struct mail_path *p, struct buf *out)
{
    size_t start = out->n;
    const char *local;
    const char *end;

    put_unquoted(out, p->local);
    if (out->n == start)
        return false;
    local = out->p + start;
    end = end_of_dot_string(local, out->p + out->n, true);
    if (end != out->p + out->n ||
        span_has(span_from(local, out->n - start), '/')) {
        out->n = start;
        return false;
    }
    if (p->domain.n > 0)
        buf_put_ch(out, '@');
    for (size_t i = 0; i < p->domain.n; i++)
        buf_put_ch(out, ascii_lower(p->domain.p[i]));
    return true;
}
