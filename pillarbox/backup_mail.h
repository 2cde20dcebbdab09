/*
 * One account's mail on its way into a backup: a Maildir++ tree in
 * "mail/example.org/anna/", as `export maildir` writes it (so Dovecot, mutt and
 * `import maildir` read it), and the file `mailboxes`. Each mailbox is what one
 * view of it showed: UIDs, flags, keywords, dates and unique-ids of one moment.
 */
#ifndef PILLARBOX_BACKUP_MAIL_H
#define PILLARBOX_BACKUP_MAIL_H

#include "pillarbox/backup_write.h"
#include "pillarbox/exporting.h"

/* "mail/example.org/anna" */
void backup_mail_path(const char *user, struct buf *out);
/* ".../.Sent"; of INBOX "...". */
void backup_mail_folder(const char *user, struct span mailbox, struct buf *out);

bool backup_mail_write(struct backup_writer *w, struct exporting *x,
                       const char *user, struct error *e);

#endif
