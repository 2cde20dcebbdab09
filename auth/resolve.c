#include "auth/resolve.h"

#include "auth/aliases.h"
#include "auth/limits.h"
#include "auth/users.h"

/*
 * An address is tried as, in this order:
 *
 *   itself                   an account, then an alias
 *   itself without detail    the same
 *   postmaster               of the default domain
 *   "@" and its domain       the catch-all
 *   postmaster               the oldest account
 *
 * Targets of an alias are expanded by the first two lines only. R1: an alias
 * is expanded once per question, so loops end and a bush of aliases cannot
 * grow without bound. R2: at most ALIAS_DEPTH_MAX aliases deep.
 */
struct question {
    struct accounts *accounts;
    struct kv_txn *txn;
    struct span address;
    struct arena *arena;
    struct resolved *out;
    struct span seen[ALIAS_TARGETS_MAX]; /* aliases already expanded (R1) */
    size_t seen_count;
    unsigned depth;
};

static void
add_target(struct question *q, struct span user, struct span detail)
{
    struct resolved *r = q->out;

    for (size_t i = 0; i < r->count; i++)
        if (span_eq(r->targets[i].user, user))
            return; /* one copy a user, under the first detail */
    if (r->count == ALIAS_TARGETS_MAX)
        return;
    if (r->targets == NULL)
        r->targets =
            arena_take(q->arena, ALIAS_TARGETS_MAX * sizeof *r->targets);
    r->targets[r->count].user = arena_copy(q->arena, user);
    r->targets[r->count].detail = arena_copy(q->arena, detail);
    r->count++;
}

/* True once per alias. */
static bool
is_first_visit(struct question *q, struct span alias)
{
    for (size_t i = 0; i < q->seen_count; i++)
        if (span_eq(q->seen[i], alias))
            return false;
    if (q->seen_count == ALIAS_TARGETS_MAX)
        return false;
    q->seen[q->seen_count++] = arena_copy(q->arena, alias);
    return true;
}

static bool expand(struct question *q, struct span address, struct span detail,
                   bool *found, struct error *e);

static bool
expand_targets(struct question *q, struct span targets, struct span detail,
               struct error *e)
{
    struct span one;
    bool found;

    if (q->depth == ALIAS_DEPTH_MAX)
        return true;
    q->depth++;
    while (targets.n > 0 && span_cut(&targets, '\n', &one))
        if (!expand(q, one, detail, &found, e))
            return false;
    q->depth--;
    return true;
}

/* As an account or an alias, as it stands. */
static bool
expand_exact(struct question *q, struct span name, struct span detail,
             bool *found, struct error *e)
{
    struct buf value = { 0 };
    bool done = accounts_get(q->txn, TABLE_USERS, name, &value, found, e);

    if (done && *found) {
        add_target(q, name, detail);
    } else if (done) {
        done = aliases_get(q->txn, name, &value, found, e);
        if (done && *found && is_first_visit(q, name))
            done = expand_targets(q, buf_span(&value), detail, e);
    }
    buf_free(&value);
    return done;
}

/* Recursion is bounded by R2. A detail in an alias's target goes before the
 * one that the mail was addressed with. */
static bool
expand(struct question *q, struct span address, struct span detail, bool *found,
       struct error *e)
{
    struct buf base = { .max = ADDRESS_MAX };
    struct span own;
    bool done = expand_exact(q, address, detail, found, e);

    if (done && !*found &&
        aliases_cut_detail(q->accounts, address, &base, &own))
        done = expand_exact(q, buf_span(&base), own, found, e);
    buf_free(&base);
    return done;
}

static bool
expand_postmaster(struct question *q, bool *found, struct error *e)
{
    struct buf name = { .max = ADDRESS_MAX };
    bool done;

    buf_put_text(&name, "postmaster@");
    buf_put(&name, accounts_default_domain(q->accounts));
    done = expand(q, buf_span(&name), span_of(""), found, e);
    buf_free(&name);
    return done;
}

static bool
expand_catch_all(struct question *q, struct span domain, bool *found,
                 struct error *e)
{
    struct buf name = { .max = ADDRESS_MAX + 1 };
    bool done;

    buf_put_ch(&name, '@');
    buf_put(&name, domain);
    done = expand_exact(q, buf_span(&name), span_of(""), found, e);
    buf_free(&name);
    return done;
}

/* Mail for postmaster is never refused while there is anybody who could read
 * it: RFC 5321 section 4.5.1. */
static bool
give_to_first(struct question *q, struct error *e)
{
    struct buf name = { .max = ADDRESS_MAX };
    bool found, done = users_first(q->txn, &name, &found, e);

    if (done && found)
        add_target(q, buf_span(&name), span_of(""));
    buf_free(&name);
    return done;
}

static bool
work_resolve(struct kv_txn *t, void *arg, struct error *e)
{
    struct question *q = arg;
    size_t at = span_find(q->address, '@');
    struct span domain = span_after(q->address, at + 1);
    bool is_postmaster = span_starts_nocase(q->address, "postmaster@");
    bool found;

    q->txn = t;
    if (!expand(q, q->address, span_of(""), &found, e))
        return false;
    if (is_postmaster && q->out->count == 0 && !expand_postmaster(q, &found, e))
        return false;
    if (q->out->count == 0 && !expand_catch_all(q, domain, &found, e))
        return false;
    if (is_postmaster && q->out->count == 0)
        return give_to_first(q, e);
    return true;
}

bool
resolve_address(struct accounts *a, struct span address, struct arena *arena,
                struct resolved *out, struct error *e)
{
    size_t at = span_find(address, '@');
    bool has_domain = at < address.n;
    struct question *q;

    *out = (struct resolved){ .what = AUTH_UNKNOWN };
    if (has_domain && !accounts_has_domain(a, span_after(address, at + 1))) {
        out->what = AUTH_NOT_OURS;
        return true;
    }
    if (address.n > ADDRESS_MAX ||
        (!has_domain && !span_is_nocase(address, "postmaster")))
        return true;
    if (!has_domain)
        address = span_of(arena_printf(arena, "postmaster@%.*s",
                                       SPAN(accounts_default_domain(a))));
    q = arena_take(arena, sizeof *q);
    q->accounts = a;
    q->address = address;
    q->arena = arena;
    q->out = out;
    if (!accounts_look(a, work_resolve, q, e))
        return false;
    out->what = out->count > 0 ? AUTH_LOCAL : AUTH_UNKNOWN;
    return true;
}
