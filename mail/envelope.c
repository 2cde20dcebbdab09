#include "mail/envelope.h"

#include "mail/address_list.h"
#include "mail/imap_text.h"
#include "mail/limits.h"
#include "mail/utf8.h"

#define GROUP_END        "(NIL NIL NIL NIL)"
#define ADDRESS_MAX_TEXT (ENVELOPE_LIST_MAX / 2)

static const char *const string_names[ENVELOPE_STRINGS] = {
    [ENVELOPE_DATE] = "Date",
    [ENVELOPE_SUBJECT] = "Subject",
    [ENVELOPE_IN_REPLY_TO] = "In-Reply-To",
    [ENVELOPE_MESSAGE_ID] = "Message-ID",
};

/* To, Cc and Bcc may come more than once in the world, and add up. */
static const struct {
    const char *name;
    bool repeats;
} list_rows[ENVELOPE_LISTS] = {
    [ENVELOPE_FROM] = { "From", false },
    [ENVELOPE_SENDER] = { "Sender", false },
    [ENVELOPE_REPLY_TO] = { "Reply-To", false },
    [ENVELOPE_TO] = { "To", true },
    [ENVELOPE_CC] = { "Cc", true },
    [ENVELOPE_BCC] = { "Bcc", true },
};

/* --- reading --------------------------------------------------------------- */

/* An address without a host would be taken for the mark of a group. */
static struct span
or_text(const struct buf *b, const char *text)
{
    return b->n > 0 ? buf_span(b) : span_of(text);
}

static struct span
or_nil(const struct buf *b)
{
    return b->n > 0 ? buf_span(b) : (struct span){ NULL, 0 };
}

/* address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" */
static void
put_mailbox(struct buf *out, const struct address_list_reader *a)
{
    buf_put_ch(out, '(');
    imap_text_put_nstring(out, or_nil(&a->name));
    buf_put_ch(out, ' ');
    imap_text_put_nstring(out, or_nil(&a->route));
    buf_put_ch(out, ' ');
    imap_text_put_string(out, or_text(&a->local, "MISSING_MAILBOX"));
    buf_put_ch(out, ' ');
    imap_text_put_string(out, or_text(&a->domain, "MISSING_DOMAIN"));
    buf_put_ch(out, ')');
}

static void
put_address(struct buf *out, const struct address_list_reader *a,
            enum address_kind kind)
{
    if (kind == ADDRESS_MAILBOX) {
        put_mailbox(out, a);
    } else if (kind == ADDRESS_GROUP) {
        buf_put_text(out, "(NIL NIL ");
        imap_text_put_string(out, buf_span(&a->name));
        buf_put_text(out, " NIL)");
    } else {
        buf_put_text(out, GROUP_END);
    }
}

/* Adds one printed address where there is room for it and a group's end. */
static bool
add_address(struct envelope_reader *r, enum envelope_list which,
            struct span text)
{
    struct buf *list = &r->list[which];

    if (r->count[which] >= ENVELOPE_ADDRESSES_MAX ||
        list->n + text.n + sizeof GROUP_END > ENVELOPE_LIST_MAX)
        return false;
    r->count[which]++;
    buf_put(list, text);
    return true;
}

static void
read_list(struct envelope_reader *r, enum envelope_list which,
          struct span value)
{
    struct address_list_reader a;
    struct buf one = { .max = ADDRESS_MAX_TEXT };
    struct buf *list = &r->list[which];
    enum address_kind kind;
    bool in_group = false;

    address_list_begin(&a, span_sub(value, 0, HEADER_FIELD_MAX));
    while ((kind = address_list_next(&a)) != ADDRESS_END) {
        buf_clear(&one);
        put_address(&one, &a, kind);
        if (!add_address(r, which, buf_span(&one)))
            break;
        in_group = a.in_group;
        if (!in_group && list->n <= LEAN_LIST_MAX)
            r->lean_list[which] = list->n;
    }
    if (in_group)
        buf_put_text(list, GROUP_END);
    address_list_end(&a);
    buf_free(&one);
}

void
envelope_field(struct envelope_reader *r, const struct header_field *f)
{
    for (size_t i = 0; i < ENVELOPE_STRINGS; i++)
        if (span_is_nocase(f->name, string_names[i]) && r->string[i].p == NULL)
            r->string[i] = f->value;
    for (size_t i = 0; i < ENVELOPE_LISTS; i++) {
        if (!span_is_nocase(f->name, list_rows[i].name) ||
            (r->seen[i] && !list_rows[i].repeats))
            continue;
        r->seen[i] = true;
        read_list(r, (enum envelope_list)i, f->value);
    }
}

static struct span
keep_string(struct mime_store *store, struct span value)
{
    struct buf flat = { 0 };
    struct span kept = { NULL, 0 };

    if (value.p == NULL)
        return kept;
    header_unfold(span_sub(value, 0, HEADER_FIELD_MAX), &flat);
    kept = mime_store_keep(
        store, flat.n == 0 ? span_of("")
                           : utf8_head(buf_span(&flat), ENVELOPE_STRING_MAX));
    buf_free(&flat);
    return kept;
}

void
envelope_end(struct envelope_reader *r, struct mime_store *store,
             struct envelope *out)
{
    for (size_t i = 0; i < ENVELOPE_STRINGS; i++) {
        out->string[i] = keep_string(store, r->string[i]);
        r->string[i] = (struct span){ NULL, 0 };
    }
    for (size_t i = 0; i < ENVELOPE_LISTS; i++) {
        out->list[i] = mime_store_keep(store, buf_span(&r->list[i]));
        out->lean_list[i] = out->list[i].p == NULL ? 0 : r->lean_list[i];
        buf_clear(&r->list[i]);
        r->lean_list[i] = r->count[i] = 0;
        r->seen[i] = false;
    }
}

void
envelope_reader_free(struct envelope_reader *r)
{
    for (size_t i = 0; i < ENVELOPE_LISTS; i++)
        buf_free(&r->list[i]);
}

/* --- printing -------------------------------------------------------------- */

static void
put_string(struct buf *out, struct span s, bool lean)
{
    imap_text_put_nstring(out, lean ? utf8_head(s, LEAN_STRING_MAX) : s);
}

/* "(" 1*address ")" / nil */
static void
put_list(struct buf *out, const struct envelope *env, enum envelope_list which,
         bool lean)
{
    struct span list = env->list[which];

    if (lean)
        list.n = env->lean_list[which];
    if (list.n == 0) {
        buf_put_text(out, " NIL");
        return;
    }
    buf_put_text(out, " (");
    buf_put(out, list);
    buf_put_ch(out, ')');
}

/* Sender and Reply-To are From where they are not given: RFC 3501 section
 * 7.4.2 makes that the server's work. */
static enum envelope_list
or_from(const struct envelope *env, enum envelope_list which)
{
    return env->list[which].n == 0 ? ENVELOPE_FROM : which;
}

/*
 * envelope = "(" env-date SP env-subject SP env-from SP env-sender SP
 *            env-reply-to SP env-to SP env-cc SP env-bcc SP
 *            env-in-reply-to SP env-message-id ")"  RFC 3501 section 9
 */
void
envelope_put(struct buf *out, const struct envelope *env, bool lean)
{
    buf_put_ch(out, '(');
    put_string(out, env->string[ENVELOPE_DATE], lean);
    buf_put_ch(out, ' ');
    put_string(out, env->string[ENVELOPE_SUBJECT], lean);
    put_list(out, env, ENVELOPE_FROM, lean);
    put_list(out, env, or_from(env, ENVELOPE_SENDER), lean);
    put_list(out, env, or_from(env, ENVELOPE_REPLY_TO), lean);
    put_list(out, env, ENVELOPE_TO, lean);
    put_list(out, env, ENVELOPE_CC, lean);
    put_list(out, env, ENVELOPE_BCC, lean);
    buf_put_ch(out, ' ');
    put_string(out, env->string[ENVELOPE_IN_REPLY_TO], lean);
    buf_put_ch(out, ' ');
    put_string(out, env->string[ENVELOPE_MESSAGE_ID], lean);
    buf_put_ch(out, ')');
}
