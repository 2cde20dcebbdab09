/* What the backup commands print alike. */
#ifndef PILLARBOX_BACKUP_SHOW_H
#define PILLARBOX_BACKUP_SHOW_H

#include "pillarbox/backup_dir.h"
#include "pillarbox/cli.h"

extern const char *const backup_columns[];

/* A row of the list; head NULL: nothing is known but its state. */
void backup_show_row(struct cli_table *t, const char *name,
                     const struct backup_head *head, const char *state);
/* A list of this one. */
void backup_show_head(const struct cli *c, const char *name,
                      const struct backup_head *head);

/*
 * The directory and the backup that a command names: args[0], and args[1] or
 * else the newest. user: that has something of this user; NULL: of everybody,
 * or any where is_any. False: the exit code is in *code.
 */
bool backup_choose(struct cli *c, const char *user, bool is_any,
                   struct backup_dir *d, struct backup *b, int *code);

#endif
