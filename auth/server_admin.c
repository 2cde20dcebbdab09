#include "auth/aliases.h"
#include "auth/events.h"
#include "auth/limits.h"
#include "auth/name.h"
#include "auth/server_private.h"
#include "auth/users.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdlib.h>

/*
 * What changes something, or hashes, runs as a job in a thread: the answer
 * goes out when the change is durable. Lists are read at once.
 */
struct admin_job {
    struct job job;
    struct authd_ask ask; /* holds its peer */
    struct buf first, second;
    bool done;
    struct error e;
};

typedef bool change_fn(struct authd *d, struct span first, struct span second,
                       struct error *e);

/* --- names --------------------------------------------------------------------- */

/* The user that is meant, as typed at a terminal. */
static bool
canonical_user(const struct authd *d, struct span typed, struct buf *out,
               struct error *e)
{
    return auth_name_canonical(typed, accounts_default_domain(d->accounts),
                               out) ||
           fail(e, FAIL_INVALID, "\"%.*s\" cannot be an account's name",
                SPAN(span_sub(typed, 0, ADDRESS_MAX)));
}

/* An address in lower case, the default domain added where there is none. */
static void
canonical_address(const struct authd *d, struct span typed, struct buf *out)
{
    for (size_t i = 0; i < typed.n; i++)
        buf_put_ch(out, ascii_lower(typed.p[i]));
    if (typed.n > 0 && !span_has(typed, '@')) {
        buf_put_ch(out, '@');
        buf_put(out, accounts_default_domain(d->accounts));
    }
}

/* --- changes ------------------------------------------------------------------- */

static bool
add_user(struct authd *d, struct span user, struct span password,
         struct error *e)
{
    return users_add(d->accounts, user, password, e);
}

static bool
import_user(struct authd *d, struct span user, struct span record,
            struct error *e)
{
    return users_import(d->accounts, user, record, e);
}

static bool
remove_user(struct authd *d, struct span user, struct span none,
            struct error *e)
{
    (void)none;
    return users_remove(d->accounts, user, e);
}

static bool
set_state(struct authd *d, struct span user, struct span state, struct error *e)
{
    if (!span_is(state, "active") && !span_is(state, "disabled"))
        return fail(e, FAIL_INVALID, "active or disabled, not \"%.*s\"",
                    SPAN(span_sub(state, 0, 32)));
    return users_set_disabled(d->accounts, user, span_is(state, "disabled"), e);
}

static bool
set_password(struct authd *d, struct span user, struct span password,
             struct error *e)
{
    return users_set_password(d->accounts, user, password, e);
}

static bool
check_password(struct authd *d, struct span user, struct span password,
               struct error *e)
{
    bool exists;

    switch (checker_password(&d->checker, user, (struct span){ 0 }, password,
                             &exists)) {
    case VERDICT_RIGHT:
        return true;
    case VERDICT_DISABLED:
        return fail(e, FAIL_DENIED, "%.*s: right, but the account is disabled",
                    SPAN(user));
    case VERDICT_TEMPFAIL:
        return fail(e, FAIL_IO, "the accounts cannot be read");
    default:
        return exists
                   ? fail(e, FAIL_DENIED, "%.*s: wrong password", SPAN(user))
                   : fail(e, FAIL_NOT_FOUND, "%.*s: no such user", SPAN(user));
    }
}

/* first: the user, LF, the device's label. */
static bool
add_device(struct authd *d, struct span first, struct span password,
           struct error *e)
{
    struct span user, label = first;

    if (!span_cut(&label, '\n', &user))
        return fail(e, FAIL_INVALID, "no device");
    return users_add_device(d->accounts, user, label, password, e);
}

static bool
remove_device(struct authd *d, struct span user, struct span label,
              struct error *e)
{
    return users_remove_device(d->accounts, user, label, e);
}

static bool
add_alias(struct authd *d, struct span alias, struct span target,
          struct error *e)
{
    return aliases_add(d->accounts, alias, target, e);
}

static bool
remove_alias(struct authd *d, struct span alias, struct span target,
             struct error *e)
{
    return aliases_remove(d->accounts, alias, target, e);
}

/* What the two texts of a question are. */
enum kind { OF_USER, OF_DEVICE, OF_ALIAS };

static const struct change {
    const char *name;
    enum kind kind;
    change_fn *run;
} changes[AUTH_OPS] = {
    [AUTH_OP_USER_ADD] = { "user-add", OF_USER, add_user },
    [AUTH_OP_USER_IMPORT] = { "user-import", OF_USER, import_user },
    [AUTH_OP_USER_REMOVE] = { "user-remove", OF_USER, remove_user },
    [AUTH_OP_USER_STATE] = { "user-state", OF_USER, set_state },
    [AUTH_OP_PASSWORD_SET] = { "password-set", OF_USER, set_password },
    [AUTH_OP_PASSWORD_CHECK] = { "password-check", OF_USER, check_password },
    [AUTH_OP_DEVICE_ADD] = { "device-add", OF_DEVICE, add_device },
    [AUTH_OP_DEVICE_REMOVE] = { "device-remove", OF_USER, remove_device },
    [AUTH_OP_ALIAS_ADD] = { "alias-add", OF_ALIAS, add_alias },
    [AUTH_OP_ALIAS_REMOVE] = { "alias-remove", OF_ALIAS, remove_alias },
};

static bool
make_canonical(struct admin_job *a, const struct auth_wire_pair *pair,
               enum kind kind, struct error *e)
{
    const struct authd *d = a->ask.peer->authd;
    struct span user = pair->first;

    if (kind == OF_ALIAS) {
        canonical_address(d, pair->first, &a->first);
        canonical_address(d, pair->second, &a->second);
        return true;
    }
    buf_put(&a->second, pair->second);
    if (kind == OF_DEVICE)
        user = span_sub(user, 0, span_find(user, '\n'));
    if (!canonical_user(d, user, &a->first, e))
        return false;
    buf_put(&a->first, span_after(pair->first, user.n));
    return true;
}

static void
job_free(struct admin_job *a)
{
    if (a->second.p != NULL)
        crypto_wipe(a->second.p, a->second.cap);
    buf_free(&a->first);
    buf_free(&a->second);
    authd_peer_release(a->ask.peer);
    free(a);
}

static struct admin_job *
of_job(struct job *j)
{
    return (struct admin_job *)((char *)j - offsetof(struct admin_job, job));
}

static void
work(struct job *j)
{
    struct admin_job *a = of_job(j);

    a->done = changes[a->ask.op].run(a->ask.peer->authd, buf_span(&a->first),
                                     buf_span(&a->second), &a->e);
}

static void
work_done(struct job *j)
{
    struct admin_job *a = of_job(j);
    struct span who = buf_span(&a->first);

    who = span_sub(who, 0, span_find(who, '\n'));
    auth_event_admin(changes[a->ask.op].name, who, a->done ? NULL : &a->e);
    if (a->done)
        authd_answer(&a->ask, span_of(""));
    else
        authd_refuse(&a->ask, &a->e);
    job_free(a);
}

static void
start_change(const struct authd_ask *ask, const struct auth_wire_pair *pair)
{
    struct admin_job *a = mem_take(sizeof *a);
    struct error e;

    a->ask = *ask;
    authd_peer_hold(ask->peer);
    a->job = (struct job){ .work = work, .done = work_done };
    a->first.max = a->second.max = IPC_BODY_MAX;
    if (!make_canonical(a, pair, changes[ask->op].kind, &e)) {
        authd_refuse(ask, &e);
    } else if (workers_submit(ask->peer->authd->workers, &a->job)) {
        return;
    } else {
        fail(&e, FAIL_BUSY, "authd has too much to do");
        authd_refuse(ask, &e);
    }
    job_free(a);
}

/* --- lists --------------------------------------------------------------------- */

static void
give_row(const struct authd_ask *ask, const struct auth_row *row)
{
    struct buf body = { .max = IPC_BODY_MAX };

    auth_wire_put_row(&body, row);
    authd_answer_row(ask, buf_span(&body));
    crypto_wipe(body.p, body.n);
    buf_free(&body);
}

static void
on_user(void *arg, struct span name, const struct user_record *u)
{
    const bool off = (u->flags & RECORD_DISABLED) != 0;
    const struct auth_row row = { .name = name,
                                  .detail =
                                      span_of(off ? "disabled" : "active"),
                                  .created = u->created };

    give_row(arg, &row);
}

/* It leaves authd for a backup: nowhere else does a verifier. */
static void
on_exported(void *arg, struct span name, const struct user_record *u)
{
    struct buf record = { 0 };
    struct auth_row row = { .name = name, .created = u->created };

    user_record_put(u, &record);
    row.detail = buf_span(&record);
    give_row(arg, &row);
    crypto_wipe(record.p, record.n);
    buf_free(&record);
}

static bool
export_users(const struct authd_ask *ask, struct error *e)
{
    struct authd_ask to = *ask;
    bool done = users_list(ask->peer->authd->accounts, on_exported, &to, e);

    auth_event_admin("user-export", span_of("all"), done ? NULL : e);
    return done;
}

static void
on_alias(void *arg, struct span alias, struct span target)
{
    const struct auth_row row = { .name = alias, .detail = target };

    give_row(arg, &row);
}

static bool
list_devices(const struct authd_ask *ask, struct span user, struct error *e)
{
    struct user_record u;

    if (!users_get(ask->peer->authd->accounts, user, &u, e))
        return false;
    for (uint32_t i = 0; i < u.verifier.count; i++) {
        const struct credential *c = &u.verifier.credentials[i];
        const struct auth_row row = { .name = span_of(c->label) };

        if (c->kind == CREDENTIAL_DEVICE)
            give_row(ask, &row);
    }
    verifier_wipe(&u.verifier);
    return true;
}

/* A ticket needs no password here, but an account. */
static bool
put_admin_ticket(const struct authd_ask *ask, struct span user, struct buf *out,
                 struct error *e)
{
    struct user_record u;

    if (!users_get(ask->peer->authd->accounts, user, &u, e))
        return false;
    verifier_wipe(&u.verifier);
    authd_put_ticket(ask->peer, user, out);
    return true;
}

static bool
read_of_user(struct authd_ask *ask, struct span typed, struct buf *out,
             struct error *e)
{
    struct buf user = { .max = ADDRESS_MAX };
    bool done = canonical_user(ask->peer->authd, typed, &user, e);

    if (done && ask->op == AUTH_OP_TICKET)
        done = put_admin_ticket(ask, buf_span(&user), out, e);
    else if (done)
        done = list_devices(ask, buf_span(&user), e);
    buf_free(&user);
    return done;
}

static void
read_at_once(const struct authd_ask *given, const struct auth_wire_pair *pair)
{
    struct authd_ask ask = *given;
    struct accounts *accounts = ask.peer->authd->accounts;
    struct buf out = { .max = 1024 };
    struct error e;
    bool done;

    if (ask.op == AUTH_OP_USER_LIST)
        done = users_list(accounts, on_user, &ask, &e);
    else if (ask.op == AUTH_OP_USER_EXPORT)
        done = export_users(&ask, &e);
    else if (ask.op == AUTH_OP_ALIAS_LIST)
        done = aliases_list(accounts, on_alias, &ask, &e);
    else
        done = read_of_user(&ask, pair->first, &out, &e);
    if (done)
        authd_answer(&ask, buf_span(&out));
    else
        authd_refuse(&ask, &e);
    buf_free(&out);
}

void
admin_run(const struct authd_ask *ask, struct span body)
{
    struct auth_wire_pair pair;
    struct error e;

    if (!auth_wire_get_pair(body, &pair)) {
        fail(&e, FAIL_INVALID, "malformed question");
        authd_refuse(ask, &e);
    } else if (changes[ask->op].run != NULL) {
        start_change(ask, &pair);
    } else {
        read_at_once(ask, &pair);
    }
}
