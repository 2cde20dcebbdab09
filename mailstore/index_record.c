/*
 * Layouts. Little-endian; every row starts with a version byte; "text" is u16
 * length and bytes, "blob" u32 length and bytes. Nothing may follow the end.
 *
 *   account    v, modseq u64, uid_validity u32, bytes u64, messages u64,
 *              limit_bytes u64, limit_messages u64, name text, and, where it
 *              is not 0, keep_deleted u64
 *   folder     v, account u32, flags u32, uid_validity u32, uid_next u32,
 *              uid_next_floor u32, first_recent u32, modseq u64,
 *              tomb_floor u64, exists u32, unseen u32, deleted u32,
 *              deleted_bytes u64, bytes u64, mailbox_id[16], tag u32,
 *              verified_epoch u64,
 *              2 x (dev u64, ino u64, mtime i64, ctime i64), name text,
 *              count u8, count x keyword text
 *   message    v, state u8, flags u16, name_keywords u32, keywords u64,
 *              modseq u64, size u64, date i64, save_date i64, name_hash u64,
 *              u64: name_flags in the lowest byte, content above: 64 bytes
 *   cold       v, email_id[16], base text, summary blob
 *   tombstone  v, time i64, who text, count u32, count x (first u32, last u32),
 *              ascending and disjoint
 *   gone       v, time i64, size u64, state u8, flags u16, keywords u32,
 *              file text
 *   intent     v, the bytes
 *   number     v, n u64
 */
#include "mailstore/index_record.h"

#include <endian.h>
#include <string.h>

#define VERSION 2

/* --- writing ------------------------------------------------------------------ */

static void
put_u8(struct buf *out, uint8_t n)
{
    buf_put_ch(out, (char)n);
}

static void
put_u16(struct buf *out, uint16_t n)
{
    n = htole16(n);
    buf_put(out, span_from(&n, sizeof n));
}

static void
put_u32(struct buf *out, uint32_t n)
{
    n = htole32(n);
    buf_put(out, span_from(&n, sizeof n));
}

static void
put_u64(struct buf *out, uint64_t n)
{
    n = htole64(n);
    buf_put(out, span_from(&n, sizeof n));
}

static void
put_i64(struct buf *out, int64_t n)
{
    put_u64(out, (uint64_t)n);
}

static void
put_text(struct buf *out, struct span s)
{
    put_u16(out, (uint16_t)s.n);
    buf_put(out, s);
}

/* --- reading: after the first thing that is missing all is bad ------------------ */

struct reader {
    struct span rest;
    bool bad;
};

static struct span
take_bytes(struct reader *r, size_t n)
{
    struct span got;

    if (r->bad || r->rest.n < n) {
        r->bad = true;
        return (struct span){ 0 };
    }
    got = span_from(r->rest.p, n);
    r->rest = span_from(r->rest.p + n, r->rest.n - n);
    return got;
}

static uint8_t
take_u8(struct reader *r)
{
    struct span s = take_bytes(r, 1);

    return s.n == 0 ? 0 : (uint8_t)s.p[0];
}

static uint16_t
take_u16(struct reader *r)
{
    struct span s = take_bytes(r, 2);
    uint16_t n = 0;

    if (s.n > 0)
        memcpy(&n, s.p, sizeof n);
    return le16toh(n);
}

static uint32_t
take_u32(struct reader *r)
{
    struct span s = take_bytes(r, 4);
    uint32_t n = 0;

    if (s.n > 0)
        memcpy(&n, s.p, sizeof n);
    return le32toh(n);
}

static uint64_t
take_u64(struct reader *r)
{
    struct span s = take_bytes(r, 8);
    uint64_t n = 0;

    if (s.n > 0)
        memcpy(&n, s.p, sizeof n);
    return le64toh(n);
}

static int64_t
take_i64(struct reader *r)
{
    return (int64_t)take_u64(r);
}

static struct span
take_text(struct reader *r, size_t max)
{
    size_t n = take_u16(r);

    if (n > max)
        r->bad = true;
    return take_bytes(r, n);
}

/* Text without a NUL, into an array of max + 1. */
static void
take_string(struct reader *r, char *to, size_t max)
{
    struct span s = take_text(r, max);

    if (s.n > 0 && memchr(s.p, '\0', s.n) != NULL)
        r->bad = true;
    if (s.n > 0)
        memcpy(to, s.p, s.n);
    to[s.n] = '\0';
}

static void
take_id(struct reader *r, uint8_t id[16])
{
    struct span s = take_bytes(r, 16);

    if (s.n > 0)
        memcpy(id, s.p, 16);
}

static struct reader
read_row(struct span row)
{
    struct reader r = { .rest = row };

    if (take_u8(&r) != VERSION)
        r.bad = true;
    return r;
}

static bool
is_whole(const struct reader *r)
{
    return !r->bad && r->rest.n == 0;
}

/* --- account --------------------------------------------------------------------- */

void
index_record_put_account(const struct index_account *a, struct buf *out)
{
    put_u8(out, VERSION);
    put_u64(out, a->modseq);
    put_u32(out, a->uid_validity);
    put_u64(out, a->bytes);
    put_u64(out, a->messages);
    put_u64(out, a->limit_bytes);
    put_u64(out, a->limit_messages);
    put_text(out, span_of(a->name));
    if (a->keep_deleted != 0)
        put_u64(out, a->keep_deleted);
}

bool
index_record_take_account(struct span row, struct index_account *a)
{
    struct reader r = read_row(row);

    a->modseq = take_u64(&r);
    a->uid_validity = take_u32(&r);
    a->bytes = take_u64(&r);
    a->messages = take_u64(&r);
    a->limit_bytes = take_u64(&r);
    a->limit_messages = take_u64(&r);
    take_string(&r, a->name, INDEX_ACCOUNT_NAME_MAX);
    a->keep_deleted = 0;
    if (r.rest.n == 0)
        return is_whole(&r);
    a->keep_deleted = take_u64(&r);
    return is_whole(&r) && a->keep_deleted != 0;
}

/* --- folder ------------------------------------------------------------------------ */

static void
put_stamp(struct buf *out, const struct index_stamp *s)
{
    put_u64(out, s->dev);
    put_u64(out, s->ino);
    put_i64(out, s->mtime_ns);
    put_i64(out, s->ctime_ns);
}

static void
take_stamp(struct reader *r, struct index_stamp *s)
{
    s->dev = take_u64(r);
    s->ino = take_u64(r);
    s->mtime_ns = take_i64(r);
    s->ctime_ns = take_i64(r);
}

void
index_record_put_folder(const struct index_folder *f, struct buf *out)
{
    put_u8(out, VERSION);
    put_u32(out, f->account);
    put_u32(out, f->flags);
    put_u32(out, f->uid_validity);
    put_u32(out, f->uid_next);
    put_u32(out, f->uid_next_floor);
    put_u32(out, f->first_recent);
    put_u64(out, f->modseq);
    put_u64(out, f->tomb_floor);
    put_u32(out, f->exists);
    put_u32(out, f->unseen);
    put_u32(out, f->deleted);
    put_u64(out, f->deleted_bytes);
    put_u64(out, f->bytes);
    buf_put(out, span_from(f->mailbox_id, sizeof f->mailbox_id));
    put_u32(out, f->tag);
    put_u64(out, f->verified_epoch);
    put_stamp(out, &f->new_stamp);
    put_stamp(out, &f->cur_stamp);
    put_text(out, span_of(f->name));
    put_u8(out, (uint8_t)f->keyword_count);
    for (uint32_t i = 0; i < f->keyword_count; i++)
        put_text(out, span_of(f->keywords[i]));
}

static void
take_keywords(struct reader *r, struct index_folder *f)
{
    f->keyword_count = take_u8(r);
    if (f->keyword_count > INDEX_KEYWORDS_MAX) {
        f->keyword_count = 0;
        r->bad = true;
    }
    for (uint32_t i = 0; i < f->keyword_count; i++)
        take_string(r, f->keywords[i], KEYWORD_MAX);
}

bool
index_record_take_folder(struct span row, struct index_folder *f)
{
    struct reader r = read_row(row);

    f->account = take_u32(&r);
    f->flags = take_u32(&r);
    f->uid_validity = take_u32(&r);
    f->uid_next = take_u32(&r);
    f->uid_next_floor = take_u32(&r);
    f->first_recent = take_u32(&r);
    f->modseq = take_u64(&r);
    f->tomb_floor = take_u64(&r);
    f->exists = take_u32(&r);
    f->unseen = take_u32(&r);
    f->deleted = take_u32(&r);
    f->deleted_bytes = take_u64(&r);
    f->bytes = take_u64(&r);
    take_id(&r, f->mailbox_id);
    f->tag = take_u32(&r);
    f->verified_epoch = take_u64(&r);
    take_stamp(&r, &f->new_stamp);
    take_stamp(&r, &f->cur_stamp);
    take_string(&r, f->name, MAILBOX_NAME_MAX);
    take_keywords(&r, f);
    return is_whole(&r);
}

/* --- message ----------------------------------------------------------------------- */

/* As it lies on the disk, so that a scan costs one copy a row. */
struct message_row {
    uint8_t version, state;
    uint16_t flags;
    uint32_t name_keywords;
    uint64_t keywords, modseq, size, date, save_date, name_hash;
    uint64_t content_name_flags;
};
_Static_assert(sizeof(struct message_row) == 64, "no padding");

void
index_record_put_message(const struct index_message *m, struct buf *out)
{
    const struct message_row row = {
        .version = VERSION,
        .state = m->state,
        .flags = htole16(m->flags),
        .name_keywords = htole32(m->name_keywords),
        .keywords = htole64(m->keywords),
        .modseq = htole64(m->modseq),
        .size = htole64(m->size),
        .date = htole64((uint64_t)m->date),
        .save_date = htole64((uint64_t)m->save_date),
        .name_hash = htole64(m->name_hash),
        .content_name_flags = htole64(m->content << 8 | m->name_flags),
    };

    buf_put(out, span_from(&row, sizeof row));
}

bool
index_record_take_message(struct span bytes, struct index_message *m)
{
    struct message_row row;

    if (bytes.n != sizeof row)
        return false;
    memcpy(&row, bytes.p, sizeof row);
    m->state = row.state;
    m->flags = le16toh(row.flags);
    m->name_keywords = le32toh(row.name_keywords);
    m->keywords = le64toh(row.keywords);
    m->modseq = le64toh(row.modseq);
    m->size = le64toh(row.size);
    m->date = (int64_t)le64toh(row.date);
    m->save_date = (int64_t)le64toh(row.save_date);
    m->name_hash = le64toh(row.name_hash);
    m->content = le64toh(row.content_name_flags) >> 8;
    m->name_flags = (uint8_t)(le64toh(row.content_name_flags) & 0xff);
    return row.version == VERSION;
}

/* --- cold -------------------------------------------------------------------------- */

void
index_record_put_cold(const struct index_cold *c, struct buf *out)
{
    put_u8(out, VERSION);
    buf_put(out, span_from(c->email_id, sizeof c->email_id));
    put_text(out, c->base);
    put_u32(out, (uint32_t)c->summary.n);
    buf_put(out, c->summary);
}

bool
index_record_take_cold(struct span row, struct index_cold *c)
{
    struct reader r = read_row(row);

    take_id(&r, c->email_id);
    c->base = take_text(&r, INDEX_FILE_NAME_MAX);
    c->summary = take_bytes(&r, take_u32(&r));
    return is_whole(&r);
}

/* --- tombstone --------------------------------------------------------------------- */

void
index_record_put_tombstone(const struct index_tombstone *b, struct buf *out)
{
    put_u8(out, VERSION);
    put_i64(out, b->time);
    put_text(out, span_sub(b->who, 0, INDEX_WHO_MAX));
    put_u32(out, (uint32_t)b->uids->n);
    for (size_t i = 0; i < b->uids->n; i++) {
        put_u32(out, b->uids->r[i].first);
        put_u32(out, b->uids->r[i].last);
    }
}

static void
take_ranges(struct reader *r, struct numset *uids)
{
    uint32_t before = 0; /* no UID is 0 */

    for (uint32_t n = take_u32(r); n > 0 && !r->bad; n--) {
        uint32_t first = take_u32(r);
        uint32_t last = take_u32(r);

        if (first <= before || last < first)
            r->bad = true;
        if (!r->bad)
            numset_add(uids, first, last);
        before = last;
    }
}

bool
index_record_take_tombstone(struct span row, struct index_tombstone *b,
                            struct numset *uids)
{
    struct reader r = read_row(row);

    b->time = take_i64(&r);
    b->who = take_text(&r, INDEX_WHO_MAX);
    take_ranges(&r, uids);
    return is_whole(&r);
}

/* --- gone, intent, number -------------------------------------------------------------- */

void
index_record_put_gone(const struct index_gone *g, struct buf *out)
{
    put_u8(out, VERSION);
    put_i64(out, g->time);
    put_u64(out, g->size);
    put_u8(out, g->state);
    put_u16(out, g->flags);
    put_u32(out, g->keywords);
    put_text(out, g->file);
}

bool
index_record_take_gone(struct span row, struct index_gone *g)
{
    struct reader r = read_row(row);

    g->time = take_i64(&r);
    g->size = take_u64(&r);
    g->state = take_u8(&r);
    g->flags = take_u16(&r);
    g->keywords = take_u32(&r);
    g->file = take_text(&r, INDEX_FILE_NAME_MAX);
    return is_whole(&r);
}

void
index_record_put_intent(struct span redo, struct buf *out)
{
    put_u8(out, VERSION);
    buf_put(out, redo);
}

bool
index_record_take_intent(struct span row, struct span *redo)
{
    struct reader r = read_row(row);

    *redo = r.rest;
    return !r.bad;
}

void
index_record_put_number(uint64_t n, struct buf *out)
{
    put_u8(out, VERSION);
    put_u64(out, n);
}

bool
index_record_take_number(struct span row, uint64_t *n)
{
    struct reader r = read_row(row);

    *n = take_u64(&r);
    return is_whole(&r);
}
