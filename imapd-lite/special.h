/* Special uses of mailboxes (RFC 6154 section 2) by their names. */
#ifndef IMAPD_LITE_SPECIAL_H
#define IMAPD_LITE_SPECIAL_H

#include "base/buf.h"

#include <stdint.h>

/* The STORE_* flag of "Sent" (without its backslash); 0: none of ours. */
uint32_t imap_special_use_named(struct span name);

/* " \Sent" for each that is set. */
void imap_put_special_use(uint32_t flags, struct buf *out);

#endif
