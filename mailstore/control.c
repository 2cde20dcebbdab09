/*
 * The file, one fact a line, unknown lines ignored:
 *
 *   pillarbox-mailbox 1
 *   uidvalidity 1795255200
 *   uidnext-floor 2001          UIDs below may have been given (S2)
 *   mailboxid 0f3c...           32 hex digits
 *   special sent
 *   keyword a $Label1           the letter in file names, and the keyword
 */
#include "mailstore/control.h"

#include "base/cursor.h"
#include "base/fs.h"
#include "mail/flags.h"
#include "mailstore/client.h"

#include <inttypes.h>
#include <string.h>

#define FIRST_LINE "pillarbox-mailbox 1"

/* clang-format off */
static const struct special {
    uint32_t bit;
    const char *name;
} specials[] = {
    { STORE_DRAFTS,  "drafts"  },
    { STORE_SENT,    "sent"    },
    { STORE_JUNK,    "junk"    },
    { STORE_TRASH,   "trash"   },
    { STORE_ARCHIVE, "archive" },
};
/* clang-format on */

#define SPECIALS (sizeof specials / sizeof specials[0])

uint32_t
control_special_named(struct span name)
{
    for (size_t i = 0; i < SPECIALS; i++)
        if (span_is_nocase(name, specials[i].name))
            return specials[i].bit;
    return 0;
}

uint32_t
control_special_of_folder(struct span mailbox)
{
    if (span_is_nocase(mailbox, "spam"))
        return STORE_JUNK;
    if (span_is_nocase(mailbox, "sent messages") ||
        span_is_nocase(mailbox, "sent items"))
        return STORE_SENT;
    return control_special_named(mailbox);
}

static bool
take_id(struct span hex, unsigned char id[16])
{
    const char *digits = "0123456789abcdef";

    if (hex.n != 32)
        return false;
    for (size_t i = 0; i < 16; i++) {
        const char *high = memchr(digits, hex.p[2 * i], 16);
        const char *low = memchr(digits, hex.p[2 * i + 1], 16);

        if (high == NULL || low == NULL)
            return false;
        id[i] = (unsigned char)((high - digits) << 4 | (low - digits));
    }
    return true;
}

/* "keyword" SP letter SP name. Letters come in order; a gap (a damaged line)
 * is filled with a name that no client can send. */
static void
take_keyword(struct span rest, struct control *c)
{
    struct span name = span_after(rest, 2);
    unsigned number;

    if (rest.n < 3 || rest.p[1] != ' ' || rest.p[0] < 'a' || rest.p[0] > 'z' ||
        !mail_keyword_is_valid(name))
        return;
    number = (unsigned)(rest.p[0] - 'a');
    while (c->keyword_count <= number)
        c->keywords[c->keyword_count++][0] = '\0';
    memcpy(c->keywords[number], name.p, name.n);
    c->keywords[number][name.n] = '\0';
}

static void
take_fact(struct span line, struct control *c, bool *has_id)
{
    struct span rest = line;
    struct span key;
    struct cursor at;

    if (!span_cut(&rest, ' ', &key))
        return;
    at = cursor_on(rest);
    if (span_is(key, "uidvalidity"))
        take_number(&at, &c->uid_validity);
    else if (span_is(key, "uidnext-floor"))
        take_number(&at, &c->uid_floor);
    else if (span_is(key, "mailboxid"))
        *has_id = take_id(rest, c->id);
    else if (span_is(key, "special"))
        c->special_use |= control_special_named(rest);
    else if (span_is(key, "keyword"))
        take_keyword(rest, c);
}

bool
control_parse(struct span text, struct control *c, struct error *e)
{
    struct control found = { 0 };
    struct span line;
    bool has_id = false;

    if (!span_cut(&text, '\n', &line) || !span_is(line, FIRST_LINE))
        return fail(e, FAIL_CORRUPT, "no line \"" FIRST_LINE "\"");
    while (span_cut(&text, '\n', &line))
        take_fact(line, &found, &has_id);
    if (found.uid_validity == 0 || found.uid_floor == 0 || !has_id)
        return fail(e, FAIL_CORRUPT, "incomplete");
    *c = found;
    return true;
}

void
control_print(const struct control *c, struct buf *out)
{
    buf_printf(out,
               FIRST_LINE "\nuidvalidity %" PRIu32 "\nuidnext-floor %" PRIu32
                          "\nmailboxid ",
               c->uid_validity, c->uid_floor);
    for (size_t i = 0; i < sizeof c->id; i++)
        buf_printf(out, "%02x", c->id[i]);
    buf_put_ch(out, '\n');
    for (size_t i = 0; i < SPECIALS; i++)
        if ((c->special_use & specials[i].bit) != 0)
            buf_printf(out, "special %s\n", specials[i].name);
    for (unsigned i = 0; i < c->keyword_count; i++)
        if (c->keywords[i][0] != '\0')
            buf_printf(out, "keyword %c %s\n", (char)('a' + i), c->keywords[i]);
}

bool
control_read(int dir, struct control *c, struct error *e)
{
    struct buf text = { .max = 64 << 10 };
    bool done = fs_read_file(dir, CONTROL_FILE, &text, e) &&
                control_parse(buf_span(&text), c, e);

    buf_free(&text);
    return done;
}

bool
control_write(int dir, const struct control *c, struct error *e)
{
    struct buf text = { 0 };
    bool done;

    control_print(c, &text);
    done = fs_replace(dir, CONTROL_FILE, buf_span(&text), 0600, e);
    buf_free(&text);
    return done;
}

bool
control_write_keywords(int dir, const struct control *c, struct error *e)
{
    struct buf text = { 0 };
    bool done;

    for (unsigned i = 0; i < c->keyword_count; i++)
        if (c->keywords[i][0] != '\0')
            buf_printf(&text, "%u %s\n", i, c->keywords[i]);
    done = fs_replace(dir, CONTROL_KEYWORDS, buf_span(&text), 0600, e);
    buf_free(&text);
    return done;
}
