/* The commands: one table, every fact about a command in its row. CAPA is
 * printed from it. */
#ifndef POP3D_COMMANDS_H
#define POP3D_COMMANDS_H

#include "base/cursor.h"
#include "pop3d/session.h"

/* Answers the command whose name was taken off *c; a long answer goes on with
 * s->more behind the status line. NULL: pop3_resume() will answer. */
typedef const struct pop3_reply *pop3_run_fn(struct pop3 *s, struct cursor *c);

/* NULL: it may be used now. Else what to say instead. */
typedef const struct pop3_reply *pop3_may_fn(const struct pop3 *s);

struct pop3_command {
    const char *name;
    unsigned legal_in;               /* bits of enum pop3_state */
    pop3_may_fn *may;                /* NULL: always */
    const char *capability;          /* NULL: CAPA does not name it */
    const char *(*detail)(bool tls); /* stands behind it; NULL: nothing */
    size_t line_max;                 /* octets with CR LF */
    pop3_run_fn *run;
};

/* Answer one line, without its CR LF. */
const struct pop3_reply *pop3_dispatch(struct pop3 *s, struct span line);

/* What to say when pop3_take_message() found none. */
const struct pop3_reply *pop3_not_found(enum pop3_found found);

/* list.c, message.c, update.c, login.c, tls.c */
pop3_run_fn pop3_run_stat, pop3_run_list, pop3_run_uidl, pop3_run_retr,
    pop3_run_top, pop3_run_dele, pop3_run_rset, pop3_run_quit, pop3_run_user,
    pop3_run_pass, pop3_run_auth, pop3_run_stls;
pop3_may_fn pop3_may_login, pop3_may_stls;

#endif
