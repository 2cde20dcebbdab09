/* USER, PASS and AUTH: who is there, and opening what is theirs. */
#ifndef POP3D_LOGIN_H
#define POP3D_LOGIN_H

#include "pop3d/session.h"

/* The client's answer to a challenge (state POP3_SASL). */
const struct pop3_reply *pop3_login_line(struct pop3 *s, struct span line);

/* End the exchange: it got something that is no line. */
void pop3_login_abandon(struct pop3 *s);

#endif
