#include "imapd-lite/search_key.h"

#include "imapd-lite/parse.h"
#include "mail/charset.h"
#include "mail/date.h"
#include "mail/flags.h"

#include <string.h>

#define FOLDED_MAX ((size_t)1 << 20)

/* What follows a key's name. */
enum argument {
    ARG_NONE,
    ARG_TEXT,    /* SP astring       */
    ARG_DATE,    /* SP date          */
    ARG_OCTETS,  /* SP number        */
    ARG_KEYWORD, /* SP atom          */
    ARG_HEADER,  /* SP field SP text */
    ARG_UIDS,    /* SP sequence-set  */
    ARG_ONE_KEY, /* SP search-key    */
    ARG_TWO_KEYS
};

struct key_row {
    const char *name;
    enum search_kind kind;
    enum argument argument;
    uint16_t mask, flags;
    const char *field;
    bool negated;
};

/* clang-format off */
static const struct key_row key_rows[] = {
    { "ALL",        SEARCH_AND,         ARG_NONE },
    { "ANSWERED",   SEARCH_FLAGS,       ARG_NONE, MAIL_ANSWERED, MAIL_ANSWERED },
    { "BCC",        SEARCH_HEADER,      ARG_TEXT, 0, 0, "Bcc" },
    { "BEFORE",     SEARCH_BEFORE,      ARG_DATE },
    { "BODY",       SEARCH_BODY,        ARG_TEXT },
    { "CC",         SEARCH_HEADER,      ARG_TEXT, 0, 0, "Cc" },
    { "DELETED",    SEARCH_FLAGS,       ARG_NONE, MAIL_DELETED, MAIL_DELETED },
    { "DRAFT",      SEARCH_FLAGS,       ARG_NONE, MAIL_DRAFT, MAIL_DRAFT },
    { "FLAGGED",    SEARCH_FLAGS,       ARG_NONE, MAIL_FLAGGED, MAIL_FLAGGED },
    { "FROM",       SEARCH_HEADER,      ARG_TEXT, 0, 0, "From" },
    { "HEADER",     SEARCH_HEADER,      ARG_HEADER },
    { "KEYWORD",    SEARCH_KEYWORD,     ARG_KEYWORD },
    { "LARGER",     SEARCH_LARGER,      ARG_OCTETS },
    { "NEW",        SEARCH_FLAGS,       ARG_NONE, MAIL_RECENT | MAIL_SEEN, MAIL_RECENT },
    { "NOT",        SEARCH_NOT,         ARG_ONE_KEY },
    { "OLD",        SEARCH_FLAGS,       ARG_NONE, MAIL_RECENT, 0 },
    { "ON",         SEARCH_ON,          ARG_DATE },
    { "OR",         SEARCH_OR,          ARG_TWO_KEYS },
    { "RECENT",     SEARCH_FLAGS,       ARG_NONE, MAIL_RECENT, MAIL_RECENT },
    { "SEEN",       SEARCH_FLAGS,       ARG_NONE, MAIL_SEEN, MAIL_SEEN },
    { "SENTBEFORE", SEARCH_SENT_BEFORE, ARG_DATE },
    { "SENTON",     SEARCH_SENT_ON,     ARG_DATE },
    { "SENTSINCE",  SEARCH_SENT_SINCE,  ARG_DATE },
    { "SINCE",      SEARCH_SINCE,       ARG_DATE },
    { "SMALLER",    SEARCH_SMALLER,     ARG_OCTETS },
    { "SUBJECT",    SEARCH_HEADER,      ARG_TEXT, 0, 0, "Subject" },
    { "TEXT",       SEARCH_TEXT,        ARG_TEXT },
    { "TO",         SEARCH_HEADER,      ARG_TEXT, 0, 0, "To" },
    { "UID",        SEARCH_UIDS,        ARG_UIDS },
    { "UNANSWERED", SEARCH_FLAGS,       ARG_NONE, MAIL_ANSWERED, 0 },
    { "UNDELETED",  SEARCH_FLAGS,       ARG_NONE, MAIL_DELETED, 0 },
    { "UNDRAFT",    SEARCH_FLAGS,       ARG_NONE, MAIL_DRAFT, 0 },
    { "UNFLAGGED",  SEARCH_FLAGS,       ARG_NONE, MAIL_FLAGGED, 0 },
    { "UNKEYWORD",  SEARCH_KEYWORD,     ARG_KEYWORD, 0, 0, NULL, true },
    { "UNSEEN",     SEARCH_FLAGS,       ARG_NONE, MAIL_SEEN, 0 },
};
/* clang-format on */

static const struct {
    const char *name;
    enum search_return option;
} returns[] = {
    { "MIN", SEARCH_RETURN_MIN },
    { "MAX", SEARCH_RETURN_MAX },
    { "ALL", SEARCH_RETURN_ALL },
    { "COUNT", SEARCH_RETURN_COUNT },
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct parser {
    struct cursor *c;
    const struct search_scope *scope;
    struct search_keys *out;
    struct span charset;
    unsigned keys, strings, depth;
};

static bool take_key(struct parser *p, struct search_key **out);

static struct search_key *
key_new(struct parser *p, enum search_kind kind)
{
    struct search_key *k = arena_take(p->scope->arena, sizeof *k);

    k->kind = kind;
    p->keys++;
    return k;
}

static struct span
folded(struct parser *p, struct span text)
{
    struct buf utf8 = { .max = FOLDED_MAX };
    struct buf out = { .max = FOLDED_MAX };
    struct span copy;

    charset_to_utf8(text, p->charset, &utf8);
    charset_fold(buf_span(&utf8), &out);
    copy = arena_copy(p->scope->arena, buf_span(&out));
    buf_free(&utf8);
    buf_free(&out);
    return copy;
}

static bool
take_text(struct parser *p, struct span *out)
{
    struct span text;

    if (++p->strings > SEARCH_STRINGS_MAX)
        return want(p->c, "fewer strings");
    if (!take(p->c, ' ') || !imap_take_astring(p->c, p->scope->arena, &text))
        return false;
    *out = folded(p, text);
    return true;
}

static bool
take_keyword(struct parser *p, struct search_key *k)
{
    if (!take(p->c, ' ') || !imap_take_atom(p->c, &k->text))
        return false;
    k->mask = mail_flag_named(k->text);
    k->flags = k->mask;
    if (k->mask != 0)
        k->kind = SEARCH_FLAGS; /* $Forwarded is a flag of ours */
    return true;
}

static bool
take_children(struct parser *p, struct search_key *k, unsigned count)
{
    struct search_key **at = &k->children;

    for (; count > 0; count--) {
        if (!take(p->c, ' ') || !take_key(p, at))
            return false;
        at = &(*at)->next;
    }
    return true;
}

/*
 * A departure from section 9, "seq-number": numbers above those that are there
 * are no error here but match nothing. Clients search 1:5000, as the example of
 * RFC 4731 section 3.1 does.
 */
static bool
take_set(struct parser *p, struct search_key *k)
{
    struct imap_set_bounds bounds = { .star = k->kind == SEARCH_UIDS
                                                  ? p->scope->last_uid
                                                  : p->scope->exists };
    struct numset found = { 0 };

    if (!imap_take_sequence_set(p->c, bounds, &found))
        return false;
    k->set.n = found.n;
    k->set.r = arena_take(p->scope->arena, found.n * sizeof *found.r);
    if (found.n > 0)
        memcpy(k->set.r, found.r, found.n * sizeof *found.r);
    numset_free(&found);
    return true;
}

/* SP header-fld-name SP astring */
static bool
take_header(struct parser *p, struct search_key *k)
{
    return take(p->c, ' ') &&
           imap_take_astring(p->c, p->scope->arena, &k->field) &&
           take_text(p, &k->text);
}

static void
need_field(struct parser *p, struct span name)
{
    struct search_needs *needs = &p->out->needs;

    if (needs->fields == NULL)
        needs->fields = arena_take(p->scope->arena, (SEARCH_STRINGS_MAX + 1) *
                                                        sizeof *needs->fields);
    for (size_t i = 0; i < needs->field_count; i++)
        if (span_eq_nocase(needs->fields[i], name))
            return;
    needs->fields[needs->field_count++] = name;
}

static void
note_needs(struct parser *p, const struct search_key *k)
{
    struct search_needs *needs = &p->out->needs;

    if (k->kind == SEARCH_HEADER)
        need_field(p, k->field);
    if (k->kind >= SEARCH_SENT_BEFORE && k->kind <= SEARCH_SENT_SINCE)
        need_field(p, span_of("Date"));
    needs->header = needs->header || k->kind == SEARCH_TEXT;
    needs->body =
        needs->body || k->kind == SEARCH_TEXT || k->kind == SEARCH_BODY;
}

static bool
take_argument(struct parser *p, const struct key_row *row, struct search_key *k)
{
    switch (row->argument) {
    case ARG_NONE:
        return true;
    case ARG_TEXT:
        return take_text(p, &k->text);
    case ARG_DATE:
        return take(p->c, ' ') && take_imap_date(p->c, &k->day);
    case ARG_OCTETS:
        return take(p->c, ' ') && take_number64(p->c, &k->number);
    case ARG_KEYWORD:
        return take_keyword(p, k);
    case ARG_HEADER:
        return take_header(p, k);
    case ARG_UIDS:
        return take(p->c, ' ') && take_set(p, k);
    case ARG_ONE_KEY:
        return take_children(p, k, 1);
    case ARG_TWO_KEYS:
        return take_children(p, k, 2);
    }
    return false;
}

static struct search_key *
negate(struct parser *p, struct search_key *k)
{
    struct search_key *not_it = key_new(p, SEARCH_NOT);

    not_it->children = k;
    return not_it;
}

static bool
take_named_key(struct parser *p, struct search_key **out)
{
    const char *start = p->c->at;
    struct span name;

    if (!take_alpha(p->c, &name))
        return want(p->c, "a search key");
    for (size_t i = 0; i < COUNT_OF(key_rows); i++) {
        const struct key_row *row = &key_rows[i];
        struct search_key *k;

        if (!span_is_nocase(name, row->name))
            continue;
        k = key_new(p, row->kind);
        k->mask = row->mask;
        k->flags = row->flags;
        if (row->field != NULL)
            k->field = span_of(row->field);
        if (!take_argument(p, row, k))
            return false;
        note_needs(p, k);
        *out = row->negated ? negate(p, k) : k;
        return true;
    }
    p->c->at = start;
    return want(p->c, "a search key");
}

/* "(" search-key *(SP search-key) ")" */
static bool
take_list(struct parser *p, struct search_key **out)
{
    struct search_key *all = key_new(p, SEARCH_AND);
    struct search_key **at = &all->children;

    do {
        if (!take_key(p, at))
            return false;
        at = &(*at)->next;
    } while (take(p->c, ' '));
    *out = all;
    return take(p->c, ')');
}

static bool
take_numbers(struct parser *p, struct search_key **out)
{
    *out = key_new(p, SEARCH_NUMBERS);
    return take_set(p, *out);
}

static bool
take_key(struct parser *p, struct search_key **out)
{
    bool is_set =
        p->c->at < p->c->end && (ascii_is_digit(*p->c->at) || *p->c->at == '*');
    bool done;

    if (p->depth == SEARCH_DEPTH_MAX)
        return want(p->c, "keys that are not so deep");
    if (p->keys >= SEARCH_KEYS_MAX)
        return want(p->c, "fewer keys");
    p->depth++;
    if (is_set)
        done = take_numbers(p, out);
    else
        done = take(p->c, '(') ? take_list(p, out) : take_named_key(p, out);
    p->depth--;
    return done;
}

static bool
take_return(struct parser *p)
{
    struct span name;

    if (!take_alpha(p->c, &name))
        return false;
    for (size_t i = 0; i < COUNT_OF(returns); i++) {
        if (!span_is_nocase(name, returns[i].name))
            continue;
        p->out->returns |= returns[i].option;
        return true;
    }
    return want(p->c, "MIN, MAX, ALL or COUNT");
}

/*
 * search-return-opts = "RETURN" SP "(" [search-return-opt
 *                      *(SP search-return-opt)] ")"
 *                                                  RFC 4466 section 3
 * None of them is the same as ALL (RFC 4731 section 3.1).
 */
static bool
take_returns(struct parser *p)
{
    if (!take_nocase(p->c, "RETURN "))
        return true;
    if (!take(p->c, '('))
        return false;
    if (take(p->c, ')')) {
        p->out->returns = SEARCH_RETURN_ALL;
        return take(p->c, ' ');
    }
    do {
        if (!take_return(p))
            return false;
    } while (take(p->c, ' '));
    return take(p->c, ')') && take(p->c, ' ');
}

/* ["CHARSET" SP astring SP] */
static bool
take_charset(struct parser *p)
{
    p->charset = span_of("utf-8");
    if (!take_nocase(p->c, "CHARSET "))
        return true;
    if (!imap_take_astring(p->c, p->scope->arena, &p->charset))
        return false;
    p->out->bad_charset = !charset_is_known(p->charset);
    return take(p->c, ' ');
}

bool
imap_take_search(struct cursor *c, const struct search_scope *scope,
                 struct search_keys *out)
{
    struct parser p = { .c = c, .scope = scope, .out = out };
    struct search_key **at;

    *out = (struct search_keys){ 0 };
    if (!take_returns(&p) || !take_charset(&p))
        return false;
    out->root = key_new(&p, SEARCH_AND);
    at = &out->root->children;
    do {
        if (!take_key(&p, at))
            return false;
        at = &(*at)->next;
    } while (take(c, ' '));
    return true;
}
