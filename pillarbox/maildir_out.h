/*
 * Writing a folder that Dovecot, mutt and `import maildir` read: names of files
 * made of date, UID and UIDVALIDITY, so that the same message has the same name
 * each time; UIDs in dovecot-uidlist, keywords in dovecot-keywords.
 */
#ifndef PILLARBOX_MAILDIR_OUT_H
#define PILLARBOX_MAILDIR_OUT_H

#include "base/arena.h"
#include "pillarbox/exporting.h"
#include "pillarbox/uidlist.h"

#define MAILDIR_OUT_UIDLIST  "dovecot-uidlist"
#define MAILDIR_OUT_KEYWORDS "dovecot-keywords"

/* "<date>.U<uid>V<uidvalidity>.pillarbox,S=<size>" */
void maildir_out_base(uint32_t uid_validity, const struct store_row *row,
                      struct buf *out);
/* "cur/BASE:2,FS", or "new/BASE" where nobody has seen it. */
void maildir_out_path(const struct store_row *row, struct span base,
                      struct buf *out);
void maildir_out_keywords(const struct exporting_mailbox *b, struct buf *out);

/* UIDs, and unique-ids of other servers; starts as { 0 }. */
struct maildir_out_list {
    struct uidlist list;
    size_t room;
    struct arena memory;
};
void maildir_out_add(struct maildir_out_list *l,
                     const struct exporting_message *m, struct span base);
void maildir_out_free(struct maildir_out_list *l);

#endif
