/* What stands at the end of a command: pending news, and the tagged line. */
#include "imapd-lite/command.h"
#include "imapd-lite/events.h"

/* RFC 5530 section 3. */
/* clang-format off */
static const struct imap_reply replies[FAIL_KINDS] = {
    [FAIL_NOT_FOUND]   = { "NONEXISTENT",   "It does not exist" },
    [FAIL_EXISTS]      = { "ALREADYEXISTS", "The name is taken" },
    [FAIL_DENIED]      = { "NOPERM",        "This is not permitted" },
    [FAIL_INVALID]     = { "CANNOT",        "This cannot be done" },
    [FAIL_LIMIT]       = { "LIMIT",         "A limit of this server is reached" },
    [FAIL_FULL]        = { "OVERQUOTA",     "There is no room for more mail" },
    [FAIL_BUSY]        = { "INUSE",         "It is in use, try again" },
    [FAIL_IO]          = { "UNAVAILABLE",   "The server has a problem, try again" },
    [FAIL_CORRUPT]     = { "CORRUPTION",    "The stored mail is damaged" },
    [FAIL_UNAVAILABLE] = { "UNAVAILABLE",   "The mail store is away, try again" },
    [FAIL_QUOTA]       = { "OVERQUOTA",     "The account is over its quota" },
    [FAIL_OVERSIZE]    = { "OVERQUOTA",     "It is larger than the whole quota" },
};
/* clang-format on */

const struct imap_reply *
imap_reply_for(enum fail kind)
{
    static const struct imap_reply unknown = { "UNAVAILABLE", "Try again" };

    if (kind <= 0 || kind >= FAIL_KINDS || replies[kind].code == NULL)
        return &unknown;
    return &replies[kind];
}

static unsigned
report_bits(const struct imap *s)
{
    unsigned bits = s->run.uid ? REPORT_UID : 0;

    if (s->run.uid || (s->run.row->flags & ROW_KEEPS_SEQ) == 0)
        bits |= REPORT_EXPUNGE;
    return bits;
}

enum run
imap_report_news(struct imap *s, struct error *e)
{
    bool more = s->state == IMAP_SELECTED && s->run.row != NULL &&
                (s->run.row->flags & ROW_SILENT) == 0;

    (void)e;
    while (more && !s->mailbox_gone) {
        if (imap_is_full(s))
            return imap_wait(s, IMAP_FOR_DRAIN, imap_report_news);
        more = !imap_view_report(s->view, report_bits(s), &s->out);
        imap_flush(s);
    }
    return s->run.outcome;
}

static void
put_code(struct buf *out, const char *code)
{
    if (code != NULL && code[0] != '\0')
        buf_printf(out, "[%s] ", code);
}

static const char *
name_of(const struct imap *s)
{
    return s->run.row == NULL ? "Command" : s->run.row->name;
}

static void
put_ok(const struct imap *s, struct buf *out)
{
    buf_put_text(out, "OK ");
    put_code(out, s->run.code);
    if (s->run.text != NULL)
        buf_put_text(out, s->run.text);
    else
        buf_printf(out, "%s%s completed", s->run.uid ? "UID " : "", name_of(s));
}

static void
put_no(const struct imap *s, struct buf *out)
{
    const struct imap_reply *usual = imap_reply_for(s->run.error.kind);

    buf_put_text(out, "NO ");
    put_code(out, s->run.code != NULL ? s->run.code : usual->code);
    buf_put_text(out, s->run.text != NULL ? s->run.text : usual->text);
}

static void
put_bad(const struct imap *s, struct buf *out)
{
    buf_put_text(out, "BAD ");
    put_code(out, s->run.code);
    if (s->run.text != NULL)
        buf_put_text(out, s->run.text);
    else
        buf_printf(out, "%s: expected %s", name_of(s),
                   s->run.want != NULL ? s->run.want : "something else");
}

void
imap_put_tagged(struct imap *s)
{
    struct buf *out = &s->out;

    if (s->run.tag.n == 0)
        buf_put_ch(out, '*');
    buf_put(out, s->run.tag);
    buf_put_ch(out, ' ');
    if (s->run.outcome == RUN_OK)
        put_ok(s, out);
    else if (s->run.outcome == RUN_NO)
        put_no(s, out);
    else
        put_bad(s, out);
    buf_put_text(out, "\r\n");
    imap_flush(s);
    if (s->run.outcome == RUN_NO)
        imap_event_refused(s);
}
