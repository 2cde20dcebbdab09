#include "imapd-lite/list.h"

#include "imapd-lite/parse.h"
#include "imapd-lite/status.h"
#include "mail/mailbox_name.h"

#include <string.h>

struct option {
    const char *name;
    unsigned bit;
};

static const struct option select_options[] = {
    { "SUBSCRIBED", LIST_SUBSCRIBED },
    { "SPECIAL-USE", LIST_SPECIAL_USE },
    { "RECURSIVEMATCH", LIST_RECURSIVE },
    { "REMOTE", LIST_REMOTE },
    { NULL, 0 },
};

static const struct option return_options[] = {
    { "SUBSCRIBED", LIST_RETURN_SUBSCRIBED },
    { "CHILDREN", LIST_RETURN_CHILDREN },
    { "SPECIAL-USE", LIST_RETURN_SPECIAL_USE },
    { "STATUS", LIST_RETURN_STATUS },
    { NULL, 0 },
};

static bool
take_option(struct cursor *c, const struct option *options, unsigned *bit)
{
    struct cursor inner = *c;
    struct span word;

    if (!imap_take_atom(&inner, &word))
        return want(c, "an option");
    for (; options->name != NULL; options++) {
        if (!span_is_nocase(word, options->name))
            continue;
        *bit = options->bit;
        c->at = inner.at;
        return true;
    }
    return want(c, "an option that is known");
}

/*
 * list-select-opts = "(" [ [*(list-select-option SP) ...] ] ")"
 *                                                  RFC 5258 section 6
 */
static bool
take_select_options(struct cursor *c, struct list_request *r)
{
    unsigned base = LIST_SUBSCRIBED | LIST_SPECIAL_USE;

    for (bool first = true; !take(c, ')'); first = false) {
        unsigned bit;

        if ((!first && !take(c, ' ')) || !take_option(c, select_options, &bit))
            return false;
        r->select |= bit;
    }
    if ((r->select & LIST_RECURSIVE) != 0 && (r->select & base) == 0)
        return want(c, "an option that RECURSIVEMATCH can refer to");
    return true;
}

/* list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")" */
static bool
take_return_options(struct cursor *c, struct list_request *r)
{
    if (!take_nocase(c, "RETURN ("))
        return false;
    for (bool first = true; !take(c, ')'); first = false) {
        unsigned bit;

        if ((!first && !take(c, ' ')) || !take_option(c, return_options, &bit))
            return false;
        r->returns |= bit;
        if (bit == LIST_RETURN_STATUS &&
            (!take(c, ' ') || !imap_take_status_items(c, &r->status_items)))
            return false;
    }
    return true;
}

/* --- patterns ----------------------------------------------------------------- */

static struct span
join(struct arena *a, struct span reference, struct span pattern)
{
    char *text = arena_take(a, reference.n + pattern.n + 1);

    if (reference.n > 0)
        memcpy(text, reference.p, reference.n);
    if (pattern.n > 0)
        memcpy(text + reference.n, pattern.p, pattern.n);
    return span_from(text, reference.n + pattern.n);
}

static struct span
with_inbox(struct arena *a, struct span pattern)
{
    if (!span_starts_nocase(pattern, "INBOX"))
        return pattern;
    return join(a, span_of("INBOX"), span_after(pattern, 5));
}

static bool
take_one_pattern(struct cursor *c, struct arena *a, struct span reference,
                 struct list_request *r)
{
    struct list_pattern *p = &r->patterns[r->pattern_count];
    struct span text;
    size_t sum = 0;

    if (r->pattern_count == IMAP_PATTERNS_MAX)
        return want(c, "fewer patterns");
    if (!imap_take_pattern(c, a, &text))
        return false;
    r->root = text.n == 0;
    p->text = join(a, reference, text);
    p->inbox = with_inbox(a, p->text);
    r->pattern_count++;
    for (size_t i = 0; i < r->pattern_count; i++)
        sum += r->patterns[i].text.n;
    return sum <= IMAP_PATTERN_MAX || want(c, "shorter patterns");
}

/* mbox-or-pat = list-mailbox / patterns
 * patterns = "(" list-mailbox *(SP list-mailbox) ")" RFC 5258 section 6 */
static bool
take_patterns(struct cursor *c, struct arena *a, struct span reference,
              struct list_request *r)
{
    if (r->lsub || !take(c, '('))
        return take_one_pattern(c, a, reference, r);
    do {
        if (!take_one_pattern(c, a, reference, r))
            return false;
    } while (take(c, ' '));
    r->root = false;
    return take(c, ')');
}

/*
 * list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat
 *        [SP list-return-opts]                     RFC 5258 section 6
 */
bool
imap_take_list_request(struct cursor *c, struct arena *a, bool lsub,
                       struct list_request *r)
{
    struct span reference;

    *r = (struct list_request){ .lsub = lsub };
    if (lsub)
        r->select = LIST_SUBSCRIBED | LIST_RECURSIVE;
    if (!take(c, ' '))
        return false;
    if (!lsub && take(c, '(') && (!take_select_options(c, r) || !take(c, ' ')))
        return false;
    if (!imap_take_pattern(c, a, &reference) || !take(c, ' ') ||
        !take_patterns(c, a, reference, r))
        return false;
    if (!lsub && take(c, ' ') && !take_return_options(c, r))
        return false;
    r->root = r->root && r->select == 0 && !lsub;
    return take_end(c);
}

bool
imap_list_matches(const struct list_request *r, struct span name)
{
    bool in_inbox = span_is(name, "INBOX") || span_starts(name, "INBOX/");

    for (size_t i = 0; i < r->pattern_count; i++) {
        const struct list_pattern *p = &r->patterns[i];

        if (mailbox_name_matches(name, p->text) ||
            (in_inbox && mailbox_name_matches(name, p->inbox)))
            return true;
    }
    return false;
}
