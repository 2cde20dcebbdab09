#include "pillarbox/importing_uidl.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* pop3d/list.c */
static bool
is_ours(const struct source *s, const struct source_message *m, uint32_t uid)
{
    struct buf ours = { .max = 32 };
    bool same;

    buf_printf(&ours, "%08" PRIx32 "%08" PRIx32, uid, s->uid_validity);
    same = span_is(buf_span(&ours), m->uidl);
    buf_free(&ours);
    return same;
}

static void
add(struct importing_uidls *u, const struct source_message *m, uint32_t uid)
{
    if (m->uidl == NULL || (u->keeps && is_ours(u->source, m, uid)))
        return;
    if (u->count == u->room) {
        u->room = 2 * u->room + 64;
        u->items = mem_grow(u->items, u->room * sizeof *u->items);
    }
    u->items[u->count++] = (struct store_uidl){ uid, span_of(m->uidl) };
}

/* POP3 serves INBOX only. */
static bool
is_served(const struct source *s)
{
    return strcmp(s->mailbox, "INBOX") == 0;
}

void
importing_uidls_begin(struct importing_uidls *u, const struct source *s,
                      bool keeps)
{
    *u = (struct importing_uidls){ .source = s, .keeps = keeps };
    for (size_t i = 0; keeps && is_served(s) && i < s->count; i++)
        if (s->messages[i].uid != 0)
            add(u, &s->messages[i], s->messages[i].uid);
}

void
importing_uidls_add(struct importing_uidls *u, const struct source_message *m,
                    uint32_t uid)
{
    /* It was told at the beginning. */
    if (!is_served(u->source) || (u->keeps && m->uid == uid))
        return;
    add(u, m, uid);
}

void
importing_uidls_free(struct importing_uidls *u)
{
    free(u->items);
    *u = (struct importing_uidls){ 0 };
}
