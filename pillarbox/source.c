#include "pillarbox/source.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With UIDs first; the others keep their order, that of `mark`'s owner: the
 * caller has sorted them. */
static int
order_messages(const void *a, const void *b)
{
    const struct source_message *x = a;
    const struct source_message *y = b;

    if ((x->uid == 0) != (y->uid == 0))
        return x->uid != 0 ? -1 : 1;
    if (x->uid != y->uid)
        return x->uid < y->uid ? -1 : 1;
    if (x->path != NULL && y->path != NULL)
        return strcmp(strchr(x->path, '/'), strchr(y->path, '/'));
    if (x->in.start != y->in.start)
        return x->in.start < y->in.start ? -1 : 1;
    return 0;
}

void
source_sort(struct source *s)
{
    uint32_t last = 0;

    if (s->count == 0)
        return;
    qsort(s->messages, s->count, sizeof *s->messages, order_messages);
    for (size_t i = 0; i < s->count; i++) {
        struct source_message *m = &s->messages[i];

        if (m->uid == 0)
            break;
        if (m->uid == last)
            m->uid = 0;
        else
            last = m->uid;
    }
    qsort(s->messages, s->count, sizeof *s->messages, order_messages);
    if (s->uid_validity != 0 && s->uid_next <= last)
        s->uid_next = last + 1;
}

void
source_free(struct source *s)
{
    free(s->messages);
    if (s->dir != -1)
        close(s->dir);
    if (s->mbox.fd != -1)
        close(s->mbox.fd);
    mbox_free(&s->mbox);
    arena_clear(&s->memory);
}
