/*
 * The commands: one table, every fact about a command in its row. EHLO and HELP
 * are printed from it.
 */
#ifndef SMTPD_VERBS_H
#define SMTPD_VERBS_H

#include "base/cursor.h"
#include "smtpd/session.h"

/* Answers the command whose name was taken off *c. NULL: smtp_resume() will. */
typedef const struct smtp_reply *smtp_run_fn(struct smtp *s, struct cursor *c);

/* NULL: it may be used on this port, now. Else what to say instead. */
typedef const struct smtp_reply *smtp_may_fn(const struct smtp *s);

/* Adds what EHLO says of it (RFC 5321 section 4.1.1.1), without line end. */
typedef void smtp_keyword_fn(const struct smtp *s, struct buf *out);

enum smtp_verb_flags {
    /* Must end a group of pipelined commands: what follows depends on the
     * answer (RFC 2920 section 3.1). */
    VERB_LAST = 1,
    /* Its line may be as long as AUTH's (RFC 4954 section 4). */
    VERB_LONG = 2,
    /* Not SMTP's: another protocol's client was led here. */
    VERB_FOREIGN = 4
};

struct smtp_verb {
    const char *name;
    unsigned legal_in; /* bits of enum smtp_state */
    unsigned flags;
    smtp_may_fn *may;         /* NULL: always */
    smtp_keyword_fn *keyword; /* NULL: EHLO does not name it */
    smtp_run_fn *run;
};

/* Answer one line, without its CR LF. */
const struct smtp_reply *smtp_dispatch(struct smtp *s, struct span line);

/* Row `index` of the table; NULL behind the last. */
const struct smtp_verb *smtp_verb_at(size_t index);

/* hello.c, mail.c, data.c, auth.c, tls.c */
smtp_run_fn smtp_run_helo, smtp_run_ehlo, smtp_run_help, smtp_run_mail,
    smtp_run_rcpt, smtp_run_data, smtp_run_auth, smtp_run_starttls;
smtp_may_fn smtp_may_mail, smtp_may_auth, smtp_may_starttls;
smtp_keyword_fn smtp_put_auth, smtp_put_starttls;

#endif
