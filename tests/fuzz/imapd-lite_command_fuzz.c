/*
 * A whole session, before login, behind it, or with a mailbox open, fed with
 * anything in pieces. It must live, hold no more input than it may, leave
 * nothing with the owners, and say BYE before it closes.
 */
#include "imapd-lite/session.h"
#include "net/conn.h"
#include "tests/imapd-lite/fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
    if (!ok)
        abort();
}

static enum next
feed(struct conn *conn, struct span bytes)
{
    enum next next = conn_test_input(conn, bytes);

    while (fake.ask.due != NULL) {
        fake_answer();
        next = conn_test_input(conn, span_of(""));
    }
    return next;
}

/* Others act while it works. */
static void
disturb(unsigned step)
{
    if (!fake.is_in)
        return;
    if (step % 5 == 1)
        fake_deliver("INBOX", "Subject: news\r\n\r\nx\r\n");
    if (step % 5 == 2)
        fake_expunge("INBOX", step);
    if (step % 5 == 3)
        fake_flag("INBOX", step, MAIL_FLAGGED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const starts[] = {
        "",
        "l LOGIN anna@example.org anna-secret\r\n",
        "l LOGIN anna@example.org anna-secret\r\ns SELECT INBOX\r\n",
        "l LOGIN anna@example.org anna-secret\r\ns EXAMINE INBOX\r\n",
    };
    struct settings settings = { .hostname = "mail.example.org",
                                 .limits = { .message_size = 4096,
                                             .login_timeout = 60,
                                             .idle_timeout = 60 } };
    struct imap_shared shared = { .settings = &settings, .has_tls = true };
    struct span rest = span_from(data, size);
    struct buf out = { 0 };
    struct conn *conn;
    enum next next;
    unsigned kind = size == 0 ? 0 : data[0];
    unsigned step = 0;

    log_open("fuzz", LOG_ERROR + 1, LOG_TEXT);
    fake_reset(3);
    conn = conn_new_for_test(imap_protocol(), &shared, "imap", false, &out);
    next = feed(conn, span_of(starts[kind % 4]));
    rest = span_after(rest, 1);
    while (rest.n > 0 && next != NEXT_CLOSE) {
        size_t n = 1 + kind;

        next = feed(conn, span_sub(rest, 0, n));
        rest = span_after(rest, n);
        disturb(++step);
    }
    if (next == NEXT_CLOSE) {
        size_t at;

        must(span_search(buf_span(&out), span_of("* BYE "), &at));
    }
    must(span_ends(buf_span(&out), "\r\n"));
    conn_test_free(&conn);
    must(!fake.is_in && !fake.delivering && fake.ask.due == NULL);
    buf_free(&out);
    return 0;
}
