/* What the supervisor logs: one function an event. */
#ifndef PILLARBOX_EVENTS_H
#define PILLARBOX_EVENTS_H

#include "base/error.h"

void super_event_listening(const char *name, const char *address);
void super_event_started(const char *program, int pid);
void super_event_serving(unsigned programs);
void super_event_ended(const char *program, int pid, int wait_status);
void super_event_not_started(const char *program, const struct error *e);
void super_event_sockets_made(const char *program, const char *dir);
void super_event_stopping(void);
void super_event_stopped(void);
void super_event_killed(const char *program, int pid);
void super_event_certificate(const char *file, const char *fingerprint);

#endif
