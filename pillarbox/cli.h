/*
 * What every subcommand stands on: its arguments, its settings, lines to the
 * two owners, tables out, and one way to end.
 *
 * Exit codes: 0 done; 1 checked and found a problem; 2 usage; then those of
 * sysexits.h (65 data, 67 no such user, 69 not reachable, 73 exists already,
 * 74 I/O, 75 try again, 77 permission, 78 configuration).
 */
#ifndef PILLARBOX_CLI_H
#define PILLARBOX_CLI_H

#include "auth/client.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "conf/settings.h"
#include "mailstore/client.h"
#include "net/loop.h"

enum cli_exit {
    CLI_DONE = 0,
    CLI_PROBLEM = 1,
    CLI_USAGE = 2,
    CLI_DATA = 65,
    CLI_NO_USER = 67,
    CLI_UNREACHABLE = 69,
    CLI_EXISTS = 73,
    CLI_IO = 74,
    CLI_TRY_AGAIN = 75,
    CLI_DENIED = 77,
    CLI_CONFIGURATION = 78
};

struct owner; /* an authd or mailstored that we started ourselves */

struct cli {
    const struct settings *settings; /* NULL for commands without them */
    const char *file;                /* -c, for these; NULL: not given */
    struct loop *loop;
    char **args; /* behind the verb */
    int arg_count;
    bool json;
    bool yes; /* --yes: do not ask */
    struct arena memory;

    /* Made when first needed: cli_auth(), cli_store(). */
    struct auth *auth;
    struct store *store;
    struct owner *own_auth, *own_store;
    unsigned char key[32]; /* of owners that we started ourselves */
    bool has_key;
};

/* One row a subcommand. */
struct command {
    const char *noun, *verb; /* verb "": none */
    const char *args;        /* "USER [--generate|--stdin]" */
    int least, most;         /* arguments */
    bool without_settings;
    const char *help;
    int (*run)(struct cli *c); /* the exit code */
};

extern const struct command command_table[];
extern const size_t command_count;

/*
 * Lines to the owners, on their admin sockets. Where nobody listens there the
 * owner is started for the length of this command. Ends the process with 69
 * where that fails too.
 */
struct auth *cli_auth(struct cli *c);
struct store *cli_store(struct cli *c);
/* True when the appliance runs (mailstored answers on its socket). */
bool cli_is_running(struct cli *c);
void cli_close(struct cli *c);

/* One answer waited for. */
struct cli_wait {
    struct cli *cli;
    bool over;
    bool failed;
    struct error e;
};

/* For use as a done function with a struct cli_wait as its argument. */
void cli_done(void *wait, const struct error *e);
/* Runs the loop until it is over. True when it did not fail. */
bool cli_wait(struct cli_wait *w);

/* Prints "pillarbox: WHAT: text" (JSON with --json) to standard error; the exit
 * code that fits the kind. */
int cli_fail(const struct cli *c, const char *what, const struct error *e);
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* True, and the argument is taken out, when it is there. */
bool cli_option(struct cli *c, const char *name);
/* The word behind the option, both taken out; NULL: it is not there. In the
 * command's row such an option stands as "--since AGO". */
const char *cli_value(struct cli *c, const char *name);
/* Does this option of a command's arguments have a word behind it? False, too,
 * for one that it does not have; *known tells. */
bool cli_takes_value(const char *args, const char *option, bool *known);

/* A full account name from what was typed: a bare local part gets the default
 * domain. Lower case. Lives until cli_close(). */
const char *cli_user(struct cli *c, const char *typed);

/* --- tables -------------------------------------------------------------------

   Aligned with a header on a terminal, TAB-separated without one elsewhere, an
   array of objects with --json. */

#define CLI_COLUMNS_MAX 8

struct cli_table {
    const char *const *columns; /* NULL-terminated, lower case */
    bool json;
    struct buf cells; /* NUL-terminated, row by row */
    size_t rows;
};

/* A table that is filled while waiting; &list is the argument of both the row
 * and the done function. */
struct cli_list {
    struct cli_wait wait; /* first: cli_done() takes it */
    struct cli_table table;
};

void cli_table_add(struct cli_table *t, struct span cell);
void cli_table_add_number(struct cli_table *t, uint64_t n);
void cli_table_add_time(struct cli_table *t, int64_t seconds);
void cli_table_print(struct cli_table *t); /* and frees it */

void cli_put_json(struct buf *out, struct span text); /* quoted */

/* --- passwords ------------------------------------------------------------------ */

/* From --stdin, --generate (printed by the caller) or a prompt without echo,
 * asked twice. False, with the exit code in *code: nothing usable. */
bool cli_password(struct cli *c, struct buf *password, bool *generated,
                  int *code);
void cli_generate_password(struct buf *out);

#endif
