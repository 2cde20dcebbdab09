/*
 * Some messages, their summaries and their files: what FETCH and SEARCH do
 * with a mailbox, a batch at a time. One request brings the summaries of a
 * whole batch; mail that came from elsewhere has none, and is summarised here,
 * small ones many at a time (search_bundle.h).
 *
 * A command that uses it keeps a struct imap_batch as the first member of what
 * s->run.own points to, and frees it in its imap_at_end() function.
 */
#ifndef IMAPD_LITE_BATCH_H
#define IMAPD_LITE_BATCH_H

#include "imapd-lite/command.h"
#include "imapd-lite/search_bundle.h"
#include "mail/summary.h"

#define IMAP_BATCH_MAX 128

struct imap_batch_message {
    uint32_t seq, uid;
    bool has_blob;
    bool is_made; /* by us, just now */
    size_t blob_at, blob_size;
};

struct imap_batch {
    struct imap_batch_message all[IMAP_BATCH_MAX];
    size_t count, at;  /* `at`: the message at work */
    bool some_missing; /* were expunged meanwhile   */

    int fd; /* of the message at work; -1: not open */
    uint64_t size;

    struct buf blobs;
    struct imap *asked_by;     /* NULL: nobody has */
    struct imap_bundle bundle; /* of messages without a summary */
    uint64_t read;
    struct summary_maker *maker;
    imap_resume_fn *then;
};

void imap_batch_begin(struct imap_batch *b); /* zeroed memory becomes a batch */
void imap_batch_free(struct imap_batch *b);

/* Empty it for the next messages; the summaries that were made are stored. */
void imap_batch_clear(struct imap_batch *b);
bool imap_batch_is_full(const struct imap_batch *b);
void imap_batch_add(struct imap_batch *b, uint32_t seq, uint32_t uid);

/* Ask for all summaries, then go on with `then` at the first message. */
enum run imap_batch_ask(struct imap *s, struct imap_batch *b,
                        imap_resume_fn *then);

/* The summary of the message at work; false: none is stored. */
bool imap_batch_summary(const struct imap_batch *b, struct summary *out);

/* Open the message at work, then go on with `then`: with b->fd, or, where the
 * message is gone, at the next one. */
enum run imap_batch_open(struct imap *s, struct imap_batch *b,
                         imap_resume_fn *then);

/* Make the summary of the message at work, and maybe of some behind it, which
 * are stored for the next time; then go on with `then`, at the next one where
 * the message is gone. */
enum run imap_batch_summarise(struct imap *s, struct imap_batch *b,
                              imap_resume_fn *then);

/* Done with the message at work. */
void imap_batch_next(struct imap_batch *b);

#endif
