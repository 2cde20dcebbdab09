/* The items of a FETCH, up to a NUL, and a message behind it: what is printed
 * as a name reads back as the same item, and no section lies outside of the
 * message. */
#include "base/error.h"
#include "imapd-lite/fetch_section.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A request of this name: "BODY[]<5>" is asked for as "BODY[]<5.1>". */
static void
put_request(const struct fetch_item *item, struct buf *out)
{
    imap_put_fetch_name(item, out);
    if (!item->is_partial)
        return;
    out->n--;
    buf_put_text(out, ".1>");
}

static void
check_name(const struct fetch_item *item, struct arena *a)
{
    struct buf name = { 0 };
    struct buf again = { 0 };
    struct fetch_items items;
    struct cursor c;

    put_request(item, &name);
    c = cursor_on(buf_span(&name));
    if (!imap_take_fetch_items(&c, a, &items) || !cursor_at_end(&c) ||
        items.count != 1)
        bug("a name that cannot be asked for");
    put_request(&items.all[0], &again);
    if (!span_eq(buf_span(&name), buf_span(&again)))
        bug("another name comes back");
    buf_free(&name);
    buf_free(&again);
}

static void
check_section(const struct fetch_item *item, const struct summary *sum,
              struct span message)
{
    struct section_place place;
    struct buf picked = { 0 };

    if (item->kind != FETCH_SECTION)
        return;
    imap_section_is_kept(item, sum);
    if (!imap_section_find(item, sum, message.n, &place))
        return;
    if (place.offset > message.n || place.size > message.n - place.offset)
        bug("a section outside of the message");
    imap_section_pick_fields(
        item, span_sub(message, (size_t)place.offset, (size_t)place.size),
        &picked);
    if (!span_ends(buf_span(&picked), "\r\n"))
        bug("a header without an end");
    place = imap_section_cut(item, place);
    if (place.offset > message.n || place.size > message.n - place.offset)
        bug("a partial outside of the message");
    buf_free(&picked);
}

static void
check_items(const struct fetch_items *items, struct span message,
            struct arena *a)
{
    struct summary_maker *m = summary_begin();
    struct buf blob = { 0 };
    struct summary sum;

    summary_feed(m, message);
    summary_finish(&m, &blob);
    if (!summary_open(buf_span(&blob), &sum))
        bug("no summary");
    for (size_t i = 0; i < items->count; i++) {
        check_name(&items->all[i], a);
        check_section(&items->all[i], &sum, message);
    }
    buf_free(&blob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = span_from(data, size);
    struct span text = span_sub(all, 0, span_find(all, '\0'));
    struct cursor c = cursor_on(text);
    struct arena a = { 0 };
    struct fetch_items items;

    if (imap_take_fetch_items(&c, &a, &items))
        check_items(&items, span_after(all, text.n + 1), &a);
    else if (c.want == NULL)
        bug("refused without a reason");
    arena_clear(&a);
    return 0;
}
