/*
 * Address lists of header fields: RFC 5322 section 3.4, its obsolete forms
 * (section 4.4: routes, empty elements), and what is sent instead of them.
 * Reads from the left, in linear time, and never fails: what is no address
 * comes as one without a domain.
 */
#ifndef MAIL_ADDRESS_LIST_H
#define MAIL_ADDRESS_LIST_H

#include "base/buf.h"

enum address_kind {
    ADDRESS_END,
    ADDRESS_MAILBOX,
    ADDRESS_GROUP, /* `name` begins; its members follow */
    ADDRESS_GROUP_END,
};

struct address_list_reader {
    struct span rest;
    bool in_group;
    bool spaced;  /* white space or a comment stood in front     */
    bool at_seen; /* what follows belongs to the domain          */
    struct buf name, route, local, domain, comment;
};

/*
 * value: of a header field, still folded. After address_list_next(): `name` is the
 * display name (or, without one, a comment), unquoted but with its encoded
 * words; `route` "@a,@b"; `local` unquoted. Empty: not there.
 */
void address_list_begin(struct address_list_reader *r, struct span value);
enum address_kind address_list_next(struct address_list_reader *r);
void address_list_end(struct address_list_reader *r);

#endif
