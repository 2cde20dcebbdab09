#include "imapd-lite/fetch_section.h"

#include "mail/header.h"

static bool
find_in_message(const struct fetch_item *item, const struct summary *sum,
                uint64_t message_size, struct section_place *out)
{
    uint64_t header;

    if (item->text == SECTION_ALL) {
        *out = (struct section_place){ 0, message_size };
        return true;
    }
    header = sum->header_size < message_size ? sum->header_size : message_size;
    *out = item->text == SECTION_BODY_TEXT
               ? (struct section_place){ header, message_size - header }
               : (struct section_place){ 0, header };
    return true;
}

/* A message inside: its header and text lie in the part's body. */
static bool
find_in_part(const struct fetch_item *item, const struct summary_part *part,
             struct section_place *out)
{
    uint64_t header = part->inner_header_size;

    switch (item->text) {
    case SECTION_ALL:
        *out = (struct section_place){ part->body_offset, part->body_size };
        return true;
    case SECTION_MIME:
        *out = (struct section_place){ part->mime_offset, part->mime_size };
        return true;
    case SECTION_BODY_TEXT:
        *out = (struct section_place){ part->body_offset + header,
                                       part->body_size - header };
        return part->kind == PART_MESSAGE;
    case SECTION_HEADER:
    case SECTION_FIELDS:
    case SECTION_FIELDS_NOT:
        *out = (struct section_place){ part->body_offset, header };
        return part->kind == PART_MESSAGE;
    }
    return false;
}

static bool
lies_inside(struct section_place p, uint64_t size)
{
    return p.offset <= size && p.size <= size - p.offset;
}

bool
imap_section_find(const struct fetch_item *item, const struct summary *sum,
                  uint64_t message_size, struct section_place *out)
{
    struct summary_part part;
    struct section_place place;

    if (item->number_count == 0)
        return find_in_message(item, sum, message_size, out);
    if (!summary_find(sum, item->numbers, item->number_count, &part) ||
        !find_in_part(item, &part, &place) || !lies_inside(place, message_size))
        return false;
    *out = place;
    return true;
}

bool
imap_section_is_kept(const struct fetch_item *item, const struct summary *sum)
{
    if (item->text != SECTION_FIELDS || item->number_count > 0)
        return false;
    for (size_t i = 0; i < item->field_count; i++)
        if (!summary_has_field(sum, item->fields[i]))
            return false;
    return true;
}

/* A header that was cut short, or a message that ends in its header, may lack
 * the end of a line: no field may swallow the empty line that follows. */
void
imap_section_pick_fields(const struct fetch_item *item, struct span header,
                         struct buf *out)
{
    struct header_field f;

    while (header_next(&header, &f)) {
        if (!imap_fetch_wants_field(item, f.name))
            continue;
        buf_put(out, f.whole);
        if (!span_ends(f.whole, "\n"))
            buf_put_text(out, "\r\n");
    }
    buf_put_text(out, "\r\n");
}

struct section_place
imap_section_cut(const struct fetch_item *item, struct section_place whole)
{
    uint64_t skip = item->origin < whole.size ? item->origin : whole.size;

    if (!item->is_partial)
        return whole;
    whole.offset += skip;
    whole.size -= skip;
    if (whole.size > item->length)
        whole.size = item->length;
    return whole;
}
