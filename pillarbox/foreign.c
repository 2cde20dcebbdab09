#include "pillarbox/foreign.h"

#include "base/cursor.h"
#include "mail/flags.h"
#include "mail/mailbox_name.h"

#include <inttypes.h>

#define NAME_ROOM 1024

/* --- keywords ----------------------------------------------------------------- */

/* line = number SP keyword */
void
foreign_dovecot_keywords(struct span text, struct foreign_keywords *k)
{
    struct span line;

    *k = (struct foreign_keywords){ 0 };
    while (span_cut(&text, '\n', &line)) {
        struct cursor c = cursor_on(line);
        uint32_t number;

        if (take_number(&c, &number) && number < FOREIGN_KEYWORDS &&
            take(&c, ' ') && mail_keyword_is_valid(cursor_rest(&c)))
            k->names[number] = cursor_rest(&c);
    }
}

/* numbers = number *(SP number) */
static uint32_t
take_bits(struct span text)
{
    struct cursor c = cursor_on(text);
    uint32_t bits = 0;
    uint32_t number;

    while (take_number(&c, &number)) {
        if (number < FOREIGN_KEYWORDS)
            bits |= UINT32_C(1) << number;
        take(&c, ' ');
    }
    return bits;
}

void
foreign_courier_keywords(struct span text, struct foreign_keywords *k,
                         foreign_keywords_fn *fn, void *arg)
{
    struct span line;
    size_t n = 0;

    *k = (struct foreign_keywords){ 0 };
    while (span_cut(&text, '\n', &line) && line.n > 0) {
        if (n < FOREIGN_KEYWORDS && mail_keyword_is_valid(line))
            k->names[n] = line;
        n++;
    }
    while (span_cut(&text, '\n', &line)) {
        struct span base;

        if (span_cut(&line, ':', &base) && base.n > 0)
            fn(arg, base, take_bits(line));
    }
}

/* --- unique-ids ------------------------------------------------------------------ */

/* As Courier escapes a file name that serves as an id. */
static void
put_file_uidl(struct span base, struct buf *out)
{
    for (size_t i = 0; i < base.n; i++) {
        char ch = base.p[i];

        if (ch < '!' || ch > '~' || ch == '\'' || ch == '"' || ch == '+')
            buf_printf(out, "+%02X", (unsigned)(unsigned char)ch);
        else
            buf_put_ch(out, ch);
    }
}

/* Cuts the last word off. */
static bool
cut_last(struct span *rest, struct span *word)
{
    size_t at = rest->n;

    while (at > 0 && rest->p[at - 1] != ' ')
        at--;
    if (at == 0)
        return false;
    *word = span_after(*rest, at);
    *rest = span_sub(*rest, 0, at - 1);
    return true;
}

/* line = file SP size SP uid ":" uidvalidity [":" utf8] */
static void
take_pop3_line(struct span line, foreign_uidl_fn *fn, void *arg)
{
    struct buf uidl = { .max = NAME_ROOM };
    struct span numbers;
    struct span size;
    struct cursor c;
    uint32_t uid;
    uint32_t validity;

    if (!cut_last(&line, &numbers) || !cut_last(&line, &size))
        return;
    c = cursor_on(numbers);
    if (!take_number(&c, &uid) || !take(&c, ':') || !take_number(&c, &validity))
        return;
    line = span_sub(line, 0, span_find(line, ':'));
    if (uid == 0)
        put_file_uidl(line, &uidl);
    else if (validity == 0)
        buf_printf(&uidl, "UID%" PRIu32, uid);
    else
        buf_printf(&uidl, "UID%" PRIu32 "-%" PRIu32, uid, validity);
    if (line.n > 0 && !uidl.full)
        fn(arg, line, buf_span(&uidl));
    buf_free(&uidl);
}

bool
foreign_courier_pop3(struct span text, foreign_uidl_fn *fn, void *arg)
{
    struct span line;

    if (!span_cut(&text, '\n', &line) ||
        (!span_starts(line, "/2 ") && !span_starts(line, "/3 ")))
        return false;
    while (span_cut(&text, '\n', &line))
        take_pop3_line(line, fn, arg);
    return true;
}

/* --- folders ---------------------------------------------------------------------- */

/* The name as it stands, "." between levels. */
static bool
take_raw(struct span folder, struct buf *out)
{
    size_t before = out->n;

    folder = span_after(folder, 1);
    for (size_t i = 0; i < folder.n; i++)
        buf_put_ch(out, folder.p[i] == '.' ? '/' : folder.p[i]);
    return !out->full &&
           mailbox_name_is_valid(span_after(buf_span(out), before));
}

bool
foreign_mailbox(struct span folder, struct buf *out)
{
    struct buf name = { .max = NAME_ROOM };
    bool good = mailbox_name_from_folder(folder, &name) && !name.full &&
                mailbox_name_is_valid(buf_span(&name));

    if (!good && folder.n > 1 && folder.p[0] == '.') {
        buf_clear(&name);
        good = take_raw(folder, &name);
    }
    if (good)
        mailbox_name_canonical(buf_span(&name), out);
    buf_free(&name);
    return good;
}

static void
take_subscription(struct span line, foreign_name_fn *fn, void *arg)
{
    struct buf folder = { .max = NAME_ROOM };
    struct buf name = { .max = NAME_ROOM };

    if (span_starts_nocase(line, "INBOX."))
        line = span_after(line, 6);
    if (span_is_nocase(line, "INBOX")) {
        fn(arg, span_of("INBOX"));
        return;
    }
    buf_put_ch(&folder, '.');
    for (size_t i = 0; i < line.n; i++)
        buf_put_ch(&folder,
                   line.p[i] == '\t' || line.p[i] == '/' ? '.' : line.p[i]);
    if (!folder.full && foreign_mailbox(buf_span(&folder), &name))
        fn(arg, buf_span(&name));
    buf_free(&folder);
    buf_free(&name);
}

void
foreign_subscriptions(struct span text, foreign_name_fn *fn, void *arg)
{
    struct span line;
    bool first = true;

    while (span_cut(&text, '\n', &line)) {
        if (line.n > 0 && !(first && span_starts(line, "V\t")))
            take_subscription(line, fn, arg);
        first = false;
    }
}
