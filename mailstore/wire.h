/*
 * What the client library and mailstored say to each other over net/ipc.h:
 * each body is a struct here with a put and a get that stand together. A get
 * takes the whole body; it is false, and *out is not to be used, for a body
 * that is too short, too long, or breaks a rule below. Spans borrow from the
 * body. Whoever hands in a numset (starting as { 0 }) frees it.
 *
 *   OP                REQUEST              ROW             END
 *   login             wire_login                           -
 *   logout            wire_session                         -
 *   list              wire_session         wire_mailbox    -
 *   status            wire_name            wire_mailbox    -
 *   create            wire_create                          -
 *   delete            wire_name                            -
 *   rename            wire_rename                          -
 *   subscribe         wire_subscribe                       -
 *   open              wire_open                            wire_view + snapshot
 *   close             wire_session                         -
 *   summaries         wire_uids            wire_summaries  -
 *   put_summaries     wire_new_summaries                   -
 *   message           wire_message                         wire_size + message
 *   messages          wire_uids                            wire_bundle + all
 *   set_flags         wire_set_flags                       wire_modified
 *   expunge           wire_expunge                         -
 *   copy              wire_copy                            wire_copied
 *   delivery_begin    wire_delivery_begin                  - + file to write
 *   append_begin      wire_append_begin                    - + file to write
 *   commit            wire_commit                          wire_committed
 *   abort             wire_abort                           -
 *   index_check       wire_check           store_report    -
 *   index_rebuild     wire_user            store_report    -
 *   stats             -                                    wire_stats
 *   quota             wire_session                         wire_quota
 *   quota_check       wire_quota_check                     -
 *   quota_list        wire_user            wire_quota      -
 *   quota_set         wire_quota_set                       -
 *   quota_recount     wire_user            wire_recount    -
 *   login_as          wire_login_as                        -
 *   import_begin      wire_import_begin    wire_marks      wire_import_state
 *   import_commit     wire_import                          wire_committed
 *   import_end        wire_import_end                      -
 *   put_uidls         wire_put_uidls                       -
 *   uidls             wire_session                         wire_uidls
 *   kept_list         wire_kept_list       wire_kept       -
 *   undelete          wire_undelete        wire_undeleted  -
 *   history           wire_history         wire_event      -
 *
 *   pushed event      BODY
 *   added, flagged    wire_rows
 *   expunged          wire_expunged
 *   keywords          wire_keywords
 *   gone              wire_session
 *
 * "-" is the empty body. Every request gets its end, also those whose answer
 * the client does not wait for (logout, close, put_summaries, abort).
 *
 * Sessions and deliveries are numbered by the client, never 0 and never twice
 * on one line; a number that is not known, or one that is taken, is INVALID.
 * Every request of a user begins with the session's number. When a line ends,
 * all its sessions and deliveries end. logout ends the session's deliveries.
 *
 * "+ ..." is the frame's descriptor. With every other request, row and end a
 * descriptor means that the body did not fit into the frame: the frame's body
 * is empty, and the true one is in the descriptor, a sealed memfd
 * (wire_pack(), wire_unpack()). Pushed events have no descriptor: large ones
 * are cut into several (WIRE_ROWS_MAX, WIRE_RANGES_MAX).
 *
 * Events come for what a session has open: from the end of its open (never
 * before it) until it asks for close, logout or another open. Those that a
 * request causes come before its end. keywords comes before the first row
 * that has a new keyword.
 */
#ifndef MAILSTORE_WIRE_H
#define MAILSTORE_WIRE_H

#include "mailstore/client.h"
#include "net/ipc.h"

enum wire_op {
    WIRE_LOGIN = 1,
    WIRE_LOGOUT,
    WIRE_LIST,
    WIRE_STATUS,
    WIRE_CREATE,
    WIRE_DELETE,
    WIRE_RENAME,
    WIRE_SUBSCRIBE,
    WIRE_OPEN,
    WIRE_CLOSE,
    WIRE_SUMMARIES,
    WIRE_PUT_SUMMARIES,
    WIRE_MESSAGE,
    WIRE_MESSAGES,
    WIRE_SET_FLAGS,
    WIRE_EXPUNGE,
    WIRE_COPY,
    WIRE_DELIVERY_BEGIN,
    WIRE_APPEND_BEGIN,
    WIRE_COMMIT,
    WIRE_ABORT,
    WIRE_INDEX_CHECK,
    WIRE_INDEX_REBUILD,
    WIRE_STATS,
    WIRE_QUOTA,
    WIRE_QUOTA_CHECK,
    WIRE_QUOTA_LIST,
    WIRE_QUOTA_SET,
    WIRE_QUOTA_RECOUNT,
    WIRE_LOGIN_AS,
    WIRE_IMPORT_BEGIN,
    WIRE_IMPORT_COMMIT,
    WIRE_IMPORT_END,
    WIRE_PUT_UIDLS,
    WIRE_UIDLS,
    WIRE_KEPT_LIST,
    WIRE_UNDELETE,
    WIRE_HISTORY,
    /* pushed */
    WIRE_ADDED = 64,
    WIRE_FLAGGED,
    WIRE_EXPUNGED,
    WIRE_KEYWORDS,
    WIRE_GONE
};

/* Names of the ops, for ipc_server_new() and ipc_client_new(). */
extern const struct ipc_op wire_ops[];

#define WIRE_INLINE_MAX   ((size_t)60 << 10) /* larger bodies go by memfd   */
#define WIRE_BODY_MAX     ((size_t)32 << 20)
#define WIRE_KEYWORDS_MAX 64   /* of one mailbox: store_row.keywords' bits  */
#define WIRE_ROWS_MAX     1500 /* in one wire_rows                          */
#define WIRE_CHANGES_MAX  500  /* in one wire_view                          */
#define WIRE_RANGES_MAX   7000 /* in one wire_expunged                      */

/*
 * Before sending: where *body is larger than WIRE_INLINE_MAX, puts it into a
 * sealed memfd *fd (the caller closes it after sending) and makes *body empty;
 * else *fd is -1.
 */
bool wire_pack(struct span *body, int *fd, struct error *e);

/*
 * After receiving: takes over fd (-1 is fine) and, where there is one, reads
 * the body from it into *room. INVALID: no memfd that keeps still, or larger
 * than WIRE_BODY_MAX.
 */
bool wire_unpack(struct span *body, int fd, struct buf *room, struct error *e);

/* --- sessions (wire.c) ---------------------------------------------------- */

/* logout, list, close, gone */
struct wire_session {
    uint32_t session;
};
void wire_put_session(struct buf *b, const struct wire_session *x);
bool wire_get_session(struct span *body, struct wire_session *out);

struct wire_login {
    uint32_t session;
    struct span ticket;
    struct span session_id, peer; /* for the log */
};
void wire_put_login(struct buf *b, const struct wire_login *x);
bool wire_get_login(struct span *body, struct wire_login *out);

/* --- mailboxes (wire_mailbox.c) ------------------------------------------- */

/* status, delete */
struct wire_name {
    uint32_t session;
    struct span name;
};
void wire_put_name(struct buf *b, const struct wire_name *x);
bool wire_get_name(struct span *body, struct wire_name *out);

struct wire_create {
    uint32_t session;
    struct span name;
    uint32_t special_use;
};
void wire_put_create(struct buf *b, const struct wire_create *x);
bool wire_get_create(struct span *body, struct wire_create *out);

struct wire_rename {
    uint32_t session;
    struct span from, to;
};
void wire_put_rename(struct buf *b, const struct wire_rename *x);
bool wire_get_rename(struct span *body, struct wire_rename *out);

struct wire_subscribe {
    uint32_t session;
    struct span name;
    bool on;
};
void wire_put_subscribe(struct buf *b, const struct wire_subscribe *x);
bool wire_get_subscribe(struct span *body, struct wire_subscribe *out);

/* A row of list and status. */
void wire_put_mailbox(struct buf *b, const struct store_mailbox *x);
bool wire_get_mailbox(struct span *body, struct store_mailbox *out);

struct wire_open {
    uint32_t session;
    struct span name;
    unsigned how; /* enum store_open_how, no other bits */
};
void wire_put_open(struct buf *b, const struct wire_open *x);
bool wire_get_open(struct span *body, struct wire_open *out);

/* Keyword i is bit i of store_row.keywords. */
struct wire_keyword_list {
    size_t count; /* at most WIRE_KEYWORDS_MAX */
    struct span names[WIRE_KEYWORDS_MAX];
    bool is_full; /* no new ones can be made */
};

/* Rows, ascending by uid. They lie unaligned in `bytes` after a get; read them
 * with wire_row_at(). */
struct wire_rows {
    uint32_t session; /* of an event */
    size_t count;
    struct span bytes; /* count * sizeof(struct store_row) */
};
struct store_row wire_row_at(const struct wire_rows *x, size_t i);

/*
 * The end of open. The snapshot is a memfd with F_SEAL_SHRINK, F_SEAL_GROW and
 * F_SEAL_WRITE, that holds `count` packed struct store_row, ascending by uid,
 * and may hold more bytes behind them. It may be missing where count is 0.
 * changes: rows as they are now that the snapshot has otherwise, or that come
 * behind it; at most WIRE_CHANGES_MAX.
 */
struct wire_view {
    uint32_t uid_validity, uid_next;
    uint64_t modseq;
    uint64_t count; /* of the snapshot */
    uint32_t recent, first_unseen;
    bool read_only;
    struct wire_rows changes;
    struct wire_keyword_list keywords;
};
void wire_put_view(struct buf *b, const struct wire_view *x);
bool wire_get_view(struct span *body, struct wire_view *out);

/* --- messages (wire_message.c) -------------------------------------------- */

/* summaries: at most STORE_SUMMARIES_MAX numbers are looked at. */
struct wire_uids {
    uint32_t session;
    struct numset uids;
};
void wire_put_uids(struct buf *b, const struct wire_uids *x);
bool wire_get_uids(struct span *body, struct wire_uids *out);

/* So many go into one body that it is larger than WIRE_SUMMARIES_FULL. */
#define WIRE_SUMMARIES_FULL ((size_t)48 << 10)
struct wire_summaries {
    size_t count;
    struct span entries; /* of wire_add_summary() */
};
void wire_put_summaries(struct buf *b, const struct wire_summaries *x);
bool wire_get_summaries(struct span *body, struct wire_summaries *out);
void wire_add_summary(struct buf *entries, const struct store_summary *x);
/* False: there are no more. */
bool wire_next_summary(struct span *entries, struct store_summary *out);

/* put_summaries */
struct wire_new_summaries {
    uint32_t session;
    struct wire_summaries all;
};
void wire_put_new_summaries(struct buf *b, const struct wire_new_summaries *x);
bool wire_get_new_summaries(struct span *body, struct wire_new_summaries *out);

struct wire_message {
    uint32_t session;
    uint32_t uid;
};
void wire_put_message(struct buf *b, const struct wire_message *x);
bool wire_get_message(struct span *body, struct wire_message *out);

/* The end of message; the descriptor reads it with CR LF line ends. */
struct wire_size {
    uint64_t size;
};
void wire_put_size(struct buf *b, const struct wire_size *x);
bool wire_get_size(struct span *body, struct wire_size *out);

/* In order of UIDs; the sizes are those of STORE_BUNDLED_MAX and less. */
struct wire_bundle {
    struct store_bundled all[STORE_BUNDLE_MAX];
    size_t count;
};
void wire_put_bundle(struct buf *b, const struct wire_bundle *x);
bool wire_get_bundle(struct span *body, struct wire_bundle *out);

/* As store_flags: at most WIRE_KEYWORDS_MAX keywords, flags without RECENT. */
struct wire_flags {
    uint16_t flags;
    size_t keyword_count;
    struct span keywords[WIRE_KEYWORDS_MAX];
};

/* False: more keywords than fit (then nothing is stored). */
bool wire_take_flags(struct wire_flags *out, const struct store_flags *f);

struct wire_set_flags {
    uint32_t session;
    struct numset uids;
    enum store_flag_mode mode;
    struct wire_flags flags;
    uint64_t unchanged_since;
};
void wire_put_set_flags(struct buf *b, const struct wire_set_flags *x);
bool wire_get_set_flags(struct span *body, struct wire_set_flags *out);

struct wire_modified {
    struct numset uids;
};
void wire_put_modified(struct buf *b, const struct wire_modified *x);
bool wire_get_modified(struct span *body, struct wire_modified *out);

struct wire_expunge {
    uint32_t session;
    struct numset uids;
    bool only_deleted;
};
void wire_put_expunge(struct buf *b, const struct wire_expunge *x);
bool wire_get_expunge(struct span *body, struct wire_expunge *out);

struct wire_copy {
    uint32_t session;
    struct numset uids;
    struct span to;
    bool move;
};
void wire_put_copy(struct buf *b, const struct wire_copy *x);
bool wire_get_copy(struct span *body, struct wire_copy *out);

/* from and to hold equally many numbers. */
struct wire_copied {
    uint32_t uid_validity;
    struct numset from, to;
};
void wire_put_copied(struct buf *b, const struct wire_copied *x);
bool wire_get_copied(struct span *body, struct wire_copied *out);

/* --- events (wire_event.c) ------------------------------------------------ */

/* added: new messages, higher UIDs than all before. flagged: rows as they are
 * now. At most WIRE_ROWS_MAX. */
void wire_put_rows(struct buf *b, const struct wire_rows *x);
bool wire_get_rows(struct span *body, struct wire_rows *out);

/* At most WIRE_RANGES_MAX ranges. modseq: of the mailbox, after it. */
struct wire_expunged {
    uint32_t session;
    uint64_t modseq;
    struct numset uids;
};
void wire_put_expunged(struct buf *b, const struct wire_expunged *x);
bool wire_get_expunged(struct span *body, struct wire_expunged *out);

/* The whole list, in which those known before keep their numbers. */
struct wire_keywords {
    uint32_t session;
    struct wire_keyword_list keywords;
};
void wire_put_keywords(struct buf *b, const struct wire_keywords *x);
bool wire_get_keywords(struct span *body, struct wire_keywords *out);

/* --- new messages (wire_delivery.c) --------------------------------------- */

struct wire_delivery_begin {
    uint32_t delivery;
    uint64_t size; /* announced, or 0 */
};
void wire_put_delivery_begin(struct buf *b,
                             const struct wire_delivery_begin *x);
bool wire_get_delivery_begin(struct span *body,
                             struct wire_delivery_begin *out);

struct wire_append_begin {
    uint32_t session;
    uint32_t delivery;
    struct span mailbox;
    uint64_t size;
};
void wire_put_append_begin(struct buf *b, const struct wire_append_begin *x);
bool wire_get_append_begin(struct span *body, struct wire_append_begin *out);

/*
 * session: the append's, 0 for a delivery. The delivery is over with its end,
 * whether it succeeded or not. Recipients are encoded one after the other by
 * wire_put_recipient(); a get makes sure that wire_next_recipient() gives
 * `recipient_count` of them. None for an append.
 */
struct wire_commit {
    uint32_t session;
    uint32_t delivery;
    uint64_t size;
    int64_t date;
    struct wire_flags flags;
    struct span summary;
    struct span session_id;            /* for the log */
    struct span peer, tls, message_id; /* for the journal */
    uint32_t recipient_count;
    struct span recipients;
};
void wire_put_commit(struct buf *b, const struct wire_commit *x);
bool wire_get_commit(struct span *body, struct wire_commit *out);
void wire_put_recipient(struct buf *b, const struct store_recipient *x);
/* rest starts as wire_commit.recipients; false at the end. */
bool wire_next_recipient(struct span *rest, struct store_recipient *out);

struct wire_committed {
    uint32_t uid_validity, uid;
};
void wire_put_committed(struct buf *b, const struct wire_committed *x);
bool wire_get_committed(struct span *body, struct wire_committed *out);

/* session as in wire_commit. A commit that is outstanding goes on. */
struct wire_abort {
    uint32_t session;
    uint32_t delivery;
};
void wire_put_abort(struct buf *b, const struct wire_abort *x);
bool wire_get_abort(struct span *body, struct wire_abort *out);

/* --- administration (wire_admin.c) ---------------------------------------- */

/* user empty: all. */
struct wire_user {
    struct span user;
};
void wire_put_user(struct buf *b, const struct wire_user *x);
bool wire_get_user(struct span *body, struct wire_user *out);

/* --- numbers (wire_admin.c) ----------------------------------------------- */

void wire_put_stats(struct buf *b, const struct store_stats *x);
bool wire_get_stats(struct span *body, struct store_stats *out);

#endif
