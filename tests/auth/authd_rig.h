/*
 * authd and its clients in one process, over socket pairs, and the last
 * answers. For the tests of what a front end and the command line see.
 */
#ifndef TESTS_AUTH_AUTHD_RIG_H
#define TESTS_AUTH_AUTHD_RIG_H

#include "auth/client.h"
#include "auth/sasl.h"
#include "auth/server.h"
#include "tests/auth/rig.h"

#include <sys/socket.h>

static const unsigned char rig_key[32] = "a key for the tickets of a test";

struct rig {
    struct settings settings;
    struct loop *loop;
    struct timer *patience;
    struct authd *authd;
    struct auth *admin, *imap, *smtp;
    /* the last answers */
    unsigned pending;
    enum auth_outcome outcome;
    bool hang_up;
    struct buf challenge, user, ticket;
    struct error e;
    struct buf rows;
    enum auth_address what;
};

static const struct auth_who over_tls = { "7f3a", "192.0.2.1", true };

static inline void
out_of_patience(void *arg)
{
    (void)arg;
    die("no answer within 20 seconds");
}

/* Until every answer that is waited for has come. */
static inline void
wait_for(struct rig *r)
{
    timer_start(r->patience, 20000);
    if (r->pending > 0)
        loop_run(r->loop);
    timer_stop(r->patience);
}

static inline void
one_came(struct rig *r)
{
    if (--r->pending == 0)
        loop_stop(r->loop);
}

static inline void
keep(struct buf *b, struct span s)
{
    buf_clear(b);
    buf_put(b, s);
}

static inline void
on_result(void *arg, const struct auth_result *result)
{
    struct rig *r = arg;

    r->outcome = result->outcome;
    r->hang_up = result->hang_up;
    keep(&r->challenge, result->challenge);
    keep(&r->user, result->user);
    keep(&r->ticket, result->ticket);
    one_came(r);
}

static inline void
on_done(void *arg, const struct error *e)
{
    struct rig *r = arg;

    r->e = (struct error){ 0 };
    if (e != NULL)
        r->e = *e;
    one_came(r);
}

static inline void
on_row(void *arg, const struct auth_row *row)
{
    struct rig *r = arg;

    buf_printf(&r->rows, "%.*s>%.*s ", SPAN(row->name), SPAN(row->detail));
}

static inline void
on_resolved(void *arg, const struct auth_resolved *answer)
{
    struct rig *r = arg;

    r->what = answer->what;
    buf_clear(&r->rows);
    for (size_t i = 0; i < answer->count; i++)
        buf_printf(&r->rows, "%.*s:%.*s ", SPAN(answer->targets[i].user),
                   SPAN(answer->targets[i].detail));
    one_came(r);
}

static inline struct auth *
connect_as(struct rig *r, const char *service)
{
    int ends[2];
    struct error e = { 0 };

    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                     ends) == 0,
          "a pair");
    CHECK(authd_serve(r->authd, ends[0], span_of(service), &e), "%s", e.text);
    return auth_client_on_fd(r->loop, ends[1]);
}

static inline void
start(struct rig *r)
{
    struct authd_options o = { &r->settings, rig_key, 2 };
    struct error e = { 0 };

    CHECK(authd_new(&r->authd, r->loop, &o, &e), "%s", e.text);
    r->admin = connect_as(r, "admin");
    r->imap = connect_as(r, "imap");
    r->smtp = connect_as(r, "smtp");
}

static inline void
stop(struct rig *r)
{
    auth_client_free(&r->admin);
    auth_client_free(&r->imap);
    auth_client_free(&r->smtp);
    authd_free(&r->authd);
}

typedef void pair_fn(struct auth *a, struct span first, struct span second,
                     auth_done_fn *done, void *arg);

static inline void
change(struct rig *r, pair_fn *fn, const char *first, const char *second,
       int kind)
{
    r->pending = 1;
    fn(r->admin, span_of(first), span_of(second), on_done, r);
    wait_for(r);
    CHECK((int)r->e.kind == kind, "%s, %s: %s (%s)", first, second,
          r->e.kind == 0 ? "done" : fail_name(r->e.kind), r->e.text);
}

static inline void
rig_open(struct rig *r)
{
    struct error e = { 0 };

    r->settings = rig_settings();
    r->loop = loop_new();
    r->patience = timer_new(r->loop, out_of_patience, NULL);
    CHECK(sasl_library_start(&e), "%s", e.text);
    start(r);
}

static inline void
rig_close(struct rig *r)
{
    stop(r);
    timer_free(&r->patience);
    loop_free(&r->loop);
    sasl_library_stop();
    buf_free(&r->challenge);
    buf_free(&r->user);
    buf_free(&r->ticket);
    buf_free(&r->rows);
}

#endif
