/* Where in the message the bytes of a section lie. */
#ifndef IMAPD_LITE_FETCH_SECTION_H
#define IMAPD_LITE_FETCH_SECTION_H

#include "imapd-lite/fetch_item.h"
#include "mail/summary.h"

struct section_place {
    uint64_t offset, size;
};

/* False: there is no such part; the answer is NIL. For HEADER.FIELDS the place
 * is that of the whole header. sum may be NULL for BODY[]. */
bool imap_section_find(const struct fetch_item *item, const struct summary *sum,
                       uint64_t message_size, struct section_place *out);

/* Can it be answered from the summary alone? Only HEADER.FIELDS can. */
bool imap_section_is_kept(const struct fetch_item *item,
                          const struct summary *sum);

/* The wanted fields of a header, and the empty line that ends them. */
void imap_section_pick_fields(const struct fetch_item *item, struct span header,
                              struct buf *out);

/* What <origin.length> leaves of it. */
struct section_place imap_section_cut(const struct fetch_item *item,
                                      struct section_place whole);

#endif
