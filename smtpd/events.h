/* What smtpd logs: one function an event, one line each. */
#ifndef SMTPD_EVENTS_H
#define SMTPD_EVENTS_H

#include "smtpd/session.h"

void smtp_event_state(const struct smtp *s, enum smtp_state to);
void smtp_event_login(const struct smtp *s, const struct auth_result *r);
void smtp_event_foreign(const struct smtp *s);
void smtp_event_sender_refused(const struct smtp *s);
void smtp_event_recipient_refused(const struct smtp *s,
                                  const struct smtp_reply *r);
void smtp_event_accepted(const struct smtp *s, uint32_t uid);
void smtp_event_refused(const struct smtp *s, const struct smtp_reply *r);
void smtp_event_store_failed(const struct smtp *s, const char *doing,
                             const struct error *e);
void smtp_event_closed(const struct smtp *s, const char *why);

#endif
