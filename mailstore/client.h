/*
 * Asking mailstored: the only header that other programs see of mailstore/.
 *
 * Everything is asynchronous: answers come from the loop, never from inside
 * the call, and exactly once (rows, then done) unless forgotten. Spans and
 * arrays in an answer are valid during the call. A durable operation is
 * durable when its answer says so (S1, S3 of mailstored). Names of mailboxes
 * are UTF-8 with "/" (mail/mailbox_name.h), canonical and valid.
 *
 * Errors: NOT_FOUND (mailbox, message), EXISTS, DENIED (ticket, read-only),
 * INVALID, LIMIT, FULL (disk), QUOTA, OVERSIZE (larger than the quota), BUSY (POP3 lock), IO, UNAVAILABLE
 * (mailstored is away: requests wait up to two seconds for it).
 *
 * When mailstored was restarted the client library logs every session in
 * again and re-opens what it had open; a view gets store_view_calls.resync.
 */
#ifndef MAILSTORE_CLIENT_H
#define MAILSTORE_CLIENT_H

#include "base/error.h"
#include "base/numset.h"
#include "base/span.h"
#include "net/loop.h"

#include <stdint.h>

struct store; /* one process's line to mailstored */

/* socket: sockets/store-smtp, store-pop3, store-imap, store-admin. */
struct store *store_client_new(struct loop *l, const char *socket_path);
struct store *store_client_on_fd(struct loop *l, int fd);
/* Log out and abort deliveries before. */
void store_client_free(struct store **s);

typedef void store_done_fn(void *arg, const struct error *e); /* NULL: done */

/* --- sessions -------------------------------------------------------------

   A session is one user's, proved by authd's ticket. It has at most one
   request outstanding at a time, and at most one mailbox open. */

struct store_session;

/* done tells whether the ticket was taken. The session exists at once. */
struct store_session *store_login(struct store *s, struct span ticket,
                                  const char *session_id, const char *peer,
                                  store_done_fn *done, void *arg);

/* Percent of its quota that the account held at login, where the user should be
 * told (mail.quota_warning); otherwise 0. */
unsigned store_fullness(const struct store_session *x);

/* Forgets the outstanding request too: its functions are not called any more.
 * Accepts NULL, sets *x to NULL. */
void store_logout(struct store_session **x);

/* --- mailboxes ------------------------------------------------------------ */

enum store_mailbox_flag {
    STORE_SUBSCRIBED = 1,
    STORE_NOSELECT = 2, /* only a level with children */
    STORE_DRAFTS = 4,   /* special use, RFC 6154      */
    STORE_SENT = 8,
    STORE_JUNK = 16,
    STORE_TRASH = 32,
    STORE_ARCHIVE = 64,
    STORE_ALL_SPECIAL = 4 | 8 | 16 | 32 | 64,
    STORE_NONEXISTENT = 128 /* subscribed, not there */
};

struct store_mailbox {
    struct span name;
    uint32_t flags;
    uint32_t uid_validity, uid_next;
    uint32_t messages, unseen, recent, deleted;
    uint64_t modseq; /* highest */
    uint64_t bytes;
    uint64_t deleted_bytes; /* of those that have \Deleted */
};

typedef void store_mailbox_fn(void *arg, const struct store_mailbox *m);

/* Every mailbox, sorted by name, INBOX first; missing parents come as
 * NOSELECT rows, subscriptions without a mailbox as NONEXISTENT. */
void store_list(struct store_session *x, store_mailbox_fn *row,
                store_done_fn *done, void *arg);
/* One row. NOT_FOUND. */
void store_status(struct store_session *x, struct span name,
                  store_mailbox_fn *row, store_done_fn *done, void *arg);
/* special_use: one STORE_* special flag or 0. EXISTS, INVALID, LIMIT. */
void store_create(struct store_session *x, struct span name,
                  uint32_t special_use, store_done_fn *done, void *arg);
/* NOT_FOUND; INVALID for INBOX. Children stay (the name becomes NOSELECT). */
void store_delete(struct store_session *x, struct span name,
                  store_done_fn *done, void *arg);
/* Children move along; renaming INBOX moves its messages and leaves it there
 * empty (RFC 3501 section 6.3.5). Missing parents of `to` are made. */
void store_rename(struct store_session *x, struct span from, struct span to,
                  store_done_fn *done, void *arg);
void store_subscribe(struct store_session *x, struct span name, bool on,
                     store_done_fn *done, void *arg);

/* --- an open mailbox ------------------------------------------------------ */

/* One message, as packed in the snapshot: host order, ascending by uid. */
struct store_row {
    uint32_t uid;
    /* enum mail_flag; MAIL_RECENT where this opening is the first to see it */
    uint16_t flags;
    uint16_t spare;
    uint64_t keywords; /* bit i: the view's keyword i */
    uint64_t modseq;
    int64_t date;  /* INTERNALDATE, seconds UTC */
    uint64_t size; /* RFC822.SIZE */
};

/*
 * What a session sees of a mailbox. `rows` is this session's private,
 * copy-on-write mapping of a snapshot that all sessions share: it may be
 * written to (flags), pages cost memory only then. The library applies pushed
 * changes to flags, keywords and modseq in place; new messages and expunges
 * are reported and left to the session, which knows when it may tell its
 * client (RFC 3501 section 7.4.1).
 */
struct store_view {
    struct store_row *rows;
    size_t count;
    /* When it was opened: rows with \Recent, and the number of the first that
     * has not been seen, from 1 (0: none). So that nobody has to look. */
    uint32_t recent, first_unseen;
    uint32_t uid_validity, uid_next;
    uint64_t modseq;
    bool read_only;
    /* Keywords by number; NULL-terminated; grows when a change brings one. */
    const char *const *keywords;
    size_t keyword_count;
    bool keywords_full; /* no new ones can be made: no \* in PERMANENTFLAGS */
};

struct store_view_calls {
    /* Rows came (higher UIDs than all before). */
    void (*added)(void *arg, const struct store_row *rows, size_t count);
    /* These are gone. The rows stay where they are. */
    void (*expunged)(void *arg, const struct numset *uids);
    /* These rows' flags or keywords now differ (the view was changed if they
     * lie in view->rows; messages that came by added() are the session's to
     * change). */
    void (*flagged)(void *arg, const struct store_row *rows, size_t count);
    /* The mailbox was deleted or renamed away under us: nothing comes any
     * more and requests fail with NOT_FOUND. */
    void (*gone)(void *arg);
    /* mailstored is back after a restart. UIDVALIDITY is the same (else
     * gone() is called). Changes while it was away follow by added(),
     * expunged(), flagged(). */
    void (*resync)(void *arg);
};

enum store_open_how {
    STORE_EXAMINE = 1,  /* read-only, keeps \Recent                          */
    STORE_EXCLUSIVE = 2 /* POP3's lock: BUSY when another has it             */
};

typedef void store_opened_fn(void *arg, struct store_view *view,
                             const struct error *e);

/* Opens (closing what was open). The view belongs to the session and is valid
 * until it is closed, another is opened, or logout. calls must stay valid. */
void store_open(struct store_session *x, struct span name, unsigned how,
                const struct store_view_calls *calls, store_opened_fn *fn,
                void *arg);
void store_close(struct store_session *x);

/* --- messages (of the open mailbox) --------------------------------------- */

/* blob: see mail/summary.h; empty where none is stored (then open the message,
 * compute it, and store_put_summaries()). In the order of UIDs; UIDs that are not
 * there give no row. Ask for at most STORE_SUMMARIES_MAX at a time. */
#define STORE_SUMMARIES_MAX 256
typedef void store_summary_fn(void *arg, uint32_t uid, struct span blob);
void store_summaries(struct store_session *x, const struct numset *uids,
                     store_summary_fn *row, store_done_fn *done, void *arg);

struct store_summary {
    uint32_t uid;
    struct span blob;
};
/* Best many at once. No answer, does not count as the outstanding request. */
void store_put_summaries(struct store_session *x,
                         const struct store_summary *all, size_t count);

/* A descriptor to read the message with CR LF line ends; the callee owns it.
 * fd is -1 where e is not NULL. NOT_FOUND: expunged, or its file is gone. A
 * message that was expunged but not yet reported can still be read. */
typedef void store_message_fn(void *arg, int fd, uint64_t size,
                              const struct error *e);
void store_message(struct store_session *x, uint32_t uid, store_message_fn *fn,
                   void *arg);

/*
 * Many small messages at once, for those that look through all of a mailbox:
 * fd, which the callee owns, holds one behind the other, as store_message()
 * would give them. Those that are large, gone or too many are left out: ask for
 * them by store_message(). fd is -1 where e is not NULL, or where count is 0.
 */
#define STORE_BUNDLE_MAX   128                 /* messages          */
#define STORE_BUNDLE_BYTES ((size_t)1 << 20)   /* of all            */
#define STORE_BUNDLED_MAX  ((size_t)128 << 10) /* octets of each    */

struct store_bundled {
    uint32_t uid, size;
};
typedef void store_bundle_fn(void *arg, int fd, const struct store_bundled *all,
                             size_t count, const struct error *e);
void store_messages(struct store_session *x, const struct numset *uids,
                    store_bundle_fn *fn, void *arg);

enum store_flag_mode { STORE_FLAGS_SET, STORE_FLAGS_ADD, STORE_FLAGS_REMOVE };

struct store_flags {
    uint16_t flags; /* enum mail_flag, without RECENT */
    const struct span *keywords;
    size_t keyword_count;
};

/*
 * The changes reach this session too, by flagged(), before done. LIMIT: too
 * many keywords in this mailbox (nothing was changed). unchanged_since: 0 or
 * RFC 7162 section 3.1.3; those that were changed since come in `modified`.
 */
typedef void store_flagged_fn(void *arg, const struct numset *modified,
                              const struct error *e);
void store_set_flags(struct store_session *x, const struct numset *uids,
                     enum store_flag_mode mode, const struct store_flags *f,
                     uint64_t unchanged_since, store_flagged_fn *fn, void *arg);

/* Expunges those of `uids` that are there; only_deleted: that have \Deleted.
 * Reported by expunged() before done. */
void store_expunge(struct store_session *x, const struct numset *uids,
                   bool only_deleted, store_done_fn *done, void *arg);

/* COPYUID's numbers: from and to pair up in order (RFC 4315 section 3). */
struct store_copied {
    uint32_t uid_validity;
    const struct numset *from, *to;
};
typedef void store_copied_fn(void *arg, const struct store_copied *c,
                             const struct error *e);
/* All or nothing. move: the originals are expunged in the same step
 * (RFC 6851), reported by expunged() before done. */
void store_copy(struct store_session *x, const struct numset *uids,
                struct span to, bool move, store_copied_fn *fn, void *arg);

/* --- new messages ---------------------------------------------------------

   delivery_begin   answers with a descriptor to write the message into, CR LF
                    line ends; it has no name yet and vanishes by itself
   delivery_commit  makes it durable, then visible, for every recipient
   delivery_abort   forgets it; accepts NULL, and is the only call allowed
                    while commit is outstanding (its fate is then unknown)

   Promise: once commit has answered without an error the message survives a
   power cut for every recipient. When it answered with one, no recipient has
   it or ever gets it, and the peer may be asked to try again. */

struct store_delivery;

typedef void store_begun_fn(void *arg, int fd, const struct error *e);

/* On store-smtp and store-admin. fd belongs to the delivery. size: as
 * announced, or 0. FULL: no room. */
struct store_delivery *store_delivery_begin(struct store *s, uint64_t size,
                                            store_begun_fn *fn, void *arg);

/* For APPEND: into a mailbox of this session's user. NOT_FOUND. It counts as
 * the session's outstanding request until fn. */
struct store_delivery *store_append_begin(struct store_session *x,
                                          struct span mailbox, uint64_t size,
                                          store_begun_fn *fn, void *arg);

struct store_recipient {
    struct span user;    /* account name; its store is made where missing   */
    struct span mailbox; /* "" is INBOX; one that is not there: INBOX       */
};

struct store_new {
    uint64_t size; /* octets written */
    int64_t date;  /* INTERNALDATE */
    struct store_flags flags;
    struct span summary; /* blob of mail/summary.h */
    const char *session; /* for the log */
    /* For the journal, of a delivery: who gave it to us, and how. NULL: that
     * is not known. */
    const char *peer, *tls;
};

/* uid_validity and uid: of the first recipient's message. */
typedef void store_committed_fn(void *arg, uint32_t uid_validity, uint32_t uid,
                                const struct error *e);

/* recipients: NULL for an append. */
void store_delivery_commit(struct store_delivery *d, const struct store_new *n,
                           const struct store_recipient *recipients,
                           size_t count, store_committed_fn *fn, void *arg);
/* Also frees d after commit has answered. */
void store_delivery_abort(struct store_delivery **d);

/* --- moving in and out ------------------------------------------------------

   A POP3 client knows a message by its unique-id (RFC 1939 section 7). One
   that came from another server keeps what it was called there; the others'
   ids are made of UIDVALIDITY and UID. */

#define STORE_UIDL_MAX                                                         \
    250 /* RFC 1939 says 70; Courier gives whole file names */

struct store_uidl {
    uint32_t uid;
    struct span text; /* 1 to STORE_UIDL_MAX octets 0x21 to 0x7e */
};

/* Those of the open mailbox that have one from elsewhere, in order of UIDs. */
typedef void store_uidl_fn(void *arg, const struct store_uidl *u);
void store_uidls(struct store_session *x, store_uidl_fn *row,
                 store_done_fn *done, void *arg);

/* The rest of this section: only on store-admin. */

/* A session of this user without a ticket. */
struct store_session *store_login_as(struct store *s, struct span user,
                                     const char *session_id,
                                     store_done_fn *done, void *arg);

struct store_import_state {
    uint32_t uid_validity, uid_next;
};

/* mark 0: the message with this UID was expunged. */
typedef void store_mark_fn(void *arg, uint32_t uid, uint64_t mark);
typedef void store_importing_fn(void *arg, const struct store_import_state *st,
                                const struct error *e);

/*
 * Before messages are imported into a mailbox. uid_validity: the source's, or
 * 0. A mailbox without messages takes it over and starts with UID 1; one that
 * has messages keeps its own: see the answer. Before it come the marks of
 * imported messages that it has, and the UIDs that were expunged. Where the
 * UIDVALIDITY is the source's, UIDs above the last that was used may be asked
 * for again until store_import_end(), which is to be told the greater UIDNEXT
 * of the answer and the source. BUSY: somebody has the mailbox open, or files
 * are on their way out.
 */
void store_import_begin(struct store_session *x, struct span mailbox,
                        uint32_t uid_validity, store_mark_fn *row,
                        store_importing_fn *fn, void *arg);

struct store_import {
    struct span mailbox;
    uint32_t uid;  /* to have; EXISTS where it is not free; 0: the next    */
    uint64_t mark; /* not 0; names the message in the source, so that an
                      import that goes on knows it                         */
    bool is_old;   /* somebody has seen it already: not \Recent            */
};

/* Commits a delivery that store_delivery_begin() gave, as
 * store_delivery_commit() does. Those that are outstanding get their UIDs in
 * the order of these calls. */
void store_import_commit(struct store_delivery *d, struct store_session *x,
                         const struct store_import *i,
                         const struct store_new *n, store_committed_fn *fn,
                         void *arg);

/* Raises the mailbox's UIDNEXT to this. */
void store_import_end(struct store_session *x, struct span mailbox,
                      uint32_t uid_next, store_done_fn *done, void *arg);

/* Adds to what store_uidls() tells; durable when done. */
void store_put_uidls(struct store_session *x, struct span mailbox,
                     const struct store_uidl *uidls, size_t count,
                     store_done_fn *done, void *arg);

/* --- quota ------------------------------------------------------------------ */

struct store_quota {
    struct span user;
    uint64_t bytes, messages;             /* that there are         */
    uint64_t limit_bytes, limit_messages; /* 0: none                */
    bool own_bytes, own_messages; /* that limit is the account's own, not that
                                     of the settings */
    uint64_t keep_deleted; /* seconds that what it deletes is kept; 0: not */
    bool own_keep;
};
typedef void store_quota_fn(void *arg, const struct store_quota *q,
                            const struct error *e);

/* Of the session's user. */
void store_get_quota(struct store_session *x, store_quota_fn *fn, void *arg);

/*
 * On store-smtp and store-admin: is there room for a message of this size (0:
 * not known) for all of them? QUOTA: not now; OVERSIZE: never. commit checks
 * again. Returns a number for store_forget_check().
 */
uint32_t store_check_quota(struct store *s, uint64_t size,
                           const struct store_recipient *recipients,
                           size_t count, store_done_fn *done, void *arg);
/* done is not called any more. */
void store_forget_check(struct store *s, uint32_t check);

#include "mailstore/client_admin.h"

#endif
