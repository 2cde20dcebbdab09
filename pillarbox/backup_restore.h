/*
 * What the parts of `backup restore` share. Nothing that lives is overwritten
 * or taken away: what is missing is added.
 */
#ifndef PILLARBOX_BACKUP_RESTORE_H
#define PILLARBOX_BACKUP_RESTORE_H

#include "pillarbox/backup_dir.h"
#include "pillarbox/backup_source.h"
#include "pillarbox/backup_text.h"
#include "pillarbox/cli.h"
#include "pillarbox/importing.h"

struct restoring {
    struct cli_wait wait; /* first: cli_done() takes it */
    struct cli *cli;
    struct backup *backup;

    /* What is wanted; NULL and empty: everything. */
    const char *user, *mailbox, *message_id;
    struct numset uids;
    const char *to; /* directory to write to; NULL: into the store */
    int to_dir;

    struct buf accounts; /* the file: secrets */
    struct map *made;    /* accounts that were not there */
    uint64_t users_made, users_there, aliases_made;
    struct cli_table table;
    uint64_t matched;  /* messages that were chosen */
    uint64_t problems; /* each was told */
    bool interrupted;
};

/* --- backup_restore.c ------------------------------------------------------------- */

/* On standard error, and counted. */
void restoring_complain(struct restoring *r, const char *what,
                        const struct error *e);
bool restoring_wants_user(const struct restoring *r, struct span user);

/* The mailboxes of an account, as the backup has them; names are in memory. */
struct restoring_mailboxes {
    struct arena memory;
    struct backup_mailbox *all;
    size_t count;
};
bool restoring_list(const struct restoring *r, const char *user,
                    struct restoring_mailboxes *list, struct error *e);
void restoring_list_free(struct restoring_mailboxes *list);

/* The messages of a mailbox that are wanted. False: none are, or (problems
 * grows) it cannot be read. Free s either way. */
bool restoring_open(struct restoring *r, const char *user,
                    const struct backup_mailbox *m, struct backup_source *s);

/* --- into the store ----------------------------------------------------------------- */

/* backup_restore_mail.c: one account. False: it cannot go on. */
bool restoring_mail(struct restoring *r, const char *user, struct error *e);

/* backup_restore_account.c: the account itself, once its mail is there; then
 * aliases, and the certificates where there are none. */
bool restoring_accounts(struct restoring *r, struct error *e);
bool restoring_certificates(struct restoring *r, struct error *e);

/* --- backup_restore_out.c: into a directory ------------------------------------------ */

bool restoring_out_begin(struct restoring *r, struct error *e);
/* Everything of the users that are wanted, or of all. */
bool restoring_out_all(struct restoring *r, struct error *e);
bool restoring_out_mailbox(struct restoring *r, const struct backup_source *s,
                           struct error *e);

#endif
