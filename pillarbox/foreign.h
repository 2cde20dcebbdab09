/*
 * What other servers keep beside the messages of a Maildir: keywords,
 * subscriptions, unique-ids of POP3. Damaged lines are left out: these files
 * add to the messages, and nothing of them is worth failing for.
 */
#ifndef PILLARBOX_FOREIGN_H
#define PILLARBOX_FOREIGN_H

#include "base/buf.h"

#include <stdint.h>

#define FOREIGN_KEYWORDS 26 /* the letters a to z of file names */

/* By letter; empty where there is none. Borrows from the text. */
struct foreign_keywords {
    struct span names[FOREIGN_KEYWORDS];
};

/* dovecot-keywords: "<number> <name>", number 0 is the letter a. */
void foreign_dovecot_keywords(struct span text, struct foreign_keywords *k);

/*
 * courierimapkeywords/:list: names, an empty line, "<file>:<number> ...". Calls
 * fn for each file, bit i of bits is name i.
 */
typedef void foreign_keywords_fn(void *arg, struct span base, uint32_t bits);
void foreign_courier_keywords(struct span text, struct foreign_keywords *k,
                              foreign_keywords_fn *fn, void *arg);

/*
 * courierpop3dsizelist, versions 2 and 3: "/<version> <uidnext> <uidvalidity>",
 * then "<file> <size> <uid>:<uidvalidity>[:<utf8>]". uidl is what Courier told
 * its clients. False: another version.
 */
typedef void foreign_uidl_fn(void *arg, struct span base, struct span uidl);
bool foreign_courier_pop3(struct span text, foreign_uidl_fn *fn, void *arg);

/*
 * Subscriptions of Dovecot (one folder a line, from version 2 on levels are
 * parted by tabs) and Courier (courierimapsubscribed, "INBOX.Sent"). fn gets
 * names of ours; lines that cannot be one are left out.
 */
typedef void foreign_name_fn(void *arg, struct span mailbox);
void foreign_subscriptions(struct span text, foreign_name_fn *fn, void *arg);

/* The mailbox of a folder's directory (".Archive.2024"), also of one whose name
 * is not in modified UTF-7. False: there can be none. */
bool foreign_mailbox(struct span folder, struct buf *out);

#endif
