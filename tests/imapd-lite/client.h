/* A client of one session in process, with the stand-ins of fake.h. Included by
 * one .c file of a program. */
#ifndef TESTS_IMAPD_LITE_CLIENT_H
#define TESTS_IMAPD_LITE_CLIENT_H

#include "imapd-lite/session.h"
#include "net/conn.h"
#include "tests/check.h"
#include "tests/imapd-lite/fake.h"

#define LOGIN  "l LOGIN anna@example.org anna-secret\r\n"
#define SELECT "s SELECT INBOX\r\n"

struct client {
    struct settings settings;
    struct imap_shared shared;
    struct conn *conn;
    struct buf out;
    enum next next;
};

/* All that is to come from authd and mailstored comes. */
static inline void
settle(struct client *c)
{
    c->next = conn_test_input(c->conn, span_of(""));
    while (fake.ask.due != NULL) {
        fake_answer();
        c->next = conn_test_input(c->conn, span_of(""));
    }
}

static inline void
say_bytes(struct client *c, struct span bytes)
{
    buf_clear(&c->out);
    c->next = conn_test_input(c->conn, bytes);
    settle(c);
}

static inline void
say(struct client *c, const char *text)
{
    say_bytes(c, span_of(text));
}

static inline void
hear(const struct client *c, const char *text, const char *why)
{
    CHECK(span_is(buf_span(&c->out), text), "%s: heard \"%.*s\"", why,
          SPAN(buf_span(&c->out)));
}

static inline bool
heard_start(const struct client *c, const char *start)
{
    return span_starts(buf_span(&c->out), start);
}

static inline bool
heard(const struct client *c, const char *part)
{
    size_t at;

    return span_search(buf_span(&c->out), span_of(part), &at);
}

static inline void
connect_to(struct client *c, unsigned mails)
{
    fake_reset(mails);
    *c = (struct client){
        .settings = { .hostname = "mail.example.org",
                      .limits = { .message_size = 1 << 20,
                                  .login_timeout = 60,
                                  .idle_timeout = 1800 } },
    };
    c->shared.settings = &c->settings;
    c->shared.has_tls = true;
    c->conn =
        conn_new_for_test(imap_protocol(), &c->shared, "imap", false, &c->out);
}

static inline void
connect_and_select(struct client *c, unsigned mails)
{
    connect_to(c, mails);
    say(c, LOGIN SELECT);
    CHECK(heard(c, "s OK [READ-WRITE]"), "selected");
}

static inline void
hang_up(struct client *c)
{
    conn_test_free(&c->conn);
    CHECK(!fake.is_in && !fake.delivering && fake.ask.due == NULL,
          "nothing is left with the owners");
    buf_free(&c->out);
}

#endif
