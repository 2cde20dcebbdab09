/* News from the store, and how the client learns of them. */
#include "base/mem.h"
#include "imapd-lite/limits.h"
#include "imapd-lite/view_private.h"
#include "mail/flags.h"

#include <stdlib.h>

/* --- news ------------------------------------------------------------------ */

static uint32_t
last_slot_uid(const struct imap_view *v)
{
    size_t slots = imap_view_slots(v);

    return slots == 0 ? 0 : imap_view_slot_row(v, slots - 1)->uid;
}

void
imap_view_added(struct imap_view *v, const struct store_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].uid <= last_slot_uid(v))
            continue; /* known already: UIDs only grow */
        if (v->late_count == v->late_cap) {
            v->late_cap = v->late_cap == 0 ? 16 : v->late_cap * 2;
            v->late = mem_grow(v->late, v->late_cap * sizeof *v->late);
        }
        v->late[v->late_count++] = rows[i];
    }
}

/* Slots [from, to) are gone. Those the client never heard of it never will. */
static void
expunge_slots(struct imap_view *v, size_t from, size_t to)
{
    size_t unsaid = from < v->told ? v->told : from;
    uint32_t *slots;
    size_t count = 0;

    for (size_t slot = from; slot < to && slot < v->told; slot++)
        if (!imap_view_is_removed(v, slot))
            imap_bits_add(&v->pending, slot);
    if (unsaid >= to)
        return;
    slots = mem_take_array(to - unsaid, sizeof *slots);
    for (size_t slot = unsaid; slot < to; slot++)
        if (!imap_view_is_removed(v, slot))
            slots[count++] = (uint32_t)slot;
    imap_view_remove(v, slots, count);
    free(slots);
}

void
imap_view_expunged(struct imap_view *v, const struct numset *uids)
{
    for (size_t i = 0; i < uids->n; i++)
        expunge_slots(v, imap_view_slot_at_uid(v, uids->r[i].first),
                      imap_view_slot_at_uid(v, (uint64_t)uids->r[i].last + 1));
}

/* The bits of these keywords in the view's numbering. */
static uint64_t
keyword_bits(const struct imap_view *v, const struct store_flags *f)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < f->keyword_count; i++)
        for (size_t k = 0; k < v->store->keyword_count; k++)
            if (span_is_nocase(f->keywords[i], v->store->keywords[k]))
                bits |= (uint64_t)1 << k;
    return bits;
}

/* Is this what the client that said STORE .SILENT believes already? */
static bool
is_as_stored(const struct imap_view *v, const struct store_row *row)
{
    const struct store_flags *f = v->silent_flags;
    unsigned flags = row->flags & ~(unsigned)MAIL_RECENT;
    uint64_t keywords = keyword_bits(v, f);

    switch (v->silent_mode) {
    case STORE_FLAGS_SET:
        return flags == f->flags && row->keywords == keywords;
    case STORE_FLAGS_ADD:
        return (flags & f->flags) == f->flags &&
               (row->keywords & keywords) == keywords;
    case STORE_FLAGS_REMOVE:
        return (flags & f->flags) == 0 && (row->keywords & keywords) == 0;
    }
    return false;
}

static void
update_late(struct imap_view *v, size_t slot, const struct store_row *row)
{
    struct store_row *mine = imap_view_slot_row(v, slot);
    unsigned recent = mine->flags & MAIL_RECENT;

    mine->flags = (uint16_t)(row->flags | recent);
    mine->keywords = row->keywords;
    mine->modseq = row->modseq;
}

static void
slot_flagged(struct imap_view *v, size_t slot, const struct store_row *row)
{
    if (slot >= v->base)
        update_late(v, slot, row);
    if (slot >= v->told || imap_view_is_removed(v, slot))
        return;
    if (imap_bits_has(&v->silent, slot) && is_as_stored(v, row)) {
        imap_bits_remove(&v->silent, slot);
        return;
    }
    imap_bits_add(&v->dirty, slot);
}

void
imap_view_flagged(struct imap_view *v, const struct store_row *rows,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t slot = imap_view_slot_at_uid(v, rows[i].uid);

        if (slot < imap_view_slots(v) &&
            imap_view_slot_row(v, slot)->uid == rows[i].uid)
            slot_flagged(v, slot, &rows[i]);
    }
}

static void
add_slots(const struct imap_view *v, const struct numset *uids,
          struct imap_bits *to)
{
    struct imap_walk w = imap_walk_on(v, uids, true);
    const struct store_row *row;
    uint32_t seq;

    while (imap_walk_next(&w, &seq, &row))
        imap_bits_add(to, w.slot - 1);
}

void
imap_view_silent_begin(struct imap_view *v, const struct numset *uids,
                       enum store_flag_mode mode, const struct store_flags *f)
{
    imap_view_silent_end(v);
    v->silent_mode = mode;
    v->silent_flags = f;
    add_slots(v, uids, &v->silent);
}

void
imap_view_silent_end(struct imap_view *v)
{
    imap_bits_free(&v->silent);
    v->silent_flags = NULL;
}

void
imap_view_report_flags_of(struct imap_view *v, const struct numset *uids)
{
    add_slots(v, uids, &v->dirty);
}

void
imap_view_flags_told(struct imap_view *v, uint32_t seq)
{
    if (v->dirty.count > 0)
        imap_bits_remove(&v->dirty, imap_view_slot_of(v, seq));
}

/* --- printing ---------------------------------------------------------------- */

static void
put_keyword(const char *name, bool *first, struct buf *out)
{
    if (!*first)
        buf_put_ch(out, ' ');
    buf_put_text(out, name);
    *first = false;
}

void
imap_view_print_flags(const struct imap_view *v, const struct store_row *row,
                      struct buf *out)
{
    bool first = row->flags == 0;

    buf_put_ch(out, '(');
    mail_flags_print(row->flags, out);
    for (size_t i = 0; row->keywords >> i != 0; i++) {
        if (i < v->store->keyword_count && (row->keywords >> i & 1) != 0)
            put_keyword(v->store->keywords[i], &first, out);
        if (i == 63)
            break;
    }
    buf_put_ch(out, ')');
}

static void
put_all_flags(const struct imap_view *v, struct buf *out)
{
    bool first = false;

    mail_flags_print(MAIL_ANSWERED | MAIL_FLAGGED | MAIL_DELETED | MAIL_SEEN |
                         MAIL_DRAFT | MAIL_PASSED,
                     out);
    for (size_t i = 0; i < v->store->keyword_count; i++)
        put_keyword(v->store->keywords[i], &first, out);
}

void
imap_view_print_known_flags(struct imap_view *v, struct buf *out)
{
    buf_put_text(out, "* FLAGS (");
    put_all_flags(v, out);
    buf_put_text(out, ")\r\n* OK [PERMANENTFLAGS (");
    if (!v->store->read_only) {
        put_all_flags(v, out);
        if (!v->store->keywords_full)
            buf_put_text(out, " \\*");
    }
    buf_put_text(out, v->store->read_only ? ")] No flag can be changed\r\n"
                                          : ")] These can be changed\r\n");
    v->keywords_told = v->store->keyword_count;
    v->full_told = v->store->keywords_full;
}

/* --- reports ------------------------------------------------------------------ */

static bool
has_new_keywords(const struct imap_view *v)
{
    return v->keywords_told != v->store->keyword_count ||
           v->full_told != v->store->keywords_full;
}

bool
imap_view_has_news(const struct imap_view *v, unsigned how)
{
    return ((how & REPORT_EXPUNGE) != 0 && v->pending.count > 0) ||
           v->told < imap_view_slots(v) || v->recent != v->recent_told ||
           v->dirty.count > 0 || has_new_keywords(v);
}

/*
 * RFC 3501 section 7.4.1: each EXPUNGE renumbers what is behind it at once; so
 * the numbers of one ascending batch go down by one from one to the next.
 */
static void
report_expunges(struct imap_view *v, struct buf *out)
{
    uint32_t slots[IMAP_REPORT_MAX];
    size_t count = 0;
    size_t slot;

    while (count < IMAP_REPORT_MAX && imap_bits_first(&v->pending, &slot)) {
        size_t holes = imap_view_removed_at(v, slot) + count;

        buf_printf(out, "* %zu EXPUNGE\r\n", slot - holes + 1);
        if (imap_view_slot_row(v, slot)->flags & MAIL_RECENT)
            v->recent--;
        imap_bits_remove(&v->pending, slot);
        imap_bits_remove(&v->dirty, slot);
        slots[count++] = (uint32_t)slot;
    }
    imap_view_remove(v, slots, count);
}

static void
report_sizes(struct imap_view *v, struct buf *out)
{
    uint32_t before = imap_view_exists(v);

    for (; v->told < imap_view_slots(v); v->told++)
        if (!imap_view_is_removed(v, v->told) &&
            (imap_view_slot_row(v, v->told)->flags & MAIL_RECENT) != 0)
            v->recent++;
    if (imap_view_exists(v) != before)
        buf_printf(out, "* %u EXISTS\r\n", imap_view_exists(v));
    if (v->recent != v->recent_told)
        buf_printf(out, "* %u RECENT\r\n", v->recent);
    v->recent_told = v->recent;
}

static void
report_flags(struct imap_view *v, unsigned how, struct buf *out)
{
    size_t slot;

    for (size_t n = 0; n < IMAP_REPORT_MAX; n++) {
        const struct store_row *row;

        if (!imap_bits_first(&v->dirty, &slot))
            return;
        imap_bits_remove(&v->dirty, slot);
        if (imap_bits_has(&v->pending, slot) || imap_view_is_removed(v, slot))
            continue;
        row = imap_view_slot_row(v, slot);
        buf_printf(out, "* %zu FETCH (",
                   slot - imap_view_removed_at(v, slot) + 1);
        if ((how & REPORT_UID) != 0)
            buf_printf(out, "UID %u ", row->uid);
        buf_put_text(out, "FLAGS ");
        imap_view_print_flags(v, row, out);
        buf_put_text(out, ")\r\n");
    }
}

bool
imap_view_report(struct imap_view *v, unsigned how, struct buf *out)
{
    if ((how & REPORT_EXPUNGE) != 0 && v->pending.count > 0) {
        report_expunges(v, out);
        if (v->pending.count > 0)
            return false;
    }
    if (v->told < imap_view_slots(v) || v->recent != v->recent_told)
        report_sizes(v, out);
    if (has_new_keywords(v))
        imap_view_print_known_flags(v, out);
    report_flags(v, how, out);
    return v->dirty.count == 0;
}
