/* One FETCH under way: shared by fetch.c (what next) and fetch_print.c (one
 * message's response). */
#ifndef IMAPD_LITE_FETCH_H
#define IMAPD_LITE_FETCH_H

#include "imapd-lite/batch.h"
#include "imapd-lite/fetch_item.h"

struct fetch {
    struct imap_batch batch; /* first: see batch.h */
    struct fetch_items items;
    bool wants_uid;   /* UID FETCH that did not name UID */
    bool wants_flags; /* sets \Seen and did not name FLAGS  */
    bool needs_summary;
    bool sets_seen;
    bool has_left;       /* bytes of the response at work    */
    struct numset *seen; /* UIDs that have just become \Seen */
    struct imap_walk walk;
};

/* Does a response need the message's file? sum is NULL when nothing needs
 * a summary. */
bool imap_fetch_needs_file(const struct fetch *f, const struct summary *sum);

/* Write the response for the message at work to the connection. Fails with IO
 * where the file cannot be read; f->has_left says whether some of it is written
 * all the same. */
bool imap_fetch_print(struct imap *s, struct fetch *f,
                      const struct summary *sum, struct error *e);

#endif
