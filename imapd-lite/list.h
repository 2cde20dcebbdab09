/*
 * What a LIST or LSUB asks for: RFC 3501 sections 6.3.8 and 6.3.9, and the
 * extended form of RFC 5258 with SPECIAL-USE (RFC 6154) and STATUS (RFC 5819).
 */
#ifndef IMAPD_LITE_LIST_H
#define IMAPD_LITE_LIST_H

#include "base/arena.h"
#include "base/cursor.h"
#include "imapd-lite/limits.h"

enum list_select {
    LIST_SUBSCRIBED = 1,
    LIST_SPECIAL_USE = 2,
    LIST_RECURSIVE = 4, /* also parents of what is selected */
    LIST_REMOTE = 8     /* nothing is remote here           */
};

enum list_return {
    LIST_RETURN_SUBSCRIBED = 1,
    LIST_RETURN_CHILDREN = 2,    /* we always do */
    LIST_RETURN_SPECIAL_USE = 4, /* we always do */
    LIST_RETURN_STATUS = 8
};

/* A pattern with its reference in front; `inbox` is the same with a beginning
 * "inbox" in capitals, for INBOX and what is below it. */
struct list_pattern {
    struct span text, inbox;
};

struct list_request {
    bool lsub;
    bool root; /* the pattern was "": only the separator is asked for */
    unsigned select, returns, status_items;
    struct list_pattern patterns[IMAP_PATTERNS_MAX];
    size_t pattern_count;
};

/* Behind the command's name, up to the end. */
bool imap_take_list_request(struct cursor *c, struct arena *a, bool lsub,
                            struct list_request *out);

/* Does the (canonical) name match one of the patterns? */
bool imap_list_matches(const struct list_request *r, struct span name);

#endif
