/* All of what is asked for comes back, or nothing: half would be a riddle. */
#include "mailstore/kept.h"
#include "mailstore/maildir_name.h"
#include "mailstore/quota.h"

#include <inttypes.h>
#include <string.h>

/* As its name says; what says nothing is counted when it is delivered. */
static uint64_t
size_of(const struct kept_item *item)
{
    const char *file = strrchr(item->path, '/');
    struct maildir_name n;

    if (file == NULL || !maildir_name_parse(span_of(file + 1), &n) ||
        !n.has_size)
        return 0;
    return n.size;
}

bool
kept_has_room(struct home *h, const struct kept_list *l, kept_chosen_fn *chosen,
              void *arg, struct error *e)
{
    uint64_t bytes = 0;
    uint64_t count = 0;
    struct error why;

    for (size_t i = 0; i < l->count; i++)
        if (chosen(arg, &l->items[i]) && !l->items[i].is_mailbox) {
            bytes += size_of(&l->items[i]);
            count++;
        }
    if (count == 0 || quota_has_room(h, bytes, count, &why))
        return true;
    return fail(e, why.kind,
                "nothing was brought back: %" PRIu64 " messages of %" PRIu64
                " octets would exceed the quota; choose fewer, or see "
                "pillarbox help quota",
                count, bytes);
}
