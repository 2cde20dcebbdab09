/*
 * A certificate and its key, for ca.c: made, read, written and judged in
 * memory. Either half may be missing until it was made or taken.
 */
#ifndef NET_CA_CERT_H
#define NET_CA_CERT_H

#include "base/buf.h"
#include "base/error.h"

struct ca_pair;

/* DNS names and addresses, valid ones, at least one. */
struct ca_names {
    const char *const *items;
    size_t count;
};

struct ca_pair *ca_pair_new(void);
void ca_pair_free(struct ca_pair **p);

/* The length (4 or 16) of a numeric address; 0: it is none. */
size_t ca_address(const char *name, unsigned char to[16]);

/* The first one in the PEM text; false: there is none. */
bool ca_pair_take_cert(struct ca_pair *p, struct span pem);
bool ca_pair_take_key(struct ca_pair *p, struct span pem);
bool ca_pair_put_cert(const struct ca_pair *p, struct buf *out);
bool ca_pair_put_key(const struct ca_pair *p, struct buf *out);

/* A new CA that may sign for these names and for private networks. */
bool ca_pair_make_ca(struct ca_pair *p, const struct ca_names *names,
                     int64_t now, struct error *e);
/* A new certificate for these names; a key only where there is none. */
bool ca_pair_make_leaf(struct ca_pair *p, const struct ca_pair *ca,
                       const struct ca_names *names, int64_t now,
                       struct error *e);

bool ca_pair_has_cert(const struct ca_pair *p);
bool ca_pair_has_key(const struct ca_pair *p);
/* Both are there and belong together. */
bool ca_pair_fits(const struct ca_pair *p);

/* Of a pair that has its certificate: */
bool ca_pair_life(const struct ca_pair *p, int64_t *start, int64_t *end);
bool ca_pair_has_names(const struct ca_pair *p, const struct ca_names *names);
bool ca_pair_digest(const struct ca_pair *p, unsigned char out[32]);

/* Would a strict client that trusts `ca` take `leaf` as a server's? (Name
 * constraints are looked at, too.) */
bool ca_pair_is_trusted(const struct ca_pair *leaf, const struct ca_pair *ca,
                        int64_t now);

#endif
