/*
 * One POP3 session (RFC 1939): bytes in, answers out. It holds no socket; who
 * somebody is comes from authd, the maildrop from mailstored, and their answers
 * come later (pop3_resume).
 */
#ifndef POP3D_SESSION_H
#define POP3D_SESSION_H

#include "auth/client.h"
#include "base/arena.h"
#include "base/buf.h"
#include "conf/settings.h"
#include "mailstore/client.h"
#include "net/conn.h"
#include "net/dot.h"
#include "net/line.h"
#include "pop3d/drop.h"
#include "pop3d/reply.h"
#include "pop3d/top.h"

/* The picture is at the head of session.c. One bit each, so that a command can
 * say in which states it is legal. */
enum pop3_state {
    POP3_CONNECTED = 1,     /* nothing said yet           */
    POP3_AUTHORIZATION = 2, /* RFC 1939 section 4         */
    POP3_USER = 4,          /* the same, USER was given   */
    POP3_SASL = 8,          /* AUTH's lines, no commands  */
    POP3_TRANSACTION = 16,  /* RFC 1939 section 5         */
    POP3_UPDATE = 32        /* RFC 1939 section 6         */
};

#define POP3_NO_LOGIN (POP3_AUTHORIZATION | POP3_USER)
#define POP3_ANY      (POP3_NO_LOGIN | POP3_TRANSACTION)

/* What all sessions of the process share; const after start. */
struct pop3_service {
    const struct settings *settings;
    struct auth *auth;
    struct store *store;
    bool has_tls;
};

/* A message on its way out. */
struct pop3_reader {
    struct pop3_message *message;
    int fd; /* -1: none */
    uint64_t at, size;
    struct dot dot;
    bool is_top;
    struct pop3_top top;
};

struct pop3;

/*
 * What a long answer still has to send: adds a piece to *out; false: that was
 * the last. Called whenever the output has room.
 */
typedef bool pop3_more_fn(struct pop3 *s, struct buf *out);

struct pop3 {
    struct conn *conn;
    const struct pop3_service *service;
    enum pop3_state state;
    struct line line;
    struct arena command; /* until the next line is read */
    struct buf user;      /* as given by USER; once logged in, the account */

    bool waiting; /* an answer of authd or mailstored is to come */
    bool closing;
    bool start_tls;

    int64_t login_deadline; /* clock_monotonic_ms */
    unsigned errors, login_failures;
    struct auth_exchange *exchange;
    struct store_session *store;
    struct pop3_drop drop;
    struct pop3_reader reader;
    pop3_more_fn *more; /* NULL: nothing */
    size_t listed;      /* LIST, UIDL: messages passed */
    unsigned retrieved;
};

extern const struct protocol pop3_protocol; /* conf: struct pop3_service */

/* The one function that changes the state. */
void pop3_enter(struct pop3 *s, enum pop3_state state);

/* The one function that sends a status line: counts what was refused, closes
 * where the reply says so. */
void pop3_answer(struct pop3 *s, const struct pop3_reply *r);

/* Stop reading commands until pop3_resume(); what a handler returns when the
 * answer is not known yet. */
const struct pop3_reply *pop3_wait(struct pop3 *s);
void pop3_resume(struct pop3 *s, const struct pop3_reply *r);

#endif
