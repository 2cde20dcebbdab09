/* What administrators may change, and that nobody else may. */
#include "auth/ticket.h"
#include "base/clock.h"
#include "tests/auth/authd_rig.h"

static void
check_users(struct rig *r)
{
    struct buf large = { 0 };

    change(r, auth_user_add, "anna", RIG_PASSWORD, 0);
    change(r, auth_user_add, "Bob@Example.ORG", "second-password", 0);
    change(r, auth_user_add, "anna@example.org", "other", FAIL_EXISTS);
    change(r, auth_user_add, "x@elsewhere.example", "pass", FAIL_INVALID);
    change(r, auth_user_add, "a b", "pass", FAIL_INVALID);
    change(r, auth_user_add, "x+y", "pass", FAIL_INVALID);
    change(r, auth_user_add, "carl", "", FAIL_INVALID);
    change(r, auth_user_add, "carl", "\xff", FAIL_INVALID);
    change(r, auth_user_add, "carl", "a\tb", FAIL_INVALID);
    for (int i = 0; i < 1025; i++)
        buf_put_ch(&large, 'x');
    change(r, auth_user_add, "carl", buf_text(&large), FAIL_INVALID);
    buf_consume(&large, 1);
    change(r, auth_user_add, "carl", buf_text(&large), 0);
    change(r, auth_password_check, "carl", buf_text(&large), 0);
    change(r, auth_password_check, "carl", "wrong", FAIL_DENIED);
    change(r, auth_password_check, "dora", "wrong", FAIL_NOT_FOUND);
    change(r, auth_password_set, "dora", "new", FAIL_NOT_FOUND);
    change(r, auth_password_set, "carl", "new-one", 0);
    change(r, auth_password_check, "carl", "new-one", 0);
    change(r, auth_password_check, "carl", buf_text(&large), FAIL_DENIED);
    buf_free(&large);
    r->pending = 1;
    auth_user_enable(r->admin, span_of("carl"), false, on_done, r);
    wait_for(r);
    CHECK(r->e.kind == 0, "%s", r->e.text);
    buf_clear(&r->rows);
    r->pending = 1;
    auth_user_list(r->admin, on_row, on_done, r);
    wait_for(r);
    CHECK(span_is(buf_span(&r->rows),
                  "anna@example.org>active bob@example.org>active "
                  "carl@example.org>disabled "),
          "users: %s", buf_text(&r->rows));
}

static void
check_devices(struct rig *r)
{
    const struct auth_device phone = { span_of("anna"), span_of("phone") };

    r->pending = 2;
    auth_device_add(r->admin, &phone, span_of("device-pass"), on_done, r);
    auth_device_list(r->admin, span_of("nobody"), on_row, on_done, r);
    wait_for(r);
    buf_clear(&r->rows);
    r->pending = 1;
    auth_device_list(r->admin, span_of("anna"), on_row, on_done, r);
    wait_for(r);
    CHECK(span_is(buf_span(&r->rows), "phone> "), "devices: %s",
          buf_text(&r->rows));
    change(r, auth_password_check, "anna", "device-pass", 0);
    change(r, auth_password_set, "anna", "another", 0);
    change(r, auth_password_check, "anna", "device-pass", 0);
    change(r, auth_password_set, "anna", RIG_PASSWORD, 0);
    r->pending = 1;
    auth_device_remove(r->admin, &phone, on_done, r);
    wait_for(r);
    CHECK(r->e.kind == 0, "%s", r->e.text);
    change(r, auth_password_check, "anna", "device-pass", FAIL_DENIED);
    change(r, auth_password_check, "anna", RIG_PASSWORD, 0);
}

static void
check_aliases(struct rig *r)
{
    change(r, auth_alias_add, "info", "anna", 0);
    change(r, auth_alias_add, "info", "anna", FAIL_EXISTS);
    change(r, auth_alias_add, "info", "bob", 0);
    change(r, auth_alias_add, "bob", "anna", FAIL_EXISTS);
    change(r, auth_alias_add, "x", "nobody", FAIL_NOT_FOUND);
    change(r, auth_alias_add, "x@else.example", "anna", FAIL_INVALID);
    change(r, auth_alias_add, "@example.net", "bob", 0);
    change(r, auth_user_add, "info", "password", FAIL_EXISTS);
    change(r, auth_alias_remove, "info", "carl", FAIL_NOT_FOUND);
    change(r, auth_alias_remove, "nope", "", FAIL_NOT_FOUND);
    buf_clear(&r->rows);
    r->pending = 1;
    auth_alias_list(r->admin, on_row, on_done, r);
    wait_for(r);
    CHECK(span_is(buf_span(&r->rows), "@example.net>bob@example.org "
                                      "info@example.org>anna@example.org "
                                      "info@example.org>bob@example.org "),
          "aliases: %s", buf_text(&r->rows));
}

static void
on_ticket(void *arg, struct span ticket, const struct error *e)
{
    struct rig *r = arg;

    keep(&r->ticket, ticket);
    on_done(arg, e);
}

static void
check_admin_ticket(struct rig *r)
{
    struct span user;

    r->pending = 1;
    auth_admin_ticket(r->admin, span_of("anna"), on_ticket, r);
    wait_for(r);
    CHECK(ticket_check(rig_key, buf_span(&r->ticket), span_of("admin"),
                       clock_seconds(), &user) &&
              span_is(user, "anna@example.org"),
          "a ticket for the command line");
    r->pending = 1;
    auth_admin_ticket(r->admin, span_of("nobody"), on_ticket, r);
    wait_for(r);
    CHECK(r->e.kind == FAIL_NOT_FOUND, "none for nobody");
}

/* A front end that was taken over can log in and look up, nothing else. */
static void
check_denied(struct rig *r)
{
    r->pending = 3;
    auth_user_list(r->imap, on_row, on_done, r);
    auth_password_set(r->smtp, span_of("anna"), span_of("mine"), on_done, r);
    auth_admin_ticket(r->imap, span_of("anna"), on_ticket, r);
    wait_for(r);
    CHECK(r->e.kind == FAIL_DENIED, "administration from imap: %s", r->e.text);
    change(r, auth_password_check, "anna", RIG_PASSWORD, 0);
}

int
main(void)
{
    struct rig r = { 0 };

    rig_open(&r);
    check_users(&r);
    check_devices(&r);
    check_aliases(&r);
    check_admin_ticket(&r);
    check_denied(&r);
    rig_close(&r);
    return check_report();
}
