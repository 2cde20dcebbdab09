#include "smtpd/verbs.h"

#include "smtpd/events.h"
#include "smtpd/limits.h"

static smtp_run_fn run_rset, run_noop, run_vrfy, run_expn, run_quit,
    run_foreign;
static smtp_keyword_fn put_help;

/* clang-format off */
static const struct smtp_verb verbs[] = {
    /* name       legal in        flags                  may                keyword            run */
    { "HELO",     SMTP_ANY,       VERB_LAST,             NULL,              NULL,              smtp_run_helo     }, /* RFC 5321 section 4.1.1.1 */
    { "EHLO",     SMTP_ANY,       VERB_LAST,             NULL,              NULL,              smtp_run_ehlo     }, /* RFC 5321 section 4.1.1.1 */
    { "MAIL",     SMTP_READY,     0,                     smtp_may_mail,     NULL,              smtp_run_mail     }, /* RFC 5321 section 4.1.1.2 */
    { "RCPT",     SMTP_IN_MAIL,   0,                     NULL,              NULL,              smtp_run_rcpt     }, /* RFC 5321 section 4.1.1.3 */
    { "DATA",     SMTP_RCPTS,     VERB_LAST,             NULL,              NULL,              smtp_run_data     }, /* RFC 5321 section 4.1.1.4 */
    { "RSET",     SMTP_ANY,       0,                     NULL,              NULL,              run_rset          }, /* RFC 5321 section 4.1.1.5 */
    { "VRFY",     SMTP_ANY,       0,                     NULL,              NULL,              run_vrfy          }, /* RFC 5321 section 4.1.1.6 */
    { "EXPN",     SMTP_ANY,       0,                     NULL,              NULL,              run_expn          }, /* RFC 5321 section 4.1.1.7 */
    { "HELP",     SMTP_ANY,       0,                     NULL,              put_help,          smtp_run_help     }, /* RFC 5321 section 4.1.1.8 */
    { "NOOP",     SMTP_ANY,       0,                     NULL,              NULL,              run_noop          }, /* RFC 5321 section 4.1.1.9 */
    { "QUIT",     SMTP_ANY,       0,                     NULL,              NULL,              run_quit          }, /* RFC 5321 section 4.1.1.10 */
    { "STARTTLS", SMTP_HELLO_SAID, VERB_LAST,            smtp_may_starttls, smtp_put_starttls, smtp_run_starttls }, /* RFC 3207 section 4 */
    { "AUTH",     SMTP_READY,     VERB_LAST | VERB_LONG, smtp_may_auth,     smtp_put_auth,     smtp_run_auth     }, /* RFC 4954 section 4 */
    /* A browser can be made to post a mail in the body of its request. */
    { "GET",      SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       }, /* RFC 9110 section 9.3 */
    { "HEAD",     SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       },
    { "POST",     SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       },
    { "PUT",      SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       },
    { "DELETE",   SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       },
    { "CONNECT",  SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       },
    { "OPTIONS",  SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       },
    { "TRACE",    SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       },
    { "PATCH",    SMTP_ANY,       VERB_FOREIGN,          NULL,              NULL,              run_foreign       },
};
/* clang-format on */

const struct smtp_verb *
smtp_verb_at(size_t index)
{
    return index < sizeof verbs / sizeof *verbs ? &verbs[index] : NULL;
}

static const struct smtp_verb *
verb_find(struct span name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (span_is_nocase(name, verbs[i].name))
            return &verbs[i];
    return NULL;
}

/* RFC 5321 section 4.1.1: white space before the CR LF is to be tolerated. */
static struct span
without_trailing_space(struct span line)
{
    while (line.n > 0 &&
           (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        line.n--;
    return line;
}

const struct smtp_reply *
smtp_dispatch(struct smtp *s, struct span line)
{
    struct cursor c = cursor_on(without_trailing_space(line));
    const struct smtp_verb *v = NULL;
    const struct smtp_reply *refusal;
    struct span name;

    if (take_word(&c, &name))
        v = verb_find(name);
    s->in_step_only = v != NULL && (v->flags & VERB_LAST) != 0;
    if (line.n + 2 > SMTP_COMMAND_MAX &&
        (v == NULL || (v->flags & VERB_LONG) == 0))
        return smtp_say(SAY_LINE_TOO_LONG);
    if (v == NULL)
        return smtp_say(SAY_UNKNOWN_COMMAND);
    if ((v->legal_in & s->state) == 0)
        return smtp_say(SAY_BAD_SEQUENCE); /* RFC 5321 section 4.1.4 */
    if (v->may != NULL && (refusal = v->may(s)) != NULL)
        return refusal;
    return v->run(s, &c);
}

/* rset = "RSET" CRLF                             RFC 5321 section 4.1.1.5 */
static const struct smtp_reply *
run_rset(struct smtp *s, struct cursor *c)
{
    if (!take_end(c))
        return smtp_say(SAY_NO_ARGUMENT);
    if (s->state != SMTP_GREETED)
        smtp_enter(s, SMTP_READY);
    return smtp_say(SAY_OK);
}

/* noop = "NOOP" [ SP String ] CRLF               RFC 5321 section 4.1.1.9
 * What the string is does not matter. */
static const struct smtp_reply *
run_noop(struct smtp *s, struct cursor *c)
{
    (void)s;
    (void)c;
    return smtp_say(SAY_OK);
}

/* vrfy = "VRFY" SP String CRLF                   RFC 5321 section 4.1.1.6 */
static const struct smtp_reply *
run_vrfy(struct smtp *s, struct cursor *c)
{
    (void)s;
    if (!take(c, ' ') || cursor_at_end(c))
        return smtp_say(SAY_BAD_SYNTAX);
    return smtp_say(SAY_CANNOT_VERIFY); /* RFC 5321 section 3.5.3 */
}

/* expn = "EXPN" SP String CRLF                   RFC 5321 section 4.1.1.7
 * Who is behind an alias is not the world's to know (section 7.3). */
static const struct smtp_reply *
run_expn(struct smtp *s, struct cursor *c)
{
    (void)s;
    (void)c;
    return smtp_say(SAY_NOT_IMPLEMENTED);
}

/* quit = "QUIT" CRLF                             RFC 5321 section 4.1.1.10 */
static const struct smtp_reply *
run_quit(struct smtp *s, struct cursor *c)
{
    (void)s;
    return smtp_say(take_end(c) ? SAY_BYE : SAY_NO_ARGUMENT);
}

static const struct smtp_reply *
run_foreign(struct smtp *s, struct cursor *c)
{
    (void)c;
    smtp_event_foreign(s);
    return smtp_say(SAY_WRONG_PROTOCOL);
}

static void
put_help(const struct smtp *s, struct buf *out)
{
    (void)s;
    buf_put_text(out, "HELP");
}
