/* A front end that was taken over sends authd whatever it likes: authd goes on
 * serving the others. */
#include "auth/sasl.h"
#include "auth/server.h"
#include "auth/wire.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "tests/auth/rig.h"

#include <sys/socket.h>

#define ROUNDS 20000

static const unsigned char key[32] = "a key for the tickets of a test";

struct rig {
    struct settings settings;
    struct loop *loop;
    struct timer *patience;
    struct authd *authd;
    unsigned asked, answered;
    bool is_over;
    enum auth_outcome outcome;
};

static void
on_done(void *arg, struct span body, int fd, const struct error *e)
{
    struct rig *r = arg;

    (void)body;
    (void)fd;
    (void)e;
    r->answered++;
    if (r->is_over && r->answered == r->asked)
        loop_stop(r->loop);
}

static uint32_t
chance(uint64_t *state, uint32_t below)
{
    const struct hash_key any = { 1, 2 };

    *state = hash64(any, span_from(state, sizeof *state));
    return (uint32_t)(*state >> 16) % below;
}

/* Something of the right shape, with few numbers so that they meet. */
static void
make_body(uint64_t *state, struct buf *out)
{
    static const char *const words[] = {
        "PLAIN",
        "LOGIN",
        "SCRAM-SHA-256",
        "",
        "anna",
        "n,,n=anna,r=12345678",
        "c=biws,r=12345678,p=AAAA",
        "postmaster@example.org",
        "192.0.2.1",
        "@",
    };
    const size_t n = sizeof words / sizeof *words;
    struct auth_wire_begin b = {
        .exchange = chance(state, 8),
        .tls = chance(state, 4) > 0,
        .session = span_of(words[chance(state, n)]),
        .peer = span_of(words[chance(state, n)]),
        .mechanism = span_of(words[chance(state, 3)]),
        .has_initial = chance(state, 2) > 0,
        .initial = span_of(words[chance(state, n)]),
    };
    struct auth_wire_pair p = { b.initial, b.session };

    switch (chance(state, 4)) {
    case 0:
    case 1:
        auth_wire_put_begin(out, &b);
        break;
    case 2:
        auth_wire_put_step(out,
                           &(struct auth_wire_step){ b.exchange, b.initial });
        break;
    default:
        auth_wire_put_pair(out, &p);
    }
    if (chance(state, 4) == 0 && out->n > 0)
        out->p[chance(state, (uint32_t)out->n)] ^= (char)chance(state, 256);
    if (chance(state, 8) == 0)
        out->n = chance(state, (uint32_t)out->n + 1);
}

static void
attack(struct rig *r, struct ipc_client *line)
{
    const struct ipc_answer answer = { NULL, on_done };
    uint64_t state = 42;
    struct buf body = { 0 };

    for (int i = 0; i < ROUNDS; i++) {
        uint16_t op = (uint16_t)chance(&state, AUTH_OPS + 2);

        buf_clear(&body);
        make_body(&state, &body);
        r->asked++;
        ipc_request(line, op, buf_span(&body), -1, &answer, r);
        if (i % 64 != 63)
            continue;
        r->is_over = true;
        if (r->answered < r->asked)
            loop_run(r->loop);
        r->is_over = false;
    }
    buf_free(&body);
}

static void
on_result(void *arg, const struct auth_result *result)
{
    struct rig *r = arg;

    r->outcome = result->outcome;
    loop_stop(r->loop);
}

static void
on_added(void *arg, const struct error *e)
{
    struct rig *r = arg;

    CHECK(e == NULL, "anna is added");
    loop_stop(r->loop);
}

static int
serve(struct rig *r, const char *service)
{
    struct error e = { 0 };
    int ends[2] = { -1, -1 };

    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                     ends) == 0 &&
              authd_serve(r->authd, ends[0], span_of(service), &e),
          "%s", e.text);
    return ends[1];
}

static void
out_of_patience(void *arg)
{
    (void)arg;
    die("no answer within 60 seconds");
}

static void
check_attack(struct rig *r)
{
    const struct auth_who who = { "s", "203.0.113.1", true };
    struct auth *admin = auth_client_on_fd(r->loop, serve(r, "admin"));
    struct auth *imap = auth_client_on_fd(r->loop, serve(r, "imap"));
    struct ipc_client *line =
        ipc_client_on_fd(r->loop, serve(r, "pop3"),
                         &(struct ipc_client_calls){ 0 }, r, auth_ops);

    timer_start(r->patience, 60000);
    auth_user_add(admin, span_of("anna"), span_of(RIG_PASSWORD), on_added, r);
    loop_run(r->loop);
    attack(r, line);
    CHECK(r->answered >= ROUNDS / 64 * 64, "%u of %u were answered",
          r->answered, r->asked);
    auth_password(imap, &who, span_of("anna"), span_of(RIG_PASSWORD), on_result,
                  r);
    loop_run(r->loop);
    CHECK(r->outcome == AUTH_OK, "the others are served: %s",
          auth_outcome_name(r->outcome));
    ipc_client_free(&line);
    auth_client_free(&imap);
    auth_client_free(&admin);
}

int
main(void)
{
    struct rig r = { .settings = rig_settings(), .loop = loop_new() };
    struct authd_options o = { &r.settings, key, 2 };
    struct error e = { 0 };

    log_open("hostile_test", LOG_ERROR, LOG_TEXT);
    r.patience = timer_new(r.loop, out_of_patience, NULL);
    CHECK(sasl_library_start(&e) && authd_new(&r.authd, r.loop, &o, &e), "%s",
          e.text);
    check_attack(&r);
    authd_free(&r.authd);
    timer_free(&r.patience);
    loop_free(&r.loop);
    sasl_library_stop();
    return check_report();
}
