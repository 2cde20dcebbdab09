/* MAIL and RCPT: who it is from, who gets it. */
#ifndef SMTPD_MAIL_H
#define SMTPD_MAIL_H

#include "smtpd/session.h"

/* Forget the transaction. */
void smtp_mail_clear(struct smtp *s);

/*
 * Add who authd says has the address. A mailbox that is there already is not
 * added again: whoever is named twice, or by name and by alias, gets one copy.
 * False: more than SMTP_TARGETS_MAX, and nothing was added.
 */
bool smtp_mail_add_targets(struct smtp_mail *m, const struct auth_target *t,
                           size_t count);

#endif
