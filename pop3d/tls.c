/* STLS (RFC 2595 section 4): the shaking of hands is net's. */
#include "pop3d/commands.h"

const struct pop3_reply *
pop3_may_stls(const struct pop3 *s)
{
    if (conn_is_tls(s->conn))
        return pop3_say(SAY_TLS_ACTIVE);
    if ((s->state & POP3_NO_LOGIN) == 0)
        return pop3_say(SAY_BAD_STATE);
    return s->service->has_tls ? NULL : pop3_say(SAY_NO_TLS);
}

const struct pop3_reply *
pop3_run_stls(struct pop3 *s, struct cursor *c)
{
    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    s->start_tls = true;
    return pop3_say(SAY_START_TLS);
}
