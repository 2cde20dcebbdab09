/* What view.c (numbers and sets) and view_news.c (news and reports) share. */
#ifndef IMAPD_LITE_VIEW_PRIVATE_H
#define IMAPD_LITE_VIEW_PRIVATE_H

#include "imapd-lite/bits.h"
#include "imapd-lite/view.h"

struct imap_view {
    struct store_view *store;
    size_t base; /* rows of the store; late rows follow */
    struct store_row *late;
    size_t late_count, late_cap;

    size_t told;       /* slots the client was told of               */
    uint32_t *removed; /* sorted slots, see V1                       */
    size_t removed_count, removed_cap;
    uint32_t recent;      /* of the messages the client knows         */
    uint32_t recent_told; /* as last said                             */
    size_t keywords_told;
    bool full_told;

    struct imap_bits pending; /* slots: expunged, not said            */
    struct imap_bits dirty;   /* slots: flags changed, not said       */

    struct imap_bits silent; /* slots of a STORE .SILENT under way    */
    enum store_flag_mode silent_mode;
    const struct store_flags *silent_flags;
};

size_t imap_view_slots(const struct imap_view *v);
struct store_row *imap_view_slot_row(const struct imap_view *v, size_t slot);

/* The slot of a sequence number. */
size_t imap_view_slot_of(const struct imap_view *v, uint32_t seq);

/* The first slot whose UID is at least uid; the count of slots: none. */
size_t imap_view_slot_at_uid(const struct imap_view *v, uint64_t uid);

/* Index of the first removed slot at or behind this one. */
size_t imap_view_removed_at(const struct imap_view *v, size_t slot);
bool imap_view_is_removed(const struct imap_view *v, size_t slot);

/* Merge sorted slots, none of them in it, into removed. */
void imap_view_remove(struct imap_view *v, const uint32_t *slots, size_t count);

#endif
