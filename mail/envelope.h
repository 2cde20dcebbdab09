/*
 * The envelope of a message: RFC 3501 section 7.4.2. Read from the fields of a
 * header one by one, printed later, in full or lean.
 */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include "mail/header.h"
#include "mail/mime_store.h"

enum envelope_list {
    ENVELOPE_FROM,
    ENVELOPE_SENDER,
    ENVELOPE_REPLY_TO,
    ENVELOPE_TO,
    ENVELOPE_CC,
    ENVELOPE_BCC,
    ENVELOPE_LISTS
};

enum envelope_string {
    ENVELOPE_DATE,
    ENVELOPE_SUBJECT,
    ENVELOPE_IN_REPLY_TO,
    ENVELOPE_MESSAGE_ID,
    ENVELOPE_STRINGS
};

struct envelope {
    struct span string[ENVELOPE_STRINGS]; /* unfolded; p == NULL: absent */
    struct span list[ENVELOPE_LISTS];     /* printed addresses           */
    size_t lean_list[ENVELOPE_LISTS];     /* how much of them makes a short
                                             list, ending with an address */
};

/* Lists grow here while a header is read. Starts as { 0 }. */
struct envelope_reader {
    struct buf list[ENVELOPE_LISTS];
    size_t lean_list[ENVELOPE_LISTS];
    size_t count[ENVELOPE_LISTS];
    bool seen[ENVELOPE_LISTS];
    struct span string[ENVELOPE_STRINGS]; /* borrows from the header */
};

void envelope_field(struct envelope_reader *r, const struct header_field *f);
/* What the fields gave, kept in the store; the reader starts anew. */
void envelope_end(struct envelope_reader *r, struct mime_store *store,
                  struct envelope *out);
void envelope_reader_free(struct envelope_reader *r);

void envelope_put(struct buf *out, const struct envelope *env, bool lean);

#endif
