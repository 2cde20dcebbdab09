/*
 * What this client knows of the open mailbox.
 *
 * The store's rows stand still: a message that is expunged keeps its place in
 * store_view.rows, and messages that come later stand in an array of ours. A
 * `slot` is an index into both, one behind the other. The client counts
 * differently: sequence numbers are the slots that it was told of and that it
 * was not told are gone (RFC 3501 section 2.3.1.2).
 *
 *   slots   0 1 2 3 4 5 6 7 | 8 9          rows of the store | late rows
 *   told                  ^ 8              slots below were announced
 *   removed     x     x                    EXPUNGE was sent
 *   pending         o                      is gone, EXPUNGE not yet sent
 *   numbers 1 2   3 4   5 6                of the client; slot 4 (number 4)
 *                                          can still be asked for
 *
 * V1  removed is sorted; a slot in it is below told, or was never announced
 *     and never will be.
 * V2  Nothing but imap_view_report() changes a sequence number, so numbers
 *     stand still while a command runs.
 * V3  A report is resumable: what was written is marked as told at once.
 *
 * Cost: number to slot and back are O(log removed). Reporting m expunges is
 * one merge, O(m + removed), for each IMAP_REPORT_MAX of them.
 */
#ifndef IMAPD_LITE_VIEW_H
#define IMAPD_LITE_VIEW_H

#include "base/buf.h"
#include "base/numset.h"
#include "mailstore/client.h"

struct imap_view;

/* The view borrows sv until it is freed. All rows count as told (SELECT says
 * EXISTS itself). Accepts NULL to free. */
struct imap_view *imap_view_new(struct store_view *sv);
void imap_view_free(struct imap_view **v);

/* --- what the client knows --------------------------------------------- */

const struct store_view *imap_view_store(const struct imap_view *v);
uint32_t imap_view_exists(const struct imap_view *v);
/* Messages the client knows of with \Recent. */
uint32_t imap_view_recent(const struct imap_view *v);
/* The highest UID the client knows of; 0: no message. What "*" means. */
uint32_t imap_view_last_uid(const struct imap_view *v);

/* The row of a sequence number, 1 to exists. Valid until the handler returns:
 * late rows may move when more come. */
const struct store_row *imap_view_row(const struct imap_view *v, uint32_t seq);

/* False: no message known to the client has this UID. */
bool imap_view_find(const struct imap_view *v, uint32_t uid, uint32_t *seq);

/* True: it is expunged, and the client has not been told yet. */
bool imap_view_is_expunged(const struct imap_view *v, uint32_t seq);

/*
 * Walk the messages of a set in ascending order, whatever holes it has: cost
 * follows the messages that are there, not the numbers that were asked for.
 * by_uid: the set holds UIDs. The walk may be kept over RUN_MORE, within one
 * command; set and view are borrowed. set NULL: all messages.
 */
struct imap_walk {
    const struct imap_view *view;
    const struct numset *set;
    bool by_uid;
    size_t range;     /* of the set, the next to open               */
    size_t slot, end; /* what is left of the open one: [slot, end)  */
    uint32_t seq;     /* of the next that is not removed            */
    size_t skip;      /* index into removed, at or behind slot      */
};
struct imap_walk imap_walk_on(const struct imap_view *v,
                              const struct numset *set, bool by_uid);
bool imap_walk_next(struct imap_walk *w, uint32_t *seq,
                    const struct store_row **row);

/* The UIDs of a set of either kind, for requests to the store (added to
 * *uids). What is known to be expunged is left out. */
void imap_view_uids(const struct imap_view *v, const struct numset *set,
                    bool by_uid, struct numset *uids);

/* --- printing ------------------------------------------------------------ */

/* "(\Seen \Recent $Forwarded work)" of a message, with its parentheses. */
void imap_view_print_flags(const struct imap_view *v,
                           const struct store_row *row, struct buf *out);

/* The response lines FLAGS and OK [PERMANENTFLAGS], with CR LF. */
void imap_view_print_known_flags(struct imap_view *v, struct buf *out);

/* --- news from the store ------------------------------------------------- */

void imap_view_added(struct imap_view *v, const struct store_row *rows,
                     size_t count);
void imap_view_expunged(struct imap_view *v, const struct numset *uids);
void imap_view_flagged(struct imap_view *v, const struct store_row *rows,
                       size_t count);

/*
 * STORE .SILENT: until imap_view_silent_end() the first change to each of these
 * messages that gives what the client expects is not reported; changes that
 * others make still are (RFC 3501 section 6.4.6). f is borrowed until then.
 */
void imap_view_silent_begin(struct imap_view *v, const struct numset *uids,
                            enum store_flag_mode mode,
                            const struct store_flags *f);
void imap_view_silent_end(struct imap_view *v);

/* STORE: the FLAGS of all these are in the next report, changed or not. */
void imap_view_report_flags_of(struct imap_view *v, const struct numset *uids);

/* FETCH has just told the client this message's FLAGS: no need to report. */
void imap_view_flags_told(struct imap_view *v, uint32_t seq);

/* --- telling the client --------------------------------------------------- */

enum imap_report {
    REPORT_EXPUNGE = 1, /* RFC 3501 section 7.4.1 allows it here */
    REPORT_UID = 2      /* FETCH responses carry the UID too     */
};

/* Is there anything that a report with these bits would write? */
bool imap_view_has_news(const struct imap_view *v, unsigned how);

/*
 * Write what is pending: EXPUNGE, EXISTS and RECENT, FLAGS and PERMANENTFLAGS
 * where a keyword is new, FETCH FLAGS. False: about IMAP_REPORT_MAX lines were
 * written and there is more; call again when they have left.
 */
bool imap_view_report(struct imap_view *v, unsigned how, struct buf *out);

#endif
