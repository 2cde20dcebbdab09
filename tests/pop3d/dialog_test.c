/* Every dialogue of tests/dialog/pop3, in process. */
#include "net/conn.h"
#include "pop3d/session.h"
#include "tests/check.h"
#include "tests/dialog_file.h"
#include "tests/pop3d/fake.h"

struct client {
    struct settings settings;
    struct pop3_service service;
    struct conn *conn;
    struct buf out;
    enum next next;
};

static void
on_open(void *arg, const struct dialog_start *start)
{
    struct client *c = arg;
    bool tls = span_is(span_of(start->listener), "pop3s");

    fake_reset();
    fake.mails = start->mails;
    c->settings.auth.require_tls = start->require_tls;
    c->conn = conn_new_for_test(&pop3_protocol, &c->service, start->listener,
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
    CHECK(!fake.is_in, "the store's session is ended");
}

int
main(void)
{
    static const char *const listeners[] = { "pop3", "pop3s", NULL };
    struct client c = {
        .settings = { .hostname = "mail.example.org",
                      .limits.login_timeout = 60 },
        .service = { .settings = &c.settings, .has_tls = true },
    };
    const struct dialog_calls calls = {
        .open = on_open,
        .send = on_send,
        .is_closed = is_closed,
        .close = on_close,
        .out = &c.out,
        .login = "S: +OK *\nC: USER %@example.org\nS: +OK *\n"
                 "C: PASS %-secret\nS: +OK *",
    };

    log_open("test", LOG_ERROR, LOG_TEXT);
    dialog_run_folder("tests/dialog/pop3", listeners, &calls, &c);
    fake_reset();
    buf_free(&c.out);
    return check_report();
}
