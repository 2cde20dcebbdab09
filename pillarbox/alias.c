#include "pillarbox/command.h"

#include <stdio.h>

static const char *const alias_columns[] = { "alias", "target", NULL };

int
command_alias_add(struct cli *c)
{
    const char *alias = cli_user(c, c->args[0]);

    for (int i = 1; i < c->arg_count; i++) {
        const char *target = cli_user(c, c->args[i]);
        struct cli_wait w = { .cli = c };

        auth_alias_add(cli_auth(c), span_of(alias), span_of(target), cli_done,
                       &w);
        if (!cli_wait(&w))
            return cli_fail(c, alias, &w.e);
        printf("%s goes to %s\n", alias, target);
    }
    return CLI_DONE;
}

int
command_alias_remove(struct cli *c)
{
    const char *alias = cli_user(c, c->args[0]);
    const char *target = c->arg_count > 1 ? cli_user(c, c->args[1]) : "";
    struct cli_wait w = { .cli = c };

    auth_alias_remove(cli_auth(c), span_of(alias), span_of(target), cli_done,
                      &w);
    if (!cli_wait(&w))
        return cli_fail(c, alias, &w.e);
    printf("%s%s%s removed\n", alias, target[0] == '\0' ? "" : " to ", target);
    return CLI_DONE;
}

static void
add_alias_row(void *arg, const struct auth_row *row)
{
    struct cli_table *t = &((struct cli_list *)arg)->table;

    cli_table_add(t, row->name);
    cli_table_add(t, row->detail);
}

int
command_alias_list(struct cli *c)
{
    struct cli_list x = { { .cli = c },
                          { .columns = alias_columns, .json = c->json } };

    auth_alias_list(cli_auth(c), add_alias_row, cli_done, &x);
    if (!cli_wait(&x.wait))
        return cli_fail(c, "alias list", &x.wait.e);
    cli_table_print(&x.table);
    return CLI_DONE;
}
