/*
 * The frames between authd and its clients: for every op, what writes a body
 * and what reads it. Bodies are net/ipc.h's numbers and spans; every get_
 * returns false for one that ends too early or too late.
 *
 *   op             asked with    answered with
 *   BEGIN          begin         answer
 *   STEP           step          answer
 *   CANCEL         step          nothing
 *   RESOLVE        pair          rows of target; verdict
 *   MAY_SEND_AS    pair          verdict
 *   administration pair          rows of row; nothing (TICKET: the ticket)
 */
#ifndef AUTH_WIRE_H
#define AUTH_WIRE_H

#include "auth/client.h"
#include "net/ipc.h"

enum auth_op {
    AUTH_OP_BEGIN = 1,
    AUTH_OP_STEP,
    AUTH_OP_CANCEL,
    AUTH_OP_RESOLVE,     /* address, nothing                             */
    AUTH_OP_MAY_SEND_AS, /* user, address                                */
    AUTH_OP_USER_ADD,    /* user, password; from here on: admin only     */
    AUTH_OP_USER_REMOVE, /* user, nothing                                */
    AUTH_OP_USER_STATE,  /* user, "active" or "disabled"                 */
    AUTH_OP_USER_LIST,   /* nothing, nothing                             */
    AUTH_OP_PASSWORD_SET,
    AUTH_OP_PASSWORD_CHECK,
    AUTH_OP_DEVICE_ADD,    /* user LF label, password                    */
    AUTH_OP_DEVICE_REMOVE, /* user, label                                */
    AUTH_OP_DEVICE_LIST,   /* user, nothing                              */
    AUTH_OP_ALIAS_ADD,     /* alias, target                              */
    AUTH_OP_ALIAS_REMOVE,  /* alias, target or nothing                   */
    AUTH_OP_ALIAS_LIST,    /* nothing, nothing                           */
    AUTH_OP_TICKET,        /* user, nothing                              */
    AUTH_OP_USER_EXPORT,   /* nothing, nothing                           */
    AUTH_OP_USER_IMPORT,   /* user, record                               */
    AUTH_OPS
};

/* Ends with a NULL name. */
extern const struct ipc_op auth_ops[];

/* The client numbers its exchanges, so that it can cancel one before it has
 * heard anything of it. */
struct auth_wire_begin {
    uint32_t exchange;
    bool tls;
    struct span session, peer;
    struct span mechanism;
    bool has_initial; /* RFC 4954 section 4: absent and empty differ */
    struct span initial;
};

struct auth_wire_step {
    uint32_t exchange;
    struct span line; /* decoded */
};

/* auth_result, but the challenge is not yet in base64. */
struct auth_wire_answer {
    enum auth_outcome outcome;
    bool hang_up;
    struct span challenge, user, ticket;
};

struct auth_wire_pair {
    struct span first, second;
};

void auth_wire_put_begin(struct buf *b, const struct auth_wire_begin *x);
bool auth_wire_get_begin(struct span body, struct auth_wire_begin *x);
void auth_wire_put_step(struct buf *b, const struct auth_wire_step *x);
bool auth_wire_get_step(struct span body, struct auth_wire_step *x);
void auth_wire_put_answer(struct buf *b, const struct auth_wire_answer *x);
bool auth_wire_get_answer(struct span body, struct auth_wire_answer *x);
void auth_wire_put_pair(struct buf *b, const struct auth_wire_pair *x);
bool auth_wire_get_pair(struct span body, struct auth_wire_pair *x);
void auth_wire_put_target(struct buf *b, const struct auth_target *x);
/* One of several in a row: *body is moved on. */
bool auth_wire_get_target(struct span *body, struct auth_target *x);
void auth_wire_put_verdict(struct buf *b, enum auth_address what);
bool auth_wire_get_verdict(struct span body, enum auth_address *what);
void auth_wire_put_row(struct buf *b, const struct auth_row *x);
bool auth_wire_get_row(struct span body, struct auth_row *x);

#endif
