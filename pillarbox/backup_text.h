/*
 * The two text files that a backup has beside messages.
 *
 * `accounts`, who is here:
 *
 *   pillarbox-accounts 1
 *   user anna@example.org <base64>       authd's record: a secret
 *   limits anna@example.org 1000 none    octets, messages; or default
 *   keep anna@example.org 86400          seconds, of what it deletes
 *   alias sales@example.org anna@example.org
 *   mail anna@example.org                the backup has mail of this account
 *
 * `mailboxes`, one for each of these, in the account's directory:
 *
 *   pillarbox-mailboxes 1
 *   mailbox 1795255200 17 12 subscribed,sent Sent Items
 *           UIDVALIDITY, UIDNEXT, first UID nobody has seen, "-" or words, name
 *   subscribed Old/Lists                 a name that no mailbox has
 *
 * Unknown lines are ignored; damaged ones too: manifests tell damage.
 */
#ifndef PILLARBOX_BACKUP_TEXT_H
#define PILLARBOX_BACKUP_TEXT_H

#include "base/buf.h"
#include "base/error.h"
#include "mailstore/client.h"

/* --- accounts --------------------------------------------------------------------- */

struct backup_account_calls {
    /* record: decoded, wiped afterwards. */
    void (*user)(void *arg, struct span name, struct span record);
    /* As store_set_quota() takes them. */
    void (*limits)(void *arg, struct span name, uint64_t bytes,
                   uint64_t messages);
    void (*alias)(void *arg, struct span alias, struct span target);
    /* As store_set_keep() takes it. */
    void (*keep)(void *arg, struct span name, uint64_t seconds);
    void (*mail)(void *arg, struct span name);
};

/* Functions that are NULL are not called. Names of `user`, `limits` and `mail`
 * are valid ones of accounts. */
bool backup_accounts_parse(struct span text,
                           const struct backup_account_calls *calls, void *arg,
                           struct error *e);

void backup_accounts_begin(struct buf *out);
void backup_accounts_user(struct buf *out, struct span name,
                          struct span record);
/* Limits and time to keep that are its own. */
void backup_accounts_limits(struct buf *out, const struct store_quota *q);
void backup_accounts_alias(struct buf *out, struct span alias,
                           struct span target);
void backup_accounts_mail(struct buf *out, struct span name);

/* Is this the account, or the account with a detail behind `subaddress`? */
bool backup_alias_leads(struct span target, struct span account,
                        const char *subaddress);

/* --- mailboxes -------------------------------------------------------------------- */

struct backup_mailbox {
    struct span name; /* valid and canonical */
    uint32_t uid_validity, uid_next;
    uint32_t first_recent; /* messages below were seen by somebody */
    uint32_t flags;        /* STORE_SUBSCRIBED, special ones, STORE_NONEXISTENT
                              (with which the numbers say nothing) */
};

typedef void backup_mailbox_fn(void *arg, const struct backup_mailbox *m);
bool backup_mailboxes_parse(struct span text, backup_mailbox_fn *fn, void *arg,
                            struct error *e);

void backup_mailboxes_begin(struct buf *out);
void backup_mailboxes_add(struct buf *out, const struct backup_mailbox *m);

#endif
