/* Where the texts of a message's headers are kept until its summary is
 * printed: bounded, whatever the message holds. */
#ifndef MAIL_MIME_STORE_H
#define MAIL_MIME_STORE_H

#include "base/arena.h"

/* Starts as { 0 }; arena_clear(&s->arena) frees it. */
struct mime_store {
    struct arena arena;
    size_t used;
};

/* A copy; p == NULL when s.p is, or when MIME_STORE_MAX is used up. */
struct span mime_store_keep(struct mime_store *store, struct span s);

#endif
