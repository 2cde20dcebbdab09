/* RETR and TOP: a message on its way out, never whole in memory. */
#ifndef POP3D_MESSAGE_H
#define POP3D_MESSAGE_H

#include "pop3d/session.h"

/* Let go of the message that is being read, if any. */
void pop3_message_close(struct pop3 *s);

#endif
