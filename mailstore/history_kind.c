#include "mailstore/history_kind.h"

#include <stddef.h>

static const char *const names[HISTORY_KINDS] = {
    [HISTORY_RECEIVED] = "received",
    [HISTORY_APPENDED] = "appended",
    [HISTORY_FOUND] = "found",
    [HISTORY_COPIED] = "copied",
    [HISTORY_MOVED] = "moved",
    [HISTORY_FLAGGED] = "flagged",
    [HISTORY_READ] = "read",
    [HISTORY_EXPUNGED] = "deleted",
    [HISTORY_VANISHED] = "vanished",
    [HISTORY_UNDELETED] = "undeleted",
    [HISTORY_DELETED] = "mailbox-deleted",
};

const char *
history_kind_name(unsigned kind)
{
    return kind < HISTORY_KINDS ? names[kind] : NULL;
}
