/* The part of mailstore/client.h that only store-admin is given; included by it
 * alone. */
#ifndef MAILSTORE_CLIENT_ADMIN_H
#define MAILSTORE_CLIENT_ADMIN_H

#include "mailstore/client.h"

/* --- administration (only on store-admin) --------------------------------- */

enum store_report_kind {
    STORE_REPORT_PROGRESS, /* `done` of `total` messages, now and then   */
    STORE_REPORT_NOTE,     /* nothing is wrong: worth knowing            */
    STORE_REPORT_DIFFERS,  /* something is wrong, and stays so           */
    STORE_REPORT_FIXED     /* something was wrong                        */
};

/* One line of a report. Spans are empty where they do not apply. */
struct store_report {
    enum store_report_kind kind;
    struct span account, mailbox;
    uint32_t uid;
    struct span file;   /* from the account's directory                  */
    struct span text;   /* what is wrong                                 */
    struct span remedy; /* what to do about it, or what was done         */
    uint64_t done, total;
};
typedef void store_report_fn(void *arg, const struct store_report *r);

enum store_check_how {
    STORE_CHECK_CONTENT = 1, /* reads every message                      */
    STORE_CHECK_FIX = 2      /* mends what can be mended without losing
                                anything                                 */
};

/* user empty: all. check: compares files and index. rebuild: makes the index
 * anew from the files. */
void store_index_check(struct store *s, struct span user, unsigned how,
                       store_report_fn *row, store_done_fn *done, void *arg);
void store_index_rebuild(struct store *s, struct span user,
                         store_report_fn *row, store_done_fn *done, void *arg);

struct store_stats {
    uint64_t accounts, mailboxes, messages, bytes;
    uint64_t sessions, views; /* now */
    uint64_t delivered;       /* since start */
    uint64_t disk_free;       /* bytes where the mail is */
};
typedef void store_stats_fn(void *arg, const struct store_stats *st,
                            const struct error *e);
void store_get_stats(struct store *s, store_stats_fn *fn, void *arg);

/* user empty: every account that has mail. A user without mail has none of it,
 * and the limits of the settings. */
typedef void store_quota_row_fn(void *arg, const struct store_quota *q);
void store_list_quota(struct store *s, struct span user,
                      store_quota_row_fn *row, store_done_fn *done, void *arg);

#define STORE_QUOTA_DEFAULT ((uint64_t)0)    /* what the settings say */
#define STORE_QUOTA_NONE    UINT64_MAX       /* no limit              */
#define STORE_QUOTA_KEEP    (UINT64_MAX - 1) /* as it was             */

/* The account's own limits; durable. Its store is made where missing. */
void store_set_quota(struct store *s, struct span user, uint64_t limit_bytes,
                     uint64_t limit_messages, store_done_fn *done, void *arg);

/* How long what it deletes is kept, likewise; seconds. */
#define STORE_KEEP_MAX 315360000u /* ten years */
void store_set_keep(struct store *s, struct span user, uint64_t seconds,
                    store_done_fn *done, void *arg);

/* Counts anew (user empty: all), and puts right what was wrong. */
struct store_recount {
    struct span user;
    uint64_t bytes, messages;        /* right now                   */
    int64_t off_bytes, off_messages; /* what had to be added; 0: it was right */
};
typedef void store_recount_fn(void *arg, const struct store_recount *r);
void store_recount_quota(struct store *s, struct span user,
                         store_recount_fn *row, store_done_fn *done, void *arg);

/* --- history (only on store-admin) ------------------------------------------ */

/* What was expunged or deleted and can still be brought back. */
struct store_kept {
    struct span mailbox;
    uint32_t uid;     /* that it had; 0: not known                        */
    int64_t time;     /* when it was expunged                             */
    int64_t date;     /* INTERNALDATE                                     */
    uint64_t size;    /* of the file                                      */
    uint16_t flags;   /* enum mail_flag                                   */
    bool is_mailbox;  /* the mailbox itself: of the others only time counts */
    struct span head; /* how the message begins; may be cut, or empty     */
};
typedef void store_kept_fn(void *arg, const struct store_kept *k);
/* mailbox "": all. NOT_FOUND: no such account. */
void store_list_kept(struct store *s, struct span user, struct span mailbox,
                     store_kept_fn *row, store_done_fn *done, void *arg);

struct store_undelete {
    struct span user, mailbox; /* mailbox "": all                        */
    int64_t since;             /* expunged then or later; 0: whenever    */
    const struct numset *uids; /* that they had; empty: all              */
};
struct store_undeleted {
    struct span mailbox;
    uint32_t from_uid, uid;
    bool is_mailbox; /* the mailbox is there again */
};
typedef void store_undeleted_fn(void *arg, const struct store_undeleted *u);
/* A row for each that is back. An error tells why others are not; they are
 * kept as before. */
void store_undelete(struct store *s, const struct store_undelete *what,
                    store_undeleted_fn *row, store_done_fn *done, void *arg);

/* An event of the journal. It happened to each of uids; where to_uids are not
 * empty each of uids became the one of to_uids, in order. */
struct store_event {
    uint64_t seq; /* ascending */
    int64_t time;
    const char *kind; /* "received", "flagged", ... */
    struct span user;
    uint32_t folder, to_folder;      /* ids, which outlast a rename; 0: see
                                        the name                            */
    struct span mailbox, to_mailbox; /* as they were called then            */
    const struct numset *uids, *to_uids;
    struct span who; /* "imap 7f3a 192.168.1.7": service, session, address */
    struct span detail, message_id;
};
#define STORE_HISTORY_MAX 500
typedef void store_event_fn(void *arg, const struct store_event *ev);
/* The next STORE_HISTORY_MAX events after `after`; fewer: these were all. user
 * "": everybody's. */
void store_history(struct store *s, struct span user, uint64_t after,
                   store_event_fn *row, store_done_fn *done, void *arg);

#endif
