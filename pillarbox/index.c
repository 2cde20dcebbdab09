#include "pillarbox/command.h"

#include <stdio.h>
#include <string.h>

static const char *const report_columns[] = { "path", "difference", NULL };

static void
add_report_row(void *arg, struct span path, struct span text)
{
    struct cli_list *x = arg;

    cli_table_add(&x->table, path);
    cli_table_add(&x->table, text);
}

/* The user named, "" for --all; NULL: neither was given. */
static const char *
whose(struct cli *c)
{
    if (cli_option(c, "--all"))
        return "";
    return c->arg_count > 0 ? cli_user(c, c->args[0]) : NULL;
}

int
command_index_check(struct cli *c)
{
    const char *user = whose(c);
    struct cli_list x = { { .cli = c },
                          { .columns = report_columns, .json = c->json } };
    size_t differences;

    store_index_check(cli_store(c), span_of(user == NULL ? "" : user),
                      add_report_row, cli_done, &x);
    if (!cli_wait(&x.wait))
        return cli_fail(c, "index check", &x.wait.e);
    differences = x.table.rows / 2;
    if (differences > 0 || c->json)
        cli_table_print(&x.table);
    fprintf(stderr, "%zu difference%s\n", differences,
            differences == 1 ? "" : "s");
    return differences == 0 ? CLI_DONE : CLI_PROBLEM;
}

int
command_index_rebuild(struct cli *c)
{
    const char *user = whose(c);
    struct cli_list x = { { .cli = c },
                          { .columns = report_columns, .json = c->json } };

    if (user == NULL)
        return cli_usage("index rebuild: whose? USER or --all");
    store_index_rebuild(cli_store(c), span_of(user), add_report_row, cli_done,
                        &x);
    if (!cli_wait(&x.wait))
        return cli_fail(c, "index rebuild", &x.wait.e);
    cli_table_print(&x.table);
    return CLI_DONE;
}
