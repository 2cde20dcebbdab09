/* What a session of the tests was told, and in which order. */
#ifndef TESTS_MAILSTORE_CLIENT_SEEN_H
#define TESTS_MAILSTORE_CLIENT_SEEN_H

#include "tests/mailstore/client_fake.h"

struct fake_until {
    struct loop *l;
    const int *count;
    int want;
    int64_t end;
};

static void
fake_tick(void *arg)
{
    struct fake_until *u = arg;

    if (*u->count >= u->want || clock_monotonic_ms() > u->end)
        loop_stop(u->l);
}

/* Runs the loop until *count is `want`, at most four seconds. */
static void
run_until(struct loop *l, const int *count, int want)
{
    struct fake_until u = { l, count, want, clock_monotonic_ms() + 4000 };
    struct timer *t = timer_new(l, fake_tick, &u);

    timer_repeat(t, 1);
    loop_run(l);
    timer_free(&t);
}

static void
run_for(struct loop *l, int milliseconds)
{
    struct fake_until u = { l, &(int){ 0 }, 1,
                            clock_monotonic_ms() + milliseconds };
    struct timer *t = timer_new(l, fake_tick, &u);

    timer_repeat(t, 1);
    loop_run(l);
    timer_free(&t);
}

struct seen {
    struct store_session *x;
    struct store_view *view;
    int dones, failures, rows, opened, messages, begun, committed;
    int added, expunged, flagged, gone, resync;
    struct error e;
    struct store_row row; /* the last one added or flagged */
    struct numset uids;   /* the last set that came */
    uint64_t bytes;       /* of the last summary; of a message */
    int fd;
    bool end_now;   /* log out inside the next call */
    char order[64]; /* a letter for each event: r(esync) a e f g d(one) */
};

static void
seen_note(struct seen *s, char what)
{
    size_t n = strlen(s->order);

    if (n + 1 < sizeof s->order)
        s->order[n] = what;
    if (s->end_now)
        store_logout(&s->x);
}

static void
seen_done(void *arg, const struct error *e)
{
    struct seen *s = arg;

    s->dones += e == NULL;
    s->failures += e != NULL;
    if (e != NULL)
        s->e = *e;
    seen_note(s, 'd');
}

static void
seen_added(void *arg, const struct store_row *rows, size_t count)
{
    struct seen *s = arg;

    s->added += (int)count;
    s->row = rows[count - 1];
    seen_note(s, 'a');
}

static void
seen_expunged(void *arg, const struct numset *uids)
{
    struct seen *s = arg;

    s->expunged += (int)numset_count(uids);
    numset_clear(&s->uids);
    numset_add_set(&s->uids, uids);
    seen_note(s, 'e');
}

static void
seen_flagged(void *arg, const struct store_row *rows, size_t count)
{
    struct seen *s = arg;

    s->flagged += (int)count;
    s->row = rows[count - 1];
    seen_note(s, 'f');
}

static void
seen_gone(void *arg)
{
    struct seen *s = arg;

    s->gone++;
    seen_note(s, 'g');
}

static void
seen_resync(void *arg)
{
    struct seen *s = arg;

    s->resync++;
    seen_note(s, 'r');
}

static const struct store_view_calls seen_calls = {
    seen_added, seen_expunged, seen_flagged, seen_gone, seen_resync,
};

static void
seen_opened(void *arg, struct store_view *view, const struct error *e)
{
    struct seen *s = arg;

    s->opened++;
    s->view = view;
    s->failures += e != NULL;
    if (e != NULL)
        s->e = *e;
    CHECK((view == NULL) == (e != NULL), "a view or an error");
    seen_note(s, 'o');
}

static void
seen_login(struct seen *s, struct store *st, struct loop *l)
{
    *s = (struct seen){ .fd = -1 };
    s->x = store_login(st, span_of("good"), "ab12", "127.0.0.1", seen_done, s);
    run_until(l, &s->dones, 1);
    CHECK(s->dones == 1, "the ticket is taken");
}

static void
seen_open(struct seen *s, struct loop *l)
{
    int opened = s->opened;

    store_open(s->x, span_of("INBOX"), 0, &seen_calls, seen_opened, s);
    run_until(l, &s->opened, opened + 1);
    CHECK(s->view != NULL, "INBOX opens: %s", s->e.text);
    memset(s->order, 0, sizeof s->order);
}

static void
seen_end(struct seen *s)
{
    store_logout(&s->x);
    numset_free(&s->uids);
}

#endif
