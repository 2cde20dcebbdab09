/* APPEND before its message: what stands between the name and the literal. */
#ifndef IMAPD_LITE_APPEND_H
#define IMAPD_LITE_APPEND_H

#include "base/arena.h"
#include "base/cursor.h"
#include "mailstore/client.h"

struct imap_append_head {
    struct span mailbox;
    struct store_flags flags;
    bool has_date;
    int64_t date;
};

/* SP mailbox [SP flag-list] [SP date-time] SP; then the literal stands there. */
bool imap_take_append_head(struct cursor *c, struct arena *a,
                           struct imap_append_head *out);

/*
 * The message's octets as the store wants them: a LF on its own becomes CR LF.
 * Calls put for each run of octets; false as soon as put says so.
 */
struct imap_append_lines {
    bool after_cr;
};
typedef bool imap_append_put_fn(void *arg, struct span bytes);
bool imap_append_lines(struct imap_append_lines *l, struct span chunk,
                       imap_append_put_fn *put, void *arg);

#endif
