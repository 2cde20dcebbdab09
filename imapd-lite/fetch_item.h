/* What a FETCH asks for: its grammar, and its names on the way back. */
#ifndef IMAPD_LITE_FETCH_ITEM_H
#define IMAPD_LITE_FETCH_ITEM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"

#include <stdint.h>

enum fetch_kind {
    FETCH_FLAGS,
    FETCH_UID,
    FETCH_INTERNALDATE,
    FETCH_SIZE,
    FETCH_ENVELOPE,
    FETCH_BODY, /* without extension data */
    FETCH_BODY_STRUCTURE,
    FETCH_SECTION /* bytes of the message   */
};

enum section_text {
    SECTION_ALL,        /* BODY[], BODY[2]               */
    SECTION_HEADER,     /* BODY[HEADER], RFC822.HEADER   */
    SECTION_FIELDS,     /* BODY[HEADER.FIELDS (...)]     */
    SECTION_FIELDS_NOT, /* BODY[HEADER.FIELDS.NOT (...)] */
    SECTION_BODY_TEXT,  /* BODY[TEXT], RFC822.TEXT       */
    SECTION_MIME        /* BODY[2.MIME]                  */
};

struct fetch_item {
    enum fetch_kind kind;
    /* Of FETCH_SECTION: */
    const char *old_name; /* "RFC822" and so on; NULL: BODY[...] */
    bool peek;            /* does not set \Seen                  */
    enum section_text text;
    const uint32_t *numbers; /* the part; none: the message      */
    size_t number_count;
    const struct span *fields;
    size_t field_count;
    bool is_partial;
    uint64_t origin, length;
};

struct fetch_items {
    struct fetch_item *all;
    size_t count;
};

/* The items of a FETCH, macros resolved. Memory from the arena. */
bool imap_take_fetch_items(struct cursor *c, struct arena *a,
                           struct fetch_items *out);

/* "BODY[1.HEADER.FIELDS (FROM)]<0>", the name in the response. */
void imap_put_fetch_name(const struct fetch_item *item, struct buf *out);

/* Is this field wanted by HEADER.FIELDS or HEADER.FIELDS.NOT? */
bool imap_fetch_wants_field(const struct fetch_item *item, struct span name);

#endif
