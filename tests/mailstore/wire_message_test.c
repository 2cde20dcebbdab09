#include "tests/mailstore/wire_bench.h"

static void
put_uids(struct buf *b)
{
    struct wire_uids w = { 7, some_uids() };

    wire_put_uids(b, &w);
    numset_free(&w.uids);
}

static bool
get_uids(struct span *body)
{
    struct wire_uids w = { 0 };
    bool whole = wire_get_uids(body, &w);

    CHECK(!whole || (w.session == 7 && is_some_uids(&w.uids)), "uids");
    numset_free(&w.uids);
    return whole;
}

static void
put_summary(struct buf *b)
{
    struct buf entries = { 0 };

    wire_add_summary(&entries, &(struct store_summary){ 5, text("blob") });
    wire_add_summary(&entries, &(struct store_summary){ 6, text("") });
    wire_put_summaries(b, &(struct wire_summaries){ 2, buf_span(&entries) });
    buf_free(&entries);
}

static bool
get_summary(struct span *body)
{
    struct store_summary one;
    struct wire_summaries w;
    bool whole = wire_get_summaries(body, &w);

    CHECK(!whole || (w.count == 2 && wire_next_summary(&w.entries, &one) &&
                     one.uid == 5 && span_is(one.blob, "blob") &&
                     wire_next_summary(&w.entries, &one) && one.uid == 6 &&
                     !wire_next_summary(&w.entries, &one)),
          "summaries");
    return whole;
}

static void
put_new_summary(struct buf *b)
{
    struct buf entries = { 0 };

    wire_add_summary(&entries, &(struct store_summary){ 5, text("blob") });
    wire_put_new_summaries(
        b, &(struct wire_new_summaries){ 7, { 1, buf_span(&entries) } });
    buf_free(&entries);
}

static bool
get_new_summary(struct span *body)
{
    struct store_summary one;
    struct wire_new_summaries w;
    bool whole = wire_get_new_summaries(body, &w);

    CHECK(!whole || (w.session == 7 && w.all.count == 1 &&
                     wire_next_summary(&w.all.entries, &one) && one.uid == 5 &&
                     span_is(one.blob, "blob")),
          "new summary");
    return whole;
}

static void
put_message(struct buf *b)
{
    wire_put_message(b, &(struct wire_message){ 7, 5 });
}

static bool
get_message(struct span *body)
{
    struct wire_message w;
    bool whole = wire_get_message(body, &w);

    CHECK(!whole || (w.session == 7 && w.uid == 5), "message");
    return whole;
}

static void
put_size(struct buf *b)
{
    wire_put_size(b, &(struct wire_size){ 1ull << 40 });
}

static bool
get_size(struct span *body)
{
    struct wire_size w;
    bool whole = wire_get_size(body, &w);

    CHECK(!whole || w.size == 1ull << 40, "size");
    return whole;
}

static void
put_bundle(struct buf *b)
{
    wire_put_bundle(
        b, &(struct wire_bundle){ .all = { { 5, 0 }, { 9, STORE_BUNDLED_MAX } },
                                  .count = 2 });
}

static bool
get_bundle(struct span *body)
{
    struct wire_bundle w;
    bool whole = wire_get_bundle(body, &w);

    CHECK(!whole || (w.count == 2 && w.all[0].uid == 5 && w.all[1].uid == 9 &&
                     w.all[1].size == STORE_BUNDLED_MAX),
          "bundle");
    return whole;
}

static bool
is_bundle(struct store_bundled first, struct store_bundled second)
{
    struct wire_bundle w = { .all = { first, second }, .count = 2 };
    struct buf b = { 0 };
    struct span body;
    bool fine;

    wire_put_bundle(&b, &w);
    body = buf_span(&b);
    fine = wire_get_bundle(&body, &w);
    buf_free(&b);
    return fine;
}

static void
check_bundles(void)
{
    CHECK(is_bundle((struct store_bundled){ 1, 2 },
                    (struct store_bundled){ 2, 2 }),
          "in order");
    CHECK(!is_bundle((struct store_bundled){ 2, 2 },
                     (struct store_bundled){ 2, 2 }),
          "one UID twice");
    CHECK(!is_bundle((struct store_bundled){ 1, 2 },
                     (struct store_bundled){ 2, STORE_BUNDLED_MAX + 1 }),
          "too large");
}

static void
put_set_flags(struct buf *b)
{
    struct wire_set_flags w = { .session = 7,
                                .uids = some_uids(),
                                .mode = STORE_FLAGS_REMOVE,
                                .unchanged_since = 99 };
    struct span keywords[2] = { text("one"), text("two") };

    CHECK(wire_take_flags(&w.flags,
                          &(struct store_flags){ MAIL_SEEN, keywords, 2 }),
          "two keywords fit");
    wire_put_set_flags(b, &w);
    numset_free(&w.uids);
}

static bool
get_set_flags(struct span *body)
{
    struct wire_set_flags w = { 0 };
    bool whole = wire_get_set_flags(body, &w);

    CHECK(!whole ||
              (w.session == 7 && is_some_uids(&w.uids) &&
               w.mode == STORE_FLAGS_REMOVE && w.flags.flags == MAIL_SEEN &&
               w.flags.keyword_count == 2 &&
               span_is(w.flags.keywords[1], "two") && w.unchanged_since == 99),
          "set_flags");
    numset_free(&w.uids);
    return whole;
}

static void
put_modified(struct buf *b)
{
    struct wire_modified w = { some_uids() };

    wire_put_modified(b, &w);
    numset_free(&w.uids);
}

static bool
get_modified(struct span *body)
{
    struct wire_modified w = { 0 };
    bool whole = wire_get_modified(body, &w);

    CHECK(!whole || is_some_uids(&w.uids), "modified");
    numset_free(&w.uids);
    return whole;
}

static void
put_expunge(struct buf *b)
{
    struct wire_expunge w = { 7, some_uids(), true };

    wire_put_expunge(b, &w);
    numset_free(&w.uids);
}

static bool
get_expunge(struct span *body)
{
    struct wire_expunge w = { 0 };
    bool whole = wire_get_expunge(body, &w);

    CHECK(!whole || (w.session == 7 && is_some_uids(&w.uids) && w.only_deleted),
          "expunge");
    numset_free(&w.uids);
    return whole;
}

static void
put_copy(struct buf *b)
{
    struct wire_copy w = { 7, some_uids(), text("Archive"), true };

    wire_put_copy(b, &w);
    numset_free(&w.uids);
}

static bool
get_copy(struct span *body)
{
    struct wire_copy w = { 0 };
    bool whole = wire_get_copy(body, &w);

    CHECK(!whole || (w.session == 7 && is_some_uids(&w.uids) &&
                     span_is(w.to, "Archive") && w.move),
          "copy");
    numset_free(&w.uids);
    return whole;
}

static void
put_copied(struct buf *b)
{
    struct wire_copied w = { 5, some_uids(), some_uids() };

    wire_put_copied(b, &w);
    numset_free(&w.from);
    numset_free(&w.to);
}

static bool
get_copied(struct span *body)
{
    struct wire_copied w = { 0 };
    bool whole = wire_get_copied(body, &w);

    CHECK(!whole || (w.uid_validity == 5 && is_some_uids(&w.from) &&
                     is_some_uids(&w.to)),
          "copied");
    numset_free(&w.from);
    numset_free(&w.to);
    return whole;
}

static void
put_rows(struct buf *b)
{
    struct store_row rows[2] = { { .uid = 4, .modseq = 40 },
                                 { .uid = 6, .modseq = 60, .size = 600 } };

    wire_put_rows(b, &(struct wire_rows){ 7, 2, span_from(rows, sizeof rows) });
}

static bool
get_rows(struct span *body)
{
    struct wire_rows w;
    bool whole = wire_get_rows(body, &w);

    CHECK(!whole || (w.session == 7 && w.count == 2 &&
                     wire_row_at(&w, 0).modseq == 40 &&
                     wire_row_at(&w, 1).size == 600),
          "rows");
    return whole;
}

static void
put_expunged(struct buf *b)
{
    struct wire_expunged w = { 7, 88, some_uids() };

    wire_put_expunged(b, &w);
    numset_free(&w.uids);
}

static bool
get_expunged(struct span *body)
{
    struct wire_expunged w = { 0 };
    bool whole = wire_get_expunged(body, &w);

    CHECK(!whole || (w.session == 7 && w.modseq == 88 && is_some_uids(&w.uids)),
          "expunged");
    numset_free(&w.uids);
    return whole;
}

static void
put_keywords(struct buf *b)
{
    struct wire_keywords w = { .session = 7 };

    w.keywords.count = WIRE_KEYWORDS_MAX;
    for (size_t i = 0; i < WIRE_KEYWORDS_MAX; i++)
        w.keywords.names[i] = text("k");
    wire_put_keywords(b, &w);
}

static bool
get_keywords(struct span *body)
{
    struct wire_keywords w;
    bool whole = wire_get_keywords(body, &w);

    CHECK(!whole || (w.session == 7 && w.keywords.count == WIRE_KEYWORDS_MAX &&
                     span_is(w.keywords.names[63], "k")),
          "keywords");
    return whole;
}

/* clang-format off */
static const struct wire_case cases[] = {
    { "uids",        put_uids,        get_uids        },
    { "summaries",   put_summary,     get_summary     },
    { "new summaries", put_new_summary, get_new_summary },
    { "message",     put_message,     get_message     },
    { "size",        put_size,        get_size        },
    { "bundle",      put_bundle,      get_bundle      },
    { "set_flags",   put_set_flags,   get_set_flags   },
    { "modified",    put_modified,    get_modified    },
    { "expunge",     put_expunge,     get_expunge     },
    { "copy",        put_copy,        get_copy        },
    { "copied",      put_copied,      get_copied      },
    { "rows",        put_rows,        get_rows        },
    { "expunged",    put_expunged,    get_expunged    },
    { "keywords",    put_keywords,    get_keywords    },
};
/* clang-format on */

int
main(void)
{
    check_cases(cases, sizeof cases / sizeof *cases);
    check_bundles();
    return check_report();
}
