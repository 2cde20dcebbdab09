#include "pillarbox/command.h"

#include "base/clock.h"
#include "conf/value.h"
#include "pillarbox/moving.h"

#include <stdio.h>

static const char *const columns[] = { "mailbox", "old_uid", "uid", NULL };

static void
add_row(void *arg, const struct store_undeleted *u)
{
    struct cli_table *t = &((struct cli_list *)arg)->table;

    cli_table_add(t, u->mailbox);
    if (u->is_mailbox) {
        cli_table_add(t, span_of("-"));
        cli_table_add(t, span_of("(the mailbox)"));
        return;
    }
    cli_table_add_number(t, u->from_uid);
    cli_table_add_number(t, u->uid);
}

static bool
parse_since(const char *text, int64_t *since)
{
    unsigned seconds;

    if (!value_seconds(span_of(text), &seconds))
        return false;
    *since = clock_seconds() - seconds;
    return true;
}

static int
undelete(struct cli *c, const struct store_undelete *what)
{
    struct cli_list x = { { .cli = c },
                          { .columns = columns, .json = c->json } };
    size_t rows;
    bool done;

    store_undelete(cli_store(c), what, add_row, cli_done, &x);
    done = cli_wait(&x.wait);
    rows = x.table.rows / 3;
    if (rows > 0 || c->json)
        cli_table_print(&x.table);
    fprintf(stderr, "%zu brought back\n", rows);
    if (!done)
        return cli_fail(c, "undelete", &x.wait.e);
    return rows > 0 ? CLI_DONE : CLI_PROBLEM;
}

int
command_undelete(struct cli *c)
{
    const char *mailbox = cli_value(c, "--mailbox");
    const char *since = cli_value(c, "--since");
    const char *uids = cli_value(c, "--uid");
    const char *user = cli_user(c, c->args[0]);
    struct numset set = { 0 };
    struct store_undelete what = { .user = span_of(user), .uids = &set };
    int code;

    if (uids != NULL && mailbox == NULL)
        mailbox = "INBOX"; /* a UID alone names nothing */
    if (mailbox != NULL)
        what.mailbox = span_of(mailbox);
    if (uids != NULL && !moving_uids(uids, &set))
        code = cli_usage("undelete: no UIDs: %s (as in 4,7:9)", uids);
    else if (since != NULL && !parse_since(since, &what.since))
        code = cli_usage("undelete: no time: %s (as in 90m, 2h, 3d)", since);
    else
        code = undelete(c, &what);
    numset_free(&set);
    return code;
}
