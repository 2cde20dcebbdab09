/*
 * What a folder's directory says of itself: the file `pillarbox-mailbox`, text,
 * replaced as a whole. With it and the names of the files the index can be made
 * anew: UIDs, UIDVALIDITY, keywords and special use stay what they were.
 */
#ifndef MAILSTORE_CONTROL_H
#define MAILSTORE_CONTROL_H

#include "base/buf.h"
#include "base/error.h"
#include "mail/limits.h"
#include "mailstore/limits.h"

#include <stdint.h>

#define CONTROL_FILE          "pillarbox-mailbox"
#define CONTROL_SUBSCRIPTIONS "subscriptions"
#define CONTROL_KEYWORDS      "dovecot-keywords"

struct control {
    uint32_t uid_validity;
    uint32_t uid_floor;   /* no UID of this or more was ever given (S2)    */
    uint32_t special_use; /* STORE_* special bits of client.h              */
    unsigned char id[16]; /* the mailbox's identity, kept when renamed     */
    unsigned keyword_count;
    char keywords[STORE_KEYWORDS_MAX][KEYWORD_MAX + 1]; /* letters a to z  */
};

/* False, INVALID, for what is no such file of a version we know. */
bool control_parse(struct span text, struct control *c, struct error *e);
void control_print(const struct control *c, struct buf *out);

/* In the folder's directory. NOT_FOUND, CORRUPT. */
bool control_read(int dir, struct control *c, struct error *e);
/* Durable when it returns. */
bool control_write(int dir, const struct control *c, struct error *e);

/* The names of the letters once more, where Dovecot looks for them. */
bool control_write_keywords(int dir, const struct control *c, struct error *e);

/* Of "drafts", "sent", ...; 0: none. */
uint32_t control_special_named(struct span name);

/* "Sent" and its like, by the usual names of folders. */
uint32_t control_special_of_folder(struct span mailbox);

#endif
