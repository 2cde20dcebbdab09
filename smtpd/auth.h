/* AUTH (RFC 4954): carries lines between the client and authd. */
#ifndef SMTPD_AUTH_H
#define SMTPD_AUTH_H

#include "smtpd/session.h"

/* The client's answer to a challenge (state SMTP_SASL). */
const struct smtp_reply *smtp_auth_line(struct smtp *s, struct span line);

/* End the exchange: it got something that is no line. */
void smtp_auth_abandon(struct smtp *s);

#endif
