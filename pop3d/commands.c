#include "pop3d/commands.h"

#include "pop3d/limits.h"

static pop3_run_fn run_capa, run_noop;

#define SHORT POP3_COMMAND_MAX
#define LONG  POP3_AUTH_LINE_MAX

/* clang-format off */
static const struct pop3_command commands[] = {
    /* name    legal in            may             capability  detail           line   run */
    { "USER",  POP3_NO_LOGIN,      pop3_may_login, "USER",     NULL,            SHORT, pop3_run_user }, /* RFC 1939 section 7 */
    { "PASS",  POP3_USER,          pop3_may_login, NULL,       NULL,            SHORT, pop3_run_pass }, /* RFC 1939 section 7 */
    { "AUTH",  POP3_NO_LOGIN,      pop3_may_login, "SASL",     auth_mechanisms, LONG,  pop3_run_auth }, /* RFC 5034 section 4 */
    { "STLS",  POP3_NO_LOGIN,      pop3_may_stls,  "STLS",     NULL,            SHORT, pop3_run_stls }, /* RFC 2595 section 4 */
    { "CAPA",  POP3_ANY,           NULL,           NULL,       NULL,            SHORT, run_capa      }, /* RFC 2449 section 5 */
    { "QUIT",  POP3_ANY,           NULL,           NULL,       NULL,            SHORT, pop3_run_quit }, /* RFC 1939 sections 5, 6 */
    { "STAT",  POP3_TRANSACTION,   NULL,           NULL,       NULL,            SHORT, pop3_run_stat }, /* RFC 1939 section 5 */
    { "LIST",  POP3_TRANSACTION,   NULL,           NULL,       NULL,            SHORT, pop3_run_list }, /* RFC 1939 section 5 */
    { "RETR",  POP3_TRANSACTION,   NULL,           NULL,       NULL,            SHORT, pop3_run_retr }, /* RFC 1939 section 5 */
    { "DELE",  POP3_TRANSACTION,   NULL,           NULL,       NULL,            SHORT, pop3_run_dele }, /* RFC 1939 section 5 */
    { "NOOP",  POP3_TRANSACTION,   NULL,           NULL,       NULL,            SHORT, run_noop      }, /* RFC 1939 section 5 */
    { "RSET",  POP3_TRANSACTION,   NULL,           NULL,       NULL,            SHORT, pop3_run_rset }, /* RFC 1939 section 5 */
    { "TOP",   POP3_TRANSACTION,   NULL,           "TOP",      NULL,            SHORT, pop3_run_top  }, /* RFC 1939 section 7 */
    { "UIDL",  POP3_TRANSACTION,   NULL,           "UIDL",     NULL,            SHORT, pop3_run_uidl }, /* RFC 1939 section 7 */
};

/* Capabilities that belong to no command. */
static const char *const capabilities[] = {
    "RESP-CODES",     /* RFC 2449 section 6.4 */
    "AUTH-RESP-CODE", /* RFC 3206 section 4   */
    "PIPELINING",     /* RFC 2449 section 6.6 */
    "EXPIRE NEVER",   /* RFC 2449 section 6.7 */
    "IMPLEMENTATION pillarbox", /* RFC 2449 section 6.9 */
};
/* clang-format on */

#define COMMANDS     (sizeof commands / sizeof *commands)
#define CAPABILITIES (sizeof capabilities / sizeof *capabilities)

static const struct pop3_command *
command_find(struct span name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (span_is_nocase(name, commands[i].name))
            return &commands[i];
    return NULL;
}

/* command = keyword *(SP param) CRLF              RFC 2449 section 4 */
const struct pop3_reply *
pop3_dispatch(struct pop3 *s, struct span line)
{
    struct cursor c = cursor_on(line);
    const struct pop3_command *row = NULL;
    const struct pop3_reply *refusal;
    struct span name;

    if (take_word(&c, &name))
        row = command_find(name);
    if (line.n + 2 > (row == NULL ? POP3_COMMAND_MAX : row->line_max))
        return pop3_say(SAY_LINE_TOO_LONG);
    if (row == NULL)
        return pop3_say(SAY_UNKNOWN_COMMAND);
    if ((row->legal_in & s->state) == 0)
        return pop3_say(SAY_BAD_STATE);
    if (row->may != NULL && (refusal = row->may(s)) != NULL)
        return refusal;
    return row->run(s, &c);
}

static bool
put_capabilities(struct pop3 *s, struct buf *out)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct pop3_command *row = &commands[i];

        if (row->capability == NULL ||
            (row->may != NULL && row->may(s) != NULL))
            continue;
        buf_put_text(out, row->capability);
        if (row->detail != NULL)
            buf_printf(out, " %s", row->detail(true));
        buf_put_text(out, "\r\n");
    }
    for (size_t i = 0; i < CAPABILITIES; i++)
        buf_printf(out, "%s\r\n", capabilities[i]);
    buf_put_text(out, ".\r\n");
    return false;
}

/* RFC 2449 section 5: no parameters, in both states. */
static const struct pop3_reply *
run_capa(struct pop3 *s, struct cursor *c)
{
    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    s->more = put_capabilities;
    return pop3_say_ok(&s->command, "Capability list follows");
}

static const struct pop3_reply *
run_noop(struct pop3 *s, struct cursor *c)
{
    (void)s;
    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    return pop3_say(SAY_OK);
}
