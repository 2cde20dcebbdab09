#include "mailstore/maildir_name.h"

#include "base/cursor.h"
#include "base/hash.h"
#include "mail/flags.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Fixed, since what it gives is stored in names. */
static const struct hash_key name_key = { 0x70696c6c6172626f,
                                          0x786d61696c646972 };

static bool
take_hex5(struct cursor *c, uint32_t *out)
{
    uint32_t n = 0;
    size_t i;

    for (i = 0; i < 5 && c->at + i < c->end; i++) {
        const char *digits = "0123456789abcdef";
        const char *at = memchr(digits, c->at[i], 16);

        if (at == NULL)
            return want(c, "hex digit");
        n = n << 4 | (uint32_t)(at - digits);
    }
    if (i < 5)
        return want(c, "five hex digits");
    c->at += 5;
    *out = n;
    return true;
}

/* ours = "M" usec "P" pid "Q" n "F" tag "." */
static uint32_t
tag_in(struct cursor c)
{
    uint64_t skipped;
    uint32_t tag = MAILDIR_NO_TAG;

    if (take(&c, 'M') && take_number64(&c, &skipped) && take(&c, 'P') &&
        take_number64(&c, &skipped) && take(&c, 'Q') &&
        take_number64(&c, &skipped) && take(&c, 'F') && take_hex5(&c, &tag) &&
        take(&c, '.'))
        return tag;
    return MAILDIR_NO_TAG;
}

/* field = ("S" / "W" / "U") "=" number; anything else is left alone */
static void
read_field(struct span field, struct maildir_name *n)
{
    struct cursor c = cursor_on(span_after(field, 2));
    uint64_t number;

    if (field.n < 3 || field.p[1] != '=' || !take_number64(&c, &number) ||
        !take_end(&c))
        return;
    if (field.p[0] == 'S') {
        n->size = number;
        n->has_size = true;
    } else if (field.p[0] == 'W') {
        n->wire_size = number;
        n->has_wire_size = true;
    } else if (field.p[0] == 'U' && number <= UINT32_MAX) {
        n->uid = (uint32_t)number;
    }
}

static void
read_letters(struct span letters, struct maildir_name *n)
{
    n->letters = letters;
    n->flags = mail_flags_from_letters(letters);
    for (size_t i = 0; i < letters.n; i++)
        if (letters.p[i] >= 'a' && letters.p[i] <= 'z')
            n->keywords |= UINT32_C(1) << (letters.p[i] - 'a');
}

bool
maildir_name_parse(struct span file, struct maildir_name *n)
{
    struct span info = span_after(file, span_find(file, ':'));
    struct span rest;
    struct span field;
    struct cursor c;
    uint64_t seconds;

    if (file.n == 0 || file.p[0] == '.' || span_has(file, '/'))
        return false;
    *n = (struct maildir_name){ .tag = MAILDIR_NO_TAG };
    n->base = span_sub(file, 0, file.n - info.n);
    if (n->base.n == 0)
        return false;
    if (span_starts(info, ":2,"))
        read_letters(span_after(info, 3), n);
    c = cursor_on(n->base);
    if (take_number64(&c, &seconds) && take(&c, '.')) {
        n->seconds = (int64_t)seconds;
        n->tag = tag_in(c);
    }
    rest = n->base;
    span_cut(&rest, ',', &field);
    while (span_cut(&rest, ',', &field))
        read_field(field, n);
    return true;
}

void
maildir_name_make(const struct maildir_stamp *by, const struct maildir_facts *f,
                  struct buf *out)
{
    buf_printf(out,
               "%" PRId64 ".M%" PRId64 "P%" PRIu32 "Q%" PRIu64 "F%05" PRIx32
               ".%s,S=%" PRIu64,
               by->micros / 1000000, by->micros % 1000000, by->pid, by->number,
               f->tag & 0xfffff, by->host, f->size);
    if (f->wire_size != f->size)
        buf_printf(out, ",W=%" PRIu64, f->wire_size);
    buf_printf(out, ",U=%" PRIu32, f->uid);
}

/* Letters that are neither ours nor a keyword's. */
static bool
is_known_letter(char ch)
{
    return strchr("DFPRST", ch) != NULL || (ch >= 'a' && ch <= 'z');
}

void
maildir_name_put(struct span base, uint16_t flags, uint32_t keywords,
                 struct span old, struct buf *out)
{
    bool present[256] = { false };
    struct buf letters = { 0 };

    mail_flags_letters(flags & (uint16_t)~MAIL_RECENT, &letters);
    for (size_t i = 0; i < letters.n; i++)
        present[(unsigned char)letters.p[i]] = true;
    buf_free(&letters);
    for (size_t i = 0; i < old.n; i++)
        if (old.p[i] > ' ' && old.p[i] < 0x7f && !is_known_letter(old.p[i]))
            present[(unsigned char)old.p[i]] = true;
    for (unsigned i = 0; i < 26; i++)
        if ((keywords >> i & 1) != 0)
            present['a' + i] = true;
    buf_put(out, base);
    buf_put_text(out, ":2,");
    for (size_t ch = '!'; ch < 0x7f; ch++)
        if (present[ch] && ch != '/' && ch != ':')
            buf_put_ch(out, (char)ch);
}

uint32_t
maildir_name_tag(const unsigned char id[16], uint32_t uid_validity)
{
    unsigned char bytes[20];

    memcpy(bytes, id, 16);
    for (size_t i = 0; i < 4; i++)
        bytes[16 + i] = (unsigned char)(uid_validity >> (8 * i));
    return (uint32_t)(hash64(name_key, span_from(bytes, sizeof bytes)) &
                      0xfffff);
}

void
maildir_name_host(char out[64])
{
    if (gethostname(out, 63) == -1)
        snprintf(out, 64, "localhost");
    out[63] = '\0';
    for (char *p = out; *p != '\0'; p++)
        if (!ascii_is_alpha(*p) && !ascii_is_digit(*p))
            *p = '-';
}
