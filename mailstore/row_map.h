/*
 * Rows of a mailbox in memory, mapped from a snapshot: copy-on-write, with
 * room behind them for more.
 *
 *   | rows of the snapshot, its pages shared | room, pages come when written |
 */
#ifndef MAILSTORE_ROW_MAP_H
#define MAILSTORE_ROW_MAP_H

#include "mailstore/client.h"

/* fd stays the caller's, and may be closed. room, in rows, counts from the
 * first one; `bytes` is for row_unmap(). */
bool row_map(int fd, size_t count, size_t room, struct store_row **rows,
             size_t *bytes, struct error *e);
void row_unmap(struct store_row *rows, size_t bytes);

#endif
