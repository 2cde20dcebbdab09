/*
 * Inside the client library.
 *
 * Functions of the caller are called between store_enter() and store_leave()
 * of their session: so a session, or what it has open, that the caller ends
 * from inside them is only marked, and freed when the last of ours has
 * returned.
 */
#ifndef MAILSTORE_CLIENT_PRIVATE_H
#define MAILSTORE_CLIENT_PRIVATE_H

#include "base/map.h"
#include "mailstore/wire.h"

struct store_admin;

struct store {
    struct loop *loop;
    struct ipc_client *ipc;
    struct store_session *sessions;
    struct map *by_number; /* sessions */
    struct store_admin *admins;
    uint32_t last_session, last_delivery;
    uint32_t line; /* counts lines: deliveries end with theirs */
};

/* --- requests ------------------------------------------------------------- */

union store_row_fn {
    store_mailbox_fn *mailbox;
    store_summary_fn *summary;
    store_mark_fn *mark;
    store_uidl_fn *uidl;
};

union store_end_fn {
    store_done_fn *done;
    store_opened_fn *opened;
    store_message_fn *message;
    store_bundle_fn *bundle;
    store_flagged_fn *flagged;
    store_copied_fn *copied;
    store_quota_fn *quota;
    store_importing_fn *importing;
};

struct store_request;

/* What is the same for all requests of one op. end: of a request that is over
 * already, so that the next may be made from inside it; fd is -1, or where
 * has_descriptor is set now end's. */
struct store_kind {
    uint16_t op;
    bool of_mailbox;     /* of the open one: NOT_FOUND after gone()        */
    bool has_descriptor; /* its end has one that is not the body's         */
    bool only_reads;     /* may be sent again where the line broke         */
    void (*row)(const struct store_request *r, struct span body);
    void (*end)(struct store_session *x, const struct store_request *r,
                struct span body, int fd, const struct error *e);
};

struct store_request {
    const struct store_kind *kind; /* NULL: none is outstanding */
    union store_row_fn row;
    union store_end_fn end;
    void *arg;
    struct store_delivery *delivery; /* of append_begin */
    struct buf body;                 /* until it is sent (only_reads: until it
                                        is over); starts with the number of
                                        the session */
    bool is_again;                   /* sent for the second time, or has had
                                        a row: not sent again */
    uint32_t number;                 /* when it is sent */
    enum fail fault;                 /* known before it was sent; 0: none */
    const char *why;
};

/*
 * Ask for the session (the body is taken over), or hold the request until the
 * session is logged in again. A body that is `full` fails with LIMIT.
 */
void store_ask(struct store_session *x, struct store_request *r);

/* Send what is held; fail what was not sent. */
void store_request_send(struct store_session *x);
void store_request_fail(struct store_session *x, const struct error *e);

/* Forget what is outstanding. */
void store_forget(struct store_session *x);

/* Send for the session what nobody waits for; nothing where it is not ready. */
void store_tell(struct store_session *x, uint16_t op, struct buf *body);

/* *e for a body that its get refused. */
const struct error *store_malformed(struct error *e);

/* --- sessions ------------------------------------------------------------- */

enum session_state {
    SESSION_LOGIN,  /* for the first time                       */
    SESSION_READY,  /* as far as we know: see store_is_ready()  */
    SESSION_LOST,   /* the line broke, and nothing is wanted    */
    SESSION_AGAIN,  /* logging in again                         */
    SESSION_REOPEN, /* opening again what was open              */
    SESSION_REFUSED /* its ticket is not taken (any more)       */
};

struct store_session {
    struct store *store;
    struct store_session *prev, *next;
    enum session_state state;
    uint32_t number; /* a new one for every login */
    struct buf ticket, session_id, peer;
    unsigned fullness;   /* store_fullness() */
    bool is_as;          /* store_login_as(): `ticket` is the user's name */
    store_done_fn *done; /* of the first login */
    void *arg;
    uint32_t own_request; /* login or re-open, not the caller's; 0: none */
    bool login_again;     /* the first login was lost with its line      */
    struct store_request request;
    struct timer *soon; /* tells request.fault */
    /* The open that is outstanding. */
    struct buf opening;
    unsigned opening_how;
    const struct store_view_calls *opening_calls;
    bool opening_cancelled;
    struct store_opened *opened;
    struct store_opened *buried; /* closed, but in use by a caller of ours */
    struct store_delivery *deliveries;
    unsigned busy;
    bool dead;
};

void store_enter(struct store_session *x);
void store_leave(struct store_session *x);
bool store_is_ready(const struct store_session *x);

/* Its request is to be sent: now, or when it is logged in again. */
void store_session_want(struct store_session *x);

/* The line is there again. */
void store_session_up(struct store_session *x);
/* The line broke. */
void store_session_down(struct store_session *x);

/* --- what is open --------------------------------------------------------- */

/* What the session was told of a message that came by added(). */
struct store_known {
    uint32_t uid;
    uint16_t flags;
    uint64_t keywords;
    uint64_t modseq;
};

struct store_opened {
    struct store_view view;
    struct store_opened *below; /* in session.buried */
    struct buf name;
    unsigned how;
    const struct store_view_calls *calls;
    void *arg;
    size_t mapped; /* bytes of view.rows */
    const char *keywords[WIRE_KEYWORDS_MAX + 1];
    struct store_known *added;
    size_t added_count, added_cap;
    struct numset expunged;
    uint32_t highest; /* uid told of */
    bool gone;
};

/* The rows of an answer to open: a mapping of the snapshot in fd (closed),
 * with its changes; NULL for none. `mapped` is for row_unmap(). */
struct store_rows {
    struct store_row *rows;
    size_t count, mapped;
};
bool store_map_rows(int fd, const struct wire_view *w, struct store_rows *out,
                    struct error *e);

/* Takes the list over; true when a known number now has another name. */
bool store_opened_keywords(struct store_opened *o,
                           const struct wire_keyword_list *list);
/* Applies a row as it is now: keeps \Recent of before in both. False: not a
 * message that the session was told of. */
bool store_opened_apply(struct store_opened *o, struct store_row *row);
void store_opened_add(struct store_opened *o, const struct store_row *row);

/* It is not open any more, without telling mailstored. */
void store_bury(struct store_session *x);
void store_opened_free(struct store_opened *o);
/* Tells the session that its mailbox is gone. */
void store_opened_gone(struct store_session *x);

/* A pushed event of this session. */
void store_event(struct store_session *x, uint16_t op, struct span body);

/* The answer to opening again: reports what is different. False: it is not
 * the same mailbox any more. Between enter and leave. */
bool store_resync(struct store_session *x, struct span body, int fd);

/* --- deliveries ----------------------------------------------------------- */

/* The session ends: its deliveries make no more calls. */
void store_deliveries_orphan(struct store_session *x);

/* The Message-ID that a summary knows of, "<...>"; nothing where it has none. */
void store_message_id(struct span summary, struct buf *out);

/* One request that is no session's. */
struct store_admin {
    struct store *store;
    struct store_admin *prev, *next;
    store_report_fn *row;
    store_done_fn *done;
    store_stats_fn *stats;
    store_quota_row_fn *quota;
    store_recount_fn *recount;
    store_kept_fn *kept;
    store_undeleted_fn *undeleted;
    store_event_fn *event;
    uint32_t request; /* of what may be forgotten */
    void *arg;
};

struct store_admin *store_admin_new(struct store *s, void *arg);
void store_admin_free(struct store_admin *a);
void store_admins_free(struct store *s);

#endif
