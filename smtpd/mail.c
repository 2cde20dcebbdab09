#include "smtpd/mail.h"

#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "smtpd/events.h"
#include "smtpd/limits.h"
#include "smtpd/parameters.h"

#include <stdlib.h>

void
smtp_mail_clear(struct smtp *s)
{
    free(s->mail.targets);
    buf_free(&s->mail.asked);
    arena_clear(&s->mail.arena);
    s->mail = (struct smtp_mail){ 0 };
}

/* Other servers may; our own users after they said who they are, and that in
 * clear only where the owner allows it (RFC 6409 section 4.3). */
const struct smtp_reply *
smtp_may_mail(const struct smtp *s)
{
    if (s->port == SMTP_PORT_RELAY || s->user.n > 0)
        return NULL;
    if (!conn_is_tls(s->conn) && s->service->settings->auth.require_tls)
        return smtp_say(SAY_NEED_TLS);
    return smtp_say(SAY_NEED_AUTH);
}

static void
put_address(const struct mail_path *p, struct buf *out)
{
    buf_put(out, p->local);
    if (p->domain.n == 0)
        return;
    buf_put_ch(out, '@');
    buf_put(out, p->domain);
}

/* authd said whether this user may use that sender. */
static void
sender_known(void *arg, const struct auth_resolved *r)
{
    struct smtp *s = arg;

    s->request = 0;
    if (r->what == AUTH_LOCAL) {
        smtp_enter(s, SMTP_SENDER);
        smtp_resume(s, smtp_say(SAY_SENDER_OK));
        return;
    }
    smtp_event_sender_refused(s);
    smtp_enter(s, SMTP_READY);
    smtp_resume(s, smtp_say(r->what == AUTH_UNDECIDED ? SAY_TRY_LATER
                                                      : SAY_NOT_YOUR_SENDER));
}

/* RFC 6409 section 6.1: a user sends as an address of its own. */
static const struct smtp_reply *
ask_for_sender(struct smtp *s, const struct mail_path *path)
{
    struct buf canonical = { 0 };
    bool possible = mail_path_canonical(path, &canonical);

    if (possible)
        s->request = auth_may_send_as(s->service->auth, buf_span(&s->user),
                                      buf_span(&canonical), sender_known, s);
    buf_free(&canonical);
    if (possible)
        return smtp_wait(s);
    smtp_event_sender_refused(s);
    smtp_enter(s, SMTP_READY);
    return smtp_say(SAY_NOT_YOUR_SENDER);
}

/*
 * mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
 *                                             RFC 5321 section 4.1.1.2
 *
 * No space stands on either side of the colon (section 4.1.1.2 says so).
 */
const struct smtp_reply *
smtp_run_mail(struct smtp *s, struct cursor *c)
{
    const struct smtp_reply *refusal;
    struct buf from = { 0 };
    struct mail_path path;

    if (!take(c, ' ') || !take_nocase(c, "FROM:") ||
        !take_reverse_path(c, false, &path))
        return smtp_say(SAY_BAD_SYNTAX);
    refusal = smtp_take_mail_parameters(s, c);
    if (refusal != NULL) {
        smtp_mail_clear(s);
        return refusal;
    }
    put_address(&path, &from);
    s->mail.from = arena_copy(&s->mail.arena, buf_span(&from));
    buf_free(&from);
    if (s->user.n > 0 && path.local.n > 0)
        return ask_for_sender(s, &path);
    smtp_enter(s, SMTP_SENDER);
    return smtp_say(SAY_SENDER_OK);
}

/* anna+Archive@... goes to the mailbox of that name. The store falls back to
 * INBOX where there is none; what cannot be a name goes there at once. */
static struct span
mailbox_of(struct arena *a, struct span detail)
{
    struct buf name = { 0 };
    struct span kept = { 0 };

    if (mailbox_name_is_valid(detail)) {
        mailbox_name_canonical(detail, &name);
        if (!span_is(buf_span(&name), "INBOX"))
            kept = arena_copy(a, buf_span(&name));
        buf_free(&name);
    }
    return kept;
}

static bool
has_target(const struct smtp_mail *m, struct span user, struct span mailbox)
{
    for (size_t i = 0; i < m->target_count; i++)
        if (span_eq(m->targets[i].user, user) &&
            span_eq(m->targets[i].mailbox, mailbox))
            return true;
    return false;
}

bool
smtp_mail_add_targets(struct smtp_mail *m, const struct auth_target *t,
                      size_t count)
{
    if (count > SMTP_TARGETS_MAX - m->target_count)
        return false;
    if (m->target_room < m->target_count + count) {
        m->target_room = m->target_count + count;
        m->targets = mem_grow(m->targets, m->target_room * sizeof *m->targets);
    }
    for (size_t i = 0; i < count; i++) {
        struct span mailbox = mailbox_of(&m->arena, t[i].detail);

        if (!has_target(m, t[i].user, mailbox))
            m->targets[m->target_count++] =
                (struct store_recipient){ arena_copy(&m->arena, t[i].user),
                                          mailbox };
    }
    return true;
}

/* What authd found, as the reply to RCPT; NULL: it is accepted. There is no
 * outbound queue, so a domain that is not ours is relaying on every port. */
static const struct smtp_reply *
refusal_of(struct smtp *s, const struct auth_resolved *r)
{
    switch (r->what) {
    case AUTH_NOT_OURS:
        return smtp_say(SAY_NO_RELAY);
    case AUTH_UNKNOWN:
        return smtp_say(SAY_NO_SUCH_USER);
    case AUTH_UNDECIDED:
        return smtp_say(SAY_TRY_LATER);
    case AUTH_LOCAL:
        break;
    }
    if (r->count == 0)
        return smtp_say(SAY_NO_SUCH_USER);
    if (!smtp_mail_add_targets(&s->mail, r->targets, r->count))
        return smtp_say(SAY_TOO_MANY_RECIPIENTS);
    return NULL;
}

static void
refuse_recipient(struct smtp *s, const struct smtp_reply *refusal)
{
    smtp_event_recipient_refused(s, refusal);
    smtp_resume(s, refusal);
}

/* Whether there is room is known; what else the store has to say, it says at
 * DATA. A full mailbox is answered here and not with a bounce later. */
static void
room_known(void *arg, const struct error *e)
{
    struct smtp *s = arg;

    s->check = 0;
    if (e != NULL && (e->kind == FAIL_QUOTA || e->kind == FAIL_OVERSIZE)) {
        s->mail.target_count = s->mail.targets_before;
        refuse_recipient(s, smtp_reply_for(e));
        return;
    }
    s->mail.addresses++;
    s->mail.to = arena_copy(&s->mail.arena, buf_span(&s->mail.asked));
    smtp_enter(s, SMTP_RCPTS);
    smtp_resume(s, smtp_say(SAY_RECIPIENT_OK));
}

static void
recipient_known(void *arg, const struct auth_resolved *r)
{
    struct smtp *s = arg;
    struct smtp_mail *m = &s->mail;
    const struct smtp_reply *refusal;

    m->targets_before = m->target_count;
    refusal = refusal_of(s, r);
    s->request = 0;
    if (refusal != NULL)
        refuse_recipient(s, refusal);
    else if (m->target_count == m->targets_before)
        room_known(s, NULL); /* it gets the message already */
    else
        s->check = store_check_quota(
            s->service->store, m->size, m->targets + m->targets_before,
            m->target_count - m->targets_before, room_known, s);
}

/*
 * rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" /
 *        Forward-path ) [SP Rcpt-parameters] CRLF
 *                                             RFC 5321 section 4.1.1.3
 */
const struct smtp_reply *
smtp_run_rcpt(struct smtp *s, struct cursor *c)
{
    const struct smtp_reply *refusal;
    struct buf canonical = { 0 };
    struct mail_path path;

    if (!take(c, ' ') || !take_nocase(c, "TO:") ||
        !take_forward_path(c, false, &path))
        return smtp_say(SAY_BAD_SYNTAX);
    refusal = smtp_take_rcpt_parameters(s, c);
    if (refusal != NULL)
        return refusal;
    if (s->mail.addresses >= s->service->settings->limits.recipients)
        return smtp_say(SAY_TOO_MANY_RECIPIENTS);
    buf_clear(&s->mail.asked);
    put_address(&path, &s->mail.asked);
    if (!mail_path_canonical(&path, &canonical)) {
        buf_free(&canonical);
        smtp_event_recipient_refused(s, smtp_say(SAY_NO_SUCH_USER));
        return smtp_say(SAY_NO_SUCH_USER);
    }
    s->request = auth_resolve(s->service->auth, buf_span(&canonical),
                              recipient_known, s);
    buf_free(&canonical);
    return smtp_wait(s);
}
