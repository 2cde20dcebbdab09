/* The section of the parts in a summary's blob: see summary_blob.h. */
#ifndef MAIL_SUMMARY_PARTS_H
#define MAIL_SUMMARY_PARTS_H

#include "mail/mime.h"

void summary_parts_put(struct buf *out, const struct mime_tree *t);

/* Whole, every number within its bounds, and no part outside the message. */
bool summary_parts_is_valid(struct span section, uint64_t message_size);

#endif
