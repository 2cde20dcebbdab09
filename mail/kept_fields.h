/*
 * The header fields that a summary keeps, so that lists of messages can be
 * shown without opening any. A name is kept with all its occurrences or not at
 * all.
 */
#ifndef MAIL_KEPT_FIELDS_H
#define MAIL_KEPT_FIELDS_H

#include "base/buf.h"

/* The bit of a name that may be kept; 0: never kept. */
uint32_t kept_fields_bit(struct span name);

/* All bits together. */
uint32_t kept_fields_all(void);

/*
 * Adds the fields of these names, in their order, as they stand in the header;
 * where they take more than max octets, the largest names are left out.
 * Returns the bits of the names that are complete (absent ones included).
 */
uint32_t kept_fields_put(struct buf *out, struct span header, uint32_t wanted,
                         size_t max);

#endif
