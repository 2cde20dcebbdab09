/*
 * Who has mail here: "anna@example.org". An account's name is its canonical
 * address and, with the parts swapped, its place on disk
 * (mail/example.org/anna), so what may be in it is narrow.
 */
#ifndef MAIL_ACCOUNT_H
#define MAIL_ACCOUNT_H

#include "base/buf.h"

/* Lower-case local part of a-z 0-9 . _ + - (starting with a letter or digit,
 * no ".." and no "." at the end, no "+" since that separates the detail) and a
 * lower-case domain of at most 253 octets with the usual labels (an address
 * literal is none). */
bool account_name_is_valid(struct span name);

/* "example.org/anna" for a valid name. */
void account_name_to_path(struct span name, struct buf *out);

/* Letters, digits, hyphens, labels of 1 to 63; one label is enough. */
bool domain_is_valid(struct span domain);

#endif
