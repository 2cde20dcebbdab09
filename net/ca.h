/*
 * A private certificate authority for a LAN: a name-constrained P-256 CA (ten
 * years) and one server certificate (398 days, P-256, EKU serverAuth, SAN) so
 * that phones and PCs can trust us without the internet.
 */
#ifndef NET_CA_H
#define NET_CA_H

#include "base/error.h"

#include <stddef.h>

/*
 * Make what is missing in directory dir: ca.pem, ca.key (0600), server.pem
 * (leaf and CA), server.key (0600). names: DNS names and addresses for the
 * certificate's SAN; the first is its subject. A leaf that has passed two
 * thirds of its life, or that lacks one of the names, is made anew with the
 * same CA; a CA that has ended, or whose constraints do not permit one of the
 * names, is made anew too, and devices must trust it again (it logs that).
 * *made says whether anything was written. Files appear whole or not at all.
 * INVALID: no names, or one is no name; CORRUPT: ca.pem or ca.key hold
 * something else; NOT_FOUND: ca.key was taken away and is needed.
 */
bool ca_ensure(const char *dir, const char *const *names, size_t count,
               bool *made, struct error *e);

/* "AB:CD:..." of the first certificate in a PEM file, SHA-256. */
bool ca_fingerprint(const char *pem_file, char out[96], struct error *e);

/* When that certificate ends, seconds since 1970. */
bool ca_expiry(const char *pem_file, long long *seconds, struct error *e);

#endif
