#include "pillarbox/backup_text.h"

#include "base/base64.h"
#include "base/cursor.h"
#include "mail/account.h"
#include "mail/mailbox_name.h"
#include "net/crypto.h"

#include <inttypes.h>
#include <string.h>

#define ACCOUNTS  "pillarbox-accounts"
#define MAILBOXES "pillarbox-mailboxes"
#define VERSION   1

/* first-line = name SP version */
static bool
take_first(struct span *text, const char *name, struct error *e)
{
    struct span line = { 0 };
    struct cursor c;
    uint32_t version;

    span_cut(text, '\n', &line);
    c = cursor_on(line);
    if (!take_nocase(&c, name) || !take(&c, ' ') || !take_number(&c, &version))
        return fail(e, FAIL_CORRUPT, "no line \"%s %d\"", name, VERSION);
    return version == VERSION ||
           fail(e, FAIL_INVALID, "made by a later pillarbox: use that one");
}

/* --- accounts ------------------------------------------------------------------------ */

static void
take_user(struct span rest, const struct backup_account_calls *calls, void *arg)
{
    struct buf record = { .max = 64 << 10 };
    struct span name = { 0 };

    span_cut(&rest, ' ', &name);
    if (account_name_is_valid(name) && base64_decode(&record, rest))
        calls->user(arg, name, buf_span(&record));
    if (record.p != NULL)
        crypto_wipe(record.p, record.n);
    buf_free(&record);
}

static bool
take_limit(struct cursor *c, uint64_t *limit)
{
    struct span word;
    struct cursor digits;

    if (!take(c, ' ') || !take_word(c, &word))
        return false;
    *limit = STORE_QUOTA_DEFAULT;
    if (span_is(word, "default"))
        return true;
    *limit = STORE_QUOTA_NONE;
    if (span_is(word, "none"))
        return true;
    digits = cursor_on(word);
    return take_number64(&digits, limit) && take_end(&digits);
}

static void
take_limits(struct span rest, const struct backup_account_calls *calls,
            void *arg)
{
    struct cursor c = cursor_on(rest);
    struct span name;
    uint64_t bytes;
    uint64_t messages;

    if (take_word(&c, &name) && account_name_is_valid(name) &&
        take_limit(&c, &bytes) && take_limit(&c, &messages) && take_end(&c))
        calls->limits(arg, name, bytes, messages);
}

static void
take_keep(struct span rest, const struct backup_account_calls *calls, void *arg)
{
    struct cursor c = cursor_on(rest);
    struct span name;
    uint64_t seconds;

    if (take_word(&c, &name) && account_name_is_valid(name) && take(&c, ' ') &&
        take_number64(&c, &seconds) && take_end(&c))
        calls->keep(arg, name, seconds);
}

static void
take_account_line(struct span line, const struct backup_account_calls *calls,
                  void *arg)
{
    struct span rest = line;
    struct span key = { 0 };
    struct span first = { 0 };

    span_cut(&rest, ' ', &key);
    if (span_is(key, "user") && calls->user != NULL) {
        take_user(rest, calls, arg);
    } else if (span_is(key, "limits") && calls->limits != NULL) {
        take_limits(rest, calls, arg);
    } else if (span_is(key, "keep") && calls->keep != NULL) {
        take_keep(rest, calls, arg);
    } else if (span_is(key, "alias") && calls->alias != NULL) {
        span_cut(&rest, ' ', &first);
        if (first.n > 0 && rest.n > 0)
            calls->alias(arg, first, rest);
    } else if (span_is(key, "mail") && calls->mail != NULL &&
               account_name_is_valid(rest)) {
        calls->mail(arg, rest);
    }
}

bool
backup_accounts_parse(struct span text,
                      const struct backup_account_calls *calls, void *arg,
                      struct error *e)
{
    struct span line;

    if (!take_first(&text, ACCOUNTS, e))
        return false;
    while (span_cut(&text, '\n', &line))
        take_account_line(line, calls, arg);
    return true;
}

bool
backup_alias_leads(struct span target, struct span account,
                   const char *subaddress)
{
    struct span local = span_sub(account, 0, span_find(account, '@'));
    struct span domain = span_after(account, local.n);

    if (span_eq(target, account))
        return true;
    return subaddress[0] != '\0' && target.n > account.n &&
           span_eq(span_sub(target, 0, local.n), local) &&
           span_starts(span_after(target, local.n), subaddress) &&
           span_eq(span_after(target, target.n - domain.n), domain);
}

void
backup_accounts_begin(struct buf *out)
{
    buf_printf(out, ACCOUNTS " %d\n", VERSION);
}

void
backup_accounts_user(struct buf *out, struct span name, struct span record)
{
    buf_printf(out, "user %.*s ", SPAN(name));
    base64_encode(out, record);
    buf_put_ch(out, '\n');
}

static void
put_limit(struct buf *out, bool own, uint64_t limit)
{
    if (!own)
        buf_put_text(out, " default");
    else if (limit == 0)
        buf_put_text(out, " none");
    else
        buf_printf(out, " %" PRIu64, limit);
}

void
backup_accounts_limits(struct buf *out, const struct store_quota *q)
{
    if (q->own_keep)
        buf_printf(out, "keep %.*s %" PRIu64 "\n", SPAN(q->user),
                   q->keep_deleted);
    if (!q->own_bytes && !q->own_messages)
        return;
    buf_printf(out, "limits %.*s", SPAN(q->user));
    put_limit(out, q->own_bytes, q->limit_bytes);
    put_limit(out, q->own_messages, q->limit_messages);
    buf_put_ch(out, '\n');
}

void
backup_accounts_alias(struct buf *out, struct span alias, struct span target)
{
    buf_printf(out, "alias %.*s %.*s\n", SPAN(alias), SPAN(target));
}

void
backup_accounts_mail(struct buf *out, struct span name)
{
    buf_printf(out, "mail %.*s\n", SPAN(name));
}

/* --- mailboxes ------------------------------------------------------------------------ */

/* clang-format off */
static const struct flag_word {
    const char *word;
    uint32_t flag;
} flag_words[] = {
    { "subscribed", STORE_SUBSCRIBED },
    { "drafts",     STORE_DRAFTS     },
    { "sent",       STORE_SENT       },
    { "junk",       STORE_JUNK       },
    { "trash",      STORE_TRASH      },
    { "archive",    STORE_ARCHIVE    },
};
/* clang-format on */

#define FLAG_WORDS (sizeof flag_words / sizeof flag_words[0])

static uint32_t
flags_of(struct span words)
{
    uint32_t flags = 0;
    struct span word;

    while (span_cut(&words, ',', &word))
        for (size_t i = 0; i < FLAG_WORDS; i++)
            if (span_is(word, flag_words[i].word))
                flags |= flag_words[i].flag;
    return flags;
}

static void
put_flags(struct buf *out, uint32_t flags)
{
    const char *between = "";

    for (size_t i = 0; i < FLAG_WORDS; i++) {
        if ((flags & flag_words[i].flag) == 0)
            continue;
        buf_printf(out, "%s%s", between, flag_words[i].word);
        between = ",";
    }
    if (between[0] == '\0')
        buf_put_ch(out, '-');
}

/* Names in their one right form only: directories are made of them. */
static bool
is_name(struct span name)
{
    struct buf same = { .max = 4096 };
    bool is = mailbox_name_is_valid(name);

    if (is) {
        mailbox_name_canonical(name, &same);
        is = span_eq(buf_span(&same), name);
    }
    buf_free(&same);
    return is;
}

static void
take_mailbox(struct span line, backup_mailbox_fn *fn, void *arg)
{
    struct backup_mailbox m = { .flags = STORE_SUBSCRIBED | STORE_NONEXISTENT };
    struct cursor c = cursor_on(line);
    struct span words;

    if (take_nocase(&c, "subscribed ")) {
        m.name = cursor_rest(&c);
    } else {
        if (!take_nocase(&c, "mailbox ") || !take_number(&c, &m.uid_validity) ||
            !take(&c, ' ') || !take_number(&c, &m.uid_next) || !take(&c, ' ') ||
            !take_number(&c, &m.first_recent) || !take(&c, ' ') ||
            !take_word(&c, &words) || !take(&c, ' ') || m.uid_validity == 0)
            return;
        m.flags = flags_of(words);
        m.name = cursor_rest(&c);
    }
    if (is_name(m.name))
        fn(arg, &m);
}

bool
backup_mailboxes_parse(struct span text, backup_mailbox_fn *fn, void *arg,
                       struct error *e)
{
    struct span line;

    if (!take_first(&text, MAILBOXES, e))
        return false;
    while (span_cut(&text, '\n', &line))
        take_mailbox(line, fn, arg);
    return true;
}

void
backup_mailboxes_begin(struct buf *out)
{
    buf_printf(out, MAILBOXES " %d\n", VERSION);
}

void
backup_mailboxes_add(struct buf *out, const struct backup_mailbox *m)
{
    if ((m->flags & STORE_NONEXISTENT) != 0) {
        buf_printf(out, "subscribed %.*s\n", SPAN(m->name));
        return;
    }
    buf_printf(out, "mailbox %" PRIu32 " %" PRIu32 " %" PRIu32 " ",
               m->uid_validity, m->uid_next, m->first_recent);
    put_flags(out, m->flags);
    buf_printf(out, " %.*s\n", SPAN(m->name));
}
