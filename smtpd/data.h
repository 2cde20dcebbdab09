/* DATA: the message text, from the wire into the store. */
#ifndef SMTPD_DATA_H
#define SMTPD_DATA_H

#include "smtpd/session.h"

/* Eat message text from *in (state SMTP_TEXT). False: it needs more. */
bool smtp_data_run(struct smtp *s, struct span *in);

/* Forget the message; what was written of it vanishes. */
void smtp_data_clear(struct smtp *s);

#endif
