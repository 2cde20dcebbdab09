/* Every dialogue of tests/dialog/smtp, in process. */
#include "net/conn.h"
#include "smtpd/session.h"
#include "tests/check.h"
#include "tests/dialog_file.h"
#include "tests/smtpd/fake.h"

struct client {
    struct settings settings;
    struct smtp_service service;
    struct conn *conn;
    struct buf out;
    enum next next;
};

static void
on_open(void *arg, const struct dialog_start *start)
{
    struct client *c = arg;
    bool tls = span_is(span_of(start->listener), "submissions");

    fake_reset();
    c->settings.auth.require_tls = start->require_tls;
    c->conn = conn_new_for_test(&smtp_protocol, &c->service, start->listener,
                                tls, &c->out);
    c->next = conn_test_input(c->conn, span_of(""));
}

static void
on_send(void *arg, struct span bytes)
{
    struct client *c = arg;

    c->next = conn_test_input(c->conn, bytes);
    while (fake.due != NULL) {
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
    CHECK(fake.deliveries == 0, "no delivery is left behind");
}

int
main(void)
{
    static const char *const listeners[] = { "smtp", NULL };
    struct client c = {
        .settings = { .hostname = "mail.example.org",
                      .limits = { .message_size = 50 << 20,
                                  .recipients = 100 } },
        .service = { .settings = &c.settings, .has_tls = true },
    };
    const struct dialog_calls calls = {
        .open = on_open,
        .send = on_send,
        .is_closed = is_closed,
        .close = on_close,
        .out = &c.out,
    };

    log_open("test", LOG_ERROR, LOG_TEXT);
    dialog_run_folder("tests/dialog/smtp", listeners, &calls, &c);
    fake_reset();
    buf_free(&c.out);
    return check_report();
}
