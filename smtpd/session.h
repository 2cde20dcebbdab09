/*
 * One SMTP session (RFC 5321): bytes in, replies out. It holds no socket and no
 * file of its own; recipients are authd's to know, messages mailstored's to
 * keep, and their answers come later (smtp_resume).
 *
 * Memory: `mail.arena` lives as long as one transaction, `command` until the
 * next line is read.
 */
#ifndef SMTPD_SESSION_H
#define SMTPD_SESSION_H

#include "auth/client.h"
#include "base/arena.h"
#include "base/buf.h"
#include "conf/settings.h"
#include "mail/path.h"
#include "mail/summary.h"
#include "mailstore/client.h"
#include "net/conn.h"
#include "net/dot.h"
#include "net/line.h"
#include "smtpd/hops.h"
#include "smtpd/reply.h"

/* The picture is at the head of session.c. One bit each, so that a verb can
 * say in which states it is legal. */
enum smtp_state {
    SMTP_CONNECTED = 1, /* nothing said yet                        */
    SMTP_GREETED = 2,   /* waits for HELO or EHLO                  */
    SMTP_READY = 4,
    SMTP_SENDER = 8, /* MAIL was accepted                       */
    SMTP_RCPTS = 16, /* and at least one RCPT                   */
    SMTP_TEXT = 32,  /* message text follows, no commands       */
    SMTP_SASL = 64   /* AUTH's lines follow, no commands        */
};

#define SMTP_ANY        (SMTP_GREETED | SMTP_READY | SMTP_SENDER | SMTP_RCPTS)
#define SMTP_HELLO_SAID (SMTP_READY | SMTP_SENDER | SMTP_RCPTS)
#define SMTP_IN_MAIL    (SMTP_SENDER | SMTP_RCPTS)

/* Mail from other servers, or our own users' (RFC 6409). */
enum smtp_port { SMTP_PORT_RELAY, SMTP_PORT_SUBMISSION };

/* What all sessions of the process share; const after start. */
struct smtp_service {
    const struct settings *settings;
    struct auth *auth;
    struct store *store;
    bool has_tls;
};

/* A mail transaction: RFC 5321 section 3.3. */
struct smtp_mail {
    struct arena arena;
    struct span id;     /* "<session>-<number>": trace, log, reply */
    struct span from;   /* "local@domain" as written; empty for <> */
    uint64_t size;      /* as announced; 0: not */
    unsigned addresses; /* RCPTs accepted */
    struct span to;     /* the last of them, as written */
    struct buf asked;   /* the one that authd is looking up */
    struct store_recipient *targets;
    size_t target_count, target_room;
    size_t targets_before; /* the RCPT that is being looked up */
};

/* The message as it comes in. */
struct smtp_text {
    struct store_delivery *delivery;
    struct summary_maker *summary;
    int fd; /* the delivery's */
    struct dot dot;
    struct smtp_hops hops;
    struct buf unwritten;
    uint64_t received;                /* octets of text from the client */
    uint64_t written;                 /* octets for the file, trace included */
    const struct smtp_reply *refusal; /* NULL: fine so far */
};

struct smtp {
    struct conn *conn;
    const struct smtp_service *service;
    enum smtp_port port;
    enum smtp_state state;
    struct line line;
    struct arena command;
    struct buf client; /* its name in HELO or EHLO */
    struct buf user;   /* account, once authenticated */
    bool extended;     /* EHLO, not HELO */

    bool waiting; /* an answer of authd or mailstored is to come */
    bool closing;
    bool start_tls;
    bool in_step_only; /* the running command must end its group */
    bool out_of_step;  /* and was refused */

    unsigned errors, auth_failures;
    unsigned texts;    /* messages begun */
    unsigned messages; /* and accepted */
    uint32_t request;  /* of auth_resolve; 0: none */
    uint32_t check;    /* of store_check_quota; 0: none */
    struct auth_exchange *exchange;
    struct smtp_mail mail;
    struct smtp_text text;
};

extern const struct protocol smtp_protocol; /* conf: struct smtp_service */

/* The one function that changes the state. */
void smtp_enter(struct smtp *s, enum smtp_state state);

/* The one function that sends a reply: counts refusals, closes where the
 * reply says so. */
void smtp_answer(struct smtp *s, const struct smtp_reply *r);

/* Stop reading commands until smtp_resume(); what a handler returns when the
 * reply is not known yet. */
const struct smtp_reply *smtp_wait(struct smtp *s);
void smtp_resume(struct smtp *s, const struct smtp_reply *r);

#endif
