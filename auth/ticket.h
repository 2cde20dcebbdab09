/*
 * A ticket says that authd has seen who somebody is: an HMAC-SHA-256, with the
 * key that only authd and mailstored have (daemon_key), over user, service and
 * expiry. A front end can carry it, not make one.
 *
 *   OFFSET SIZE MEANING (little-endian)
 *   0      1    version 1
 *   1      1    length of the service's name, then the name
 *   ..     1    length of the user's name, then the name
 *   ..     8    expiry, seconds since 1970
 *   ..     32   HMAC over all before
 */
#ifndef AUTH_TICKET_H
#define AUTH_TICKET_H

#include "base/buf.h"

#include <stdint.h>

#define TICKET_SECONDS (7 * 24 * 3600) /* sessions outlive owners' restarts */

void ticket_make(const unsigned char *key, struct span service,
                 struct span user, int64_t expiry, struct buf *out);

/* False: forged, for another service, or ended. *user borrows from ticket. */
bool ticket_check(const unsigned char *key, struct span ticket,
                  struct span service, int64_t now, struct span *user);

#endif
