/* HELO, EHLO and HELP: who is there, and what we can do. */
#include "smtpd/limits.h"
#include "smtpd/parameters.h"
#include "smtpd/verbs.h"

static smtp_keyword_fn put_pipelining, put_statuses, put_limits;

/* Extensions that belong to no command and no parameter. */
static smtp_keyword_fn *const extensions[] = {
    put_pipelining, /* RFC 2920 section 3 */
    put_statuses,   /* RFC 2034 section 3 */
    put_limits,     /* RFC 9422 section 3 */
};

static void
put_pipelining(const struct smtp *s, struct buf *out)
{
    (void)s;
    buf_put_text(out, "PIPELINING");
}

static void
put_statuses(const struct smtp *s, struct buf *out)
{
    (void)s;
    buf_put_text(out, "ENHANCEDSTATUSCODES");
}

static void
put_limits(const struct smtp *s, struct buf *out)
{
    buf_printf(out, "LIMITS RCPTMAX=%u",
               s->service->settings->limits.recipients);
}

static void
put_line(const struct smtp *s, smtp_keyword_fn *keyword, struct buf *out)
{
    if (keyword == NULL)
        return;
    buf_put_ch(out, '\n');
    keyword(s, out);
}

/* ehlo-ok-rsp, without its codes                 RFC 5321 section 4.1.1.1 */
static void
put_extensions(const struct smtp *s, struct buf *out)
{
    const struct smtp_parameter *p;
    const struct smtp_verb *v;

    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        put_line(s, extensions[i], out);
    for (size_t i = 0; (p = smtp_mail_parameter_at(i)) != NULL; i++)
        put_line(s, p->keyword, out);
    for (size_t i = 0; (v = smtp_verb_at(i)) != NULL; i++)
        if (v->may == NULL || v->may(s) == NULL)
            put_line(s, v->keyword, out);
}

/*
 * The client's name goes into the trace header, so it is kept to what a domain
 * or an address literal can hold. Underscores and names without a dot are what
 * the world sends; the RFC would have neither (section 2.3.5).
 */
static bool
take_client_name(struct cursor *c, struct span *out)
{
    struct cursor start = *c;
    struct span name;

    if (!take_word(c, &name) || name.n > SMTP_DOMAIN_MAX)
        goto undo;
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_is_alpha(name.p[i]) && !ascii_is_digit(name.p[i]) &&
            !span_has(span_of(".-_:[]%"), name.p[i]))
            goto undo;
    *out = name;
    return true;
undo:
    *c = start;
    return want(c, "a domain");
}

/* RFC 5321 section 4.1.4: a second one resets as RSET does, one that is refused
 * changes nothing. */
static bool
hello(struct smtp *s, struct cursor *c, bool extended)
{
    struct span name;

    if (!take(c, ' ') || !take_client_name(c, &name) || !take_end(c))
        return false;
    buf_clear(&s->client);
    buf_put(&s->client, name);
    s->extended = extended;
    smtp_enter(s, SMTP_READY);
    return true;
}

/* helo = "HELO" SP Domain CRLF                   RFC 5321 section 4.1.1.1 */
const struct smtp_reply *
smtp_run_helo(struct smtp *s, struct cursor *c)
{
    if (!hello(s, c, false))
        return smtp_say(SAY_BAD_SYNTAX);
    return smtp_say_text(&s->command, SAY_HELLO,
                         span_of(s->service->settings->hostname));
}

/* ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
 *                                                RFC 5321 section 4.1.1.1 */
const struct smtp_reply *
smtp_run_ehlo(struct smtp *s, struct cursor *c)
{
    const struct smtp_reply *r;
    struct buf text = { 0 };

    if (!hello(s, c, true))
        return smtp_say(SAY_BAD_SYNTAX);
    buf_put_text(&text, s->service->settings->hostname);
    put_extensions(s, &text);
    r = smtp_say_text(&s->command, SAY_HELLO, buf_span(&text));
    buf_free(&text);
    return r;
}

/* help = "HELP" [ SP String ] CRLF               RFC 5321 section 4.1.1.8 */
const struct smtp_reply *
smtp_run_help(struct smtp *s, struct cursor *c)
{
    const struct smtp_reply *r;
    const struct smtp_verb *v;
    struct buf text = { 0 };

    (void)c;
    buf_put_text(&text, "Commands:");
    for (size_t i = 0; (v = smtp_verb_at(i)) != NULL; i++)
        if ((v->flags & VERB_FOREIGN) == 0 &&
            (v->may == NULL || v->may(s) == NULL))
            buf_printf(&text, " %s", v->name);
    buf_put_text(&text, "\nRFC 5321 says what they do");
    r = smtp_say_text(&s->command, SAY_HELP, buf_span(&text));
    buf_free(&text);
    return r;
}
