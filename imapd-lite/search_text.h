/*
 * What SEARCH looks through: the words of a message as a person reads them,
 * transfer encodings and charsets undone, folded (mail/charset.h). Made from
 * the file when first asked for, and once for all keys.
 */
#ifndef IMAPD_LITE_SEARCH_TEXT_H
#define IMAPD_LITE_SEARCH_TEXT_H

#include "base/buf.h"
#include "base/error.h"
#include "imapd-lite/search_key.h"
#include "mail/summary.h"

/* What lies behind these is not searched. */
#define SEARCH_PART_MAX ((size_t)8 << 20)  /* octets of one part            */
#define SEARCH_TEXT_MAX ((size_t)32 << 20) /* of all parts, decoded         */

struct search_text {
    struct buf header; /* the message's, by imap_search_fold_header() */
    struct buf body;   /* text parts, and headers of parts            */
    struct buf raw, plain, utf8; /* of the piece at work */
};

/* The message: in a file, or (fd -1) in memory. */
struct search_source {
    int fd;
    struct span bytes;
};

/* Read and decode what is needed of a message; replaces what was there. */
bool imap_search_read(struct search_text *t, const struct search_source *from,
                      const struct summary *sum,
                      const struct search_needs *needs, struct error *e);
void imap_search_text_free(struct search_text *t);

/* Give much memory back; little is kept for the next message. */
void imap_search_text_trim(struct search_text *t);

/* The fields of a header, a line "name: value" LF for each, decoded and folded;
 * what is no field begins with ":". only NULL: all; else those it names. */
void imap_search_fold_header(struct span header,
                             const struct search_needs *only, struct buf *out);

/* The value of the next line of this name (any case); *rest moves past it. */
bool imap_search_line(struct span *rest, struct span name, struct span *value);

#endif
