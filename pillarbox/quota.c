#include "pillarbox/quota.h"
#include "pillarbox/command.h"

#include "conf/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const quota_columns[] = { "user",         "bytes",
                                             "limit",        "messages",
                                             "max_messages", "percent",
                                             "set_for",      NULL };
static const char *const recount_columns[] = { "user",         "bytes",
                                               "messages",     "bytes_off",
                                               "messages_off", NULL };

/* --- show, list -------------------------------------------------------------- */

/* Of what is fuller: octets or messages. */
static void
add_percent(struct cli_table *t, const struct store_quota *q)
{
    double part = 0;
    double other = 0;
    char text[32];

    if (q->limit_bytes != 0)
        part = (double)q->bytes / (double)q->limit_bytes;
    if (q->limit_messages != 0)
        other = (double)q->messages / (double)q->limit_messages;
    snprintf(text, sizeof text, "%.0f", 100 * (part > other ? part : other));
    if (q->limit_bytes == 0 && q->limit_messages == 0)
        snprintf(text, sizeof text, "-");
    cli_table_add(t, span_of(text));
}

static void
add_quota_row(void *arg, const struct store_quota *q)
{
    struct cli_table *t = &((struct cli_list *)arg)->table;
    bool own = q->own_bytes || q->own_messages;

    cli_table_add(t, q->user);
    cli_table_add_number(t, q->bytes);
    cli_table_add_number(t, q->limit_bytes);
    cli_table_add_number(t, q->messages);
    cli_table_add_number(t, q->limit_messages);
    add_percent(t, q);
    cli_table_add(t, span_of(own ? "user" : "all"));
}

static int
show(struct cli *c, const char *user)
{
    struct cli_list x = { { .cli = c },
                          { .columns = quota_columns, .json = c->json } };

    store_list_quota(cli_store(c), span_of(user), add_quota_row, cli_done, &x);
    if (!cli_wait(&x.wait))
        return cli_fail(c, "quota", &x.wait.e);
    cli_table_print(&x.table);
    return CLI_DONE;
}

struct asking {
    struct cli_wait wait;
    const char *user;
    bool is_account;
};

static void
on_resolved(void *arg, const struct auth_resolved *r)
{
    struct asking *a = arg;

    for (size_t i = 0; i < r->count; i++)
        if (span_is(r->targets[i].user, a->user))
            a->is_account = true;
    if (r->what == AUTH_UNDECIDED)
        a->wait.failed =
            !fail(&a->wait.e, FAIL_UNAVAILABLE, "authd does not answer");
    a->wait.over = true;
    loop_stop(a->wait.cli->loop);
}

bool
quota_is_account(struct cli *c, const char *user, struct error *e)
{
    struct asking a = { { .cli = c }, .user = user };

    auth_resolve(cli_auth(c), span_of(user), on_resolved, &a);
    if (!cli_wait(&a.wait)) {
        *e = a.wait.e;
        return false;
    }
    return a.is_account || fail(e, FAIL_NOT_FOUND, "no such user");
}

int
command_quota_show(struct cli *c)
{
    const char *user;
    struct error e;

    if (c->arg_count == 0)
        return show(c, "");
    user = cli_user(c, c->args[0]);
    return quota_is_account(c, user, &e) ? show(c, user)
                                         : cli_fail(c, user, &e);
}

/* --- set ---------------------------------------------------------------------- */

/* "default", "none" or 0, or a size: 500M, 2G. */
static bool
take_size(const char *text, uint64_t *limit)
{
    uint64_t n;

    if (strcmp(text, "default") == 0)
        *limit = STORE_QUOTA_DEFAULT;
    else if (strcmp(text, "none") == 0)
        *limit = STORE_QUOTA_NONE;
    else if (!value_size(span_of(text), &n) || n >= STORE_QUOTA_KEEP)
        return false;
    else
        *limit = n == 0 ? STORE_QUOTA_NONE : n;
    return true;
}

int
command_quota_set(struct cli *c)
{
    const char *user = cli_user(c, c->args[0]);
    struct cli_wait w = { .cli = c };
    uint64_t bytes;
    uint64_t messages = STORE_QUOTA_KEEP;

    if (!take_size(c->args[1], &bytes))
        return cli_usage("quota set: %s is no size (500M, 2G, none, default)",
                         c->args[1]);
    if (c->arg_count > 2 && !take_size(c->args[2], &messages))
        return cli_usage("quota set: %s is no number of messages", c->args[2]);
    if (!quota_is_account(c, user, &w.e))
        return cli_fail(c, user, &w.e);
    store_set_quota(cli_store(c), span_of(user), bytes, messages, cli_done, &w);
    if (!cli_wait(&w))
        return cli_fail(c, user, &w.e);
    return show(c, user);
}

/* --- recount -------------------------------------------------------------------- */

struct recounting {
    struct cli_list list; /* first: cli_done() takes it */
    unsigned wrong;
};

static void
add_signed(struct cli_table *t, int64_t n)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64, n);
    cli_table_add(t, span_of(text));
}

static void
add_recount_row(void *arg, const struct store_recount *r)
{
    struct recounting *x = arg;
    struct cli_table *t = &x->list.table;

    cli_table_add(t, r->user);
    cli_table_add_number(t, r->bytes);
    cli_table_add_number(t, r->messages);
    add_signed(t, r->off_bytes);
    add_signed(t, r->off_messages);
    if (r->off_bytes != 0 || r->off_messages != 0)
        x->wrong++;
}

int
command_quota_recount(struct cli *c)
{
    struct recounting x = { .list = { { .cli = c },
                                      { .columns = recount_columns,
                                        .json = c->json } } };
    const char *user = "";

    if (!cli_option(c, "--all") && c->arg_count == 0)
        return cli_usage("quota recount: whose? USER or --all");
    if (c->arg_count > 0)
        user = cli_user(c, c->args[0]);
    store_recount_quota(cli_store(c), span_of(user), add_recount_row, cli_done,
                        &x);
    if (!cli_wait(&x.list.wait))
        return cli_fail(c, "quota recount", &x.list.wait.e);
    cli_table_print(&x.list.table);
    fprintf(stderr, "%u put right\n", x.wrong);
    return CLI_DONE;
}
