/* When and where the last backup of everything was made, for `status`: the file
 * `.last-backup` beside the mail: the date, a space, the directory. */
#ifndef PILLARBOX_BACKUP_STAMP_H
#define PILLARBOX_BACKUP_STAMP_H

#include "base/buf.h"
#include "base/error.h"
#include "conf/settings.h"

#include <stdint.h>

bool backup_stamp_write(const struct settings *s, int64_t date, const char *dir,
                        struct error *e);
/* NOT_FOUND: there was none. The directory is added to *dir. */
bool backup_stamp_read(const struct settings *s, int64_t *date, struct buf *dir,
                       struct error *e);

#endif
