#include "pillarbox/backup_manifest.h"

#include "base/cursor.h"
#include "base/mem.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define NAME       "pillarbox-backup "
#define VERSION    1
#define HEX_DIGITS "0123456789abcdef"
#define HEX_UPPER  "0123456789ABCDEF"

/* --- paths ------------------------------------------------------------------------- */

bool
backup_path_is_safe(struct span path)
{
    struct span rest = path;
    struct span name;

    if (path.n == 0 || path.n > BACKUP_PATH_MAX || span_has(path, '\0') ||
        path.p[path.n - 1] == '/')
        return false;
    while (rest.n > 0 && span_cut(&rest, '/', &name))
        if (name.n == 0 || name.n > NAME_MAX || span_is(name, ".") ||
            span_is(name, ".."))
            return false;
    return true;
}

static bool
is_plain(char ch)
{
    return ch >= '!' && ch <= '~' && ch != '%';
}

static void
put_quoted(struct span path, struct buf *out)
{
    for (size_t i = 0; i < path.n; i++)
        if (is_plain(path.p[i]))
            buf_put_ch(out, path.p[i]);
        else
            buf_printf(out, "%%%02X", (unsigned char)path.p[i]);
}

static int
digit_of(const char *digits, char ch)
{
    const char *at = ch == '\0' ? NULL : strchr(digits, ch);

    return at == NULL ? -1 : (int)(at - digits);
}

/* path = 1*( %x21-24 / %x26-7E / "%" 2HEXDIG ) */
static bool
take_quoted(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        int high;
        int low;

        if (text.p[i] != '%') {
            if (!is_plain(text.p[i]))
                return false;
            buf_put_ch(out, text.p[i]);
            continue;
        }
        if (text.n - i < 3)
            return false;
        high = digit_of(HEX_UPPER, text.p[i + 1]);
        low = digit_of(HEX_UPPER, text.p[i + 2]);
        if (high == -1 || low == -1)
            return false;
        buf_put_ch(out, (char)(high << 4 | low));
        i += 2;
    }
    return !out->full;
}

/* --- lines -------------------------------------------------------------------------- */

static void
put_digest(const unsigned char digest[SHA256_SIZE], struct buf *out)
{
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        buf_put_ch(out, HEX_DIGITS[digest[i] >> 4]);
        buf_put_ch(out, HEX_DIGITS[digest[i] & 15]);
    }
}

static bool
take_digest(struct cursor *c, unsigned char digest[SHA256_SIZE])
{
    struct span word;

    if (!take_word(c, &word) || word.n != 2 * (size_t)SHA256_SIZE)
        return false;
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        int high = digit_of(HEX_DIGITS, word.p[2 * i]);
        int low = digit_of(HEX_DIGITS, word.p[2 * i + 1]);

        if (high == -1 || low == -1)
            return false;
        digest[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* first-line = "pillarbox-backup" SP number */
static bool
check_version(struct span line, struct error *e)
{
    struct cursor c = cursor_on(line);
    uint32_t version;

    if (!take_nocase(&c, NAME) || !take_number(&c, &version) || !take_end(&c))
        return fail(e, FAIL_CORRUPT, "this is no manifest of a backup");
    if (version > VERSION)
        return fail(e, FAIL_INVALID,
                    "made by a later pillarbox (format %" PRIu32
                    ", known here is %d): use that one",
                    version, VERSION);
    return version == VERSION ||
           fail(e, FAIL_CORRUPT, "format %" PRIu32 " never was", version);
}

/* One of the head's lines; others are left alone. */
static bool
take_fact(struct span line, struct arena *memory, struct backup_head *h)
{
    struct span rest = line;
    struct span key = { 0 };
    struct cursor c;
    uint64_t n;

    span_cut(&rest, ' ', &key);
    if (span_has(rest, '\0'))
        return false;
    if (span_is(key, "host") || span_is(key, "only")) {
        char *text = arena_text(memory, rest);

        *(span_is(key, "host") ? &h->host : &h->only) = text;
        return true;
    }
    c = cursor_on(rest);
    if (span_is(key, "date")) {
        if (!take_number64(&c, &n))
            return false;
        h->date = (int64_t)n;
        return take_end(&c);
    }
    if (span_is(key, "users"))
        return take_number64(&c, &h->users) && take_end(&c);
    if (span_is(key, "messages"))
        return take_number64(&c, &h->messages) && take_end(&c);
    if (span_is(key, "octets"))
        return take_number64(&c, &h->octets) && take_end(&c);
    if (span_is(key, "copied"))
        return take_number64(&c, &h->copied) && take_end(&c);
    return true;
}

static bool
is_line(struct span line, const char *key)
{
    return span_starts(line, key) && line.n > strlen(key) &&
           line.p[strlen(key)] == ' ';
}

bool
backup_manifest_parse_head(struct span text, struct arena *memory,
                           struct backup_head *out, struct error *e)
{
    struct backup_head h = { .date = -1 };
    struct span line;

    if (!span_cut(&text, '\n', &line))
        return fail(e, FAIL_CORRUPT, "the manifest is empty");
    if (!check_version(line, e))
        return false;
    while (span_cut(&text, '\n', &line) && !is_line(line, "file") &&
           !is_line(line, "end"))
        if (!take_fact(line, memory, &h))
            return fail(e, FAIL_CORRUPT, "a line of the head is damaged: %.*s",
                        SPAN(span_sub(line, 0, 40)));
    if (h.date < 0)
        return fail(e, FAIL_CORRUPT, "the manifest has no date");
    if (h.host == NULL)
        h.host = arena_text(memory, span_of(""));
    *out = h;
    return true;
}

/* --- reading ------------------------------------------------------------------------- */

static struct backup_entry *
add_entry(struct backup_manifest *m)
{
    if (m->count == m->room) {
        m->room = 2 * m->room + 64;
        m->entries = mem_grow(m->entries, m->room * sizeof *m->entries);
    }
    m->entries[m->count] = (struct backup_entry){ 0 };
    return &m->entries[m->count++];
}

/* file = "file" SP digest SP size SP path */
static bool
take_file(struct backup_manifest *m, struct span line, struct error *e)
{
    struct cursor c = cursor_on(span_after(line, 5));
    struct buf path = { .max = BACKUP_PATH_MAX };
    struct backup_entry *f = add_entry(m);
    bool done = take_digest(&c, f->digest) && take(&c, ' ') &&
                take_number64(&c, &f->size) && take(&c, ' ') &&
                take_quoted(cursor_rest(&c), &path);

    if (!done)
        fail(e, FAIL_CORRUPT, "the manifest's line of file %zu is damaged",
             m->count);
    else if (!backup_path_is_safe(buf_span(&path)))
        done = fail(e, FAIL_CORRUPT,
                    "the manifest names a path that leads out "
                    "of the backup; nothing of it is used");
    else if (map_put(m->by_path, buf_span(&path),
                     (void *)(uintptr_t)m->count) != NULL)
        done = fail(e, FAIL_CORRUPT, "the manifest names a file twice");
    else
        f->path = arena_text(&m->memory, buf_span(&path));
    buf_free(&path);
    return done;
}

/* end = "end" SP files SP digest; above is all before it. */
static bool
take_last(const struct backup_manifest *m, struct span line, struct span above,
          struct error *e)
{
    struct cursor c = cursor_on(span_after(line, 4));
    unsigned char said[SHA256_SIZE];
    unsigned char is[SHA256_SIZE];
    uint64_t files;

    if (!take_number64(&c, &files) || !take(&c, ' ') ||
        !take_digest(&c, said) || !take_end(&c))
        return fail(e, FAIL_CORRUPT, "the manifest's last line is damaged");
    crypto_sha256(above, is);
    if (files != m->count || memcmp(said, is, SHA256_SIZE) != 0)
        return fail(e, FAIL_CORRUPT,
                    "the manifest is damaged: it is not what "
                    "its last line says");
    return true;
}

static bool
take_lines(struct span text, struct backup_manifest *m, struct error *e)
{
    struct span rest = text;
    struct span line;

    while (span_cut(&rest, '\n', &line)) {
        if (is_line(line, "end")) {
            struct span above = span_sub(text, 0, (size_t)(line.p - text.p));

            if (rest.n > 0)
                return fail(e, FAIL_CORRUPT,
                            "something stands behind the manifest's end");
            return take_last(m, line, above, e);
        }
        if (is_line(line, "file") && !take_file(m, line, e))
            return false;
    }
    return fail(e, FAIL_CORRUPT, "the manifest is cut off: it has no end");
}

bool
backup_manifest_parse(struct span text, struct backup_manifest *m,
                      struct error *e)
{
    *m = (struct backup_manifest){ .by_path = map_new() };
    return backup_manifest_parse_head(text, &m->memory, &m->head, e) &&
           take_lines(text, m, e);
}

void
backup_manifest_free(struct backup_manifest *m)
{
    map_free(&m->by_path);
    free(m->entries);
    arena_clear(&m->memory);
    *m = (struct backup_manifest){ 0 };
}

const struct backup_entry *
backup_manifest_find(const struct backup_manifest *m, const char *path)
{
    uintptr_t at =
        m->by_path == NULL ? 0 : (uintptr_t)map_get(m->by_path, span_of(path));

    return at == 0 ? NULL : &m->entries[at - 1];
}

/* --- writing -------------------------------------------------------------------------- */

void
backup_manifest_print_head(const struct backup_head *h, struct buf *out)
{
    buf_printf(out, NAME "%d\ndate %" PRId64 "\nhost %s\n", VERSION, h->date,
               h->host);
    if (h->only != NULL)
        buf_printf(out, "only %s\n", h->only);
    buf_printf(out,
               "users %" PRIu64 "\nmessages %" PRIu64 "\noctets %" PRIu64
               "\ncopied %" PRIu64 "\n",
               h->users, h->messages, h->octets, h->copied);
}

void
backup_manifest_print_file(const struct backup_entry *f, struct buf *out)
{
    buf_put_text(out, "file ");
    put_digest(f->digest, out);
    buf_printf(out, " %" PRIu64 " ", f->size);
    put_quoted(span_of(f->path), out);
    buf_put_ch(out, '\n');
}

void
backup_manifest_print_end(uint64_t files, struct buf *text)
{
    unsigned char digest[SHA256_SIZE];

    crypto_sha256(buf_span(text), digest);
    buf_printf(text, "end %" PRIu64 " ", files);
    put_digest(digest, text);
    buf_put_ch(text, '\n');
}
