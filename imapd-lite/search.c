/*
 * SEARCH                                         RFC 3501 section 6.4.4
 *
 *   rows_on ------> summaries ----> judge_on ----> texts_on ----> rows_on ...
 *   (rows say       (of those        ^    |         ^    |        --> print
 *   yes, no, or     that rows        |    v         |    v
 *   ask for more)   cannot say)    summarise      bundle, or open
 *
 * Each message is judged with as little as is enough: its row, its summary,
 * its text. After TURN_MS other sessions have their turn.
 */
#include "base/clock.h"
#include "imapd-lite/batch.h"
#include "imapd-lite/search_bundle.h"
#include "imapd-lite/search_match.h"

#define TURN_MS        20
#define ROWS_A_LOOK    64 /* at the clock */
#define NUMBERS_A_TURN 4000

struct search {
    struct imap_batch batch; /* first: see batch.h */
    struct search_keys keys;
    struct imap_walk walk;
    bool needs_text[IMAP_BATCH_MAX]; /* of the batch */
    struct imap_bundle bundle;
    int64_t turn_ends;
    struct numset *found; /* numbers, or UIDs for UID SEARCH   */
    struct buf kept;      /* folded fields of the summary      */
    struct search_text text;
    struct numset_walk printed;
    size_t printed_ranges;
};

static imap_resume_fn rows_on, judge_on, texts_on;

static void
search_end(void *own)
{
    struct search *x = own;

    imap_batch_free(&x->batch);
    imap_bundle_free(&x->bundle);
    imap_search_text_free(&x->text);
    buf_free(&x->kept);
}

static void
begin_turn(struct search *x)
{
    x->turn_ends = clock_monotonic_ms() + TURN_MS;
}

static bool
turn_is_over(const struct search *x)
{
    return clock_monotonic_ms() > x->turn_ends;
}

static void
add_found(struct imap *s, struct search *x, uint32_t seq, uint32_t uid)
{
    uint32_t n = s->run.uid ? uid : seq;

    numset_add(x->found, n, n);
}

static struct search_subject
subject_of(struct imap *s, uint32_t seq)
{
    return (struct search_subject){ .seq = seq,
                                    .row = imap_view_row(s->view, seq),
                                    .view = imap_view_store(s->view) };
}

/* --- responses ------------------------------------------------------------------- */

/* "*" SP "SEARCH" *(SP nz-number)                  RFC 3501 section 7.2.5 */
static enum run
print_numbers(struct imap *s, struct error *e)
{
    struct search *x = s->run.own;
    uint32_t n;

    (void)e;
    for (int i = 0; i < NUMBERS_A_TURN; i++) {
        if (!numset_next(x->found, &x->printed, &n)) {
            buf_put_text(&s->out, "\r\n");
            imap_flush(s);
            return RUN_OK;
        }
        buf_put_ch(&s->out, ' ');
        buf_put_number(&s->out, n);
    }
    imap_flush(s);
    return imap_wait(s, IMAP_FOR_DRAIN, print_numbers);
}

/* The sequence-set of ALL, and the end of the response. */
static enum run
print_ranges(struct imap *s, struct error *e)
{
    struct search *x = s->run.own;
    struct numset rest = { .r = x->found->r + x->printed_ranges,
                           .n = x->found->n - x->printed_ranges };

    (void)e;
    if (x->printed_ranges > 0)
        buf_put_ch(&s->out, ',');
    if (rest.n > NUMBERS_A_TURN)
        rest.n = NUMBERS_A_TURN;
    numset_print(&rest, &s->out);
    x->printed_ranges += rest.n;
    if (x->printed_ranges == x->found->n) {
        buf_put_text(&s->out, "\r\n");
        imap_flush(s);
        return RUN_OK;
    }
    imap_flush(s);
    return imap_wait(s, IMAP_FOR_DRAIN, print_ranges);
}

static void
put_return(struct buf *out, const char *name, uint64_t n)
{
    buf_put_ch(out, ' ');
    buf_put_text(out, name);
    buf_put_ch(out, ' ');
    buf_put_number(out, n);
}

/*
 * esearch-response = "ESEARCH" [SP "(" "TAG" SP tag-string ")"] [SP "UID"]
 *                    *(SP search-return-data)      RFC 4466 section 3
 * Of no messages there is no MIN, MAX or ALL (RFC 4731 section 3.1).
 */
static enum run
print_extended(struct imap *s, struct error *e)
{
    const struct search *x = s->run.own;
    const struct numset *found = x->found;
    unsigned returns = x->keys.returns;

    if (found->n == 0)
        returns &= SEARCH_RETURN_COUNT;
    buf_put_text(&s->out, "* ESEARCH (TAG \"");
    buf_put(&s->out, s->run.tag);
    buf_put_text(&s->out, s->run.uid ? "\") UID" : "\")");
    if ((returns & SEARCH_RETURN_MIN) != 0)
        put_return(&s->out, "MIN", found->r[0].first);
    if ((returns & SEARCH_RETURN_MAX) != 0)
        put_return(&s->out, "MAX", found->r[found->n - 1].last);
    if ((returns & SEARCH_RETURN_COUNT) != 0)
        put_return(&s->out, "COUNT", numset_count(found));
    if ((returns & SEARCH_RETURN_ALL) != 0) {
        buf_put_text(&s->out, " ALL ");
        return print_ranges(s, e);
    }
    buf_put_text(&s->out, "\r\n");
    imap_flush(s);
    return RUN_OK;
}

static enum run
print(struct imap *s, struct error *e)
{
    const struct search *x = s->run.own;

    if (x->keys.returns != 0)
        return print_extended(s, e);
    buf_put_text(&s->out, "* SEARCH");
    return print_numbers(s, e);
}

/* --- texts ------------------------------------------------------------------------ */

/* What is known of the message at work without its text. */
static struct search_subject
summarised(struct imap *s, struct search *x, const struct summary *sum)
{
    struct imap_batch *b = &x->batch;
    struct search_subject m = subject_of(s, b->all[b->at].seq);

    m.summary = sum;
    buf_clear(&x->kept);
    if (x->keys.needs.field_count > 0)
        imap_search_fold_header(sum->fields, &x->keys.needs, &x->kept);
    m.kept = buf_span(&x->kept);
    return m;
}

static bool
judge_text(struct imap *s, struct search *x, const struct search_source *from,
           struct error *e)
{
    struct imap_batch *b = &x->batch;
    const struct imap_batch_message *at = &b->all[b->at];
    struct search_subject m;
    struct summary sum;

    if (!imap_batch_summary(b, &sum))
        bug("UID %u has lost its summary", at->uid);
    m = summarised(s, x, &sum);
    if (!imap_search_read(&x->text, from, &sum, &x->keys.needs, e))
        return false;
    m.text = &x->text;
    if (imap_search_match(x->keys.root, &m) == MATCH_YES)
        add_found(s, x, at->seq, at->uid);
    imap_search_text_trim(&x->text);
    return true;
}

static void
on_bundle(void *arg, int fd, const struct store_bundled *all, size_t count,
          const struct error *e)
{
    struct imap *s = arg;
    struct search *x = s->run.own;
    struct error mine;

    if (e == NULL && !imap_bundle_take(&x->bundle, fd, all, count, &mine))
        e = &mine;
    imap_answer(s, e);
}

static enum run
bundled(struct imap *s, struct error *e)
{
    return imap_outcome(s, e) == RUN_OK ? texts_on(s, e) : RUN_NO;
}

/* The text of the message at work and of as many behind it as go together. */
static enum run
ask_for_texts(struct imap *s, struct search *x)
{
    struct imap_batch *b = &x->batch;

    for (size_t i = b->at; i < b->count; i++)
        if (x->needs_text[i] &&
            !imap_bundle_want(&x->bundle, b->all[i].uid,
                              imap_view_row(s->view, b->all[i].seq)->size))
            break;
    if (x->bundle.wanted_count < 2) {
        imap_bundle_clear(&x->bundle);
        return imap_batch_open(s, b, texts_on);
    }
    store_messages(s->store, &x->bundle.wanted, on_bundle, s);
    return imap_wait(s, IMAP_FOR_ANSWER, bundled);
}

static enum run
texts_on(struct imap *s, struct error *e)
{
    struct search *x = s->run.own;
    struct imap_batch *b = &x->batch;

    begin_turn(x);
    while (b->at < b->count) {
        struct search_source from = { .fd = b->fd };
        uint32_t uid = b->all[b->at].uid;

        if (!x->needs_text[b->at]) {
            imap_batch_next(b);
            continue;
        }
        if (turn_is_over(x))
            return imap_wait(s, IMAP_FOR_DRAIN, texts_on);
        if (b->fd == -1 && !imap_bundle_find(&x->bundle, uid, &from.bytes))
            return imap_bundle_is_past(&x->bundle, uid)
                       ? imap_batch_open(s, b, texts_on)
                       : ask_for_texts(s, x);
        if (!judge_text(s, x, &from, e))
            return RUN_NO;
        imap_batch_next(b);
    }
    imap_bundle_clear(&x->bundle);
    imap_batch_clear(b);
    return rows_on(s, e);
}

/* --- judging ---------------------------------------------------------------------- */

static enum run
judge_on(struct imap *s, struct error *e)
{
    struct search *x = s->run.own;
    struct imap_batch *b = &x->batch;

    begin_turn(x);
    while (b->at < b->count) {
        struct search_subject m;
        struct summary sum;
        enum search_verdict v;

        if (turn_is_over(x))
            return imap_wait(s, IMAP_FOR_DRAIN, judge_on);
        if (!imap_batch_summary(b, &sum))
            return imap_batch_summarise(s, b, judge_on);
        m = summarised(s, x, &sum);
        v = imap_search_match(x->keys.root, &m);
        if (v == MATCH_YES)
            add_found(s, x, b->all[b->at].seq, b->all[b->at].uid);
        x->needs_text[b->at] = v > MATCH_YES;
        imap_batch_next(b);
    }
    b->at = 0;
    return texts_on(s, e);
}

static enum run
rows_on(struct imap *s, struct error *e)
{
    struct search *x = s->run.own;
    const struct store_row *row;
    uint32_t seq;

    begin_turn(x);
    for (size_t i = 1; !imap_batch_is_full(&x->batch); i++) {
        struct search_subject m;
        enum search_verdict v;

        if (i % ROWS_A_LOOK == 0 && turn_is_over(x))
            return imap_wait(s, IMAP_FOR_DRAIN, rows_on);
        if (!imap_walk_next(&x->walk, &seq, &row))
            break;
        m = subject_of(s, seq);
        v = imap_search_match(x->keys.root, &m);
        if (v == MATCH_YES)
            add_found(s, x, seq, row->uid);
        else if (v > MATCH_YES)
            imap_batch_add(&x->batch, seq, row->uid);
    }
    if (x->batch.count == 0)
        return print(s, e);
    return imap_batch_ask(s, &x->batch, judge_on);
}

/* search = "SEARCH" [search-return-opts] SP search-program
 *                                                  RFC 4466 section 3 */
enum run
imap_cmd_search(struct imap *s, struct cursor *c, struct error *e)
{
    struct search *x = arena_take(&s->run.arena, sizeof *x);
    struct search_scope scope = {
        .arena = &s->run.arena,
        .exists = imap_view_exists(s->view),
        .last_uid = imap_view_last_uid(s->view),
    };

    if (!take(c, ' ') || !imap_take_search(c, &scope, &x->keys) || !take_end(c))
        return RUN_BAD;
    if (x->keys.bad_charset) {
        s->run.code = "BADCHARSET (US-ASCII UTF-8)";
        s->run.text = "The charset is not known";
        fail(e, FAIL_INVALID, "unknown charset");
        return RUN_NO;
    }
    imap_batch_begin(&x->batch);
    imap_bundle_clear(&x->bundle);
    x->found = imap_new_set(s);
    s->run.own = x;
    imap_at_end(s, search_end);
    x->walk = imap_walk_on(s->view, NULL, false);
    return rows_on(s, e);
}
