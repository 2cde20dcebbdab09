/* Users, aliases and whose mail an address is, on a real database. */
#include "auth/accounts.h"

#include "auth/aliases.h"
#include "auth/limits.h"
#include "auth/resolve.h"
#include "auth/users.h"
#include "base/clock.h"
#include "tests/auth/rig.h"

#include <string.h>
#include <unistd.h>

static void
add_user(struct accounts *a, const char *name)
{
    struct error e = { 0 };

    CHECK(users_add(a, span_of(name), span_of("password"), &e), "%s: %s", name,
          e.text);
}

static void
add_alias(struct accounts *a, const char *alias, const char *target, int kind)
{
    struct error e = { 0 };
    bool done = aliases_add(a, span_of(alias), span_of(target), &e);

    CHECK(done ? kind == 0 : (int)e.kind == kind, "%s -> %s: %s", alias, target,
          e.text);
}

/* "user:detail ..." or "?" for unknown, "!" for not ours. */
static void
resolve(struct accounts *a, const char *why, const char *address,
        const char *expected)
{
    struct arena arena = { 0 };
    struct resolved r;
    struct buf text = { 0 };
    struct error e = { 0 };

    CHECK(resolve_address(a, span_of(address), &arena, &r, &e), "%s: %s", why,
          e.text);
    if (r.what != AUTH_LOCAL)
        buf_put_ch(&text, r.what == AUTH_UNKNOWN ? '?' : '!');
    for (size_t i = 0; i < r.count; i++)
        buf_printf(&text, "%s%.*s:%.*s", i > 0 ? " " : "",
                   SPAN(r.targets[i].user), SPAN(r.targets[i].detail));
    CHECK(span_is(buf_span(&text), expected), "%s: %s is \"%s\"", why, address,
          buf_text(&text));
    buf_free(&text);
    arena_clear(&arena);
}

/* --- users --------------------------------------------------------------------- */

static void
check_users(struct accounts *a)
{
    struct user_record before, after;
    struct error e = { 0 };
    struct verifier_keys keys;

    clock_hold(1000);
    add_user(a, "zoe@example.org");
    clock_hold(2000);
    add_user(a, "anna@example.org");
    clock_hold(-1);
    add_user(a, "bob@example.net");
    CHECK(users_get(a, span_of("zoe@example.org"), &before, &e), "%s", e.text);
    CHECK(before.created == 1000 && before.verifier.iterations == 4096 &&
              before.revision != 0,
          "as made");
    CHECK(!users_get(a, span_of("nobody@example.org"), &after, &e) &&
              e.kind == FAIL_NOT_FOUND,
          "nobody");
    CHECK(users_set_password(a, span_of("zoe@example.org"), span_of("new"), &e),
          "%s", e.text);
    CHECK(users_get(a, span_of("zoe@example.org"), &after, &e), "%s", e.text);
    CHECK(after.revision != before.revision, "another revision");
    CHECK(memcmp(after.verifier.salt, before.verifier.salt, AUTH_SALT_SIZE) !=
              0,
          "a fresh salt");
    verifier_derive(&after.verifier, span_of("new"), &keys);
    CHECK(verifier_find(&after.verifier, &keys) == 0, "the new password");
    verifier_derive(&before.verifier, span_of("new"), &keys);
    CHECK(verifier_find(&before.verifier, &keys) == -1, "not before");
}

/* All passwords of a user hang on one salt: it stays while there are several. */
static void
check_devices(struct accounts *a)
{
    struct span zoe = span_of("zoe@example.org");
    struct user_record one, two;
    struct verifier_keys keys;
    struct error e = { 0 };
    char label[16];

    users_get(a, zoe, &one, &e);
    CHECK(users_add_device(a, zoe, span_of("d0"), span_of("device"), &e), "%s",
          e.text);
    CHECK(!users_add_device(a, zoe, span_of("d0"), span_of("again"), &e) &&
              e.kind == FAIL_EXISTS,
          "twice");
    CHECK(users_set_password(a, zoe, span_of("newer"), &e), "%s", e.text);
    CHECK(users_get(a, zoe, &two, &e) && two.verifier.count == 2, "two");
    CHECK(memcmp(one.verifier.salt, two.verifier.salt, AUTH_SALT_SIZE) == 0,
          "the salt stays");
    verifier_derive(&two.verifier, span_of("device"), &keys);
    CHECK(verifier_find(&two.verifier, &keys) == 1, "the device still gets in");
    for (int i = 1; i < AUTH_CREDENTIALS_MAX - 1; i++) {
        snprintf(label, sizeof label, "d%d", i);
        CHECK(users_add_device(a, zoe, span_of(label), span_of("x"), &e), "%s",
              e.text);
    }
    CHECK(!users_add_device(a, zoe, span_of("more"), span_of("x"), &e) &&
              e.kind == FAIL_LIMIT,
          "32 passwords are enough");
    CHECK(users_remove_device(a, zoe, span_of("d0"), &e), "%s", e.text);
    CHECK(!users_remove_device(a, zoe, span_of("d0"), &e) &&
              e.kind == FAIL_NOT_FOUND,
          "gone");
    CHECK(users_get(a, zoe, &two, &e) &&
              two.verifier.count == AUTH_CREDENTIALS_MAX - 1 &&
              strcmp(two.verifier.credentials[1].label, "d1") == 0,
          "the others stay");
    CHECK(two.next_id == AUTH_CREDENTIALS_MAX + 1, "numbers are not reused");
}

/* --- aliases and addresses ------------------------------------------------------- */

static void
check_addresses(struct accounts *a)
{
    add_alias(a, "both@example.org", "anna@example.org", 0);
    add_alias(a, "both@example.org", "zoe@example.org", 0);
    add_alias(a, "outer@example.org", "both@example.org", 0);
    add_alias(a, "outer@example.org", "anna@example.org", 0);
    add_alias(a, "lists@example.org", "anna+lists@example.org", 0);
    add_alias(a, "left@example.org", "anna@example.org", 0);
    add_alias(a, "right@example.org", "left@example.org", 0);
    add_alias(a, "left@example.org", "right@example.org", 0);
    add_alias(a, "self@example.org", "self@example.org", FAIL_INVALID);
    add_alias(a, "x@example.org", "nobody+x@example.org", FAIL_NOT_FOUND);
    add_alias(a, "x@example.org", "a\nb", FAIL_INVALID);
    add_alias(a, "x+y@example.org", "anna@example.org", FAIL_INVALID);
    add_alias(a, "@other.example", "anna@example.org", FAIL_INVALID);

    resolve(a, "an account", "anna@example.org", "anna@example.org:");
    resolve(a, "of the other domain", "bob@example.net", "bob@example.net:");
    resolve(a, "domains differ", "bob@example.org", "?");
    resolve(a, "a detail", "anna+x@example.org", "anna@example.org:x");
    resolve(a, "the first + counts", "anna+x+y@example.org",
            "anna@example.org:x+y");
    resolve(a, "an empty detail", "anna+@example.org", "anna@example.org:");
    resolve(a, "no name before +", "+x@example.org", "?");
    resolve(a, "an alias", "both@example.org",
            "anna@example.org: zoe@example.org:");
    resolve(a, "of an alias, each once", "outer@example.org",
            "anna@example.org: zoe@example.org:");
    resolve(a, "with a detail for all", "both+x@example.org",
            "anna@example.org:x zoe@example.org:x");
    resolve(a, "a detail in the target", "lists@example.org",
            "anna@example.org:lists");
    resolve(a, "which goes before another", "lists+x@example.org",
            "anna@example.org:lists");
    resolve(a, "a loop", "left@example.org", "anna@example.org:");
    resolve(a, "from its other end", "right@example.org", "anna@example.org:");
    resolve(a, "not ours", "anna@elsewhere.example", "!");
    resolve(a, "a domain of ours in it is not enough", "anna@sub.example.org",
            "!");
    resolve(a, "no domain", "anna", "?");
    resolve(a, "nothing", "", "?");
    resolve(a, "no local part", "@example.org", "?");
}

/* RFC 5321 section 4.5.1: postmaster is always somebody. */
static void
check_postmaster(struct accounts *a)
{
    struct error e = { 0 };

    resolve(a, "the oldest account", "postmaster", "zoe@example.org:");
    resolve(a, "in any case", "PostMaster", "zoe@example.org:");
    resolve(a, "of every domain", "postmaster@example.net", "zoe@example.org:");
    add_alias(a, "@example.net", "bob@example.net", 0);
    resolve(a, "the catch-all goes before", "postmaster@example.net",
            "bob@example.net:");
    resolve(a, "catch-all", "anything@example.net", "bob@example.net:");
    resolve(a, "not for accounts", "bob+x@example.net", "bob@example.net:x");
    resolve(a, "not of the other", "anything@example.org", "?");
    add_alias(a, "postmaster@example.org", "anna@example.org", 0);
    resolve(a, "somebody named", "postmaster", "anna@example.org:");
    resolve(a, "for all domains", "postmaster@example.net",
            "anna@example.org:");
    resolve(a, "but not for others", "postmaster@elsewhere.example", "!");
    CHECK(aliases_remove(a, span_of("postmaster@example.org"), span_of(""), &e),
          "%s", e.text);
}

/* "a" leads to "b" leads to ... : eight are followed, not more. */
static void
check_depth(struct accounts *a)
{
    char from[32], to[32];

    add_alias(a, "n0@example.org", "anna@example.org", 0);
    for (int i = 1; i < 10; i++) {
        snprintf(from, sizeof from, "n%d@example.org", i);
        snprintf(to, sizeof to, "n%d@example.org", i - 1);
        add_alias(a, from, to, 0);
    }
    resolve(a, "eight deep", "n7@example.org", "anna@example.org:");
    resolve(a, "nine deep", "n8@example.org", "?");
}

struct row {
    struct span alias, targets;
};

static bool
work_put(struct kv_txn *t, void *arg, struct error *e)
{
    const struct row *r = arg;

    return kv_put(t, TABLE_ALIASES, r->alias, r->targets, e);
}

/* Many targets in one transaction. */
static void
put_alias(struct accounts *a, const char *alias, const struct buf *targets)
{
    struct row r = { span_of(alias), buf_span(targets) };
    struct error e = { 0 };

    CHECK(accounts_change(a, work_put, &r, &e), "%s", e.text);
}

/* Every alias leads to all before it: expanded one by one it would be 2^30. */
static void
check_bush(struct accounts *a)
{
    struct buf targets = { 0 };
    char alias[32];

    buf_put_text(&targets, "anna@example.org\n");
    for (int i = 0; i < 30; i++) {
        snprintf(alias, sizeof alias, "bush%d@example.org", i);
        put_alias(a, alias, &targets);
        buf_printf(&targets, "%s\n", alias);
    }
    resolve(a, "a bush", "bush29@example.org", "anna@example.org:");
    buf_free(&targets);
}

static void
count_row(void *arg, struct span alias, struct span target)
{
    size_t *n = arg;

    (void)alias;
    (void)target;
    ++*n;
}

static bool
is_refused(struct accounts *a, const char *name, struct span record,
           enum fail kind)
{
    struct error e = { 0 };

    return !users_import(a, span_of(name), record, &e) && e.kind == kind;
}

/* What a backup has of an account makes it again, passwords and state. */
static void
check_import(struct accounts *a)
{
    struct user_record before;
    struct user_record after;
    struct buf record = { 0 };
    struct error e = { 0 };
    struct span name = span_of("kept@example.org");

    add_user(a, "kept@example.org");
    CHECK(users_add_device(a, name, span_of("phone"), span_of("x"), &e) &&
              users_set_disabled(a, name, true, &e) &&
              users_get(a, name, &before, &e),
          "%s", e.text);
    user_record_put(&before, &record);
    CHECK(is_refused(a, "kept@example.org", buf_span(&record), FAIL_EXISTS),
          "it lives");
    CHECK(users_remove(a, name, &e), "%s", e.text);
    CHECK(users_import(a, name, buf_span(&record), &e), "%s", e.text);
    CHECK(users_get(a, name, &after, &e) &&
              memcmp(&before, &after, sizeof after) == 0,
          "all of it");
    CHECK(users_remove(a, name, &e), "%s", e.text);
    add_alias(a, "kept@example.org", "zoe@example.org", 0);
    CHECK(is_refused(a, "kept@example.org", buf_span(&record), FAIL_EXISTS),
          "an alias has the name");
    CHECK(aliases_remove(a, name, span_of(""), &e), "%s", e.text);
    CHECK(is_refused(a, "kept@elsewhere.example", buf_span(&record),
                     FAIL_INVALID),
          "a domain that is none of ours");
    CHECK(is_refused(a, "kept@example.org",
                     span_sub(buf_span(&record), 0, record.n - 1),
                     FAIL_INVALID),
          "half a record");
    buf_free(&record);
}

static void
check_removal(struct accounts *a)
{
    struct error e = { 0 };
    size_t n = 0;

    add_alias(a, "only@example.org", "zoe+x@example.org", 0);
    add_alias(a, "over@example.org", "only@example.org", 0);
    CHECK(users_remove(a, span_of("zoe@example.org"), &e), "%s", e.text);
    resolve(a, "gone", "zoe@example.org", "?");
    resolve(a, "and out of the alias", "both@example.org", "anna@example.org:");
    resolve(a, "her own is gone", "only@example.org", "?");
    resolve(a, "and what led there", "over@example.org", "?");
    resolve(a, "the oldest is another", "postmaster", "anna@example.org:");
    CHECK(users_remove(a, span_of("anna@example.org"), &e), "%s", e.text);
    CHECK(users_remove(a, span_of("bob@example.net"), &e), "%s", e.text);
    CHECK(!users_remove(a, span_of("bob@example.net"), &e) &&
              e.kind == FAIL_NOT_FOUND,
          "twice");
    CHECK(aliases_list(a, count_row, &n, &e) && n <= 2,
          "nothing leads nowhere: %zu", n);
    resolve(a, "nobody is there", "postmaster", "?");
}

/* --- the database ------------------------------------------------------------------ */

static void
check_reopen(struct settings *s)
{
    struct accounts *a;
    struct user_record u;
    struct error e = { 0 };
    char secret[32];

    CHECK(accounts_open(&a, s, &e), "%s", e.text);
    add_user(a, "stays@example.org");
    add_alias(a, "also@example.org", "stays@example.org", 0);
    memcpy(secret, accounts_secret(a).p, sizeof secret);
    CHECK(accounts_checkpoint(a, &e), "%s", e.text);
    accounts_close(&a);
    CHECK(accounts_open(&a, s, &e), "%s", e.text);
    CHECK(users_get(a, span_of("stays@example.org"), &u, &e), "%s", e.text);
    resolve(a, "the alias too", "also@example.org", "stays@example.org:");
    CHECK(memcmp(secret, accounts_secret(a).p, sizeof secret) == 0,
          "decoys stay the same");
    accounts_close(&a);
}

static void
check_limit(struct accounts *a)
{
    struct buf targets = { 0 };

    add_user(a, "many@example.org");
    for (int i = 0; i < ALIAS_TARGETS_MAX - 1; i++)
        buf_printf(&targets, "many+%d@example.org\n", i);
    put_alias(a, "all@example.org", &targets);
    add_alias(a, "all@example.org", "many+last@example.org", 0);
    add_alias(a, "all@example.org", "many@example.org", FAIL_LIMIT);
    resolve(a, "one copy a user", "all@example.org", "many@example.org:0");
    buf_free(&targets);
}

int
main(void)
{
    struct settings s = rig_settings(), plain = s;
    struct accounts *a;
    struct error e = { 0 };

    CHECK(accounts_open(&a, &s, &e), "%s", e.text);
    resolve(a, "nobody is there yet", "postmaster", "?");
    check_users(a);
    check_devices(a);
    check_addresses(a);
    check_postmaster(a);
    check_depth(a);
    check_bush(a);
    check_limit(a);
    CHECK(users_remove(a, span_of("many@example.org"), &e), "%s", e.text);
    check_import(a);
    check_removal(a);
    accounts_close(&a);
    check_reopen(&s);
    plain.mail.subaddress = "";
    CHECK(accounts_open(&a, &plain, &e), "%s", e.text);
    resolve(a, "subaddresses are off", "stays+x@example.org", "?");
    accounts_close(&a);
    return check_report();
}
