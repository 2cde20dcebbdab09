/*
 * What may stand behind the path in MAIL and RCPT:
 *
 *   Mail-parameters = esmtp-param *(SP esmtp-param)
 *   esmtp-param     = esmtp-keyword ["=" esmtp-value]
 *                                               RFC 5321 section 4.1.2
 *
 * One row per parameter; EHLO prints the extensions they belong to.
 */
#ifndef SMTPD_PARAMETERS_H
#define SMTPD_PARAMETERS_H

#include "smtpd/verbs.h"

struct smtp_parameter {
    const char *name;
    smtp_may_fn *may;         /* NULL: always */
    smtp_keyword_fn *keyword; /* NULL: EHLO does not name it here */
    /* NULL: fine. value.p is NULL where no "=" stood. */
    const struct smtp_reply *(*set)(struct smtp *s, struct span value);
};

/* Row `index` of MAIL's; NULL behind the last. */
const struct smtp_parameter *smtp_mail_parameter_at(size_t index);

/* Take all there is to the end of the line. NULL: fine. */
const struct smtp_reply *smtp_take_mail_parameters(struct smtp *s,
                                                   struct cursor *c);
const struct smtp_reply *smtp_take_rcpt_parameters(struct smtp *s,
                                                   struct cursor *c);

#endif
