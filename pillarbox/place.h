/* What must be there before anything is started: directories, certificate. */
#ifndef PILLARBOX_PLACE_H
#define PILLARBOX_PLACE_H

#include "base/error.h"
#include "conf/settings.h"

/* Makes missing directories, each for the user of the program that needs it
 * (pillarbox/role_user.h). */
bool place_directories(const struct settings *s, struct error *e);

/* Of these only that of the sockets. */
bool place_sockets(const struct settings *s, struct error *e);

/*
 * UNAVAILABLE where there is an index, but no accounts: this appliance has
 * lived, and the disk of the accounts is not here. To start without them would
 * refuse everybody's mail for good.
 */
bool place_accounts(const struct settings *s, struct error *e);

/* With tls.cert = auto: our own CA and its certificate for the host's names and
 * addresses. *made: anything was written. */
bool place_certificate(const struct settings *s, bool *made, struct error *e);

#endif
