#include "pillarbox/command.h"

#include <stdio.h>
#include <stdlib.h>

static int
print_and_free(struct buf *b, FILE *to)
{
    fwrite(b->p, 1, b->n, to);
    buf_free(b);
    return CLI_DONE;
}

static const char *
file_to_check(const struct cli *c)
{
    const char *file = getenv("PILLARBOX_CONF");

    if (c->arg_count > 0)
        return c->args[0];
    if (c->file != NULL)
        return c->file;
    return file != NULL ? file : "/etc/pillarbox/pillarbox.conf";
}

int
command_config_check(struct cli *c)
{
    const char *file = file_to_check(c);
    struct buf report = { .max = 0 };
    struct settings *s;
    unsigned errors;

    if (settings_load(&s, file, NULL, 0, &report, &errors)) {
        printf("%s: no errors\n", s->file);
        settings_free(&s);
        buf_free(&report);
        return CLI_DONE;
    }
    print_and_free(&report, stderr);
    fprintf(stderr, "%u error%s.\n", errors, errors == 1 ? "" : "s");
    return CLI_CONFIGURATION;
}

int
command_config_show(struct cli *c)
{
    struct buf out = { .max = 0 };
    bool changed = cli_option(c, "--changed");

    cli_option(c, "--all");
    settings_print(c->settings, changed ? SETTINGS_CHANGED : SETTINGS_ALL,
                   &out);
    return print_and_free(&out, stdout);
}

int
command_config_sample(struct cli *c)
{
    struct buf out = { .max = 0 };

    (void)c;
    settings_print_sample(&out);
    return print_and_free(&out, stdout);
}
