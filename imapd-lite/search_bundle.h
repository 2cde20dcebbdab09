/*
 * The messages of a batch whose text is needed: small ones come from mailstored
 * many at a time, and are kept here until they were looked at. What a bundle
 * lacks is opened alone (batch.h).
 */
#ifndef IMAPD_LITE_SEARCH_BUNDLE_H
#define IMAPD_LITE_SEARCH_BUNDLE_H

#include "base/buf.h"
#include "base/error.h"
#include "mailstore/client.h"

struct imap_bundle {
    struct numset wanted; /* of the next one to ask for */
    size_t wanted_count;
    uint64_t wanted_bytes;
    uint32_t last_uid; /* that was asked for; 0: none */

    struct store_bundled all[STORE_BUNDLE_MAX];
    size_t count, at;
    size_t offset; /* of the message at `at` */
    struct buf bytes;
};

/* Nothing is wanted, or known. */
void imap_bundle_clear(struct imap_bundle *b);
void imap_bundle_free(struct imap_bundle *b);

/* In ascending order. False: it goes into no bundle, or this one is full. */
bool imap_bundle_want(struct imap_bundle *b, uint32_t uid, uint64_t size);

/* What came for all that was wanted. fd (closed) may be -1: nothing. */
bool imap_bundle_take(struct imap_bundle *b, int fd,
                      const struct store_bundled *all, size_t count,
                      struct error *e);

/* Was it asked for already? */
bool imap_bundle_is_past(const struct imap_bundle *b, uint32_t uid);

/* In ascending order. False: the bundle lacks it. */
bool imap_bundle_find(struct imap_bundle *b, uint32_t uid, struct span *out);

#endif
