/* What commands about accounts in the store share. */
#ifndef PILLARBOX_QUOTA_H
#define PILLARBOX_QUOTA_H

#include "pillarbox/cli.h"

/* Is there an account of just this name, not only an alias or a catch-all? */
bool quota_is_account(struct cli *c, const char *user, struct error *e);

#endif
