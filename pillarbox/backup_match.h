/*
 * What of a mailbox in a backup is still there: in the mailbox of the same
 * name, by UID (of the same UIDVALIDITY, size and date) or else by content.
 */
#ifndef PILLARBOX_BACKUP_MATCH_H
#define PILLARBOX_BACKUP_MATCH_H

#include "pillarbox/backup_source.h"
#include "pillarbox/cli.h"

/* Takes those out of the source; *there is how many. Each message of the
 * mailbox stands for one of the backup. */
bool backup_match(struct cli *c, struct store_session *session,
                  struct backup_source *s, uint64_t *there, struct error *e);

#endif
