#include "mail/mailbox_name.h"

#include "mail/charset.h"
#include "mail/limits.h"
#include "mail/utf8.h"

#define FOLDER_MAX 255 /* NAME_MAX of every file system we know */
#define DOT_CODED  "&AC4-"

static bool
is_inbox(struct span level)
{
    return span_is_nocase(level, "INBOX");
}

/* Controls, also those of U+0080..9F and the line separators. */
static bool
has_control(struct span name)
{
    uint32_t ch;

    while (name.n > 0) {
        utf8_take(&name, &ch);
        if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || ch == 0x2028 ||
            ch == 0x2029)
            return true;
    }
    return false;
}

static bool
level_is_valid(struct span level)
{
    return level.n > 0 && !span_is(level, ".") && !span_is(level, "..");
}

static bool
fits_as_folder(struct span name)
{
    struct buf folder = { .max = FOLDER_MAX };
    bool fits;

    mailbox_name_to_folder(name, &folder);
    fits = !folder.full;
    buf_free(&folder);
    return fits;
}

/* A "#" in front names a namespace: RFC 3501 section 5.1.2. */
bool
mailbox_name_is_valid(struct span name)
{
    struct span rest = name;
    struct span level;
    size_t depth = 0;

    if (name.n == 0 || name.n > MAILBOX_NAME_MAX || !utf8_is_valid(name) ||
        has_control(name) || span_has(name, '*') || span_has(name, '%') ||
        name.p[0] == '#')
        return false;
    while (span_cut(&rest, '/', &level))
        if (!level_is_valid(level) || ++depth > MAILBOX_DEPTH_MAX)
            return false;
    return fits_as_folder(name);
}

void
mailbox_name_canonical(struct span name, struct buf *out)
{
    size_t first = span_find(name, '/');

    if (is_inbox(span_sub(name, 0, first))) {
        buf_put_text(out, "INBOX");
        name = span_after(name, first);
    }
    buf_put(out, name);
}

/* One level: what stands between its dots in modified UTF-7. */
static void
put_level(struct buf *out, struct span level)
{
    struct span piece;
    bool first = true;

    while (span_cut(&level, '.', &piece)) {
        if (!first)
            buf_put_text(out, DOT_CODED);
        mailbox_name_to_utf7(piece, out);
        first = false;
    }
}

void
mailbox_name_to_folder(struct span name, struct buf *out)
{
    struct span level;
    size_t first = span_find(name, '/');

    if (is_inbox(name)) {
        buf_put_ch(out, '.');
        return;
    }
    if (is_inbox(span_sub(name, 0, first))) {
        buf_put_text(out, ".INBOX");
        name = span_after(name, first + 1);
    }
    while (span_cut(&name, '/', &level)) {
        buf_put_ch(out, '.');
        put_level(out, level);
    }
}

/* "&" begins a shift wherever it stands, so DOT_CODED is found as it is. */
static bool
put_decoded_level(struct buf *out, struct span level)
{
    size_t at;

    while (span_search(level, span_of(DOT_CODED), &at)) {
        if (!mailbox_name_from_utf7(span_sub(level, 0, at), out))
            return false;
        buf_put_ch(out, '.');
        level = span_after(level, at + span_of(DOT_CODED).n);
    }
    return mailbox_name_from_utf7(level, out);
}

static bool
decode_folder(struct span folder, struct buf *out)
{
    struct span rest = span_after(folder, 1);
    struct span level;

    while (span_cut(&rest, '.', &level)) {
        if (out->n > 0)
            buf_put_ch(out, '/');
        if (!put_decoded_level(out, level))
            return false;
    }
    return mailbox_name_is_valid(buf_span(out));
}

/* A folder is ours when it is the one that its name would get. */
bool
mailbox_name_from_folder(struct span folder, struct buf *out)
{
    struct buf name = { .max = FOLDER_MAX * 3 };
    struct buf again = { .max = FOLDER_MAX };
    bool ours;

    if (span_is(folder, ".")) {
        buf_put_text(out, "INBOX");
        return true;
    }
    if (folder.n > FOLDER_MAX || !span_starts(folder, "."))
        return false;
    ours = decode_folder(folder, &name);
    if (ours) {
        mailbox_name_to_folder(buf_span(&name), &again);
        ours = span_eq(buf_span(&again), folder);
    }
    if (ours)
        buf_put(out, buf_span(&name));
    buf_free(&name);
    buf_free(&again);
    return ours;
}

/*
 * reach[j] holds after each pattern character whether the pattern so far
 * matches the first j octets of the name.
 */
static void
step(bool *reach, struct span name, char ch, size_t inbox)
{
    bool before = reach[0];

    reach[0] = before && (ch == '*' || ch == '%');
    for (size_t j = 1; j <= name.n; j++) {
        bool here = reach[j];
        char at = name.p[j - 1];

        if (ch == '*')
            reach[j] = here || reach[j - 1];
        else if (ch == '%')
            reach[j] = here || (reach[j - 1] && at != '/');
        else
            reach[j] =
                before && (at == ch ||
                           (j <= inbox && ascii_lower(ch) == ascii_lower(at)));
        before = here;
    }
}

bool
mailbox_name_matches(struct span name, struct span pattern)
{
    bool reach[MAILBOX_NAME_MAX + 1] = { true };
    size_t first = span_find(name, '/');
    size_t inbox = is_inbox(span_sub(name, 0, first)) ? first : 0;

    if (name.n > MAILBOX_NAME_MAX)
        return false;
    for (size_t i = 0; i < pattern.n; i++)
        step(reach, name, pattern.p[i], inbox);
    return reach[name.n];
}
