/* What authd says in the log: one function per event. */
#ifndef AUTH_EVENTS_H
#define AUTH_EVENTS_H

#include "auth/client.h"

struct auth_event {
    const char *service;
    struct span session, peer, mechanism;
    struct span user;
    bool user_exists;
    enum auth_outcome outcome;
    int64_t delay_ms;
};

void auth_event_started(const char *dir);
void auth_event_stopped(void);

/* Names of nobody are not logged: people type passwords there. */
void auth_event_attempt(const struct auth_event *v);

void auth_event_database(const char *doing, const struct error *e);
void auth_event_admin(const char *what, struct span first,
                      const struct error *e);

#endif
