/*
 * Asking authd: who is this, whose address is that. The only header that other
 * programs see of auth/. Everything is asynchronous: the answer comes from the
 * loop, never from inside the call, and exactly once unless cancelled.
 *
 * While authd is away requests wait up to two seconds for it and then end with
 * AUTH_TEMPFAIL (or FAIL_UNAVAILABLE).
 *
 * Which service asks (smtp, pop3, imap, admin) is known to authd by the socket
 * the line was made on: sockets/auth-smtp, auth-pop3, auth-imap, auth-admin.
 */
#ifndef AUTH_CLIENT_H
#define AUTH_CLIENT_H

#include "base/error.h"
#include "base/span.h"
#include "net/loop.h"

#include <stdint.h>

struct auth; /* one process's line to authd */

struct auth *auth_client_new(struct loop *l, const char *socket_path);
/* On one end of a socket pair (the command line starting its own authd). */
struct auth *auth_client_on_fd(struct loop *l, int fd);
void auth_client_free(struct auth **a);

/* --- SASL (RFC 4422) --------------------------------------------------------

   The exchange of one AUTH command. Base64, the "=" of an empty initial
   response (RFC 4954 section 4) and "*" (cancel) are dealt with here. */

struct auth_exchange;

enum auth_outcome {
    AUTH_OK,
    AUTH_CONTINUE, /* send `challenge`, then auth_exchange_line()           */
    AUTH_FAILED,   /* wrong user, password, proof: one answer for all       */
    AUTH_NOAUTHZ,  /* may not act as that authorization identity            */
    AUTH_LIMIT,    /* too many tries; not looked at                         */
    AUTH_TEMPFAIL, /* authd is away, overloaded or broken                   */
    AUTH_NEED_TLS, /* not without TLS                                       */
    AUTH_NO_MECH,  /* unknown or not offered mechanism                      */
    AUTH_BAD_BASE64,
    AUTH_BAD_PROTOCOL, /* the bytes make no sense for the mechanism         */
    AUTH_CANCELLED,    /* the client sent "*"                               */
    AUTH_DISABLED,     /* right password, account switched off              */
    AUTH_EXPIRED,      /* right password, credential has ended              */
    AUTH_OUTCOMES
};

struct auth_result {
    enum auth_outcome outcome;
    struct span challenge; /* AUTH_CONTINUE: base64, may be empty           */
    struct span user;      /* AUTH_OK: canonical account name               */
    struct span ticket;    /* AUTH_OK: for store_login(); opaque bytes      */
    bool hang_up;          /* close the connection after the answer         */
};

/* Spans are valid during the call. After any outcome but AUTH_CONTINUE the
 * exchange is gone. */
typedef void auth_result_fn(void *arg, const struct auth_result *r);

struct auth_who {
    const char *session; /* conn_id */
    const char *peer;    /* numeric address */
    bool tls;
};

/* mechanism as sent by the client. initial: NULL p when there was none. */
struct auth_exchange *auth_exchange_begin(struct auth *a,
                                          const struct auth_who *who,
                                          struct span mechanism,
                                          struct span initial,
                                          auth_result_fn *fn, void *arg);

/* The client's next line, without CR LF. One at a time. */
void auth_exchange_line(struct auth_exchange *x, struct span line);

/* The client is gone: fn is not called any more. Accepts NULL. */
void auth_exchange_abort(struct auth_exchange **x);

/* LOGIN of IMAP, USER and PASS of POP3: as PLAIN, without its encoding.
 * NULs or controls in either give AUTH_FAILED. Abort as above. */
struct auth_exchange *auth_password(struct auth *a, const struct auth_who *who,
                                    struct span user, struct span password,
                                    auth_result_fn *fn, void *arg);

/* The mechanisms to advertise, strongest first, one space between; depends on
 * TLS. Static: "SCRAM-SHA-256 PLAIN LOGIN" inside TLS, "" before. */
const char *auth_mechanisms(bool tls);

/* A word for the log: "ok", "failed", "limit"... */
const char *auth_outcome_name(enum auth_outcome o);

/* --- addresses --------------------------------------------------------------- */

enum auth_address {
    AUTH_LOCAL,    /* `targets` hold who gets it                         */
    AUTH_UNKNOWN,  /* our domain, nobody of that name: 550 5.1.1         */
    AUTH_NOT_OURS, /* another domain: relaying                           */
    AUTH_UNDECIDED /* authd cannot say now: 451 4.3.0                    */
};

struct auth_target {
    struct span user;   /* canonical account name                           */
    struct span detail; /* of anna+detail@...; may be empty                 */
};

struct auth_resolved {
    enum auth_address what;
    const struct auth_target *targets;
    size_t count;
};

typedef void auth_resolved_fn(void *arg, const struct auth_resolved *r);

/* address: canonical (mail_path_canonical). "postmaster" without a domain is
 * the default domain's. Returns a number for auth_forget(). */
uint32_t auth_resolve(struct auth *a, struct span address, auth_resolved_fn *fn,
                      void *arg);

/* May `user` send as `address` (one of its own: account, aliases to it)? The
 * outcome is AUTH_LOCAL for yes, AUTH_UNKNOWN for no. */
uint32_t auth_may_send_as(struct auth *a, struct span user, struct span address,
                          auth_resolved_fn *fn, void *arg);
void auth_forget(struct auth *a, uint32_t request);

/* --- administration (only on auth-admin) ------------------------------------- */

/* One row of a list. For users: name, detail = state ("active", "disabled"),
 * created. For aliases: name = alias, detail = one target. */
struct auth_row {
    struct span name, detail;
    int64_t created;
};
typedef void auth_row_fn(void *arg, const struct auth_row *row);
typedef void auth_done_fn(void *arg, const struct error *e); /* NULL: done */

/*
 * user add: EXISTS, INVALID (name, or its domain is not ours, or the password
 * is empty, over 1024 octets or not valid UTF-8). user remove: NOT_FOUND; its
 * aliases go with it, its mail stays. alias add: EXISTS, NOT_FOUND (a target
 * that is no account), INVALID; an alias may have many targets, and
 * "@example.org" is a catch-all. A null row function is fine where no rows
 * come.
 */
void auth_user_add(struct auth *a, struct span user, struct span password,
                   auth_done_fn *done, void *arg);
void auth_user_remove(struct auth *a, struct span user, auth_done_fn *done,
                      void *arg);
void auth_user_list(struct auth *a, auth_row_fn *row, auth_done_fn *done,
                    void *arg);
void auth_password_set(struct auth *a, struct span user, struct span password,
                       auth_done_fn *done, void *arg);
/* DENIED: wrong. NOT_FOUND: no such user. */
void auth_password_check(struct auth *a, struct span user, struct span password,
                         auth_done_fn *done, void *arg);

/* Off: mail still arrives, nobody gets in (AUTH_DISABLED). */
void auth_user_enable(struct auth *a, struct span user, bool enabled,
                      auth_done_fn *done, void *arg);

/* A further password of the same user, for one device, that can be taken away
 * by itself: EXISTS and NOT_FOUND also of the label, LIMIT (32 passwords). A
 * change of the main password leaves them valid. The list: name = label. */
struct auth_device {
    struct span user, label;
};
void auth_device_add(struct auth *a, const struct auth_device *device,
                     struct span password, auth_done_fn *done, void *arg);
void auth_device_remove(struct auth *a, const struct auth_device *device,
                        auth_done_fn *done, void *arg);
void auth_device_list(struct auth *a, struct span user, auth_row_fn *row,
                      auth_done_fn *done, void *arg);

/* An alias may have many targets; a target may carry a detail. */
void auth_alias_add(struct auth *a, struct span alias, struct span target,
                    auth_done_fn *done, void *arg);
/* target empty: the whole alias. */
void auth_alias_remove(struct auth *a, struct span alias, struct span target,
                       auth_done_fn *done, void *arg);
void auth_alias_list(struct auth *a, auth_row_fn *row, auth_done_fn *done,
                     void *arg);

/*
 * For backups: every account as authd keeps it, state and verifiers included,
 * but no password. The rows: detail = the record, opaque, a secret; it is for
 * auth_user_import() alone, which makes the account where it is missing.
 * EXISTS (also where an alias has the name), INVALID (name, domain, or a
 * record that is none).
 */
void auth_user_export(struct auth *a, auth_row_fn *row, auth_done_fn *done,
                      void *arg);
void auth_user_import(struct auth *a, struct span user, struct span record,
                      auth_done_fn *done, void *arg);

/* A ticket for the store as this user, without a password: for the command
 * line's own work (pillarbox index check, deliver). */
typedef void auth_ticket_fn(void *arg, struct span ticket,
                            const struct error *e);
void auth_admin_ticket(struct auth *a, struct span user, auth_ticket_fn *fn,
                       void *arg);

#endif
