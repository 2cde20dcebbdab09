#include "pillarbox/command.h"

#include <stdio.h>
#include <string.h>

int
command_version(struct cli *c)
{
    (void)c;
    printf("pillarbox %s\n", PILLARBOX_VERSION);
    return CLI_DONE;
}

int
command_help(struct cli *c)
{
    const char *noun = c->arg_count > 0 ? c->args[0] : NULL;
    unsigned shown = 0;

    if (noun == NULL)
        puts("pillarbox [-c FILE] [-o KEY=VALUE] [--json] COMMAND\n");
    for (size_t i = 0; i < command_count; i++) {
        const struct command *row = &command_table[i];
        char line[128];

        if (noun != NULL && strcmp(noun, row->noun) != 0)
            continue;
        snprintf(line, sizeof line, "%s%s%s %s", row->noun,
                 row->verb[0] == '\0' ? "" : " ", row->verb, row->args);
        printf("  %-40s %s\n", line, row->help);
        shown++;
    }
    return shown > 0
               ? CLI_DONE
               : cli_usage("no command \"%s\"; see: pillarbox help", noun);
}
