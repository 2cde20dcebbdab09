/* Header fields of RFC 5322 section 2.2. All spans borrow. */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/buf.h"

struct header_field {
    struct span name;  /* without ":"; empty for a line that is no field */
    struct span value; /* behind ":", folded, without the last CR LF     */
    struct span whole; /* name, value and its CR LF                      */
};

/* The next field of a header; *rest moves past it. False at the empty line or
 * the end. Lines that are no field (mbox "From ", garbage) come as one whose
 * name is empty. */
bool header_next(struct span *rest, struct header_field *f);

/* The first field of this name (any case). */
bool header_find(struct span header, const char *name, struct header_field *f);

/* The value without folding: CR LF before white space removed, surrounding
 * white space too. */
void header_unfold(struct span value, struct buf *out);

/* Size of the header with the empty line that ends it; all, when none does. */
size_t header_size(struct span message);

#endif
