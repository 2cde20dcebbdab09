/* Every dialogue of tests/dialog/imap, in process. */
#include "imapd-lite/session.h"
#include "net/conn.h"
#include "tests/check.h"
#include "tests/dialog_file.h"
#include "tests/imapd-lite/fake.h"

struct client {
    struct settings settings;
    struct imap_shared shared;
    struct conn *conn;
    struct buf out;
    enum next next;
};

static void
on_open(void *arg, const struct dialog_start *start)
{
    struct client *c = arg;
    bool tls = span_is(span_of(start->listener), "imaps");

    fake_reset(start->mails);
    c->settings.auth.require_tls = start->require_tls;
    c->conn = conn_new_for_test(imap_protocol(), &c->shared, start->listener,
                                tls, &c->out);
    c->next = conn_test_input(c->conn, span_of(""));
}

static void
on_send(void *arg, struct span bytes)
{
    struct client *c = arg;

    c->next = conn_test_input(c->conn, bytes);
    while (fake.ask.due != NULL) {
        fake_answer();
        c->next = conn_test_input(c->conn, span_of(""));
    }
}

static bool
is_closed(void *arg)
{
    const struct client *c = arg;

    return c->next == NEXT_CLOSE;
}

static void
on_close(void *arg)
{
    struct client *c = arg;

    conn_test_free(&c->conn);
    CHECK(!fake.is_in && !fake.delivering, "nothing is left in the store");
}

int
main(void)
{
    static const char *const listeners[] = { "imap", "imaps", NULL };
    struct client c = {
        .settings = { .hostname = "mail.example.org",
                      .limits = { .message_size = 50 << 20,
                                  .login_timeout = 60,
                                  .idle_timeout = 1800 } },
        .shared = { .settings = &c.settings, .has_tls = true },
    };
    const struct dialog_calls calls = {
        .open = on_open,
        .send = on_send,
        .is_closed = is_closed,
        .close = on_close,
        .out = &c.out,
        .login = "S: * OK *\nC: login0 LOGIN %@example.org %-secret\n"
                 "S: login0 OK *",
    };

    log_open("test", LOG_ERROR, LOG_TEXT);
    dialog_run_folder("tests/dialog/imap", listeners, &calls, &c);
    fake_end();
    buf_free(&c.out);
    return check_report();
}
