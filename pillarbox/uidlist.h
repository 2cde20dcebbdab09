/*
 * Which UIDs the messages of a Maildir have: dovecot-uidlist (versions 1 and 3)
 * and courierimapuiddb, which is Dovecot's version 1.
 *
 *   1 <uidvalidity> <uidnext>
 *   <uid> <file>
 *
 *   3 V<uidvalidity> N<uidnext> G<guid>
 *   <uid> [<letter><value> ...] :<file>       P is the unique-id of POP3
 */
#ifndef PILLARBOX_UIDLIST_H
#define PILLARBOX_UIDLIST_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

struct uidlist_entry {
    uint32_t uid;
    struct span base; /* file name up to ":" */
    struct span uidl; /* or empty */
};

struct uidlist {
    uint32_t uid_validity, uid_next;
    struct uidlist_entry *entries; /* as they stand there */
    size_t count;
};

/* Entries borrow from text. Lines that are none are left out; CORRUPT where the
 * first line is none. Free with uidlist_free(), also after a failure. */
bool uidlist_parse(struct span text, struct uidlist *u, struct error *e);
void uidlist_free(struct uidlist *u);

/* As version 3. */
void uidlist_print(const struct uidlist *u, struct buf *out);

#endif
