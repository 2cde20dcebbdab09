/* How long what an account deletes is kept. */
#include "pillarbox/command.h"
#include "pillarbox/quota.h"

#include "conf/value.h"

#include <string.h>

static const char *const keep_columns[] = { "user", "keep_deleted", "set_for",
                                            NULL };

static void
add_keep_row(void *arg, const struct store_quota *q)
{
    struct cli_table *t = &((struct cli_list *)arg)->table;
    struct buf text = { 0 };

    cli_table_add(t, q->user);
    value_put_seconds(&text, (unsigned)q->keep_deleted);
    cli_table_add(t, q->keep_deleted == 0 ? span_of("none") : buf_span(&text));
    cli_table_add(t, span_of(q->own_keep ? "user" : "all"));
    buf_free(&text);
}

static int
show(struct cli *c, const char *user)
{
    struct cli_list x = { { .cli = c },
                          { .columns = keep_columns, .json = c->json } };

    store_list_quota(cli_store(c), span_of(user), add_keep_row, cli_done, &x);
    if (!cli_wait(&x.wait))
        return cli_fail(c, "keep", &x.wait.e);
    cli_table_print(&x.table);
    return CLI_DONE;
}

int
command_keep_show(struct cli *c)
{
    const char *user;
    struct error e;

    if (c->arg_count == 0)
        return show(c, "");
    user = cli_user(c, c->args[0]);
    return quota_is_account(c, user, &e) ? show(c, user)
                                         : cli_fail(c, user, &e);
}

/* "default", "none" or 0, or a time: 30d, 12h. */
static bool
take_time(const char *text, uint64_t *seconds)
{
    unsigned n;

    if (strcmp(text, "default") == 0)
        *seconds = STORE_QUOTA_DEFAULT;
    else if (strcmp(text, "none") == 0)
        *seconds = STORE_QUOTA_NONE;
    else if (!value_seconds(span_of(text), &n) || n > STORE_KEEP_MAX)
        return false;
    else
        *seconds = n == 0 ? STORE_QUOTA_NONE : n;
    return true;
}

int
command_keep_set(struct cli *c)
{
    const char *user = cli_user(c, c->args[0]);
    struct cli_wait w = { .cli = c };
    uint64_t seconds;

    if (!take_time(c->args[1], &seconds))
        return cli_usage("keep set: %s is no time up to ten years (30d, 12h, "
                         "none, default)",
                         c->args[1]);
    if (!quota_is_account(c, user, &w.e))
        return cli_fail(c, user, &w.e);
    store_set_keep(cli_store(c), span_of(user), seconds, cli_done, &w);
    if (!cli_wait(&w))
        return cli_fail(c, user, &w.e);
    return show(c, user);
}
