/*
 * A mailbox in memory while somebody uses it, and a while longer: its record
 * as committed, its rows once it was open, who looks at it, and what is under
 * way on its files.
 *
 * A record changes in three steps: folder_edit() gives a draft, folder_save()
 * puts it in the transaction, and after the commit folder_keep() makes it the
 * record (or folder_drop() forgets it).
 *
 * Whoever changes names in the directory shares the folder meanwhile; whoever
 * needs it to stand still (a scan, a copy into it, a rename) locks it. Those
 * who wait to lock come before those who want to share.
 */
#ifndef MAILSTORE_FOLDER_H
#define MAILSTORE_FOLDER_H

#include "mailstore/client.h"
#include "mailstore/control.h"
#include "mailstore/core.h"
#include "mailstore/home.h"

#include <limits.h>

struct view;
struct gone_batch;
struct snapshot;

struct folder {
    struct core *core;
    struct home *home;
    struct index_folder record;
    struct index_folder *draft;
    bool saved;        /* the draft is in the transaction as it is */
    uint32_t next_uid; /* next to give; the record follows at the commit */
    char path[NAME_MAX + 1]; /* in the account's directory: ".Sent", "." */
    int dir;
    unsigned users;
    bool deleted; /* there is no such mailbox any more */

    struct store_row *rows; /* ascending by uid, as committed */
    size_t count, room;
    bool has_rows;
    size_t mapped;     /* bytes of the rows' mapping; 0: they are ours */
    size_t seen_until; /* all before this one have been seen */
    struct snapshot *shared_snapshot; /* snapshot.h; NULL: none */

    struct view *views;
    struct view *exclusive; /* who has POP3's lock */
    uint64_t event;         /* number of the last change of the rows */

    unsigned shared;
    bool locked;
    struct waiters lock_waiters;

    bool stale; /* files may have changed without us */
    bool scanning;
    int64_t scan_at; /* monotonic ms; 0: no scan is due */
    struct waiters ready_waiters;
    bool rebuilding; /* its rows are not all there: reconcile_rebuild.c */
    struct waiters steady_waiters;
    bool guarded;  /* too much is missing: nothing is believed or expunged */
    bool unplaced; /* files of a copy are in tmp/ until the next start */

    bool control_writing;
    bool keywords_changed; /* since dovecot-keywords was written */
    uint32_t floor_wanted;
    struct waiters control_now, control_next;

    struct numset renames; /* UIDs whose names shall follow their flags */
    int64_t rename_at;     /* monotonic ms */
    bool renaming;
    struct map *moving; /* base names under way, for notify.c */

    struct gone_batch *gone;
    bool unlinking;
    uint64_t gone_turn;       /* the last one it had */
    int watch_new, watch_cur; /* inotify, -1: none */
    struct folder *idle_prev, *idle_next;
    bool is_idle;
    int64_t idle_since; /* monotonic ms */
    size_t idle_bytes;  /* its part of the core's */
};

/* Takes the mailbox of this name into memory and holds it; the caller lets it
 * go with folder_release(). NOT_FOUND. */
bool folder_use(struct home *h, struct span name, struct folder **f,
                struct error *e);
bool folder_use_id(struct core *c, uint32_t id, struct folder **f,
                   struct error *e);
/* In memory, or NULL; not held. */
struct folder *folder_in_memory(struct core *c, uint32_t id);
void folder_hold(struct folder *f);
void folder_release(struct folder *f);
/* For the core's end: forgets it whatever happens. */
void folder_free(struct folder *f);

/* Every folder in memory, in any order; no folder may come or go meanwhile. */
bool folder_next(struct core *c, size_t *at, struct folder **f);

/* --- the record ------------------------------------------------------------- */

struct index_folder *folder_edit(struct folder *f);
bool folder_save(struct folder *f, struct index_txn *t, struct error *e);
void folder_keep(struct folder *f);
void folder_drop(struct folder *f);

/* All that: saves the draft, if there is one, commits, and keeps it. After a
 * failure (of this, or of what was put before: then failed is true and e says
 * why) the transaction and the draft are gone. */
bool folder_commit(struct folder *f, struct index_txn **t, bool failed,
                   struct error *e);

/* Adds a message to the draft's counters, or takes it away. */
void folder_count(struct index_folder *draft, const struct index_message *m,
                  int by);

/* The next modseq of the draft, also put into it. */
uint64_t folder_modseq(struct index_folder *draft);

struct span folder_name(const struct folder *f);

/* --- rows ----------------------------------------------------------------------

   They stay a while after the last session has closed the mailbox: at most
   STORE_ROWS_BYTES of those that nobody uses, for STORE_ROWS_SECONDS. */

/* Reads them from the index where they are not in memory. */
bool folder_load_rows(struct folder *f, struct error *e);
struct store_row folder_row(const struct index_message *m);

/* The row of this UID, or NULL. */
struct store_row *folder_find(const struct folder *f, uint32_t uid);
/* Index of the first row with this UID or a higher one. */
size_t folder_find_index(const struct folder *f, uint32_t uid);

/* After the commit. All do nothing while the rows are not in memory. */
void folder_add_rows(struct folder *f, const struct store_row *rows,
                     size_t count);
void folder_change_row(struct folder *f, const struct store_row *row);
void folder_remove_rows(struct folder *f, const struct numset *uids);
void folder_remove_all_rows(struct folder *f);
/* Out of memory. */
void folder_forget_rows(struct folder *f);
/* A snapshot of them was made: its pages take their place. */
void folder_share_rows(struct folder *f, int snapshot);
/* The memory they take. */
size_t folder_rows_bytes(const struct folder *f);
/* Forgets those that nobody has used for long. */
void folder_rows_tick(struct core *c);
/* Number of the first that has not been seen, counted from 1; 0: none. */
uint32_t folder_first_unseen(struct folder *f);

/* --- standing still ------------------------------------------------------------- */

bool folder_may_share(const struct folder *f);
void folder_share(struct folder *f);
void folder_unshare(struct folder *f);

/* fn is called when the folder is locked for it, maybe at once. */
void folder_lock(struct folder *f, core_done_fn *fn, void *arg);
void folder_unlock(struct folder *f);

/* True where the rows are all there. False: they are being made anew, and fn
 * will be called when they are. */
bool folder_steady(struct folder *f, core_fn *fn, void *arg);
/* They are. */
void folder_rebuilt(struct folder *f);

/* --- the control file -------------------------------------------------------------- */

/* Writes the record's facts to the folder's control file; fn, which may be
 * NULL, is called when they are durable. */
void folder_write_control(struct folder *f, core_done_fn *fn, void *arg);

/* What stands in it. */
void folder_control(const struct index_folder *record, struct control *c);

/* True where n UIDs may be given now (S2). False: more are being promised and
 * fn will be called. */
bool folder_may_give(struct folder *f, uint32_t n, core_done_fn *fn, void *arg);

/* The keywords' bits; new ones are added to the mailbox. LIMIT. */
bool folder_keywords(struct folder *f, const struct span *names, size_t count,
                     uint64_t *bits, struct error *e);

/* The bits of those that are there; others are left out. */
uint64_t folder_known_keywords(const struct folder *f, const struct span *names,
                               size_t count);

/* --- names under way, for notify.c --------------------------------------------------- */

void folder_moving(struct folder *f, struct span base);
void folder_moved(struct folder *f, struct span base);
bool folder_is_moving(const struct folder *f, struct span base);

#endif
