#include "pillarbox/backup_show.h"

#include <stdio.h>
#include <string.h>

const char *const backup_columns[] = { "name",   "date",   "users", "messages",
                                       "octets", "copied", "state", NULL };

void
backup_show_row(struct cli_table *t, const char *name,
                const struct backup_head *head, const char *state)
{
    cli_table_add(t, span_of(name));
    if (head == NULL) {
        for (int i = 0; i < 5; i++)
            cli_table_add(t, span_of("-"));
    } else {
        cli_table_add_time(t, head->date);
        cli_table_add_number(t, head->users);
        cli_table_add_number(t, head->messages);
        cli_table_add_number(t, head->octets);
        cli_table_add_number(t, head->copied);
    }
    cli_table_add(t, span_of(state));
}

void
backup_show_head(const struct cli *c, const char *name,
                 const struct backup_head *head)
{
    struct cli_table t = { .columns = backup_columns, .json = c->json };

    backup_show_row(&t, name, head, head->only == NULL ? "whole" : head->only);
    cli_table_print(&t);
}

/* --- choosing -------------------------------------------------------------------------- */

static bool
fits(const struct backup *b, const char *user, bool is_any)
{
    const char *only = b->manifest.head.only;

    return only == NULL || is_any || (user != NULL && strcmp(only, user) == 0);
}

/* A damaged one is passed over aloud, never in silence. */
static bool
open_newest(const struct backup_dir *d, const char *user, bool is_any,
            struct backup *b, struct error *e)
{
    for (size_t i = d->count; i-- > 0;) {
        if (!backup_open(d, d->names[i], b, e)) {
            char why[ERROR_TEXT_MAX];

            snprintf(why, sizeof why, "%s", e->text);
            return fail(e, e->kind,
                        "%s: %s; choose another: pillarbox backup "
                        "list",
                        d->names[i], why);
        }
        if (fits(b, user, is_any))
            return true;
        backup_close(b);
    }
    return fail(e, FAIL_NOT_FOUND,
                "there is no backup of this in it; see: "
                "pillarbox backup list");
}

bool
backup_choose(struct cli *c, const char *user, bool is_any,
              struct backup_dir *d, struct backup *b, int *code)
{
    struct error e;
    bool done;

    if (!backup_dir_open(c->args[0], d, &e)) {
        *code = cli_fail(c, c->args[0], &e);
        return false;
    }
    done = c->arg_count > 1 ? backup_open(d, c->args[1], b, &e)
                            : open_newest(d, user, is_any, b, &e);
    if (done)
        return true;
    *code = cli_fail(c, c->arg_count > 1 ? c->args[1] : c->args[0], &e);
    backup_dir_close(d);
    return false;
}
