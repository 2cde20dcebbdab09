#include "auth/aliases.h"

#include "auth/limits.h"
#include "mail/account.h"

#include <string.h>

#define TARGETS_BYTES_MAX ((size_t)512 << 10)

struct work {
    const struct accounts *accounts;
    struct span alias, target;
    aliases_row_fn *row;
    void *row_arg;
};

bool
aliases_get(struct kv_txn *t, struct span alias, struct buf *targets,
            bool *found, struct error *e)
{
    return accounts_get(t, TABLE_ALIASES, alias, targets, found, e);
}

bool
aliases_has(struct kv_txn *t, struct span alias, bool *found, struct error *e)
{
    struct buf ignored = { .max = TARGETS_BYTES_MAX };
    bool done = aliases_get(t, alias, &ignored, found, e);

    buf_free(&ignored);
    return done;
}

static bool
has_user(struct kv_txn *t, struct span name, bool *found, struct error *e)
{
    struct buf ignored = { 0 };
    bool done = accounts_get(t, TABLE_USERS, name, &ignored, found, e);

    buf_free(&ignored);
    return done;
}

bool
aliases_cut_detail(const struct accounts *a, struct span address,
                   struct buf *base, struct span *detail)
{
    const char *mark = accounts_settings(a)->mail.subaddress;
    struct span local = span_sub(address, 0, span_find(address, '@'));
    size_t at;

    if (mark[0] == '\0' || !span_search(local, span_of(mark), &at) || at == 0)
        return false;
    buf_put(base, span_sub(local, 0, at));
    buf_put(base, span_after(address, local.n));
    *detail = span_after(local, at + span_of(mark).n);
    return true;
}

/* Is the target this name, or this name with a detail? */
static bool
leads_to(const struct accounts *a, struct span target, struct span name)
{
    struct buf base = { .max = TARGETS_BYTES_MAX };
    struct span detail;
    bool same = span_eq(target, name);

    if (!same && aliases_cut_detail(a, target, &base, &detail))
        same = span_eq(buf_span(&base), name);
    buf_free(&base);
    return same;
}

/* "@example.org", or what an account may be called, in a domain of ours. */
static bool
check_alias(const struct accounts *a, struct span alias, struct error *e)
{
    size_t at = span_find(alias, '@');
    struct span domain = span_after(alias, at == alias.n ? at : at + 1);

    if (at != 0 && !account_name_is_valid(alias))
        return fail(e, FAIL_INVALID, "\"%.*s\" cannot be an alias",
                    SPAN(alias));
    if (!accounts_has_domain(a, domain))
        return fail(e, FAIL_INVALID, "%.*s: the domain is none of ours",
                    SPAN(alias));
    return true;
}

/* An account or an alias, its detail apart. */
static bool
check_target(struct work *w, struct kv_txn *t, struct error *e)
{
    struct buf base = { .max = ADDRESS_MAX };
    struct span detail, name = w->target;
    bool found = false, done;

    if (aliases_cut_detail(w->accounts, w->target, &base, &detail))
        name = buf_span(&base);
    done = has_user(t, name, &found, e) &&
           (found || aliases_has(t, name, &found, e));
    if (done && !found)
        done = fail(e, FAIL_NOT_FOUND, "%.*s: no such user", SPAN(w->target));
    buf_free(&base);
    return done;
}

static bool
has_target(struct span targets, struct span target, size_t *count)
{
    struct span one;

    for (*count = 0; targets.n > 0 && span_cut(&targets, '\n', &one);
         (*count)++)
        if (span_eq(one, target))
            return true;
    return false;
}

static bool
append(struct work *w, struct kv_txn *t, struct buf *targets, struct error *e)
{
    size_t count;

    if (has_target(buf_span(targets), w->target, &count))
        return fail(e, FAIL_EXISTS, "%.*s leads to %.*s already",
                    SPAN(w->alias), SPAN(w->target));
    if (count >= ALIAS_TARGETS_MAX)
        return fail(e, FAIL_LIMIT, "%.*s has %zu targets", SPAN(w->alias),
                    count);
    buf_put(targets, w->target);
    buf_put_ch(targets, '\n');
    return kv_put(t, TABLE_ALIASES, w->alias, buf_span(targets), e);
}

static bool
work_add(struct kv_txn *t, void *arg, struct error *e)
{
    struct work *w = arg;
    struct buf targets = { .max = TARGETS_BYTES_MAX };
    bool is_user, found, done;

    if (!has_user(t, w->alias, &is_user, e))
        return false;
    if (is_user)
        return fail(e, FAIL_EXISTS, "%.*s is a user", SPAN(w->alias));
    done = check_target(w, t, e) &&
           aliases_get(t, w->alias, &targets, &found, e) &&
           append(w, t, &targets, e);
    buf_free(&targets);
    return done;
}

bool
aliases_add(struct accounts *a, struct span alias, struct span target,
            struct error *e)
{
    struct work w = { .accounts = a, .alias = alias, .target = target };

    if (!check_alias(a, alias, e))
        return false;
    if (target.n > ADDRESS_MAX || span_has(target, '\n') ||
        span_eq(alias, target))
        return fail(e, FAIL_INVALID, "\"%.*s\" cannot be a target",
                    SPAN(span_sub(target, 0, ADDRESS_MAX)));
    return accounts_change(a, work_add, &w, e);
}

/* Adds the targets that do not lead to `name`; how many do. With exact set,
 * a detail makes another target. */
static size_t
put_without(const struct accounts *a, struct span targets, struct span name,
            bool exact, struct buf *out)
{
    struct span one;
    size_t gone = 0;

    while (targets.n > 0 && span_cut(&targets, '\n', &one)) {
        if (exact ? span_eq(one, name) : leads_to(a, one, name)) {
            gone++;
            continue;
        }
        buf_put(out, one);
        buf_put_ch(out, '\n');
    }
    return gone;
}

static bool
put_or_delete(struct kv_txn *t, struct span alias, struct span targets,
              struct error *e)
{
    return targets.n > 0 ? kv_put(t, TABLE_ALIASES, alias, targets, e)
                         : kv_delete(t, TABLE_ALIASES, alias, e);
}

static bool
remove_target(struct work *w, struct kv_txn *t, struct span targets,
              struct error *e)
{
    struct buf rest = { .max = TARGETS_BYTES_MAX };
    bool done;

    if (w->target.n > 0 &&
        put_without(w->accounts, targets, w->target, true, &rest) == 0)
        done = fail(e, FAIL_NOT_FOUND, "%.*s does not lead to %.*s",
                    SPAN(w->alias), SPAN(w->target));
    else
        done = put_or_delete(t, w->alias, buf_span(&rest), e);
    buf_free(&rest);
    return done;
}

static bool
work_remove(struct kv_txn *t, void *arg, struct error *e)
{
    struct work *w = arg;
    struct buf targets = { .max = TARGETS_BYTES_MAX };
    bool found, done = aliases_get(t, w->alias, &targets, &found, e);

    if (done && !found)
        done = fail(e, FAIL_NOT_FOUND, "%.*s: no such alias", SPAN(w->alias));
    else if (done)
        done = remove_target(w, t, buf_span(&targets), e);
    buf_free(&targets);
    return done;
}

bool
aliases_remove(struct accounts *a, struct span alias, struct span target,
               struct error *e)
{
    struct work w = { .accounts = a, .alias = alias, .target = target };

    return accounts_change(a, work_remove, &w, e);
}

static bool
give_rows(void *arg, struct span alias, struct span targets)
{
    struct work *w = arg;
    struct span one;

    while (targets.n > 0 && span_cut(&targets, '\n', &one))
        w->row(w->row_arg, alias, one);
    return true;
}

static bool
work_list(struct kv_txn *t, void *arg, struct error *e)
{
    return kv_scan(t, TABLE_ALIASES, span_of(""), span_of(""), give_rows, arg,
                   e);
}

bool
aliases_list(struct accounts *a, aliases_row_fn *row, void *arg,
             struct error *e)
{
    struct work w = { .accounts = a, .row = row, .row_arg = arg };

    return accounts_look(a, work_list, &w, e);
}

/* --- forgetting a user ---------------------------------------------------- */

struct sweep {
    const struct accounts *accounts;
    struct span name;   /* what goes away                                */
    struct buf touched; /* aliases that lead to it, each with a LF behind */
};

static bool
note_if_touched(void *arg, struct span alias, struct span targets)
{
    struct sweep *s = arg;
    struct span one;

    while (targets.n > 0 && span_cut(&targets, '\n', &one)) {
        if (!leads_to(s->accounts, one, s->name))
            continue;
        buf_put(&s->touched, alias);
        buf_put_ch(&s->touched, '\n');
        return true;
    }
    return true;
}

/* Takes s->name out of one alias; an alias that is thereby gone is added to
 * *gone, since others may lead to it. */
static bool
take_out(struct sweep *s, struct kv_txn *t, struct span alias, struct buf *gone,
         struct error *e)
{
    struct buf targets = { .max = TARGETS_BYTES_MAX };
    struct buf rest = { .max = TARGETS_BYTES_MAX };
    bool done = kv_get(t, TABLE_ALIASES, alias, &targets, e);

    if (done) {
        put_without(s->accounts, buf_span(&targets), s->name, false, &rest);
        done = put_or_delete(t, alias, buf_span(&rest), e);
    }
    if (done && rest.n == 0) {
        buf_put(gone, alias);
        buf_put_ch(gone, '\n');
    }
    buf_free(&targets);
    buf_free(&rest);
    return done;
}

static bool
sweep_one(struct sweep *s, struct kv_txn *t, struct buf *gone, struct error *e)
{
    struct span touched, alias;

    buf_clear(&s->touched);
    if (!kv_scan(t, TABLE_ALIASES, span_of(""), span_of(""), note_if_touched, s,
                 e))
        return false;
    touched = buf_span(&s->touched);
    while (touched.n > 0 && span_cut(&touched, '\n', &alias))
        if (!take_out(s, t, alias, gone, e))
            return false;
    return true;
}

bool
aliases_forget_user(const struct accounts *a, struct kv_txn *t,
                    struct span user, struct error *e)
{
    struct sweep s = { .accounts = a };
    struct buf gone = { 0 };
    struct buf name = { 0 };
    bool done = true;

    buf_put(&gone, user);
    buf_put_ch(&gone, '\n');
    while (done && gone.n > 0) {
        size_t n = span_find(buf_span(&gone), '\n');

        buf_clear(&name);
        buf_put(&name, span_sub(buf_span(&gone), 0, n));
        buf_consume(&gone, n + 1);
        s.name = buf_span(&name);
        done = sweep_one(&s, t, &gone, e);
    }
    buf_free(&gone);
    buf_free(&name);
    buf_free(&s.touched);
    return done;
}
