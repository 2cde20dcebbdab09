/*
 * SEARCH                                         RFC 3501 section 6.4.4
 *
 *   rows_on ------> summaries ----> judge_on --+--> rows_on ... --> print_on
 *   (rows say       (of those        ^    |    |
 *   yes, no, or     that rows        |    v    (batch is done)
 *   ask for more)   cannot say)    open, or summarise
 *
 * Each message is judged with as little as is enough: its row, its summary,
 * its file.
 */
#include "imapd-lite/batch.h"
#include "imapd-lite/search_match.h"

#define ROWS_A_TURN    50000 /* then other sessions have theirs */
#define NUMBERS_A_TURN 4000

struct search {
    struct imap_batch batch; /* first: see batch.h */
    struct search_keys keys;
    struct imap_walk walk;
    struct numset *found; /* numbers, or UIDs for UID SEARCH */
    struct search_text text;
    struct numset_walk printed;
};

static imap_resume_fn rows_on, judge_on, print_on;

static void
search_end(void *own)
{
    struct search *x = own;

    imap_batch_free(&x->batch);
    imap_search_text_free(&x->text);
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

/* "*" SP "SEARCH" *(SP nz-number)                  RFC 3501 section 7.2.5 */
static enum run
print_on(struct imap *s, struct error *e)
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
    return imap_wait(s, IMAP_FOR_DRAIN, print_on);
}

static enum run
print(struct imap *s, struct error *e)
{
    buf_put_text(&s->out, "* SEARCH");
    return print_on(s, e);
}

/* The file of the message at work is open: read it, and judge. */
static enum search_verdict
judge_file(struct search *x, struct search_subject *m)
{
    struct error e;

    if (!imap_search_read(&x->text, x->batch.fd, m->summary, &e))
        return MATCH_NO;
    m->text = &x->text;
    return imap_search_match(x->keys.root, m);
}

static enum run
judge_on(struct imap *s, struct error *e)
{
    struct search *x = s->run.own;
    struct imap_batch *b = &x->batch;

    while (b->at < b->count) {
        struct summary sum;
        struct search_subject m = subject_of(s, b->all[b->at].seq);
        enum search_verdict v;

        if (!imap_batch_summary(b, &sum))
            return imap_batch_summarise(s, b, judge_on);
        m.summary = &sum;
        v = imap_search_match(x->keys.root, &m);
        if (v > MATCH_YES && b->fd == -1)
            return imap_batch_open(s, b, judge_on);
        if (v > MATCH_YES)
            v = judge_file(x, &m);
        if (v == MATCH_YES)
            add_found(s, x, m.seq, m.row->uid);
        imap_batch_next(b);
    }
    return rows_on(s, e);
}

static enum run
rows_on(struct imap *s, struct error *e)
{
    struct search *x = s->run.own;
    const struct store_row *row;
    uint32_t seq;

    imap_batch_clear(&x->batch);
    for (int i = 0; i < ROWS_A_TURN; i++) {
        struct search_subject m;
        enum search_verdict v;

        if (imap_batch_is_full(&x->batch))
            return imap_batch_ask(s, &x->batch, judge_on);
        if (!imap_walk_next(&x->walk, &seq, &row))
            return x->batch.count > 0 ? imap_batch_ask(s, &x->batch, judge_on)
                                      : print(s, e);
        m = subject_of(s, seq);
        v = imap_search_match(x->keys.root, &m);
        if (v == MATCH_YES)
            add_found(s, x, seq, row->uid);
        else if (v > MATCH_YES)
            imap_batch_add(&x->batch, seq, row->uid);
    }
    if (x->batch.count > 0)
        return imap_batch_ask(s, &x->batch, judge_on);
    return imap_wait(s, IMAP_FOR_DRAIN, rows_on);
}

/* search = "SEARCH" [SP "CHARSET" SP astring] 1*(SP search-key) */
enum run
imap_cmd_search(struct imap *s, struct cursor *c, struct error *e)
{
    struct search *x = arena_take(&s->run.arena, sizeof *x);

    if (!take(c, ' ') || !imap_take_search(c, s, &x->keys) || !take_end(c))
        return RUN_BAD;
    if (x->keys.bad_charset) {
        s->run.code = "BADCHARSET (US-ASCII UTF-8)";
        fail(e, FAIL_INVALID, "unknown charset");
        return RUN_NO;
    }
    imap_batch_begin(&x->batch);
    x->found = imap_new_set(s);
    s->run.own = x;
    imap_at_end(s, search_end);
    x->text.header.max = SEARCH_PART_MAX;
    x->text.body.max = 4 * SEARCH_PART_MAX;
    x->walk = imap_walk_on(s->view, NULL, false);
    return rows_on(s, e);
}
