/*
 * A mailbox of a backup, as importing.h takes it: which messages there are is
 * said by the manifest; each is compared with its digest while it is read.
 */
#ifndef PILLARBOX_BACKUP_SOURCE_H
#define PILLARBOX_BACKUP_SOURCE_H

#include "pillarbox/backup_dir.h"
#include "pillarbox/backup_text.h"
#include "pillarbox/source.h"

struct backup_source {
    struct source source; /* first: its copy() is given it; paths of messages
                             are those of the manifest */
    const struct backup *backup;
};

/* Free with source_free(), also after a failure. */
bool backup_source_open(const struct backup *b, const char *user,
                        const struct backup_mailbox *m, struct backup_source *s,
                        struct error *e);

const struct backup_entry *backup_source_entry(const struct backup_source *s,
                                               const struct source_message *m);

/* Only those that fn says yes to. */
typedef bool backup_keep_fn(void *arg, const struct source_message *m);
void backup_source_keep(struct backup_source *s, backup_keep_fn *fn, void *arg);

/* Does the header say that this is its Message-ID? Without < and >. */
bool backup_source_is_called(const struct backup_source *s,
                             const struct source_message *m,
                             struct span message_id);

#endif
