/*
 * Unique-ids of POP3 that messages brought from another server: the file
 * `pillarbox-uidl` in the folder's directory, text, replaced as a whole. It is
 * of one UIDVALIDITY; where the mailbox has another, it says nothing. Ids of
 * messages that are gone stay: their UIDs are never given again.
 *
 *   pillarbox-uidl 1 1795255200         UIDVALIDITY
 *   17 UID17-1104060801
 */
#ifndef MAILSTORE_UIDL_H
#define MAILSTORE_UIDL_H

#include "base/buf.h"
#include "mailstore/client.h"

#define UIDL_FILE      "pillarbox-uidl"
#define UIDL_BYTES_MAX ((size_t)24 << 20)

/* May it be one? */
bool uidl_is_valid(struct span text);

/* Adds those of the file's text to *pairs, as wire_put_uidl() encodes them; lines
 * that are none are left out. False: not a file of this UIDVALIDITY. */
bool uidl_parse(struct span text, uint32_t uid_validity, struct buf *pairs);

/* The file's text of such pairs, in order of UIDs; of several for one UID the
 * last. */
void uidl_print(struct span pairs, uint32_t uid_validity, struct buf *text);

/* In the folder's directory. No file, no pairs. */
bool uidl_read(int dir, uint32_t uid_validity, struct buf *pairs,
               struct error *e);
/* Adds the pairs to the file. Durable when it returns. */
bool uidl_add(int dir, uint32_t uid_validity, struct span pairs,
              struct error *e);

#endif
