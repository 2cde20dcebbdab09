/* One FETCH under way: shared by fetch.c (what next) and fetch_print.c (one
 * message's response). */
#ifndef IMAPD_LITE_FETCH_H
#define IMAPD_LITE_FETCH_H

#include "imapd-lite/command.h"
#include "imapd-lite/fetch_item.h"
#include "mail/summary.h"

/* Messages whose summaries are asked for in one request. */
#define FETCH_BATCH_MAX 128

struct fetch_message {
    uint32_t seq, uid;
    bool has_blob;
    bool is_made;              /* by us, just now */
    size_t blob_at, blob_size; /* in blobs */
};

struct fetch {
    struct fetch_items items;
    bool wants_uid; /* UID FETCH that did not name UID */
    bool needs_summary;
    bool sets_seen;
    bool some_missing; /* were expunged meanwhile */
    struct imap_walk walk;

    struct fetch_message batch[FETCH_BATCH_MAX];
    size_t count, at; /* of the batch; the message at work */
    struct buf blobs;

    /* The message at work: */
    int fd; /* -1: not open */
    uint64_t size;
    uint64_t read; /* by the summary maker */
    struct summary_maker *maker;
};

/* The blob of the message at work. */
bool imap_fetch_summary(const struct fetch *f, struct summary *out);

/* Does its response need the message's file? sum is NULL when nothing needs
 * a summary. */
bool imap_fetch_needs_file(const struct fetch *f, const struct summary *sum);

/* Write the response for the message at work, to s->out and the connection.
 * Fails with IO where the file cannot be read. */
bool imap_fetch_print(struct imap *s, struct fetch *f,
                      const struct summary *sum, struct error *e);

#endif
