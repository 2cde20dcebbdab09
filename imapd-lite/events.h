/* What imapd-lite logs: one function an event; the words never change. */
#ifndef IMAPD_LITE_EVENTS_H
#define IMAPD_LITE_EVENTS_H

#include "imapd-lite/session.h"

void imap_event_connect(const struct imap *s);
void imap_event_disconnect(const struct imap *s, const char *why);

/* how: "LOGIN", "AUTHENTICATE". */
void imap_event_login(const struct imap *s, const char *how);
void imap_event_login_failed(const struct imap *s, const char *how,
                             enum auth_outcome outcome);

/* A command that ended in NO: only what is our trouble, not the client's. */
void imap_event_refused(const struct imap *s);

/* ID (RFC 2971): cut, since anybody may send anything. */
void imap_event_client(const struct imap *s, struct span name,
                       struct span version);

void imap_event_append(const struct imap *s, uint64_t size, uint32_t uid);

#endif
