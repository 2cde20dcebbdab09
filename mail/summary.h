/*
 * What IMAP and searches need to know of a message without reading it again:
 * ENVELOPE, BODYSTRUCTURE, the common header fields, and where each MIME part
 * lies. It is computed in one pass while the bytes stream in (smtpd, APPEND),
 * stored by mailstored as bytes it does not look into, and read by imapd-lite.
 *
 * Any bytes give a summary: broken mail gives a plainer one, never none, and
 * the work and memory are bounded by the limits in mail/limits.h (depth, parts,
 * header size, addresses). Line ends are CR LF, as the store serves them.
 *
 * The stored form ("blob", version byte first, at most SUMMARY_BLOB_MAX octets)
 * is described in summary_blob.h. A blob that is damaged or of another version is refused by
 * summary_open(): compute it anew.
 */
#ifndef MAIL_SUMMARY_H
#define MAIL_SUMMARY_H

#include "base/buf.h"

#include <stdint.h>

/* --- computing ------------------------------------------------------------ */

struct summary_maker;

struct summary_maker *summary_begin(void);
/* The message's bytes in order, cut anywhere. */
void summary_feed(struct summary_maker *m, struct span bytes);
/* Adds the blob to *out, frees the maker and sets it to NULL. */
void summary_finish(struct summary_maker **m, struct buf *out);
/* Frees without a result; accepts NULL. */
void summary_abort(struct summary_maker **m);

/* --- reading --------------------------------------------------------------- */

/* A view into a blob; borrows from it. */
struct summary {
    struct span envelope;       /* IMAP text: "(date subject ...)"            */
    struct span body;           /* IMAP text for BODY                         */
    struct span body_structure; /* IMAP text for BODYSTRUCTURE                */
    struct span fields;         /* the common header fields, as they stand in
                                   the message (folded, with CR LF), in order;
                                   which: summary_has_field()                 */
    struct span parts;          /* see summary_part()                         */
    uint64_t size;              /* of the whole message                       */
    uint64_t header_size;       /* with the empty line that ends it           */
    int64_t date;               /* of the Date field, seconds UTC; INT64_MIN:
                                   none that can be read (SENTBEFORE...)      */
    uint32_t kept;              /* for summary_has_field()                    */
};

bool summary_open(struct span blob, struct summary *s);

/* True when every occurrence of this field name is kept in `fields`: so what is
 * not there is not in the message. (Large ones are left out: false.) */
bool summary_has_field(const struct summary *s, struct span name);

enum part_kind { PART_LEAF, PART_MULTIPART, PART_MESSAGE /* message/rfc822 */ };

/* One MIME part. Offsets count from the start of the message. */
struct summary_part {
    enum part_kind kind;
    uint32_t first_child; /* index of a multipart's first, or of a message's
                               only child (its body); 0: none                 */
    uint32_t next;        /* index of the next part of the same multipart;
                               0: it is the last                              */
    uint64_t mime_offset; /* the part's own MIME header                     */
    uint64_t mime_size;   /* with the empty line that ends it               */
    uint64_t body_offset;
    uint64_t body_size;
    uint64_t lines;
    /* The message/rfc822 header inside the body (kind PART_MESSAGE). */
    uint64_t inner_header_size;
    struct span type, subtype; /* lower case; "text", "plain"                 */
    struct span charset;       /* lower case; "" where none is given          */
    char encoding;             /* '7' 7bit, '8' 8bit, 'b' binary,
                                  'q' quoted-printable, 'B' base64, '?' other */
};

size_t summary_part_count(const struct summary *s);

/* Part 0 is the message itself (its mime header is the message header). False
 * when there is no part `index`. */
bool summary_part(const struct summary *s, uint32_t index,
                  struct summary_part *out);

/*
 * The part that a section number names (RFC 3501 section 6.4.5): numbers[0..n)
 * are "1", "2", "1" of BODY[1.2.1]. n == 0: the message. A message whose body
 * is not multipart has part 1, its body. False: no such part.
 */
bool summary_find(const struct summary *s, const uint32_t *numbers, size_t n,
                  struct summary_part *out);

#endif
