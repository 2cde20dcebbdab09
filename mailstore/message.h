/* Reading messages of a view's folder: their files, and their summaries. */
#ifndef MAILSTORE_MESSAGE_H
#define MAILSTORE_MESSAGE_H

#include "mailstore/folder.h"

/* fd, with CR LF line ends, is the callee's to close. NOT_FOUND. One that was
 * expunged can be read while its file is there. */
typedef void message_fn(void *arg, int fd, uint64_t size,
                        const struct error *e);
void message_open(struct folder *f, uint32_t uid, message_fn *fn, void *arg);

/* In order; at most STORE_SUMMARIES_MAX; empty blobs where there is none. */
typedef void message_summary_fn(void *arg, uint32_t uid, struct span blob);
bool message_summaries(struct folder *f, const struct numset *uids,
                       message_summary_fn *fn, void *arg, struct error *e);
/* Messages that are not there any more are passed over. LIMIT. */
struct wire_summaries;
bool message_put_summaries(struct folder *f, const struct wire_summaries *all,
                           struct error *e);

#endif
