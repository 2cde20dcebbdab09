/* Summaries as the tests want them: computed with every way of cutting, and
 * judged by imap_grammar.h. */
#ifndef TESTS_MAIL_SUMMARIZE_H
#define TESTS_MAIL_SUMMARIZE_H

#include "mail/limits.h"
#include "tests/check.h"
#include "tests/mail/imap_grammar.h"

static uint64_t random_state = 88172645463325252;

static inline size_t
random_below(size_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

/* step 0: random cuts. */
static inline void
summarize(struct span message, size_t step, struct buf *blob)
{
    struct summary_maker *m = summary_begin();

    while (message.n > 0) {
        struct span piece =
            span_sub(message, 0, step == 0 ? 1 + random_below(40) : step);

        summary_feed(m, piece);
        message = span_after(message, piece.n);
    }
    summary_finish(&m, blob);
    CHECK(m == NULL, "the maker is gone");
}

/* However it is cut, the blob is the same, legal, and not too large. */
static inline void
summarize_checked(struct span message, struct buf *blob, const char *why)
{
    struct buf other = { 0 };
    struct summary s;

    summarize(message, SIZE_MAX, blob);
    summarize(message, 1, &other);
    CHECK(span_eq(buf_span(blob), buf_span(&other)), "byte by byte: %s", why);
    buf_clear(&other);
    summarize(message, 0, &other);
    CHECK(span_eq(buf_span(blob), buf_span(&other)), "cut anywhere: %s", why);
    buf_free(&other);
    CHECK(blob->n <= SUMMARY_BLOB_MAX, "%zu octets: %s", blob->n, why);
    CHECK(summary_open(buf_span(blob), &s), "opens: %s", why);
    CHECK(grammar_is_legal(&s), "legal: %s\n%.*s\n%.*s", why, SPAN(s.envelope),
          SPAN(s.body_structure));
    CHECK(s.size == message.n, "size: %s", why);
}

#endif
