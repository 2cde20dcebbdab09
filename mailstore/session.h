/* Inside the server: lines, sessions, requests. See server.h. */
#ifndef MAILSTORE_SESSION_H
#define MAILSTORE_SESSION_H

#include "mailstore/deliver.h"
#include "mailstore/server.h"
#include "mailstore/watch.h"
#include "mailstore/wire.h"

struct line {
    struct server *server;
    struct core *core;
    struct ipc_peer *peer; /* NULL once it is gone */
    enum server_service service;
    struct map *sessions; /* by number */
    struct map *slots;    /* by number */
    unsigned requests;    /* under way */
};

struct session {
    struct line *line;
    uint32_t number;
    struct home *home; /* NULL until the ticket was taken */
    struct view *view;
    bool view_gone;
    bool alive;
    unsigned requests; /* under way: it is freed with the last */
    char *id;
    char *who; /* "imap 7f3a 192.168.1.7": see history.h */
};

struct slot {
    struct line *line;
    uint32_t number, session;
    struct delivery *delivery; /* NULL: being begun, or being committed */
    bool alive;
};

struct reply {
    struct line *line;
    struct session *session; /* or NULL */
    uint32_t request;
    uint16_t op;
};

/* Each ends the request. */
void reply_done(struct reply *r, const struct buf *body);
void reply_done_fd(struct reply *r, const struct buf *body, int fd);
void reply_failed(struct reply *r, const struct error *e);
void reply_invalid(struct reply *r, const char *what);
/* The ending of most: e or an empty body. arg is the reply. */
void reply_end(void *arg, const struct error *e);
void reply_row(struct reply *r, const struct buf *body);

/* Looks the session up and ties the request to it; answers where it cannot. */
bool reply_take_session(struct reply *r, uint32_t number);
/* The same, with a view that can be asked; writing: that may change it. */
bool reply_take_view(struct reply *r, uint32_t number, bool writing);
/* A mailbox's name as a peer must send it; answers where it is not. */
bool reply_check_name(struct reply *r, struct span name);

/* The session is over; it stays in memory until its requests are. */
void session_end(struct session *s);
void session_close_view(struct session *s);
void session_forget(struct session *s); /* a request of it ended */

/* What a session is told of its view (session_events.c). */
extern const struct view_calls session_view_calls;
void session_fill_keywords(const struct index_folder *record,
                           struct wire_keyword_list *list);

void slot_end(struct slot *s);

/* Takes the delivery out of its slot. NULL, and answered: there is none. */
struct delivery *slot_take(struct reply *r, uint32_t session, uint32_t number);
/* The end of a commit; arg is the reply. */
void reply_committed(void *arg, uint32_t uid_validity, uint32_t uid,
                     const struct error *e);
/* What a file's time can hold. */
int64_t request_bounded_date(int64_t date);
/* Begins a session of this user; r ends when it is there. */
void session_begin(struct reply *r, const struct wire_login *x,
                   struct span user);

/* --- requests: each ends r, sooner or later ------------------------------------- */

typedef void request_fn(struct reply *r, struct span body);

request_fn request_login, request_logout, request_list, request_status,
    request_create, request_delete, request_rename, request_subscribe,
    request_open, request_close, request_summaries, request_put_summaries,
    request_message, request_messages, request_set_flags, request_expunge,
    request_copy, request_delivery_begin, request_append_begin, request_commit,
    request_abort, request_index_check, request_index_rebuild, request_stats,
    request_quota, request_quota_check, request_quota_list, request_quota_set,
    request_quota_recount, request_login_as, request_import_begin,
    request_import_commit, request_import_end, request_put_uidls, request_uidls,
    request_kept_list, request_undelete, request_history;

const unsigned char *server_key(const struct server *s);
const char *server_service_name(enum server_service service);

#endif
