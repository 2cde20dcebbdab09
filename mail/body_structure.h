/* BODY and BODYSTRUCTURE of a tree of parts: RFC 3501 section 7.4.2. */
#ifndef MAIL_BODY_STRUCTURE_H
#define MAIL_BODY_STRUCTURE_H

#include "mail/mime.h"

/* How much is told; the less, the smaller. */
enum body_detail {
    BODY_LEAN_ENVELOPES = 1, /* of the messages inside             */
    BODY_LEAN_FIELDS = 2,    /* of parameters only the charset...  */
    BODY_EXTENSIBLE = 4,     /* BODYSTRUCTURE, with extension data */
};

void body_structure_put(struct buf *out, const struct mime_tree *t,
                        unsigned detail);

#endif
