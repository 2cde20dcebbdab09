#include "smtpd/parameters.h"

#include "smtpd/xtext.h"

static const struct smtp_reply *set_size(struct smtp *s, struct span value);
static const struct smtp_reply *set_body(struct smtp *s, struct span value);
static const struct smtp_reply *set_auth(struct smtp *s, struct span value);
static smtp_keyword_fn put_size, put_8bitmime;
static smtp_may_fn may_auth;

/* clang-format off */
static const struct smtp_parameter mail_parameters[] = {
    /* name    may            keyword       set */
    { "SIZE",  NULL,          put_size,     set_size }, /* RFC 1870 section 3 */
    { "BODY",  NULL,          put_8bitmime, set_body }, /* RFC 1652 section 3 */
    { "AUTH",  may_auth,      NULL,         set_auth }, /* RFC 4954 section 5 */
};
/* clang-format on */

#define MAIL_PARAMETERS (sizeof mail_parameters / sizeof *mail_parameters)

const struct smtp_parameter *
smtp_mail_parameter_at(size_t index)
{
    return index < MAIL_PARAMETERS ? &mail_parameters[index] : NULL;
}

static void
put_size(const struct smtp *s, struct buf *out)
{
    buf_put_text(out, "SIZE ");
    buf_put_number(out, s->service->settings->limits.message_size);
}

static void
put_8bitmime(const struct smtp *s, struct buf *out)
{
    (void)s;
    buf_put_text(out, "8BITMIME");
}

/*
 * size-value = 1*20DIGIT                               RFC 1870 section 3
 *
 * Twenty digits pass 64 bits; what does not fit is too big for any limit.
 */
static bool
read_size(struct span value, uint64_t *out)
{
    uint64_t n = 0;

    if (value.n == 0 || value.n > 20)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        uint64_t digit = (uint64_t)(value.p[i] - '0');

        if (!ascii_is_digit(value.p[i]))
            return false;
        n = n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : n * 10 + digit;
    }
    *out = n;
    return true;
}

/* RFC 1870 section 6.1: refused before a byte of it is sent. */
static const struct smtp_reply *
set_size(struct smtp *s, struct span value)
{
    uint64_t n;

    if (!read_size(value, &n))
        return smtp_say(SAY_BAD_PARAMETER);
    if (n > s->service->settings->limits.message_size)
        return smtp_say(SAY_TOO_BIG);
    s->mail.size = n;
    return NULL;
}

/* body-value = "7BIT" / "8BITMIME"                     RFC 1652 section 3
 * Either way we store the octets as they come. */
static const struct smtp_reply *
set_body(struct smtp *s, struct span value)
{
    (void)s;
    if (!span_is_nocase(value, "7BIT") && !span_is_nocase(value, "8BITMIME"))
        return smtp_say(SAY_BAD_PARAMETER);
    return NULL;
}

/*
 * AUTH=<> or AUTH=xtext of a mailbox                   RFC 4954 section 5
 *
 * Checked, so that nothing hides in it, and then treated as "<>": we trust
 * nobody to say who wrote a message but those who authenticate.
 */
static const struct smtp_reply *
set_auth(struct smtp *s, struct span value)
{
    struct buf decoded = { .max = SMTP_XTEXT_MAX };
    struct mail_path path;
    struct cursor c;
    bool valid;

    (void)s;
    if (span_is(value, "<>"))
        return NULL;
    valid = smtp_xtext_decode(value, &decoded);
    c = cursor_on(buf_span(&decoded));
    valid = valid && take_mailbox_address(&c, false, &path) && take_end(&c);
    buf_free(&decoded);
    return valid ? NULL : smtp_say(SAY_BAD_PARAMETER);
}

/* Only where AUTH itself is offered. */
static const struct smtp_reply *
may_auth(const struct smtp *s)
{
    return s->port == SMTP_PORT_RELAY ? smtp_say(SAY_UNKNOWN_PARAMETER) : NULL;
}

/* esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 *                                               RFC 5321 section 4.1.2 */
static bool
take_keyword(struct cursor *c, struct span *out)
{
    const char *p = c->at;

    while (p < c->end && (ascii_is_alpha(*p) || ascii_is_digit(*p) ||
                          (*p == '-' && p > c->at)))
        p++;
    if (p == c->at)
        return want(c, "a parameter");
    *out = span_from(c->at, (size_t)(p - c->at));
    c->at = p;
    return true;
}

/* esmtp-value = 1*(%d33-60 / %d62-126)          RFC 5321 section 4.1.2 */
static bool
take_value(struct cursor *c, struct span *out)
{
    const char *p = c->at;

    while (p<c->end && * p> ' ' && *p < 127 && *p != '=')
        p++;
    if (p == c->at)
        return want(c, "a value");
    *out = span_from(c->at, (size_t)(p - c->at));
    c->at = p;
    return true;
}

/* RFC 5321 section 4.1.1.11: 555 for what we do not know, 501 for what we know
 * and cannot read, or have seen already. */
static const struct smtp_reply *
set_one(struct smtp *s, struct span name, struct span value, unsigned *seen)
{
    const struct smtp_parameter *p;

    for (size_t i = 0; (p = smtp_mail_parameter_at(i)) != NULL; i++) {
        if (!span_is_nocase(name, p->name))
            continue;
        if (p->may != NULL && p->may(s) != NULL)
            break;
        if ((*seen & 1u << i) != 0)
            return smtp_say(SAY_BAD_PARAMETER);
        *seen |= 1u << i;
        return p->set(s, value);
    }
    return smtp_say(SAY_UNKNOWN_PARAMETER);
}

const struct smtp_reply *
smtp_take_mail_parameters(struct smtp *s, struct cursor *c)
{
    unsigned seen = 0;

    while (!cursor_at_end(c)) {
        const struct smtp_reply *refusal;
        struct span name;
        struct span value = { 0 };

        if (!take(c, ' ') || !take_spaces(c) || !take_keyword(c, &name) ||
            (take(c, '=') && !take_value(c, &value)))
            return smtp_say(SAY_BAD_SYNTAX);
        refusal = set_one(s, name, value, &seen);
        if (refusal != NULL)
            return refusal;
    }
    return NULL;
}

/* We know none (no DSN); what looks like one is 555, the rest a mistake. */
const struct smtp_reply *
smtp_take_rcpt_parameters(struct smtp *s, struct cursor *c)
{
    struct span name;

    (void)s;
    if (cursor_at_end(c))
        return NULL;
    if (!take(c, ' ') || !take_spaces(c) || !take_keyword(c, &name))
        return smtp_say(SAY_BAD_SYNTAX);
    return smtp_say(SAY_UNKNOWN_PARAMETER);
}
