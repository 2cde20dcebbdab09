#include "auth/users.h"

#include "auth/aliases.h"
#include "auth/name.h"
#include "base/clock.h"
#include "mail/account.h"

#include <string.h>

#define RECORD_MAX ((size_t)16 << 10)

/* What a piece of work in a transaction knows; each uses what it needs. */
struct work {
    struct accounts *accounts;
    struct span name;
    struct user_record *record;
    uint64_t seen; /* the revision that *record was made from */
    bool disabled;
    users_row_fn *row;
    void *row_arg;
    struct error *row_error;
};

static bool
read_record(struct kv_txn *t, struct span name, struct user_record *out,
            struct error *e)
{
    struct buf value = { .max = RECORD_MAX };
    bool fine = kv_get(t, TABLE_USERS, name, &value, e);

    if (fine && !user_record_take(buf_span(&value), out))
        fine =
            fail(e, FAIL_CORRUPT, "account %.*s: damaged record", SPAN(name));
    else if (!fine && e->kind == FAIL_NOT_FOUND)
        fail(e, FAIL_NOT_FOUND, "%.*s: no such user", SPAN(name));
    crypto_wipe(value.p, value.n);
    buf_free(&value);
    return fine;
}

static bool
write_record(struct kv_txn *t, struct span name, const struct user_record *u,
             bool is_new, struct error *e)
{
    struct buf value = { .max = RECORD_MAX };
    bool done;

    user_record_put(u, &value);
    done = is_new ? kv_put_new(t, TABLE_USERS, name, buf_span(&value), e)
                  : kv_put(t, TABLE_USERS, name, buf_span(&value), e);
    crypto_wipe(value.p, value.n);
    buf_free(&value);
    return done;
}

static bool
work_get(struct kv_txn *t, void *arg, struct error *e)
{
    struct work *w = arg;

    return read_record(t, w->name, w->record, e);
}

bool
users_get(struct accounts *a, struct span name, struct user_record *out,
          struct error *e)
{
    struct work w = { .name = name, .record = out };

    return accounts_look(a, work_get, &w, e);
}

static void
new_revision(struct user_record *u)
{
    crypto_random(&u->revision, sizeof u->revision);
}

static bool
check_password(struct span password, struct error *e)
{
    return auth_password_is_valid(password) ||
           fail(e, FAIL_INVALID,
                "a password is 1 to %d octets of UTF-8 without controls",
                AUTH_PASSWORD_MAX);
}

static bool
check_name(const struct accounts *a, struct span name, struct error *e)
{
    struct span domain = span_after(name, span_find(name, '@'));

    if (!account_name_is_valid(name) || domain.n < 2)
        return fail(e, FAIL_INVALID, "\"%.*s\" cannot be an account's name",
                    SPAN(name));
    if (!accounts_has_domain(a, span_after(domain, 1)))
        return fail(e, FAIL_INVALID, "%.*s: the domain is none of ours",
                    SPAN(name));
    return true;
}

static bool
work_add(struct kv_txn *t, void *arg, struct error *e)
{
    struct work *w = arg;
    bool is_alias;

    if (!aliases_has(t, w->name, &is_alias, e))
        return false;
    if (is_alias)
        return fail(e, FAIL_EXISTS, "%.*s is an alias", SPAN(w->name));
    if (write_record(t, w->name, w->record, true, e))
        return true;
    return e->kind == FAIL_EXISTS
               ? fail(e, FAIL_EXISTS, "user %.*s exists", SPAN(w->name))
               : false;
}

bool
users_add(struct accounts *a, struct span name, struct span password,
          struct error *e)
{
    struct user_record u = { .created = clock_seconds(), .next_id = 2 };
    struct credential *c = &u.verifier.credentials[0];
    struct work w = { .name = name, .record = &u };
    bool done;

    if (!check_name(a, name, e) || !check_password(password, e))
        return false;
    verifier_start(&u.verifier, accounts_iterations(a));
    u.verifier.count = 1;
    c->id = 1;
    c->kind = CREDENTIAL_MAIN;
    verifier_derive(&u.verifier, password, &c->keys);
    new_revision(&u);
    done = accounts_change(a, work_add, &w, e);
    verifier_wipe(&u.verifier);
    return done;
}

bool
users_import(struct accounts *a, struct span name, struct span record,
             struct error *e)
{
    struct user_record u;
    struct work w = { .name = name, .record = &u };
    bool done = check_name(a, name, e);

    if (!done)
        return false;
    if (user_record_take(record, &u))
        done = accounts_change(a, work_add, &w, e);
    else
        done = fail(e, FAIL_INVALID,
                    "%.*s: what the backup has of it is no "
                    "account's record",
                    SPAN(name));
    verifier_wipe(&u.verifier);
    return done;
}

static bool
work_remove(struct kv_txn *t, void *arg, struct error *e)
{
    struct work *w = arg;

    if (!kv_delete(t, TABLE_USERS, w->name, e))
        return e->kind == FAIL_NOT_FOUND
                   ? fail(e, FAIL_NOT_FOUND, "%.*s: no such user",
                          SPAN(w->name))
                   : false;
    return aliases_forget_user(w->accounts, t, w->name, e);
}

bool
users_remove(struct accounts *a, struct span name, struct error *e)
{
    struct work w = { .accounts = a, .name = name };

    return accounts_change(a, work_remove, &w, e);
}

static bool
work_disable(struct kv_txn *t, void *arg, struct error *e)
{
    struct work *w = arg;
    struct user_record u;

    if (!read_record(t, w->name, &u, e))
        return false;
    u.flags &= ~(unsigned)RECORD_DISABLED;
    if (w->disabled)
        u.flags |= RECORD_DISABLED;
    return write_record(t, w->name, &u, false, e);
}

bool
users_set_disabled(struct accounts *a, struct span name, bool disabled,
                   struct error *e)
{
    struct work w = { .name = name, .disabled = disabled };

    return accounts_change(a, work_disable, &w, e);
}

/* Writes *w->record over the record it was made from, if that still stands:
 * the hashing between reading and writing was outside any transaction. */
static bool
work_replace(struct kv_txn *t, void *arg, struct error *e)
{
    struct work *w = arg;
    struct user_record now;

    if (!read_record(t, w->name, &now, e))
        return false;
    if (now.revision != w->seen)
        return fail(e, FAIL_BUSY, "%.*s was changed at the same time",
                    SPAN(w->name));
    w->record->flags = now.flags;
    return write_record(t, w->name, w->record, false, e);
}

static bool
replace(struct accounts *a, struct span name, struct user_record *u,
        struct error *e)
{
    struct work w = { .name = name, .record = u, .seen = u->revision };
    bool done;

    new_revision(u);
    done = accounts_change(a, work_replace, &w, e);
    verifier_wipe(&u->verifier);
    return done;
}

/* A fresh salt, and today's iteration count, only where no other password
 * hangs on the old ones. */
static void
renew_salt(struct user_record *u, uint32_t iterations)
{
    struct credential main = u->verifier.credentials[0];

    if (u->verifier.count > 1)
        return;
    verifier_start(&u->verifier, iterations);
    u->verifier.count = 1;
    u->verifier.credentials[0] = main;
}

bool
users_set_password(struct accounts *a, struct span name, struct span password,
                   struct error *e)
{
    struct user_record u;

    if (!check_password(password, e) || !users_get(a, name, &u, e))
        return false;
    renew_salt(&u, accounts_iterations(a));
    verifier_derive(&u.verifier, password, &u.verifier.credentials[0].keys);
    return replace(a, name, &u, e);
}

static int
find_device(const struct verifier *v, struct span label)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (v->credentials[i].kind == CREDENTIAL_DEVICE &&
            span_is(label, v->credentials[i].label))
            return (int)i;
    return -1;
}

bool
users_add_device(struct accounts *a, struct span name, struct span label,
                 struct span password, struct error *e)
{
    struct user_record u;
    struct verifier *v = &u.verifier;
    struct credential *c;

    if (!auth_label_is_valid(label))
        return fail(e, FAIL_INVALID, "a device's name is 1 to %d octets",
                    AUTH_LABEL_MAX);
    if (!check_password(password, e) || !users_get(a, name, &u, e))
        return false;
    if (find_device(v, label) >= 0)
        return fail(e, FAIL_EXISTS, "device \"%.*s\" exists", SPAN(label));
    if (v->count == AUTH_CREDENTIALS_MAX)
        return fail(e, FAIL_LIMIT, "%.*s has %d passwords", SPAN(name),
                    AUTH_CREDENTIALS_MAX);
    c = &v->credentials[v->count];
    memset(c, 0, sizeof *c);
    c->id = u.next_id++;
    c->kind = CREDENTIAL_DEVICE;
    memcpy(c->label, label.p, label.n);
    verifier_derive(v, password, &c->keys);
    v->count++;
    return replace(a, name, &u, e);
}

bool
users_remove_device(struct accounts *a, struct span name, struct span label,
                    struct error *e)
{
    struct user_record u;
    struct verifier *v = &u.verifier;
    int at;

    if (!users_get(a, name, &u, e))
        return false;
    at = find_device(v, label);
    if (at < 0)
        return fail(e, FAIL_NOT_FOUND, "no device \"%.*s\"", SPAN(label));
    v->count--;
    memmove(&v->credentials[at], &v->credentials[at + 1],
            (v->count - (uint32_t)at) * sizeof v->credentials[0]);
    return replace(a, name, &u, e);
}

static bool
give_row(void *arg, struct span key, struct span value)
{
    struct work *w = arg;

    if (!user_record_take(value, w->record))
        return fail(w->row_error, FAIL_CORRUPT, "account %.*s: damaged record",
                    SPAN(key));
    w->row(w->row_arg, key, w->record);
    return true;
}

static bool
work_list(struct kv_txn *t, void *arg, struct error *e)
{
    struct work *w = arg;
    struct user_record u;
    struct error damage = { 0 };

    w->record = &u;
    w->row_error = &damage;
    if (!kv_scan(t, TABLE_USERS, span_of(""), span_of(""), give_row, w, e))
        return false;
    if (damage.kind != 0)
        *e = damage;
    return damage.kind == 0;
}

bool
users_list(struct accounts *a, users_row_fn *row, void *arg, struct error *e)
{
    struct work w = { .row = row, .row_arg = arg };

    return accounts_look(a, work_list, &w, e);
}

struct oldest {
    struct buf *name;
    int64_t created;
    bool found;
};

static void
keep_older(void *arg, struct span name, const struct user_record *u)
{
    struct oldest *o = arg;

    if (o->found && u->created >= o->created)
        return;
    buf_clear(o->name);
    buf_put(o->name, name);
    o->created = u->created;
    o->found = true;
}

bool
users_first(struct kv_txn *t, struct buf *name, bool *found, struct error *e)
{
    struct oldest o = { .name = name };
    struct work w = { .row = keep_older, .row_arg = &o };

    if (!work_list(t, &w, e))
        return false;
    *found = o.found;
    return true;
}
