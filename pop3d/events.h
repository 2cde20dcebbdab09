/* What pop3d logs: one function an event, one line each. */
#ifndef POP3D_EVENTS_H
#define POP3D_EVENTS_H

#include "pop3d/session.h"

void pop3_event_login(const struct pop3 *s, const struct auth_result *r);
void pop3_event_opened(const struct pop3 *s);
void pop3_event_removed(const struct pop3 *s);
void pop3_event_read_failed(const struct pop3 *s, uint32_t uid);
void pop3_event_store_failed(const struct pop3 *s, const char *doing,
                             const struct error *e);
void pop3_event_closed(const struct pop3 *s, const char *why);

#endif
