#include "imapd-lite/search_match.h"

#include "mail/date.h"
#include "mail/header.h"

#define DAY_SECONDS 86400

static enum search_verdict
verdict(bool yes)
{
    return yes ? MATCH_YES : MATCH_NO;
}

static bool
has_keyword(const struct search_subject *m, struct span name)
{
    for (size_t i = 0; i < m->view->keyword_count; i++)
        if (span_is_nocase(name, m->view->keywords[i]))
            return (m->row->keywords >> i & 1) != 0;
    return false;
}

/* Midnight of the day; times and zones are disregarded (section 6.4.4). */
static int64_t
day_of(int64_t seconds)
{
    int64_t rest = seconds % DAY_SECONDS;

    return seconds - (rest < 0 ? rest + DAY_SECONDS : rest);
}

/* BEFORE, ON and SINCE of either kind; `first` is the kind of BEFORE. */
static enum search_verdict
compare_day(const struct search_key *k, enum search_kind first, int64_t day)
{
    if (k->kind == first)
        return verdict(day < k->day);
    if (k->kind == first + 1)
        return verdict(day == k->day);
    return verdict(day >= k->day);
}

/* The first Date field; MATCH_NO: there is none. */
static enum search_verdict
find_date(const struct search_subject *m, struct span *value)
{
    struct header_field date;
    struct span lines;

    if (m->summary == NULL)
        return MATCH_ASKS_SUMMARY;
    if (summary_has_field(m->summary, span_of("Date"))) {
        if (!header_find(m->summary->fields, "Date", &date))
            return MATCH_NO;
        *value = date.value;
        return MATCH_YES;
    }
    if (m->text == NULL)
        return MATCH_ASKS_FILE;
    lines = buf_span(&m->text->header);
    return verdict(imap_search_line(&lines, span_of("Date"), value));
}

/* A message without a date that can be read was sent on no day. */
static enum search_verdict
match_sent(const struct search_key *k, const struct search_subject *m)
{
    struct span value;
    int64_t day;
    enum search_verdict v = find_date(m, &value);

    if (v != MATCH_YES)
        return v;
    if (!date_day_822(value, &day))
        return MATCH_NO;
    return compare_day(k, SEARCH_SENT_BEFORE, day);
}

/* An empty text asks whether the field is there. */
static enum search_verdict
match_lines(const struct search_key *k, struct span lines)
{
    struct span value;
    size_t at;

    while (imap_search_line(&lines, k->field, &value))
        if (span_search(value, k->text, &at))
            return MATCH_YES;
    return MATCH_NO;
}

static enum search_verdict
match_header(const struct search_key *k, const struct search_subject *m)
{
    if (m->summary == NULL)
        return MATCH_ASKS_SUMMARY;
    if (summary_has_field(m->summary, k->field))
        return match_lines(k, m->kept);
    if (m->text == NULL)
        return MATCH_ASKS_FILE;
    return match_lines(k, buf_span(&m->text->header));
}

static enum search_verdict
match_text(const struct search_key *k, const struct search_subject *m)
{
    size_t at;

    if (m->text == NULL)
        return m->summary == NULL ? MATCH_ASKS_SUMMARY : MATCH_ASKS_FILE;
    if (span_search(buf_span(&m->text->body), k->text, &at))
        return MATCH_YES;
    return verdict(k->kind == SEARCH_TEXT &&
                   span_search(buf_span(&m->text->header), k->text, &at));
}

static enum search_verdict
match_one(const struct search_key *k, const struct search_subject *m)
{
    switch (k->kind) {
    case SEARCH_NUMBERS:
        return verdict(numset_has(&k->set, m->seq));
    case SEARCH_UIDS:
        return verdict(numset_has(&k->set, m->row->uid));
    case SEARCH_FLAGS:
        return verdict((m->row->flags & k->mask) == k->flags);
    case SEARCH_KEYWORD:
        return verdict(has_keyword(m, k->text));
    case SEARCH_BEFORE:
    case SEARCH_ON:
    case SEARCH_SINCE:
        return compare_day(k, SEARCH_BEFORE, day_of(m->row->date));
    case SEARCH_LARGER:
        return verdict(m->row->size > k->number);
    case SEARCH_SMALLER:
        return verdict(m->row->size < k->number);
    case SEARCH_SENT_BEFORE:
    case SEARCH_SENT_ON:
    case SEARCH_SENT_SINCE:
        return match_sent(k, m);
    case SEARCH_HEADER:
        return match_header(k, m);
    case SEARCH_BODY:
    case SEARCH_TEXT:
        return match_text(k, m);
    case SEARCH_AND:
    case SEARCH_OR:
    case SEARCH_NOT:
        break; /* imap_search_match() sees to these */
    }
    return MATCH_NO;
}

/* All children, or (is_or) one: a sure answer of one may save asking for the
 * others. */
static enum search_verdict
match_children(const struct search_key *k, const struct search_subject *m)
{
    bool is_or = k->kind == SEARCH_OR;
    enum search_verdict sure = is_or ? MATCH_YES : MATCH_NO;
    enum search_verdict all = is_or ? MATCH_NO : MATCH_YES;

    for (const struct search_key *c = k->children; c != NULL; c = c->next) {
        enum search_verdict v = imap_search_match(c, m);

        if (v == sure)
            return sure;
        if (v > MATCH_YES && (all <= MATCH_YES || v < all))
            all = v;
    }
    return all;
}

/* As deep as SEARCH_DEPTH_MAX lets a tree be. */
enum search_verdict
imap_search_match(const struct search_key *k, const struct search_subject *m)
{
    enum search_verdict v;

    if (k->kind == SEARCH_AND || k->kind == SEARCH_OR)
        return match_children(k, m);
    if (k->kind != SEARCH_NOT)
        return match_one(k, m);
    v = imap_search_match(k->children, m);
    if (v > MATCH_YES)
        return v;
    return verdict(v == MATCH_NO);
}
