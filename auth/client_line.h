/* What client.c and client_admin.c share: the line to authd, and what was
 * asked on it and is not yet answered. */
#ifndef AUTH_CLIENT_LINE_H
#define AUTH_CLIENT_LINE_H

#include "auth/client.h"
#include "net/ipc.h"

struct auth {
    struct loop *loop;
    struct ipc_client *line;
    uint32_t last_exchange;
    uint32_t life; /* of the line: an exchange does not outlive authd */
    struct auth_ask *asks;
    struct auth_exchange *exchanges;
};

/* One question with its answer functions; only the fitting ones are set. */
struct auth_ask {
    struct auth *auth;
    struct auth_ask *prev, *next;
    uint32_t request;
    auth_resolved_fn *resolved;
    auth_row_fn *row;
    auth_done_fn *done;
    auth_ticket_fn *ticket;
    void *arg;
    struct buf targets; /* rows of RESOLVE as they came */
    size_t target_count;
};

/* The ask is copied; its answer comes from the loop, exactly once. */
uint32_t auth_client_ask(const struct auth_ask *ask, uint16_t op,
                         struct span first, struct span second,
                         const struct ipc_answer *answer);

/* Takes it out of the list; the caller owns it now, and frees it with
 * auth_client_drop(). */
void auth_client_detach(struct auth_ask *ask);
void auth_client_drop(struct auth_ask *ask);

#endif
