/* STARTTLS (RFC 3207): the shaking of hands is net's; smtp_secured() forgets. */
#include "smtpd/verbs.h"

const struct smtp_reply *
smtp_may_starttls(const struct smtp *s)
{
    if (conn_is_tls(s->conn))
        return smtp_say(SAY_TLS_ACTIVE); /* RFC 3207 section 4.2 */
    return s->service->has_tls ? NULL : smtp_say(SAY_NO_TLS);
}

void
smtp_put_starttls(const struct smtp *s, struct buf *out)
{
    (void)s;
    buf_put_text(out, "STARTTLS");
}

/* starttls = "STARTTLS" CRLF, with no parameters     RFC 3207 section 4 */
const struct smtp_reply *
smtp_run_starttls(struct smtp *s, struct cursor *c)
{
    if (!take_end(c))
        return smtp_say(SAY_NO_ARGUMENT);
    s->start_tls = true;
    return smtp_say(SAY_START_TLS);
}
