/*
 * The forms in which names and passwords are compared: a user types "Anna" or
 * "ANNA@Example.org", the account is "anna@example.org".
 */
#ifndef AUTH_NAME_H
#define AUTH_NAME_H

#include "base/buf.h"

/*
 * The account that is meant: lower case, "@" and the default domain added where
 * there is no "@". False for what no account can be called, "anna+lists" with
 * its detail among it: a login is no address.
 */
bool auth_name_canonical(struct span typed, struct span default_domain,
                         struct buf *out);

/* 1 to AUTH_PASSWORD_MAX octets of UTF-8 without control characters. Compared
 * octet by octet: no SASLprep (RFC 4013). */
bool auth_password_is_valid(struct span password);

/* Printable UTF-8, 1 to AUTH_LABEL_MAX octets. */
bool auth_label_is_valid(struct span label);

#endif
