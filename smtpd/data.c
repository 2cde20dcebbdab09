/*
 *  DATA --> store_delivery_begin --> begun(): 354, TEXT
 *
 *  TEXT:  bytes --> dot_decode --> put_text() --> unwritten --> put_out()
 *                                    size, hops                  file, summary
 *
 *  end --> store_delivery_commit --> committed(): 250
 *
 *  D1  354 is said only when there is a file to write into.
 *  D2  250 is said only after the store has answered the commit: from then on we
 *      are responsible (RFC 5321 section 6.1).
 *  D3  What is wrong with a message is said once, at its end; from the moment it
 *      is known the delivery is gone and the rest is read for its end only.
 *  D4  A connection that ends before the end of the text delivers nothing
 *      (RFC 5321 section 4.1.1.4).
 */
#include "smtpd/data.h"

#include "base/clock.h"
#include "base/fs.h"
#include "smtpd/events.h"
#include "smtpd/limits.h"
#include "smtpd/trace.h"
#include "smtpd/verbs.h"

/* Let go of what was to become the message; what was written vanishes. */
static void
drop_delivery(struct smtp_text *t)
{
    store_delivery_abort(&t->delivery);
    summary_abort(&t->summary);
    buf_free(&t->unwritten);
    t->fd = -1;
}

/* The message is refused; its end is still to come (D3). */
static void
refuse(struct smtp *s, const struct smtp_reply *r)
{
    drop_delivery(&s->text);
    s->text.refusal = r;
}

void
smtp_data_clear(struct smtp *s)
{
    drop_delivery(&s->text);
    s->text = (struct smtp_text){ .fd = -1 };
}

/* Hand what has gathered to the file and to the summary. */
static void
put_out(struct smtp *s)
{
    struct smtp_text *t = &s->text;
    struct span bytes = buf_span(&t->unwritten);
    struct error e;

    if (!fs_write(t->fd, bytes, &e)) {
        smtp_event_store_failed(s, "write", &e);
        refuse(s, smtp_reply_for(&e));
        return;
    }
    summary_feed(t->summary, bytes);
    t->written += bytes.n;
    buf_clear(&t->unwritten);
}

/* A run of decoded text. The size counts what the client sent, without the
 * doubled dots and without our trace (RFC 1870 section 5). */
static void
put_text(void *to, struct span run)
{
    struct smtp *s = to;
    struct smtp_text *t = &s->text;

    if (t->refusal != NULL)
        return;
    t->received += run.n;
    smtp_hops_feed(&t->hops, run);
    if (t->received > s->service->settings->limits.message_size) {
        refuse(s, smtp_say(SAY_TOO_BIG)); /* RFC 1870 section 6.3 */
        return;
    }
    if (t->hops.count > SMTP_RECEIVED_MAX) {
        refuse(s, smtp_say(SAY_LOOP));
        return;
    }
    buf_put(&t->unwritten, run);
    if (t->unwritten.n >= SMTP_WRITE_SIZE)
        put_out(s);
}

static void
put_trace(struct smtp *s)
{
    bool tls = conn_is_tls(s->conn);
    struct smtp_trace trace = {
        .from = s->mail.from,
        .client = buf_span(&s->client),
        .peer = conn_peer(s->conn),
        .hostname = s->service->settings->hostname,
        .tls_version = tls ? conn_tls_version(s->conn) : NULL,
        .tls_cipher = tls ? conn_tls_cipher(s->conn) : NULL,
        .extended = s->extended,
        .authenticated = s->user.n > 0,
        .id = s->mail.id,
        .to = s->mail.addresses == 1 ? s->mail.to : (struct span){ 0 },
        .date = clock_seconds(),
    };

    smtp_trace_put(&trace, &s->text.unwritten);
}

/* The store has a file for us, or has none (D1). */
static void
begun(void *arg, int fd, const struct error *e)
{
    struct smtp *s = arg;

    if (e != NULL) {
        smtp_event_store_failed(s, "begin", e);
        drop_delivery(&s->text);
        smtp_resume(s, smtp_reply_for(e));
        return;
    }
    s->text.fd = fd;
    s->text.summary = summary_begin();
    s->mail.id = span_of(
        arena_printf(&s->mail.arena, "%s-%u", conn_id(s->conn), ++s->texts));
    put_trace(s);
    smtp_enter(s, SMTP_TEXT);
    smtp_resume(s, smtp_say(SAY_START_TEXT));
}

/* data = "DATA" CRLF                          RFC 5321 section 4.1.1.4 */
const struct smtp_reply *
smtp_run_data(struct smtp *s, struct cursor *c)
{
    if (!take_end(c))
        return smtp_say(SAY_NO_ARGUMENT);
    s->text.delivery =
        store_delivery_begin(s->service->store, s->mail.size, begun, s);
    return smtp_wait(s);
}

/* The store has answered the commit: the message is safe, or nowhere (D2). */
static void
committed(void *arg, uint32_t uid_validity, uint32_t uid, const struct error *e)
{
    struct smtp *s = arg;
    const struct smtp_reply *r;

    (void)uid_validity;
    if (e != NULL) {
        smtp_event_store_failed(s, "commit", e);
        r = smtp_reply_for(e);
    } else {
        struct buf text = { 0 };

        smtp_event_accepted(s, uid);
        s->messages++;
        s->errors = 0;
        buf_printf(&text, "Accepted as %.*s", SPAN(s->mail.id));
        r = smtp_say_text(&s->command, SAY_ACCEPTED, buf_span(&text));
        buf_free(&text);
    }
    smtp_enter(s, SMTP_READY);
    smtp_resume(s, r);
}

static void
commit(struct smtp *s)
{
    struct smtp_text *t = &s->text;
    struct buf blob = { 0 };
    struct store_new message = {
        .size = t->written,
        .date = clock_seconds(),
        .session = conn_id(s->conn),
        .peer = conn_peer(s->conn),
        .tls = conn_tls_version(s->conn),
    };

    summary_finish(&t->summary, &blob);
    message.summary = buf_span(&blob);
    smtp_wait(s);
    store_delivery_commit(t->delivery, &message, s->mail.targets,
                          s->mail.target_count, committed, s);
    buf_free(&blob);
}

/* RFC 5321 section 4.1.1.4: one reply for the whole text, and the transaction is
 * over whatever it says. */
static void
end_text(struct smtp *s)
{
    const struct smtp_reply *refusal;

    if (s->text.refusal == NULL)
        put_out(s);
    refusal = s->text.refusal;
    if (refusal == NULL) {
        commit(s);
        return;
    }
    smtp_event_refused(s, refusal);
    smtp_enter(s, SMTP_READY);
    smtp_answer(s, refusal);
}

bool
smtp_data_run(struct smtp *s, struct span *in)
{
    if (in->n == 0)
        return false;
    switch (dot_decode(&s->text.dot, in, put_text, s)) {
    case DOT_MORE:
        return false;
    case DOT_BARE_EOL:
        /* RFC 5321 section 2.3.8; what stands behind it may be meant for a
         * server that ends the message there. */
        if (s->text.refusal == NULL)
            refuse(s, smtp_say(SAY_BARE_EOL));
        return true;
    case DOT_END:
        break;
    }
    end_text(s);
    return true;
}
