#include "pillarbox/command.h"

#include "pillarbox/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const report_columns[] = { "account", "mailbox", "uid",
                                              "file",    "text",    "remedy",
                                              "fixed",   NULL };

struct reporting {
    struct cli_list list; /* first: cli_done() takes it */
    struct progress progress;
    size_t differences, fixed;
};

static void
add_row(struct cli_table *t, const struct store_report *r)
{
    char uid[16] = "";

    if (r->uid != 0)
        snprintf(uid, sizeof uid, "%" PRIu32, r->uid);
    cli_table_add(t, r->account);
    cli_table_add(t, r->mailbox);
    cli_table_add(t, span_of(uid));
    cli_table_add(t, r->file);
    cli_table_add(t, r->text);
    cli_table_add(t, r->remedy);
    cli_table_add(t, span_of(r->kind == STORE_REPORT_FIXED ? "yes" : "no"));
}

/* anna@example.org INBOX UID 5, cur/...: what is wrong; what to do */
static void
print_sentence(const struct store_report *r)
{
    struct buf line = { 0 };

    buf_put(&line, r->account);
    if (r->mailbox.n > 0)
        buf_printf(&line, " %.*s", SPAN(r->mailbox));
    if (r->uid != 0)
        buf_printf(&line, " UID %" PRIu32, r->uid);
    if (r->file.n > 0)
        buf_printf(&line, ", %.*s", SPAN(r->file));
    buf_printf(&line, ": %.*s", SPAN(r->text));
    if (r->remedy.n > 0)
        buf_printf(&line, "; %.*s", SPAN(r->remedy));
    puts(buf_text(&line));
    buf_free(&line);
}

static void
on_report(void *arg, const struct store_report *r)
{
    struct reporting *x = arg;

    if (r->kind == STORE_REPORT_PROGRESS) {
        progress_step(&x->progress, r->done, r->total);
        return;
    }
    if (r->kind == STORE_REPORT_DIFFERS)
        x->differences++;
    if (r->kind == STORE_REPORT_FIXED)
        x->fixed++;
    progress_clear(&x->progress);
    if (x->list.table.json)
        add_row(&x->list.table, r);
    else
        print_sentence(r);
}

/* The user named, "" for --all; NULL: neither was given. */
static const char *
whose(struct cli *c)
{
    if (cli_option(c, "--all"))
        return "";
    return c->arg_count > 0 ? cli_user(c, c->args[0]) : NULL;
}

static struct reporting
begin(struct cli *c, const char *what)
{
    struct reporting x = {
        .list = { { .cli = c }, { .columns = report_columns, .json = c->json } }
    };

    progress_begin(&x.progress, what);
    return x;
}

static bool
wait_for(struct reporting *x)
{
    bool done = cli_wait(&x->list.wait);

    progress_clear(&x->progress);
    fflush(stdout);
    if (x->list.table.json)
        cli_table_print(&x->list.table);
    return done;
}

int
command_index_check(struct cli *c)
{
    struct reporting x = begin(c, "check");
    unsigned how = cli_option(c, "--fix") ? STORE_CHECK_FIX : 0;
    const char *user;

    if (cli_option(c, "--content"))
        how |= STORE_CHECK_CONTENT;
    user = whose(c);
    store_index_check(cli_store(c), span_of(user == NULL ? "" : user), how,
                      on_report, cli_done, &x);
    if (!wait_for(&x))
        return cli_fail(c, "index check", &x.list.wait.e);
    if ((how & STORE_CHECK_FIX) != 0)
        fprintf(stderr, "%zu mended, ", x.fixed);
    fprintf(stderr, "%zu difference%s%s\n", x.differences,
            x.differences == 1 ? "" : "s",
            (how & STORE_CHECK_FIX) != 0 ? " left" : "");
    return x.differences == 0 ? CLI_DONE : CLI_PROBLEM;
}

int
command_index_rebuild(struct cli *c)
{
    struct reporting x = begin(c, "rebuild");
    const char *user = whose(c);

    if (user == NULL)
        return cli_usage("index rebuild: whose? USER or --all");
    store_index_rebuild(cli_store(c), span_of(user), on_report, cli_done, &x);
    return wait_for(&x) ? CLI_DONE
                        : cli_fail(c, "index rebuild", &x.list.wait.e);
}
