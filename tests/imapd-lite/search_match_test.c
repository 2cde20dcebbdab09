/*
 * Which of these messages does a search find, and how much of a message did it
 * take to say so: its row, its summary, or its file?
 */
#include "imapd-lite/search_match.h"
#include "mail/date.h"
#include "mail/flags.h"
#include "tests/check.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Message n has sequence number n, UID 10 n. */
static const struct {
    uint16_t flags;
    uint64_t keywords;
    const char *date; /* INTERNALDATE */
    const char *text;
} mails[] = {
    { MAIL_SEEN | MAIL_ANSWERED, 1, "01-Feb-1994 00:00:00 +0000",
      "Date: Tue, 1 Feb 1994 23:30:00 -0800\r\nFrom: Ann <ann@example.org>\r\n"
      "To: bob@example.net\r\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n\r\n"
      "one word\r\n" },
    { MAIL_RECENT, 2, "31-Jan-1994 23:59:59 +0000",
      "From: bob@example.net\r\nCc: Carl <carl@example.org>\r\nX-Tag: Blue\r\n"
      "\r\nanother WORD\r\n" },
    { MAIL_RECENT | MAIL_SEEN | MAIL_PASSED, 3, "02-Feb-1994 12:00:00 +0000",
      "Date: whenever\r\nFrom: carl@example.org\r\nX-Tag: red\r\nX-Tag: green"
      "\r\n\r\n" },
    { MAIL_FLAGGED | MAIL_DELETED | MAIL_DRAFT, 0, "21-Nov-2026 10:00:00 +0000",
      "Date: Sat, 21 Nov 2026 00:30:00 +0900\r\nSubject:\r\n"
      "Bcc: dan@example.org\r\n\r\nno more\r\n" },
};

/* clang-format off */
static const struct {
    const char *why, *keys, *found;
    char takes; /* r: all were told by their rows; s: summaries; f: files */
} cases[] = {
    { "all",                   "ALL",                    "1:4",   'r' },
    { "none",                  "NOT ALL",                "",      'r' },
    { "flags",                 "SEEN",                   "1,3",   'r' },
    { "no flags",              "UNSEEN",                 "2,4",   'r' },
    { "the other flags",       "DELETED DRAFT FLAGGED",  "4",     'r' },
    { "new",                   "NEW",                    "2",     'r' },
    { "old",                   "OLD",                    "1,4",   'r' },
    { "recent",                "RECENT",                 "2:3",   'r' },
    { "keyword in any case",   "KEYWORD WORK",           "1,3",   'r' },
    { "second keyword",        "KEYWORD home",           "2:3",   'r' },
    { "unknown keyword",       "KEYWORD other",          "",      'r' },
    { "not that keyword",      "UNKEYWORD work",         "2,4",   'r' },
    { "$Forwarded is a flag",  "KEYWORD $FORWARDED",     "3",     'r' },
    { "numbers",               "2:3",                    "2:3",   'r' },
    { "numbers beyond",        "3:5000",                 "3:4",   'r' },
    { "UIDs",                  "UID 10,25:30",           "1,3",   'r' },
    { "or",                    "OR 1 FLAGGED",           "1,4",   'r' },
    { "and of lists",          "(OR 1 2) (OR 2 3)",      "2",     'r' },
    { "before a day",          "BEFORE 1-Feb-1994",      "2",     'r' },
    { "on a day",              "ON 1-Feb-1994",          "1",     'r' },
    { "since a day",           "SINCE 1-Feb-1994",       "1,3:4", 'r' },
    { "larger",                "LARGER 100",             "1",     'r' },
    { "not larger than itself", "LARGER 99999 SMALLER 1", "",     'r' },

    { "sent on, in its zone",  "SENTON 1-Feb-1994",      "1",     's' },
    { "not in ours",           "SENTON 2-Feb-1994",      "",      's' },
    { "sent before",           "SENTBEFORE 2-Feb-1994",  "1",     's' },
    { "sent since",            "SENTSINCE 2-Feb-1994",   "4",     's' },
    { "no date is no day",     "NOT SENTSINCE 1-Jan-1970", "2:3", 's' },
    { "from",                  "FROM EXAMPLE.ORG",       "1,3",   's' },
    { "subject, decoded",      "SUBJECT \"gr\xc3\x9c\xc3\x9f\"", "1", 's' },
    { "subject, raw",          "SUBJECT =FC",            "",      's' },
    { "subject is there",      "SUBJECT \"\"",           "1,4",   's' },
    { "cc, bcc and to",        "OR CC carl OR BCC dan TO bob", "1:2,4", 's' },
    { "a kept field",          "HEADER Date whenever",   "3",     's' },
    { "rows first",            "SEEN FROM ann",          "1",     's' },
    { "rows are enough",       "NOT SEEN SEEN FROM ann", "",      'r' },
    { "rows are enough for or", "OR ALL BODY x",         "1:4",   'r' },
    { "text before rows",      "BODY word NOT ALL",      "",      'r' },

    { "a field that is not kept", "HEADER X-Tag \"\"",   "2:3",   'f' },
    { "its value",             "HEADER x-tag BLUE",      "2",     'f' },
    { "its second value",      "HEADER x-tag green",     "3",     'f' },
    { "no name",               "HEADER \"\" \"\"",       "",      'f' },
    { "body",                  "BODY word",              "1:2",   'f' },
    { "body is not header",    "BODY ann",               "",      'f' },
    { "text is both",          "TEXT ann",               "1",     'f' },
    { "text has names",        "TEXT x-tag",             "2:3",   'f' },
    { "any text",              "BODY \"\"",              "1:4",   'f' },
    { "not in the text",       "NOT BODY word",          "3:4",   'f' },
    { "summary before file",   "BODY word FROM ann",     "1",     'f' },
    { "summary is enough",     "BODY word FROM nobody",  "",      's' },
};
/* clang-format on */

static const char *const keywords[] = { "work", "Home", NULL };

/* What is known of a message, more and more. */
struct subject {
    struct store_row row;
    struct buf blob, kept;
    struct summary summary;
    struct search_text text;
    struct search_subject s;
};

static const struct store_view view = { .keywords = keywords,
                                        .keyword_count = 2 };

static void
make(struct subject *m, uint32_t seq)
{
    struct span text = span_of(mails[seq - 1].text);
    char *date = NULL;
    struct arena a = { 0 };
    struct summary_maker *maker = summary_begin();
    struct cursor c;

    *m = (struct subject){ .row = { .uid = seq * 10,
                                    .flags = mails[seq - 1].flags,
                                    .keywords = mails[seq - 1].keywords,
                                    .size = text.n } };
    date = arena_printf(&a, "\"%s\"", mails[seq - 1].date);
    c = cursor_on(span_of(date));
    CHECK(take_imap_date_time(&c, &m->row.date), "%s", date);
    arena_clear(&a);
    summary_feed(maker, text);
    summary_finish(&maker, &m->blob);
    CHECK(summary_open(buf_span(&m->blob), &m->summary), "summary");
    imap_search_fold_header(m->summary.fields, NULL, &m->kept);
    m->s = (struct search_subject){ .seq = seq, .row = &m->row, .view = &view };
}

static void
read_message(struct subject *m, const struct search_needs *needs)
{
    struct search_source from = { .fd = -1,
                                  .bytes = span_of(mails[m->s.seq - 1].text) };
    struct error e;

    CHECK(imap_search_read(&m->text, &from, &m->summary, needs, &e), "read");
}

/* As search.c does it; *takes grows. */
static bool
matches(struct subject *m, const struct search_keys *keys, char *takes)
{
    const struct search_key *root = keys->root;
    enum search_verdict v = imap_search_match(root, &m->s);

    if (v <= MATCH_YES)
        return v == MATCH_YES;
    CHECK(v == MATCH_ASKS_SUMMARY, "the summary is asked for before the file");
    *takes = *takes == 'r' ? 's' : *takes;
    m->s.summary = &m->summary;
    m->s.kept = buf_span(&m->kept);
    v = imap_search_match(root, &m->s);
    if (v <= MATCH_YES)
        return v == MATCH_YES;
    *takes = 'f';
    read_message(m, &keys->needs);
    m->s.text = &m->text;
    v = imap_search_match(root, &m->s);
    CHECK(v <= MATCH_YES, "all is known");
    return v == MATCH_YES;
}

static void
check_case(size_t i)
{
    struct arena a = { 0 };
    struct search_scope scope = { &a, COUNT(mails), COUNT(mails) * 10 };
    struct cursor c = cursor_on(span_of(cases[i].keys));
    struct numset found = { 0 };
    struct buf text = { 0 };
    struct search_keys keys;
    char takes = 'r';

    CHECK(imap_take_search(&c, &scope, &keys) && cursor_at_end(&c), "%s: %s",
          cases[i].why, cases[i].keys);
    for (uint32_t seq = 1; seq <= COUNT(mails); seq++) {
        struct subject m;

        make(&m, seq);
        if (matches(&m, &keys, &takes))
            numset_add(&found, seq, seq);
        buf_free(&m.blob);
        buf_free(&m.kept);
        imap_search_text_free(&m.text);
    }
    numset_print(&found, &text);
    CHECK(span_is(buf_span(&text), cases[i].found), "%s: %s: %s", cases[i].why,
          cases[i].keys, buf_text(&text));
    CHECK(takes == cases[i].takes, "%s: %s: took %c", cases[i].why,
          cases[i].keys, takes);
    buf_free(&text);
    numset_free(&found);
    arena_clear(&a);
}

/* A Date field too large to be kept is looked up in the file. */
static void
check_date_not_kept(void)
{
    struct search_key k = { .kind = SEARCH_SENT_ON };
    struct summary sum = { 0 };
    struct search_text text = { 0 };
    struct search_subject m = { .summary = &sum };

    k.day = 760060800;
    CHECK(imap_search_match(&k, &m) == MATCH_ASKS_FILE, "asks");
    m.text = &text;
    CHECK(imap_search_match(&k, &m) == MATCH_NO, "no date there");
    imap_search_fold_header(span_of("Date: Tue, 1 Feb 1994 23:30:00 -0800\r\n"),
                            NULL, &text.header);
    CHECK(imap_search_match(&k, &m) == MATCH_YES, "the date of the file");
    imap_search_text_free(&text);
}

int
main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(i);
    check_date_not_kept();
    return check_report();
}
