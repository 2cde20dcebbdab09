#include "base/fs.h"
#include "imapd-lite/fetch.h"
#include "imapd-lite/fetch_section.h"
#include "mail/date.h"
#include "mail/limits.h"

#include <fcntl.h>
#include <unistd.h>

#define COPIED_MAX ((size_t)32 << 10) /* larger ones leave from the file */

bool
imap_fetch_needs_file(const struct fetch *f, const struct summary *sum)
{
    for (size_t i = 0; i < f->items.count; i++) {
        const struct fetch_item *item = &f->items.all[i];

        if (item->kind != FETCH_SECTION)
            continue;
        if (sum == NULL || !imap_section_is_kept(item, sum))
            return true;
    }
    return false;
}

static void
put_literal_head(struct buf *out, uint64_t size)
{
    buf_put_ch(out, '{');
    buf_put_number(out, size);
    buf_put_text(out, "}\r\n");
}

/* A departure from section 9, "CHAR8": a NUL that a message holds is sent, so
 * that what comes out is what came in. */
static bool
put_bytes(struct imap *s, struct fetch *f, struct section_place place,
          struct error *e)
{
    char *room;
    size_t got;
    int copy;

    put_literal_head(&s->out, place.size);
    if (place.size > COPIED_MAX) {
        copy = fcntl(f->batch.fd, F_DUPFD_CLOEXEC, 0);
        if (copy == -1)
            return fail_sys(e, "descriptor");
        imap_flush(s);
        f->has_left = true;
        conn_put_fd(s->conn, copy, place.offset, place.size);
        return true;
    }
    room = buf_room(&s->out, (size_t)place.size);
    if (room == NULL)
        return fail(e, FAIL_LIMIT, "response too large");
    if (!fs_read_at(f->batch.fd, place.offset, room, (size_t)place.size, &got,
                    e))
        return false;
    if (got < place.size)
        return fail(e, FAIL_IO, "the message is shorter than it was");
    s->out.n += got;
    return true;
}

/* HEADER.FIELDS and its kind. A partial is cut from what was picked (RFC 3501
 * section 6.4.5). */
static void
put_fields(struct imap *s, const struct fetch_item *item, struct span header)
{
    struct buf picked = { .max = HEADER_BYTES_MAX + 4 };
    struct section_place cut;

    imap_section_pick_fields(item, header, &picked);
    cut = imap_section_cut(item, (struct section_place){ 0, picked.n });
    put_literal_head(&s->out, cut.size);
    buf_put(&s->out,
            span_sub(buf_span(&picked), (size_t)cut.offset, (size_t)cut.size));
    buf_free(&picked);
}

/* Of a header that is larger than HEADER_BYTES_MAX, only so much is looked
 * at. */
static bool
put_fields_of_file(struct imap *s, const struct fetch *f,
                   const struct fetch_item *item, struct section_place place,
                   struct error *e)
{
    struct buf header = { .max = HEADER_BYTES_MAX };
    size_t size = place.size < header.max ? (size_t)place.size : header.max;
    char *room = buf_room(&header, size);
    size_t got;
    bool done = fs_read_at(f->batch.fd, place.offset, room, size, &got, e);

    if (done)
        put_fields(s, item, span_from(room, got));
    buf_free(&header);
    return done;
}

static bool
put_section(struct imap *s, struct fetch *f, const struct fetch_item *item,
            const struct summary *sum, struct error *e)
{
    bool is_fields =
        item->text == SECTION_FIELDS || item->text == SECTION_FIELDS_NOT;
    struct section_place place;

    if (is_fields && imap_section_is_kept(item, sum)) {
        put_fields(s, item, sum->fields);
        return true;
    }
    if (!imap_section_find(item, sum, f->batch.size, &place)) {
        buf_put_text(&s->out, "NIL");
        return true;
    }
    if (is_fields)
        return put_fields_of_file(s, f, item, place, e);
    return put_bytes(s, f, imap_section_cut(item, place), e);
}

static bool
put_item(struct imap *s, struct fetch *f, const struct fetch_item *item,
         const struct summary *sum, struct error *e)
{
    uint32_t seq = f->batch.all[f->batch.at].seq;
    const struct store_row *row = imap_view_row(s->view, seq);

    imap_put_fetch_name(item, &s->out);
    buf_put_ch(&s->out, ' ');
    switch (item->kind) {
    case FETCH_FLAGS:
        imap_view_print_flags(s->view, row, &s->out);
        imap_view_flags_told(s->view, seq);
        return true;
    case FETCH_UID:
        buf_put_number(&s->out, row->uid);
        return true;
    case FETCH_INTERNALDATE:
        buf_put_ch(&s->out, '"');
        date_print_imap(row->date, &s->out);
        buf_put_ch(&s->out, '"');
        return true;
    case FETCH_SIZE:
        buf_put_number(&s->out, row->size);
        return true;
    case FETCH_ENVELOPE:
        buf_put(&s->out, sum->envelope);
        return true;
    case FETCH_BODY:
        buf_put(&s->out, sum->body);
        return true;
    case FETCH_BODY_STRUCTURE:
        buf_put(&s->out, sum->body_structure);
        return true;
    case FETCH_SECTION:
        return put_section(s, f, item, sum, e);
    }
    return true;
}

/* What was not asked for but belongs into the response: UID in that of UID
 * FETCH (RFC 3501 section 6.4.8), FLAGS where this FETCH has changed them
 * (section 6.4.5). */
static void
put_unasked(struct imap *s, struct fetch *f)
{
    static const struct fetch_item uid = { .kind = FETCH_UID };
    static const struct fetch_item flags = { .kind = FETCH_FLAGS };
    struct error unused; /* these need no file */

    if (f->wants_uid) {
        put_item(s, f, &uid, NULL, &unused);
        buf_put_ch(&s->out, ' ');
    }
    if (f->wants_flags && numset_has(f->seen, f->batch.all[f->batch.at].uid)) {
        put_item(s, f, &flags, NULL, &unused);
        buf_put_ch(&s->out, ' ');
    }
}

/* "(" msg-att *(SP msg-att) ")" */
static bool
put_response(struct imap *s, struct fetch *f, const struct summary *sum,
             struct error *e)
{
    put_unasked(s, f);
    for (size_t i = 0; i < f->items.count; i++) {
        if (i > 0)
            buf_put_ch(&s->out, ' ');
        if (!put_item(s, f, &f->items.all[i], sum, e))
            return false;
        if (s->out.n > CONN_OUTPUT_HIGH) {
            imap_flush(s);
            f->has_left = true;
        }
    }
    return true;
}

/* "*" SP nz-number SP "FETCH" SP msg-att           RFC 3501 section 7.4.2 */
bool
imap_fetch_print(struct imap *s, struct fetch *f, const struct summary *sum,
                 struct error *e)
{
    f->has_left = false;
    buf_put_text(&s->out, "* ");
    buf_put_number(&s->out, f->batch.all[f->batch.at].seq);
    buf_put_text(&s->out, " FETCH (");
    if (!put_response(s, f, sum, e)) {
        buf_clear(&s->out);
        return false;
    }
    buf_put_text(&s->out, ")\r\n");
    imap_flush(s);
    return true;
}
