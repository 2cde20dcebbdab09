#include "pillarbox/uidlist.h"

#include "base/cursor.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>

/* head1 = "1" SP uidvalidity SP uidnext */
static bool
take_first(struct cursor c, struct uidlist *u)
{
    return take(&c, '1') && take(&c, ' ') &&
           take_number(&c, &u->uid_validity) && take(&c, ' ') &&
           take_number(&c, &u->uid_next);
}

/* head3 = "3" *(SP letter value) */
static bool
take_third(struct cursor c, struct uidlist *u)
{
    struct span word;

    if (!take(&c, '3'))
        return false;
    while (take(&c, ' ') && take_word(&c, &word)) {
        struct cursor value = cursor_on(span_after(word, 1));

        if (word.p[0] == 'V')
            take_number(&value, &u->uid_validity);
        else if (word.p[0] == 'N')
            take_number(&value, &u->uid_next);
    }
    return true;
}

/* entry1 = uid SP file;  entry3 = uid SP *(letter value SP) ":" file */
static bool
take_entry(struct span line, bool third, struct uidlist_entry *entry)
{
    struct cursor c = cursor_on(line);
    struct span word;

    *entry = (struct uidlist_entry){ 0 };
    if (!take_number(&c, &entry->uid) || entry->uid == 0 || !take(&c, ' '))
        return false;
    while (third && !take(&c, ':')) {
        if (!take_word(&c, &word) || !take(&c, ' '))
            return false;
        if (word.p[0] == 'P')
            entry->uidl = span_after(word, 1);
    }
    entry->base = cursor_rest(&c);
    entry->base = span_sub(entry->base, 0, span_find(entry->base, ':'));
    return entry->base.n > 0;
}

bool
uidlist_parse(struct span text, struct uidlist *u, struct error *e)
{
    struct span line;
    bool third;
    size_t room = 0;

    *u = (struct uidlist){ 0 };
    if (!span_cut(&text, '\n', &line))
        return fail(e, FAIL_CORRUPT, "it is empty");
    third = take_third(cursor_on(line), u);
    if ((!third && !take_first(cursor_on(line), u)) || u->uid_validity == 0)
        return fail(e, FAIL_CORRUPT, "the first line is not understood");
    while (span_cut(&text, '\n', &line)) {
        if (u->count == room) {
            room = 2 * room + 64;
            u->entries = mem_grow(u->entries, room * sizeof *u->entries);
        }
        if (take_entry(line, third, &u->entries[u->count]))
            u->count++;
    }
    return true;
}

void
uidlist_free(struct uidlist *u)
{
    free(u->entries);
    *u = (struct uidlist){ 0 };
}

void
uidlist_print(const struct uidlist *u, struct buf *out)
{
    buf_printf(out, "3 V%" PRIu32 " N%" PRIu32 "\n", u->uid_validity,
               u->uid_next);
    for (size_t i = 0; i < u->count; i++) {
        const struct uidlist_entry *entry = &u->entries[i];

        buf_printf(out, "%" PRIu32 " ", entry->uid);
        if (entry->uidl.n > 0) {
            buf_put_ch(out, 'P');
            buf_put(out, entry->uidl);
            buf_put_ch(out, ' ');
        }
        buf_put_ch(out, ':');
        buf_put(out, entry->base);
        buf_put_ch(out, '\n');
    }
}
