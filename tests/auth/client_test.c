/* What a front end sees: logging in, looking up, and authd going away. */
#include "auth/ticket.h"
#include "base/clock.h"
#include "tests/auth/authd_rig.h"

/* --- logging in ------------------------------------------------------------------ */

static struct auth_exchange *
begin(struct rig *r, const char *mechanism, struct span initial)
{
    struct auth_exchange *x;

    r->pending = 1;
    x = auth_exchange_begin(r->imap, &over_tls, span_of(mechanism), initial,
                            on_result, r);
    wait_for(r);
    return x;
}

static void
line(struct rig *r, struct auth_exchange *x, struct span text)
{
    r->pending = 1;
    auth_exchange_line(x, text);
    wait_for(r);
}

/* clang-format off */
static const struct {
    const char *why, *mechanism, *initial;
    enum auth_outcome outcome;
} begins[] = {
    { "right",                         "PLAIN",  "AGFubmEAZmVybi1sYW1wLW90dGVyLTgx", AUTH_OK },
    { "wrong",                         "PLAIN",  "AGFubmEAd3Jvbmc=",                 AUTH_FAILED },
    { "no padding",                    "PLAIN",  "AGFubmEAd3Jvbmc",                  AUTH_BAD_BASE64 },
    { "a blank",                       "PLAIN",  "AGFubmEAd3J vbmc=",                AUTH_BAD_BASE64 },
    { "text after the padding",        "PLAIN",  "AGFubmEAd3Jvbmc=AAAA",             AUTH_BAD_BASE64 },
    { "padding alone",                 "PLAIN",  "====",                             AUTH_BAD_BASE64 },
    { "the URL alphabet",              "PLAIN",  "AGFubmEAd3Jvbm-_",                 AUTH_BAD_BASE64 },
    { "an empty word",                 "PLAIN",  "",                                 AUTH_BAD_BASE64 },
    { "an asterisk is no response",    "PLAIN",  "*",                                AUTH_BAD_BASE64 },
    { "\"=\": empty, not absent",      "PLAIN",  "=",                                AUTH_BAD_PROTOCOL },
    { "unknown",                       "CRAM-MD5", NULL,                             AUTH_NO_MECH },
    { "with binding: not offered",     "SCRAM-SHA-256-PLUS", NULL,                   AUTH_NO_MECH },
    { "longer than any name",          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL, AUTH_NO_MECH },
    { "absent: a challenge",           "PLAIN",  NULL,                               AUTH_CONTINUE },
};
/* clang-format on */

static void
check_begins(struct rig *r)
{
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        const char *initial = begins[i].initial;
        struct auth_exchange *x =
            begin(r, begins[i].mechanism,
                  initial == NULL ? (struct span){ 0 } : span_of(initial));

        CHECK(r->outcome == begins[i].outcome, "%s: %s", begins[i].why,
              auth_outcome_name(r->outcome));
        if (r->outcome == AUTH_CONTINUE)
            auth_exchange_abort(&x);
    }
}

static void
check_ticket(struct rig *r)
{
    struct span user;

    begin(r, "PLAIN", span_of("AGFubmEAZmVybi1sYW1wLW90dGVyLTgx"));
    CHECK(span_is(buf_span(&r->user), "anna@example.org"), "who: %s",
          buf_text(&r->user));
    CHECK(ticket_check(rig_key, buf_span(&r->ticket), span_of("imap"),
                       clock_seconds(), &user),
          "a ticket for this service");
    CHECK(span_is(user, "anna@example.org"), "for anna");
    CHECK(!ticket_check(rig_key, buf_span(&r->ticket), span_of("admin"),
                        clock_seconds(), &user),
          "for this service only");
}

static void
check_lines(struct rig *r)
{
    struct auth_exchange *x = begin(r, "PLAIN", (struct span){ 0 });

    CHECK(r->outcome == AUTH_CONTINUE && r->challenge.n == 0, "your turn");
    line(r, x, span_of("*"));
    CHECK(r->outcome == AUTH_CANCELLED, "RFC 4954 section 4: \"*\" cancels");
    x = begin(r, "PLAIN", (struct span){ 0 });
    line(r, x, span_of("AGFubmEAd3Jvbmc"));
    CHECK(r->outcome == AUTH_BAD_BASE64, "strict here too");
    x = begin(r, "PLAIN", (struct span){ 0 });
    line(r, x, span_of("="));
    CHECK(r->outcome == AUTH_BAD_BASE64, "\"=\" is for initial responses only");
    x = begin(r, "PLAIN", (struct span){ 0 });
    line(r, x, span_of(""));
    CHECK(r->outcome == AUTH_BAD_PROTOCOL, "an empty line is an empty message");
    x = begin(r, "LOGIN", (struct span){ 0 });
    CHECK(span_is(buf_span(&r->challenge), "VXNlcm5hbWU6") ||
              span_is(buf_span(&r->challenge), "VXNlciBOYW1lAA=="),
          "a name please: %s", buf_text(&r->challenge));
    line(r, x, span_of("YW5uYQ=="));
    line(r, x, span_of("ZmVybi1sYW1wLW90dGVyLTgx"));
    CHECK(r->outcome == AUTH_OK, "LOGIN: %s", auth_outcome_name(r->outcome));
}

static void
check_scram(struct rig *r, const char *password, enum auth_outcome expected)
{
    struct rig_scram c = { .user = "anna", .password = password, .gs2 = "n,," };
    struct buf message = { 0 }, text = { 0 };
    struct auth_exchange *x;

    rig_scram_first(&c, "rOprNGfwEbeRWgbNEkqO", &message);
    base64_encode(&text, buf_span(&message));
    x = begin(r, "SCRAM-SHA-256", buf_span(&text));
    buf_clear(&message);
    CHECK(base64_decode(&message, buf_span(&r->challenge)), "base64");
    buf_clear(&text);
    CHECK(rig_scram_final(&c, buf_span(&message), &text), "a challenge");
    buf_clear(&message);
    base64_encode(&message, buf_span(&text));
    line(r, x, buf_span(&message));
    if (r->outcome == AUTH_CONTINUE) {
        buf_clear(&message);
        base64_decode(&message, buf_span(&r->challenge));
        CHECK(rig_scram_trusts(&c, buf_span(&message)), "the server's proof");
        line(r, x, span_of(""));
    }
    CHECK(r->outcome == expected, "SCRAM: %s", auth_outcome_name(r->outcome));
    rig_scram_free(&c);
    buf_free(&message);
    buf_free(&text);
}

static void
password(struct rig *r, struct span user, struct span pass,
         enum auth_outcome expected)
{
    r->pending = 1;
    auth_password(r->imap, &over_tls, user, pass, on_result, r);
    wait_for(r);
    CHECK(r->outcome == expected, "\"%.*s\" \"%.*s\": %s", SPAN(user),
          SPAN(pass), auth_outcome_name(r->outcome));
}

static void
check_passwords(struct rig *r)
{
    const struct auth_who in_clear = { "7f3b", "192.0.2.1", false };

    password(r, span_of("anna"), span_of(RIG_PASSWORD), AUTH_OK);
    password(r, span_of("anna"), span_of("wrong"), AUTH_FAILED);
    password(r, span_of("nobody"), span_of("wrong"), AUTH_FAILED);
    password(r, span_of("carl"), span_of("new-one"), AUTH_DISABLED);
    password(r, span_of(""), span_of("x"), AUTH_FAILED);
    password(r, span_of("anna"), span_of(""), AUTH_FAILED);
    password(r, BYTES("anna\0x"), span_of(RIG_PASSWORD), AUTH_FAILED);
    password(r, span_of("anna"), BYTES("a\0b"), AUTH_FAILED);
    password(r, span_of("anna"), span_of("a\x1f"), AUTH_FAILED);
    r->pending = 1;
    auth_password(r->imap, &in_clear, span_of("anna"), span_of(RIG_PASSWORD),
                  on_result, r);
    wait_for(r);
    CHECK(r->outcome == AUTH_NEED_TLS, "in clear: %s",
          auth_outcome_name(r->outcome));
    CHECK(span_is(span_of(auth_mechanisms(true)), "SCRAM-SHA-256 PLAIN LOGIN"),
          "offered inside TLS");
    CHECK(span_is(span_of(auth_mechanisms(false)), ""), "and before: nothing");
}

/* Three failures in one session, then it is hung up. */
static void
check_hang_up(struct rig *r)
{
    const struct auth_who who = { "session-9", "192.0.2.9", true };

    for (int i = 0; i < 4; i++) {
        r->pending = 1;
        auth_password(r->imap, &who, span_of("anna"), span_of("wrong"),
                      on_result, r);
        wait_for(r);
        CHECK(r->hang_up == (i >= 2), "failure %d", i + 1);
    }
}

/* Whoever goes away in the middle of anything leaves nothing behind: the
 * sanitizer looks. */
static void
check_aborts(struct rig *r)
{
    struct auth_exchange *x;

    for (int i = 0; i < 3; i++) {
        x = auth_exchange_begin(r->imap, &over_tls, span_of("PLAIN"),
                                span_of("AGFubmEAb3RoZXI="), on_result, r);
        auth_exchange_abort(&x);
        CHECK(x == NULL, "gone");
        x = begin(r, "SCRAM-SHA-256", (struct span){ 0 });
        auth_exchange_line(x, span_of("biwsbj1hbm5hLHI9YWJjZGVmZ2hpag=="));
        auth_exchange_abort(&x);
        auth_forget(r->imap, auth_resolve(r->imap, span_of("a@example.org"),
                                          on_resolved, r));
    }
    auth_exchange_abort(&x);
    auth_exchange_begin(r->imap, &over_tls, span_of("PLAIN"),
                        span_of("AGFubmEAb3RoZXI="), on_result, r);
    auth_client_free(&r->imap);
    r->imap = connect_as(r, "imap");
    password(r, span_of("anna"), span_of(RIG_PASSWORD), AUTH_OK);
}

/* Many at once from one address: all are served, in turns. */
static void
check_many(struct rig *r)
{
    r->pending = 40;
    for (int i = 0; i < 40; i++)
        auth_password(r->imap, &over_tls, span_of("anna"),
                      span_of(RIG_PASSWORD), on_result, r);
    wait_for(r);
    CHECK(r->outcome == AUTH_OK, "the last of forty: %s",
          auth_outcome_name(r->outcome));
}

/* --- addresses --------------------------------------------------------------------- */

static void
resolve(struct rig *r, const char *address, enum auth_address what,
        const char *targets)
{
    r->pending = 1;
    auth_resolve(r->smtp, span_of(address), on_resolved, r);
    wait_for(r);
    CHECK(r->what == what && span_is(buf_span(&r->rows), targets), "%s: %d %s",
          address, (int)r->what, buf_text(&r->rows));
}

static void
may_send(struct rig *r, const char *user, const char *address,
         enum auth_address what)
{
    r->pending = 1;
    auth_may_send_as(r->smtp, span_of(user), span_of(address), on_resolved, r);
    wait_for(r);
    CHECK(r->what == what, "%s as %s: %d", user, address, (int)r->what);
}

static void
check_addresses(struct rig *r)
{
    resolve(r, "anna@example.org", AUTH_LOCAL, "anna@example.org: ");
    resolve(r, "anna+x@example.org", AUTH_LOCAL, "anna@example.org:x ");
    resolve(r, "info@example.org", AUTH_LOCAL,
            "anna@example.org: bob@example.org: ");
    resolve(r, "nobody@example.org", AUTH_UNKNOWN, "");
    resolve(r, "nobody@example.net", AUTH_LOCAL, "bob@example.org: ");
    resolve(r, "anna@elsewhere.example", AUTH_NOT_OURS, "");
    resolve(r, "postmaster", AUTH_LOCAL, "anna@example.org: ");
    may_send(r, "anna@example.org", "anna@example.org", AUTH_LOCAL);
    may_send(r, "anna@example.org", "anna+x@example.org", AUTH_LOCAL);
    may_send(r, "anna@example.org", "info@example.org", AUTH_LOCAL);
    may_send(r, "anna@example.org", "bob@example.org", AUTH_UNKNOWN);
    may_send(r, "carl@example.org", "info@example.org", AUTH_UNKNOWN);
    may_send(r, "anna@example.org", "anna@elsewhere.example", AUTH_UNKNOWN);
}

/* --- authd goes away ---------------------------------------------------------------- */

static void
check_restart(struct rig *r)
{
    struct auth_exchange *x = begin(r, "PLAIN", (struct span){ 0 });

    CHECK(r->outcome == AUTH_CONTINUE, "in the middle");
    authd_free(&r->authd);
    line(r, x, span_of("AGFubmEAZmVybi1sYW1wLW90dGVyLTgx"));
    CHECK(r->outcome == AUTH_TEMPFAIL, "authd is away: %s",
          auth_outcome_name(r->outcome));
    resolve(r, "anna@example.org", AUTH_UNDECIDED, "");
    password(r, span_of("anna"), span_of(RIG_PASSWORD), AUTH_TEMPFAIL);
    stop(r);
    start(r);
    password(r, span_of("anna"), span_of(RIG_PASSWORD), AUTH_OK);
}

static void
remove_user(struct auth *a, struct span user, struct span none,
            auth_done_fn *done, void *arg)
{
    (void)none;
    auth_user_remove(a, user, done, arg);
}

static void
check_removal(struct rig *r)
{
    change(r, remove_user, "bob", "", 0);
    change(r, remove_user, "bob", "", FAIL_NOT_FOUND);
    resolve(r, "info@example.org", AUTH_LOCAL, "anna@example.org: ");
    resolve(r, "nobody@example.net", AUTH_UNKNOWN, "");
}

static void
fill(struct rig *r)
{
    change(r, auth_user_add, "anna", RIG_PASSWORD, 0);
    change(r, auth_user_add, "bob", "second-password", 0);
    change(r, auth_user_add, "carl", "new-one", 0);
    change(r, auth_alias_add, "info", "anna", 0);
    change(r, auth_alias_add, "info", "bob", 0);
    change(r, auth_alias_add, "@example.net", "bob", 0);
    r->pending = 1;
    auth_user_enable(r->admin, span_of("carl"), false, on_done, r);
    wait_for(r);
}

int
main(void)
{
    struct rig r = { 0 };

    rig_open(&r);
    fill(&r);
    check_begins(&r);
    check_ticket(&r);
    check_lines(&r);
    check_scram(&r, RIG_PASSWORD, AUTH_OK);
    check_scram(&r, "wrong", AUTH_FAILED);
    check_passwords(&r);
    check_hang_up(&r);
    check_many(&r);
    check_aborts(&r);
    check_addresses(&r);
    check_restart(&r);
    check_removal(&r);
    rig_close(&r);
    return check_report();
}
