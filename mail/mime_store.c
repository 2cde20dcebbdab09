#include "mail/mime_store.h"

#include "mail/limits.h"

struct span
mime_store_keep(struct mime_store *store, struct span s)
{
    if (s.p == NULL || s.n > MIME_STORE_MAX - store->used)
        return (struct span){ NULL, 0 };
    store->used += s.n;
    return s.n == 0 ? span_of("") : arena_copy(&store->arena, s);
}
