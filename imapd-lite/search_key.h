/* The keys of a SEARCH, as a tree (RFC 3501 section 6.4.4). */
#ifndef IMAPD_LITE_SEARCH_KEY_H
#define IMAPD_LITE_SEARCH_KEY_H

#include "imapd-lite/command.h"

#define SEARCH_KEYS_MAX  2000 /* of one SEARCH                    */
#define SEARCH_DEPTH_MAX 100  /* of parentheses, NOT and OR       */

enum search_kind {
    SEARCH_AND,     /* all of the children; none: everything     */
    SEARCH_OR,      /* one of two children                       */
    SEARCH_NOT,     /* not the only child                        */
    SEARCH_NUMBERS, /* sequence-set                              */
    SEARCH_UIDS,
    SEARCH_HAS_FLAGS,   /* all of `flags`                        */
    SEARCH_LACKS_FLAGS, /* not all of `flags`                    */
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
    const struct numset *set;
    uint16_t flags;
    uint64_t number;   /* octets             */
    int64_t day;       /* midnight, seconds  */
    struct span field; /* a field's name     */
    struct span text;  /* folded UTF-8; or a keyword as it came */
};

struct search_keys {
    struct search_key *root; /* SEARCH_AND */
    bool bad_charset;        /* answer NO [BADCHARSET ...] */
};

/* [ "CHARSET" SP astring SP ] search-key *(SP search-key). Strings are
 * converted to UTF-8 and folded. */
bool imap_take_search(struct cursor *c, struct imap *s,
                      struct search_keys *out);

#endif
