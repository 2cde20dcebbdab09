#include "pillarbox/mbox.h"

#include "base/cursor.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "mail/calendar.h"
#include "mail/date.h"
#include "mail/flags.h"
#include "pillarbox/mbox_line.h"

#include <stdlib.h>

/* Only to tell messages apart: the key may be known. */
static const struct hash_key mark_key = { 0x6d626f78, 1 };

static const char *const own_fields[] = { "Status",        "X-Status",
                                          "X-Keywords",    "X-UID",
                                          "X-IMAP",        "X-IMAPbase",
                                          "Content-Length" };

struct scanning {
    struct mbox *mbox;
    struct mbox_lines lines;
    struct mbox_line line;
    bool more; /* `line` holds one that was not used yet */
    bool failed;
    struct error e;
    struct mbox_message *now;
    size_t room;
    uint64_t content_length; /* UINT64_MAX: none */
    bool has_unquoted;
    struct map *marks; /* hash -> how many */
};

/* --- From_ ---------------------------------------------------------------------- */

static bool
is_weekday(struct span text)
{
    for (int i = 0; i < 7; i++)
        if (span_starts_nocase(text, calendar_weekday_name(i)))
            return true;
    return false;
}

bool
mbox_is_from(struct span line, int64_t *date)
{
    if (!span_starts(line, "From ") || line.n > 1000)
        return false;
    for (size_t i = 5; i < line.n; i++)
        if (line.p[i - 1] == ' ' && is_weekday(span_after(line, i)) &&
            date_parse_822(span_after(line, i), date))
            return true;
    return false;
}

void
mbox_put_from(struct span sender, int64_t date, struct buf *out)
{
    struct calendar_time t = calendar_from_seconds(date);

    buf_put_text(out, "From ");
    for (size_t i = 0; i < sender.n; i++)
        buf_put_ch(out,
                   sender.p[i] <= ' ' || sender.p[i] > '~' ? '-' : sender.p[i]);
    buf_printf(out, " %s %s %2d %02d:%02d:%02d %d\n",
               calendar_weekday_name(calendar_weekday(&t)),
               calendar_month_name(t.month), t.day, t.hour, t.minute, t.second,
               t.year);
}

/* --- lines ----------------------------------------------------------------------- */

static bool
next_line(struct scanning *s)
{
    if (s->more)
        s->more = false;
    else if (!mbox_lines_next(&s->lines, &s->line, &s->failed, &s->e))
        return false;
    return true;
}

static void
jump(struct scanning *s, uint64_t to)
{
    s->more = false;
    mbox_lines_begin(&s->lines, s->mbox->fd, to, UINT64_MAX);
}

/* --- the header -------------------------------------------------------------------- */

bool
mbox_is_own_field(struct span line)
{
    struct span name = span_sub(line, 0, span_find(line, ':'));

    if (name.n == line.n)
        return false;
    for (size_t i = 0; i < sizeof own_fields / sizeof own_fields[0]; i++)
        if (span_is_nocase(span_trim(name), own_fields[i]))
            return true;
    return false;
}

static void
take_status(struct mbox_message *m, struct span value)
{
    if (span_has(value, 'R'))
        m->flags |= MAIL_SEEN;
    m->is_old = m->is_old || span_has(value, 'O') || span_has(value, 'R');
}

static void
take_x_status(struct mbox_message *m, struct span value)
{
    if (span_has(value, 'A'))
        m->flags |= MAIL_ANSWERED;
    if (span_has(value, 'F'))
        m->flags |= MAIL_FLAGGED;
    if (span_has(value, 'D'))
        m->flags |= MAIL_DELETED;
    if (span_has(value, 'T'))
        m->flags |= MAIL_DRAFT;
}

/* "X-IMAPbase: <uidvalidity> <last uid> [keyword ...]" */
static void
take_base(struct mbox *m, struct span value)
{
    struct cursor c = cursor_on(value);

    take_number(&c, &m->uid_validity);
    take_spaces(&c);
    take_number(&c, &m->uid_last);
}

static void
take_keywords(struct scanning *s, struct span value)
{
    s->now->keywords = s->mbox->keywords.n;
    buf_put(&s->mbox->keywords, value);
    s->now->keywords_size = s->mbox->keywords.n - s->now->keywords;
}

static void
take_field(struct scanning *s, struct span line)
{
    struct mbox_message *m = s->now;
    struct span value = line;
    struct span name;
    struct cursor c;

    span_cut(&value, ':', &name);
    value = span_trim(value);
    name = span_trim(name);
    c = cursor_on(value);
    if (span_is_nocase(name, "Status"))
        take_status(m, value);
    else if (span_is_nocase(name, "X-Status"))
        take_x_status(m, value);
    else if (span_is_nocase(name, "X-Keywords"))
        take_keywords(s, value);
    else if (span_is_nocase(name, "X-UID"))
        take_number(&c, &m->uid);
    else if (span_is_nocase(name, "Content-Length"))
        take_number64(&c, &s->content_length);
    else
        take_base(s->mbox, value);
    m->is_internal = m->is_internal || span_is_nocase(name, "X-IMAP");
}

static void
scan_header(struct scanning *s)
{
    while (next_line(s)) {
        if (s->line.starts && s->line.text.n == 0)
            break;
        if (s->line.starts && mbox_is_own_field(s->line.text))
            take_field(s, s->line.text);
        s->now->body = s->now->end = s->line.at + s->line.raw.n;
    }
    s->now->body = s->now->end = s->lines.at;
}

/* --- the body ------------------------------------------------------------------------ */

/* *n ">" and then "From "? */
static bool
is_quotable(struct span line, size_t *n)
{
    *n = 0;
    while (*n < line.n && line.p[*n] == '>')
        (*n)++;
    return span_starts(span_after(line, *n), "From ");
}

/* Is there what must stand behind a message: an end, or a From_ line, perhaps
 * after an empty line? */
static bool
ends_at(struct scanning *s, uint64_t at)
{
    int64_t date;

    jump(s, at);
    if (!next_line(s))
        return !s->failed;
    if (s->line.text.n == 0 && !next_line(s))
        return !s->failed;
    return mbox_is_from(s->line.text, &date);
}

static bool
length_is_right(struct scanning *s, uint64_t *end)
{
    struct error e;
    size_t got;
    char last;

    if (s->content_length > INT64_MAX - s->now->body)
        return false;
    *end = s->now->body + s->content_length;
    /* Not behind the end of the file. */
    if (s->content_length > 0 &&
        (!fs_read_at(s->mbox->fd, *end - 1, &last, 1, &got, &e) || got == 0))
        return false;
    return ends_at(s, *end);
}

/* To the empty line before the next From_ line, or to the end. */
static void
scan_body(struct scanning *s, uint64_t end)
{
    /* Where the last line is, if it is empty. */
    uint64_t empty = s->now->body;
    int64_t date;
    size_t quotes;

    while (s->lines.at < end && next_line(s)) {
        if (s->line.starts && is_quotable(s->line.text, &quotes) &&
            quotes == 0) {
            if (end == UINT64_MAX && empty != UINT64_MAX &&
                mbox_is_from(s->line.text, &date)) {
                s->more = true;
                break;
            }
            s->has_unquoted = true;
        }
        empty = s->line.starts && s->line.text.n == 0 ? s->line.at : UINT64_MAX;
        s->now->end = s->lines.at;
    }
    if (end != UINT64_MAX)
        s->now->end = end;
    else if (empty != UINT64_MAX)
        s->now->end = empty;
}

/* A header that ends with the file, or runs into the next message. */
static void
scan_message(struct scanning *s)
{
    uint64_t end;

    s->content_length = UINT64_MAX;
    s->has_unquoted = false;
    s->now->start = s->now->body = s->now->end = s->lines.at;
    scan_header(s);
    s->now->is_quoted = true;
    if (s->content_length != UINT64_MAX && length_is_right(s, &end)) {
        jump(s, s->now->body);
        scan_body(s, end);
        s->now->is_quoted = !s->has_unquoted;
        jump(s, end);
    } else {
        if (s->content_length != UINT64_MAX)
            jump(s, s->now->body);
        scan_body(s, UINT64_MAX);
    }
}

/* --- all of it --------------------------------------------------------------------------- */

static bool
hash_piece(void *arg, struct span bytes, struct error *e)
{
    uint64_t *hash = arg;

    (void)e;
    *hash = hash64((struct hash_key){ mark_key.k0, *hash }, bytes);
    return true;
}

/* Two that are the same get different marks. */
static bool
mark(struct scanning *s)
{
    uint64_t hash = 1;
    uint64_t of[2];
    struct span key = span_from(&hash, sizeof hash);

    if (!mbox_copy(s->mbox, s->now, hash_piece, &hash, &s->e)) {
        s->failed = true;
        return false;
    }
    of[0] = hash;
    of[1] = (uintptr_t)map_get(s->marks, key);
    map_put(s->marks, key, (void *)(uintptr_t)(of[1] + 1));
    hash = hash64(mark_key, span_from(of, sizeof of));
    s->now->mark = hash == 0 ? 1 : hash;
    return true;
}

static void
add_message(struct scanning *s, int64_t date)
{
    struct mbox *m = s->mbox;

    if (m->count == s->room) {
        s->room = 2 * s->room + 64;
        m->messages = mem_grow(m->messages, s->room * sizeof *m->messages);
    }
    s->now = &m->messages[m->count++];
    *s->now = (struct mbox_message){ .date = date };
    scan_message(s);
}

static bool
scan_all(struct scanning *s)
{
    int64_t date;

    while (next_line(s)) {
        if (s->line.text.n == 0)
            continue;
        if (!mbox_is_from(s->line.text, &date))
            return fail(&s->e, FAIL_INVALID,
                        "no line \"From ...\" at offset %llu",
                        (unsigned long long)s->line.at);
        add_message(s, date);
        if (s->failed || !mark(s))
            return false;
    }
    return !s->failed;
}

bool
mbox_scan(int fd, struct mbox *m, struct error *e)
{
    struct scanning s = { .mbox = m, .marks = map_new() };
    bool done;

    *m = (struct mbox){ .fd = fd };
    jump(&s, 0);
    done = scan_all(&s);
    if (!done)
        *e = s.e;
    mbox_lines_free(&s.lines);
    map_free(&s.marks);
    return done;
}

void
mbox_free(struct mbox *m)
{
    free(m->messages);
    buf_free(&m->keywords);
    *m = (struct mbox){ .fd = -1 };
}

/* --- the text ---------------------------------------------------------------------------- */

struct copying {
    bool skipping; /* a field of the mbox's */
};

/* What of the line belongs to the message. */
static struct span
own_text(const struct mbox_message *one, struct copying *c,
         const struct mbox_line *line)
{
    size_t quotes;

    if (line->at >= one->body) {
        if (one->is_quoted && line->starts &&
            is_quotable(line->text, &quotes) && quotes > 0)
            return span_after(line->raw, 1);
        return line->raw;
    }
    if (line->starts && !span_starts(line->text, " ") &&
        !span_starts(line->text, "\t"))
        c->skipping = mbox_is_own_field(line->text);
    return c->skipping ? span_of("") : line->raw;
}

bool
mbox_copy(const struct mbox *m, const struct mbox_message *one,
          mbox_put_fn *put, void *arg, struct error *e)
{
    struct mbox_lines lines = { 0 };
    struct mbox_line line;
    struct copying c = { 0 };
    bool failed = false;

    mbox_lines_begin(&lines, m->fd, one->start, one->end);
    while (mbox_lines_next(&lines, &line, &failed, e)) {
        struct span text = own_text(one, &c, &line);

        if (text.n > 0 && !put(arg, text, e)) {
            failed = true;
            break;
        }
    }
    mbox_lines_free(&lines);
    return !failed;
}
