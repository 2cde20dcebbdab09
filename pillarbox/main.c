#include "net/daemon.h"
#include "pillarbox/cli.h"

#include "conf/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64

static const struct command *
find_command(const char *noun, const char *verb)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *row = &command_table[i];

        if (strcmp(row->noun, noun) != 0)
            continue;
        if (row->verb[0] == '\0' ||
            (verb != NULL && strcmp(row->verb, verb) == 0))
            return row;
    }
    return NULL;
}

static bool
is_noun(const char *word)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(command_table[i].noun, word) == 0)
            return true;
    return false;
}

static int
unknown(const char *noun, const char *verb)
{
    const char *words[WORDS_MAX];
    bool known = is_noun(noun);
    const char *typed = known ? (verb == NULL ? "" : verb) : noun;
    const char *nearest;
    size_t n = 0;

    for (size_t i = 0; i < command_count && n < WORDS_MAX - 1; i++)
        if (!known || strcmp(command_table[i].noun, noun) == 0)
            words[n++] = known ? command_table[i].verb : command_table[i].noun;
    words[n] = NULL;
    nearest = value_nearest(span_of(typed), words);
    if (known && verb == NULL)
        return cli_usage("%s: what about it? see: pillarbox help %s", noun,
                         noun);
    if (nearest == NULL)
        return cli_usage("unknown command \"%s\"; see: pillarbox help", typed);
    return cli_usage("unknown command \"%s\" - did you mean \"%s\"?", typed,
                     nearest);
}

/* Options that stand anywhere and mean the same everywhere. */
static void
take_global_options(struct cli *c)
{
    c->json = cli_option(c, "--json");
    c->yes = cli_option(c, "--yes");
}

/* A command that needs no settings still may be told of some. */
static void
take_settings_options(struct cli *c)
{
    for (int i = 0; i + 1 < c->arg_count;) {
        bool is_file = strcmp(c->args[i], "-c") == 0;

        if (!is_file && strcmp(c->args[i], "-o") != 0) {
            i++;
            continue;
        }
        if (is_file)
            c->file = c->args[i + 1];
        memmove(&c->args[i], &c->args[i + 2],
                (size_t)(c->arg_count - i - 2) * sizeof *c->args);
        c->arg_count -= 2;
    }
}

/* Options may stand anywhere; handlers find them behind the other arguments. */
static int
check_arguments(const struct command *row, struct cli *c)
{
    int others = 0;
    bool known;

    for (int i = 0; i < c->arg_count; i++) {
        char *word = c->args[i];

        if (strncmp(word, "--", 2) != 0) {
            memmove(&c->args[others + 1], &c->args[others],
                    (size_t)(i - others) * sizeof *c->args);
            c->args[others++] = word;
            continue;
        }
        if (cli_takes_value(row->args, word, &known) && ++i == c->arg_count)
            return cli_usage("%s: %s what?", row->noun, word);
        if (!known)
            return cli_usage("%s: unknown option %s", row->noun, word);
    }
    if (others >= row->least && others <= row->most)
        return CLI_DONE;
    return cli_usage("usage: pillarbox %s%s%s %s", row->noun,
                     row->verb[0] == '\0' ? "" : " ", row->verb, row->args);
}

static int
run_command(const struct command *row, struct cli *c, int argc, char **argv)
{
    struct settings *settings = NULL;
    int code;

    if (!row->without_settings) {
        settings = settings_from_arguments(&argc, argv, "pillarbox");
        c->settings = settings;
    }
    c->args = argv + (row->verb[0] == '\0' ? 2 : 3);
    c->arg_count = argc - (row->verb[0] == '\0' ? 2 : 3);
    take_global_options(c);
    if (row->without_settings)
        take_settings_options(c);
    code = check_arguments(row, c);
    if (code == CLI_DONE) {
        c->loop = loop_new();
        code = row->run(c);
        cli_close(c);
        loop_free(&c->loop);
    }
    settings_free(&settings);
    return code;
}

/* -c and -o may stand before the noun too: move them behind everything. */
static void
options_last(int argc, char **argv)
{
    for (int moved = 0; moved < argc && argc > 2; moved++) {
        char *option = argv[1];
        char *value = argv[2];

        if (strcmp(option, "-c") != 0 && strcmp(option, "-o") != 0)
            return;
        memmove(&argv[1], &argv[3], (size_t)(argc - 3) * sizeof *argv);
        argv[argc - 2] = option;
        argv[argc - 1] = value;
    }
}

int
main(int argc, char **argv)
{
    struct cli c = { 0 };
    const struct command *row;

    daemon_prepare();
    options_last(argc, argv);
    if (argc < 2)
        return cli_usage("what to do? see: pillarbox help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)
        argv[1] += 2;
    row = find_command(argv[1], argc > 2 ? argv[2] : NULL);
    if (row == NULL)
        return unknown(argv[1], argc > 2 ? argv[2] : NULL);
    return run_command(row, &c, argc, argv);
}
