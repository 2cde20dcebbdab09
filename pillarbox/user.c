#include "pillarbox/command.h"

#include "net/crypto.h"

#include <stdio.h>

static const char *const user_columns[] = { "user", "state", "created", NULL };

static void
forget(struct buf *password)
{
    crypto_wipe(password->p, password->n);
    buf_free(password);
}

typedef void set_fn(struct auth *a, struct span user, struct span password,
                    auth_done_fn *done, void *arg);

/* user add and password set differ in one call only. */
static int
with_password(struct cli *c, set_fn *set, const char *done)
{
    const char *user = cli_user(c, c->args[0]);
    struct cli_wait w = { .cli = c };
    struct buf password = { .max = 4096 };
    bool generated;
    int code = CLI_DONE;

    if (!cli_password(c, &password, &generated, &code))
        return code;
    set(cli_auth(c), span_of(user), buf_span(&password), cli_done, &w);
    if (!cli_wait(&w))
        code = cli_fail(c, user, &w.e);
    else if (generated)
        printf("%s %s   password  %s   (shown once)\n", user, done,
               buf_text(&password));
    else
        printf("%s %s\n", user, done);
    forget(&password);
    return code;
}

int
command_user_add(struct cli *c)
{
    return with_password(c, auth_user_add, "added");
}

int
command_password_set(struct cli *c)
{
    return with_password(c, auth_password_set, "has a new password");
}

int
command_password_check(struct cli *c)
{
    const char *user = cli_user(c, c->args[0]);
    struct cli_wait w = { .cli = c };
    struct buf password = { .max = 4096 };
    bool generated;
    int code = CLI_DONE;

    if (!cli_password(c, &password, &generated, &code))
        return code;
    auth_password_check(cli_auth(c), span_of(user), buf_span(&password),
                        cli_done, &w);
    if (!cli_wait(&w))
        code = w.e.kind == FAIL_DENIED ? CLI_PROBLEM : cli_fail(c, user, &w.e);
    if (code == CLI_PROBLEM)
        printf("%s: another password\n", user);
    else if (code == CLI_DONE)
        printf("%s: right\n", user);
    forget(&password);
    return code;
}

static void
add_user_row(void *arg, const struct auth_row *row)
{
    struct cli_table *t = &((struct cli_list *)arg)->table;

    cli_table_add(t, row->name);
    cli_table_add(t, row->detail);
    cli_table_add_time(t, row->created);
}

int
command_user_list(struct cli *c)
{
    struct cli_list x = { { .cli = c },
                          { .columns = user_columns, .json = c->json } };

    auth_user_list(cli_auth(c), add_user_row, cli_done, &x);
    if (!cli_wait(&x.wait))
        return cli_fail(c, "user list", &x.wait.e);
    cli_table_print(&x.table);
    return CLI_DONE;
}

int
command_user_remove(struct cli *c)
{
    const char *user = cli_user(c, c->args[0]);
    struct cli_wait w = { .cli = c };

    auth_user_remove(cli_auth(c), span_of(user), cli_done, &w);
    if (!cli_wait(&w))
        return cli_fail(c, user, &w.e);
    printf("%s removed; its mail stays in %s\n", user, c->settings->mail.dir);
    return CLI_DONE;
}
