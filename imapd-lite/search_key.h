/* What a SEARCH asks for: its keys as a tree (RFC 3501 section 6.4.4), and what
 * is to be returned (RFC 4731). */
#ifndef IMAPD_LITE_SEARCH_KEY_H
#define IMAPD_LITE_SEARCH_KEY_H

#include "base/arena.h"
#include "base/cursor.h"
#include "base/numset.h"

#define SEARCH_KEYS_MAX    2000 /* of one SEARCH                          */
#define SEARCH_STRINGS_MAX 200  /* of them, those that look through text  */
#define SEARCH_DEPTH_MAX   100  /* of parentheses, NOT and OR             */

enum search_kind {
    SEARCH_AND,     /* all of the children; none: everything     */
    SEARCH_OR,      /* one of two children                       */
    SEARCH_NOT,     /* not the only child                        */
    SEARCH_NUMBERS, /* sequence-set                              */
    SEARCH_UIDS,
    SEARCH_FLAGS, /* of `mask`, exactly `flags`                  */
    SEARCH_KEYWORD,
    SEARCH_BEFORE, /* INTERNALDATE's day                         */
    SEARCH_ON,
    SEARCH_SINCE,
    SEARCH_LARGER,
    SEARCH_SMALLER,
    SEARCH_SENT_BEFORE, /* the Date field's day                  */
    SEARCH_SENT_ON,
    SEARCH_SENT_SINCE,
    SEARCH_HEADER, /* `field` has `text` in it                   */
    SEARCH_BODY,
    SEARCH_TEXT
};

struct search_key {
    enum search_kind kind;
    struct search_key *children, *next; /* siblings */
    struct numset set;                  /* its memory is the arena's */
    uint16_t mask, flags;
    uint64_t number;   /* octets             */
    int64_t day;       /* midnight, seconds  */
    struct span field; /* a field's name     */
    struct span text;  /* folded UTF-8; or a keyword as it came */
};

enum search_return { /* RFC 4731 section 3.1 */
                     SEARCH_RETURN_MIN = 1,
                     SEARCH_RETURN_MAX = 2,
                     SEARCH_RETURN_ALL = 4,
                     SEARCH_RETURN_COUNT = 8
};

/* What of a message the keys look at. */
struct search_needs {
    struct span *fields; /* names, none twice in any case */
    size_t field_count;
    bool header; /* all of it */
    bool body;
};

struct search_keys {
    struct search_key *root; /* SEARCH_AND                              */
    unsigned returns;        /* of an ESEARCH response; 0: SEARCH       */
    bool bad_charset;        /* answer NO [BADCHARSET ...]              */
    struct search_needs needs;
};

/* What the grammar needs to know of the session. */
struct search_scope {
    struct arena *arena;       /* of the tree                         */
    uint32_t exists, last_uid; /* what "*" means; 0: an empty mailbox */
};

/* [return-options] [ "CHARSET" SP astring SP ] search-key *(SP search-key).
 * Strings are converted to UTF-8 and folded. */
bool imap_take_search(struct cursor *c, const struct search_scope *scope,
                      struct search_keys *out);

#endif
