/* The items of STATUS, and of LIST's RETURN (STATUS (...)). */
#ifndef IMAPD_LITE_STATUS_H
#define IMAPD_LITE_STATUS_H

#include "base/buf.h"
#include "base/cursor.h"
#include "mailstore/client.h"

/* "(" status-att *(SP status-att) ")": one bit for each, in their order. */
bool imap_take_status_items(struct cursor *c, unsigned *items);

/* "* STATUS "name" (MESSAGES 3 UIDNEXT 17)" with CR LF. */
void imap_put_status(struct buf *out, unsigned items,
                     const struct store_mailbox *m, uint64_t append_limit);

#endif
