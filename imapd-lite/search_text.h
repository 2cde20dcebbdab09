/*
 * What SEARCH looks through: the words of a message as a person reads them,
 * transfer encodings and charsets undone, folded (mail/charset.h). Made from
 * the file when first asked for, and once for all keys.
 */
#ifndef IMAPD_LITE_SEARCH_TEXT_H
#define IMAPD_LITE_SEARCH_TEXT_H

#include "base/buf.h"
#include "base/error.h"
#include "mail/summary.h"

/* Octets of one part that are searched; what lies behind is not. */
#define SEARCH_PART_MAX ((size_t)32 << 20)

struct search_text {
    struct buf header; /* raw: the message's header                */
    struct buf body;   /* folded: text parts, and headers of parts */
};

/* Read and decode. The bufs are cleared before. */
bool imap_search_read(struct search_text *t, int fd, const struct summary *sum,
                      struct error *e);
void imap_search_text_free(struct search_text *t);

/* Is `text` (folded) in a field called so? An empty text asks whether the field
 * is there. An empty name asks about the whole header. */
bool imap_search_header(struct span header, struct span name, struct span text);

#endif
