#include "pillarbox/maildir_out.h"

#include "base/mem.h"
#include "mail/flags.h"

#include <inttypes.h>

#define LETTERS 26

void
maildir_out_base(uint32_t uid_validity, const struct store_row *row,
                 struct buf *out)
{
    buf_printf(out, "%" PRId64 ".U%" PRIu32 "V%" PRIu32 ".pillarbox,S=%" PRIu64,
               row->date > 0 ? row->date : 0, row->uid, uid_validity,
               row->size);
}

void
maildir_out_path(const struct store_row *row, struct span base, struct buf *out)
{
    bool plain = (row->flags & ~MAIL_RECENT) == 0 && row->keywords == 0;

    if (plain && (row->flags & MAIL_RECENT) != 0) {
        buf_printf(out, "new/%.*s", SPAN(base));
        return;
    }
    buf_printf(out, "cur/%.*s:2,", SPAN(base));
    mail_flags_letters(row->flags, out);
    for (int i = 0; i < LETTERS; i++)
        if ((row->keywords & UINT64_C(1) << i) != 0)
            buf_put_ch(out, (char)('a' + i));
}

void
maildir_out_keywords(const struct exporting_mailbox *b, struct buf *out)
{
    for (size_t i = 0; i < b->keyword_count && i < LETTERS; i++)
        buf_printf(out, "%zu %s\n", i, b->keywords[i]);
}

void
maildir_out_add(struct maildir_out_list *l, const struct exporting_message *m,
                struct span base)
{
    struct uidlist *list = &l->list;

    if (list->count == l->room) {
        l->room = 2 * l->room + 64;
        list->entries =
            mem_grow(list->entries, l->room * sizeof *list->entries);
    }
    list->entries[list->count++] = (struct uidlist_entry){
        .uid = m->row->uid,
        .base = arena_copy(&l->memory, base),
        .uidl = m->uidl == NULL ? span_of("")
                                : arena_copy(&l->memory, span_of(m->uidl)),
    };
}

void
maildir_out_free(struct maildir_out_list *l)
{
    uidlist_free(&l->list);
    arena_clear(&l->memory);
    l->room = 0;
}
