/* What the files of the server share. */
#ifndef AUTH_SERVER_PRIVATE_H
#define AUTH_SERVER_PRIVATE_H

#include "auth/checker.h"
#include "auth/server.h"
#include "auth/turns.h"
#include "auth/wire.h"
#include "auth/workers.h"

struct authd {
    struct loop *loop;
    struct authd_options options;
    struct accounts *accounts;
    struct checker checker;
    struct turns *turns;
    struct workers *workers;
    struct ipc_server *ipc;
    struct timer *checkpoint;
    struct job checkpoint_job;
    bool checkpoint_runs;
};

/* One connected process. It lives on without its line (ipc NULL) until the
 * last job that was started for it is done. */
struct authd_peer {
    struct authd *authd;
    struct ipc_peer *ipc;
    const char *service;
    struct attempt *attempts;
    unsigned attempt_count;
    unsigned holds;
};

void authd_peer_hold(struct authd_peer *p);
void authd_peer_release(struct authd_peer *p);

/* One question: what a handler needs to answer it. */
struct authd_ask {
    struct authd_peer *peer;
    uint32_t request;
    uint16_t op;
};

/* Harmless when the peer is gone. */
void authd_answer(const struct authd_ask *ask, struct span body);
void authd_answer_row(const struct authd_ask *ask, struct span body);
void authd_refuse(const struct authd_ask *ask, const struct error *e);

/* The user's ticket for the peer's service. */
void authd_put_ticket(const struct authd_peer *p, struct span user,
                      struct buf *out);

void attempt_begin(const struct authd_ask *ask, struct span body);
void attempt_step(const struct authd_ask *ask, struct span body);
void attempt_cancel(const struct authd_ask *ask, struct span body);
void attempt_cancel_all(struct authd_peer *p);

/* Any op from AUTH_OP_USER_ADD on. */
void admin_run(const struct authd_ask *ask, struct span body);

#endif
