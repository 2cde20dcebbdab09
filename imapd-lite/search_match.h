/* Does a message match? Asked with as little of it as is enough. */
#ifndef IMAPD_LITE_SEARCH_MATCH_H
#define IMAPD_LITE_SEARCH_MATCH_H

#include "imapd-lite/search_key.h"
#include "imapd-lite/search_text.h"
#include "mailstore/client.h"

/* In this order: what is asked for grows. */
enum search_verdict {
    MATCH_NO,
    MATCH_YES,
    MATCH_ASKS_SUMMARY, /* cannot be said without the summary */
    MATCH_ASKS_FILE     /* ... without the file               */
};

struct search_subject {
    uint32_t seq;
    const struct store_row *row;
    const struct store_view *view;  /* for keywords */
    const struct summary *summary;  /* NULL: not known yet       */
    struct span kept;               /* of its fields those that
                                       keys.needs names, folded  */
    const struct search_text *text; /* NULL: not read yet        */
};

enum search_verdict imap_search_match(const struct search_key *k,
                                      const struct search_subject *m);

#endif
