/*
 * IMAP's commands: one row each in command.c, one function each in the files
 * cmd_*.c, fetch*.c, search*.c.
 *
 * HOW TO WRITE A COMMAND
 *
 * A handler reads: grammar, act, return. The dispatcher has checked the state
 * and stands the cursor behind the command's name:
 *
 *     enum run
 *     imap_cmd_check(struct imap *s, struct cursor *c, struct error *e)
 *     {
 *         (void)e;
 *         return take_end(c) ? RUN_OK : RUN_BAD;
 *     }
 *
 * RUN_BAD needs nothing but c->want. RUN_NO needs *e: the response code and
 * the text follow from e->kind (imap_reply_for). s->run.code and s->run.text
 * replace them, and those of OK ("APPENDUID 1 2"; static or in s->run.arena).
 * Memory comes from s->run.arena, which is emptied when the command has ended.
 * The cursor and its text stay valid until then.
 *
 * To wait for the store: make one request with an answer function that takes
 * the session as its arg, keep what is needed in s->run.own, and
 *
 *     store_create(s->store, name, 0, imap_answered, s);
 *     return imap_wait(s, IMAP_FOR_ANSWER, created);
 *
 * imap_answered() notes the outcome and wakes the session; then created() is
 * called, returns imap_outcome(s, e), or goes on with s->run.failed == false.
 * Answer functions of your own end with imap_answer(s, e). They must not
 * write to a client that is slow: collect, and write in the resume function.
 *
 * HOW TO WRITE A COMMAND THAT STREAMS
 *
 *  1. Parse everything first; sets with imap_take_set(). Put the
 *     parsed command, the struct imap_walk and the position into a struct of
 *     yours in s->run.own.
 *  2. Write a resume function that goes on from the position:
 *
 *         static enum run
 *         fetch_on(struct imap *s, struct error *e)
 *         {
 *             struct fetch *f = s->run.own;
 *             ...
 *             while (imap_walk_next(&f->walk, &seq, &row)) {
 *                 put one message's response into s->out;
 *                 imap_flush(s);              // s->out to the connection
 *                 if (imap_is_full(s))        // above CONN_OUTPUT_HIGH
 *                     return imap_wait(s, IMAP_FOR_DRAIN, fetch_on);
 *             }
 *             return RUN_OK;
 *         }
 *
 *     The handler ends with `return fetch_on(s, e);`. A resume function that
 *     needs the store in the middle returns imap_wait(s, IMAP_FOR_ANSWER,
 *     fetch_on_summaries) and is called again with the answer noted.
 *  3. Bodies: conn_put() of what goes before, conn_put_fd(), and so on; they
 *     leave in order. Count them by imap_is_full() as well.
 *  4. Sequence numbers stand still while a command runs (V2 of view.h); rows
 *     may be expunged meanwhile and still be asked for: store_message() then
 *     says NOT_FOUND at the worst; leave that message out, and answer as
 *     section 4.1.2 of RFC 2180 wants (NO at the end) or OK.
 *     struct store_row pointers do not survive RUN_MORE; sequence numbers do.
 *  5. \Seen: imap_view_uids() or a set of your own, then
 *     store_set_flags(s->store, &uids, STORE_FLAGS_ADD, &(struct store_flags)
 *     { .flags = MAIL_SEEN }, 0, ...), not where imap_view_store(s->view)
 *     ->read_only. The changed FLAGS are reported behind your responses by
 *     themselves; imap_view_flags_told() where you have printed them later
 *     than the change.
 *  6. CPU: a handler that works long without output (SEARCH over bodies) waits
 *     IMAP_FOR_DRAIN once in a while: with nothing queued it is called again
 *     at once, after the other sessions had their turn.
 *  7. A session that ends in the middle forgets its request; the arena is
 *     freed. What is not in the arena (descriptors, bufs, numsets, summary
 *     makers) is given back by the function left with imap_at_end().
 *
 * To add a row: command.c, table `rows`, in the order of RFC 3501 section 6.
 */
#ifndef IMAPD_LITE_COMMAND_H
#define IMAPD_LITE_COMMAND_H

#include "base/cursor.h"
#include "base/error.h"
#include "imapd-lite/session.h"

typedef enum run imap_cmd_fn(struct imap *s, struct cursor *c, struct error *e);

enum imap_row_flags {
    ROW_UID = 1,        /* may stand behind UID                             */
    ROW_KEEPS_SEQ = 2,  /* no EXPUNGE before its tagged line (RFC 3501
                           section 7.4.1), unless behind UID                */
    ROW_APPENDS = 4,    /* its last literal is streamed                     */
    ROW_CLEAR_ONLY = 8, /* legal only before TLS                            */
    ROW_SECRET = 16,    /* needs TLS where auth.require_tls is set          */
    ROW_SILENT = 32     /* nothing pending is reported (LOGOUT, CLOSE)      */
};

struct imap_row {
    const char *name;
    unsigned legal_in;      /* enum imap_state bits                         */
    unsigned flags;         /* enum imap_row_flags                          */
    const char *capability; /* what having it announces, or NULL            */
    imap_cmd_fn *run;
};

/* --- for handlers -------------------------------------------------------- */

/* sequence-set with "*" and limits of the open mailbox; by_uid: of UIDs (for
 * most handlers s->run.uid). The session frees it when the command has ended.
 * Any number of sets may be taken. */
bool imap_take_set(struct cursor *c, struct imap *s, bool by_uid,
                   struct numset **out);

/* An empty set with the same owner. */
struct numset *imap_new_set(struct imap *s);

/* May a mailbox have this name (from imap_take_mailbox)? False: *e is filled,
 * the handler returns RUN_NO. */
bool imap_name_is_usable(struct span name, struct error *e);

enum run imap_wait(struct imap *s, enum imap_wait what, imap_resume_fn *fn);

/* store_done_fn with the session as arg. */
void imap_answered(void *arg, const struct error *e);
/* The same for answer functions of other types: note and wake. */
void imap_answer(struct imap *s, const struct error *e);
/* RUN_OK, or RUN_NO with the answer's error in *e. */
enum run imap_outcome(struct imap *s, struct error *e);

/* fn(own) runs when the command has ended in whatever way, also when the
 * connection is lost: frees what is not in the arena. One for each command. */
typedef void imap_end_fn(void *own);
void imap_at_end(struct imap *s, imap_end_fn *fn);

/* The next line of the client in the middle of a command (IDLE,
 * AUTHENTICATE), from s->in. */
enum line_result imap_take_line(struct imap *s, size_t max, struct span *line);

/* --- for the session ----------------------------------------------------- */

const struct imap_row *imap_row_named(struct span name);

/* CAPABILITY's list as it is now, beginning with "IMAP4rev1". */
void imap_put_capabilities(const struct imap *s, struct buf *out);

/* Run the command that stands in s->input.text. */
enum run imap_dispatch(struct imap *s, struct error *e);

/* Write what is pending, as far as this command allows it. RUN_MORE, or the
 * outcome of the handler. A resume function. */
enum run imap_report_news(struct imap *s, struct error *e);

/* The tagged line of the command that has ended with s->run.outcome. */
void imap_put_tagged(struct imap *s);

/* What the store calls when the open mailbox changes; arg is the session. */
const struct store_view_calls *imap_news_calls(void);

/* Is the literal just announced the message of an APPEND? Then the handler is
 * to run now, before the message. */
bool imap_is_append_literal(struct imap *s);

/* "[NONEXISTENT] No such mailbox" and so on, for NO. */
struct imap_reply {
    const char *code, *text;
};
const struct imap_reply *imap_reply_for(enum fail kind);

/* --- the handlers --------------------------------------------------------- */

imap_cmd_fn imap_cmd_capability, imap_cmd_noop, imap_cmd_logout, imap_cmd_id,
    imap_cmd_enable, imap_cmd_starttls, imap_cmd_authenticate, imap_cmd_login;
imap_cmd_fn imap_cmd_select, imap_cmd_examine, imap_cmd_create, imap_cmd_delete,
    imap_cmd_rename, imap_cmd_subscribe, imap_cmd_unsubscribe, imap_cmd_list,
    imap_cmd_lsub, imap_cmd_namespace, imap_cmd_status, imap_cmd_append,
    imap_cmd_idle, imap_cmd_getquota, imap_cmd_getquotaroot, imap_cmd_setquota;
imap_cmd_fn imap_cmd_check, imap_cmd_close, imap_cmd_unselect, imap_cmd_expunge,
    imap_cmd_store, imap_cmd_copy, imap_cmd_move;
imap_cmd_fn imap_cmd_fetch, imap_cmd_search; /* fetch.c, search.c */

#endif
