/* What the client library does when mailstored goes away and comes back. */
#include "tests/mailstore/client_seen.h"

static void
set_rows(struct fake *f)
{
    *f = (struct fake){ .uid_validity = 9, .count = 4 };
    f->rows[0] = fake_row(2, MAIL_SEEN, 10);
    f->rows[1] = fake_row(5, 0, 20);
    f->rows[2] = fake_row(8, 0, 30);
    f->rows[3] = fake_row(9, 0, 31);
    f->keywords.count = 1;
    f->keywords.names[0] = span_of("$Junk");
}

static void
on_mailbox(void *arg, const struct store_mailbox *m)
{
    struct seen *s = arg;

    (void)m;
    s->rows++;
}

static void
on_message(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct seen *s = arg;

    s->messages++;
    s->bytes = size;
    if (fd != -1)
        close(fd);
    if (e != NULL)
        s->e = *e;
}

/* Known before: 2 5 8 9 of the view, 12 and 14 by added(), less 8. Afterwards
 * 5 and 12 are flagged, 2 and 14 are gone, 20 and 21 are new. */
static void
check_resync(struct fake *f, struct store *st, struct loop *l)
{
    struct store_row added[2] = { fake_row(12, MAIL_RECENT, 40),
                                  fake_row(14, 0, 41) };
    struct seen s;

    seen_login(&s, st, l);
    seen_open(&s, l);
    fake_push_rows(f, WIRE_ADDED, added, 2);
    fake_push_expunged(f, 8, 8, 42);
    run_until(l, &s.expunged, 1);
    memset(s.order, 0, sizeof s.order);
    fake_stop(f);
    run_for(l, 80);
    f->count = 5;
    f->rows[0] = fake_row(5, MAIL_FLAGGED, 50);
    f->rows[1] = fake_row(9, 0, 31);
    f->rows[2] = fake_row(12, MAIL_SEEN, 51);
    f->rows[3] = fake_row(20, 0, 52);
    f->rows[4] = fake_row(21, 0, 53);
    fake_start(f, l);
    run_until(l, &s.added, 4);
    CHECK(strcmp(s.order, "refa") == 0, "resync and the changes: %s", s.order);
    CHECK(s.expunged == 3 && numset_has(&s.uids, 2) &&
              numset_has(&s.uids, 14) && !numset_has(&s.uids, 8),
          "what went meanwhile, and only that");
    CHECK(s.flagged == 2, "what changed meanwhile: %d", s.flagged);
    CHECK(s.view->rows[1].flags == MAIL_FLAGGED && s.view->rows[1].uid == 5,
          "in the same mapping");
    CHECK(s.row.uid == 21 && s.view->count == 4 && s.view->uid_next == 22 &&
              s.view->modseq == 53,
          "what came meanwhile");
    store_message(s.x, 5, on_message, &s);
    run_until(l, &s.messages, 1);
    CHECK(s.bytes == 11, "it is open as before");
    seen_end(&s);
}

static void
check_quiet_resync(struct fake *f, struct store *st, struct loop *l)
{
    struct seen s;

    seen_login(&s, st, l);
    seen_open(&s, l);
    fake_stop(f);
    run_for(l, 20);
    fake_start(f, l);
    run_until(l, &s.resync, 1);
    run_for(l, 20);
    CHECK(strcmp(s.order, "r") == 0, "nothing changed: %s", s.order);
    fake_stop(f);
    run_for(l, 20);
    f->keywords.names[0] = span_of("other");
    fake_start(f, l);
    run_until(l, &s.flagged, (int)s.view->count);
    CHECK(s.flagged == (int)s.view->count,
          "keywords that are numbered anew are told with every message");
    f->keywords.names[0] = span_of("$Junk");
    fake_stop(f);
    run_for(l, 20);
    f->uid_validity++;
    fake_start(f, l);
    run_until(l, &s.gone, 1);
    CHECK(s.gone == 1 && s.resync == 2, "another UIDVALIDITY: gone");
    run_until(l, &f->asked[WIRE_CLOSE], 1);
    CHECK(f->asked[WIRE_CLOSE] == 1, "and not kept open");
    seen_open(&s, l);
    fake_stop(f);
    f->is_missing = true;
    run_for(l, 20);
    fake_start(f, l);
    run_until(l, &s.gone, 2);
    CHECK(s.gone == 2, "a mailbox that is not there: gone");
    f->is_missing = false;
    seen_end(&s);
}

/* --- requests meanwhile --------------------------------------------------- */

static void
check_waiting(struct fake *f, struct store *st, struct loop *l)
{
    struct numset uids = { 0 };
    struct seen s;
    int64_t start;

    seen_login(&s, st, l);
    seen_open(&s, l);
    f->hold = WIRE_MESSAGE;
    store_message(s.x, 5, on_message, &s);
    run_for(l, 20);
    f->hold = 0;
    fake_stop(f);
    run_until(l, &s.messages, 1);
    CHECK(s.e.kind == FAIL_UNAVAILABLE, "what was asked fails at once");
    store_message(s.x, 5, on_message, &s);
    run_for(l, 100);
    CHECK(s.messages == 1, "the next one waits");
    fake_start(f, l);
    run_until(l, &s.messages, 2);
    CHECK(s.bytes == 11 && s.resync == 1,
          "until it is logged in and open again");
    fake_stop(f);
    run_for(l, 20);
    start = clock_monotonic_ms();
    numset_add(&uids, 2, 2);
    store_expunge(s.x, &uids, true, seen_done, &s);
    run_until(l, &s.failures, 1);
    CHECK(s.e.kind == FAIL_UNAVAILABLE &&
              clock_monotonic_ms() - start >= 1900 &&
              clock_monotonic_ms() - start < 3000,
          "it waits two seconds, not longer");
    fake_start(f, l);
    run_until(l, &s.resync, 2);
    CHECK(s.resync == 2, "the session comes back all the same");
    store_list(s.x, on_mailbox, seen_done, &s);
    run_until(l, &s.dones, 2);
    CHECK(s.rows == 3, "and works");
    fake_stop(f);
    run_for(l, 20);
    store_list(s.x, on_mailbox, seen_done, &s);
    store_logout(&s.x);
    fake_start(f, l);
    run_for(l, 150);
    CHECK(s.dones == 2 && s.failures == 1, "logout forgets what waits");
    numset_free(&uids);
    seen_end(&s);
}

/* The ticket has ended meanwhile. */
static void
check_refused_again(struct fake *f, struct store *st, struct loop *l)
{
    struct seen s;

    seen_login(&s, st, l);
    seen_open(&s, l);
    fake_stop(f);
    run_for(l, 20);
    f->refuse = true;
    fake_start(f, l);
    run_until(l, &s.gone, 1);
    CHECK(s.gone == 1, "what it had open is gone");
    store_list(s.x, on_mailbox, seen_done, &s);
    run_until(l, &s.failures, 1);
    CHECK(s.e.kind == FAIL_DENIED, "and it may do nothing more");
    f->refuse = false;
    seen_end(&s);
}

static void
check_many(struct fake *f, struct store *st, struct loop *l)
{
    static struct seen all[300];
    int back = 0;

    for (size_t i = 0; i < 300; i++) {
        seen_login(&all[i], st, l);
        store_open(all[i].x, span_of("INBOX"), 0, &seen_calls, seen_opened,
                   &all[i]);
    }
    run_until(l, &all[299].opened, 1);
    fake_stop(f);
    run_for(l, 20);
    fake_start(f, l);
    run_for(l, 400);
    for (size_t i = 0; i < 300; i++) {
        back += all[i].resync;
        seen_end(&all[i]);
    }
    CHECK(back == 300, "all sessions come back: %d", back);
}

/* --- deliveries ----------------------------------------------------------- */

static void
on_begun(void *arg, int fd, const struct error *e)
{
    struct seen *s = arg;

    s->begun++;
    s->fd = fd;
    if (e != NULL)
        s->e = *e;
    if (e == NULL)
        CHECK(write(fd, "message", 7) == 7, "the file can be written");
}

static void
on_committed(void *arg, uint32_t uid_validity, uint32_t uid,
             const struct error *e)
{
    struct seen *s = arg;

    s->committed++;
    s->bytes = uid_validity * 1000u + uid;
    s->failures += e != NULL;
    if (e != NULL)
        s->e = *e;
}

static void
check_delivery(struct fake *f, struct store *st, struct loop *l)
{
    struct store_recipient to[2] = { { span_of("anna@example.org"), { 0 } },
                                     { span_of("bob@example.org"),
                                       span_of("Lists") } };
    struct store_new n = {
        .size = 7, .date = 12345, .summary = span_of("blob"), .session = "ab12"
    };
    struct seen s = { .fd = -1 };
    struct store_delivery *d;
    char *large;

    d = store_delivery_begin(st, 100, on_begun, &s);
    run_until(l, &s.begun, 1);
    store_delivery_commit(d, &n, to, 2, on_committed, &s);
    run_until(l, &s.committed, 1);
    CHECK(s.bytes == 9077 && f->commit.recipient_count == 2 &&
              f->commit.size == 7 && f->commit.date == 12345 &&
              f->commit.session == 0 && strcmp(f->summary, "blob") == 0,
          "what was committed");
    store_delivery_abort(&d);
    run_for(l, 10);
    CHECK(d == NULL && f->asked[WIRE_ABORT] == 0 && fcntl(s.fd, F_GETFD) == -1,
          "after its end abort only frees it, and closes the descriptor");
    large = calloc(1, 200000);
    memcpy(large, "large", 5);
    n.summary = span_from(large, 200000);
    d = store_delivery_begin(st, 100, on_begun, &s);
    run_until(l, &s.begun, 2);
    store_delivery_commit(d, &n, to, 1, on_committed, &s);
    run_until(l, &s.committed, 2);
    CHECK(strcmp(f->summary, "large") == 0, "a summary that fits no frame");
    store_delivery_abort(&d);
    free(large);
    d = store_delivery_begin(st, 100, on_begun, &s);
    run_until(l, &s.begun, 3);
    store_delivery_abort(&d);
    run_until(l, &f->asked[WIRE_ABORT], 1);
    CHECK(f->asked[WIRE_ABORT] == 1, "abort is told");
    store_delivery_abort(&d);
}

static void
check_delivery_lost(struct fake *f, struct store *st, struct loop *l)
{
    struct store_new n = { .size = 7, .session = "ab12" };
    struct store_recipient to = { span_of("anna@example.org"), { 0 } };
    struct seen s = { .fd = -1 };
    struct store_delivery *d = store_delivery_begin(st, 0, on_begun, &s);
    struct store_delivery *e;
    int commits = f->asked[WIRE_COMMIT];

    run_until(l, &s.begun, 1);
    e = store_delivery_begin(st, 0, on_begun, &s);
    run_until(l, &s.begun, 2);
    f->hold = WIRE_COMMIT;
    store_delivery_commit(e, &n, &to, 1, on_committed, &s);
    run_for(l, 20);
    f->hold = 0;
    fake_stop(f);
    run_until(l, &s.committed, 1);
    CHECK(s.e.kind == FAIL_UNAVAILABLE, "a commit without an answer");
    fake_start(f, l);
    run_for(l, 150);
    store_delivery_commit(d, &n, &to, 1, on_committed, &s);
    CHECK(s.committed == 1, "no answer from inside the call");
    run_until(l, &s.committed, 2);
    CHECK(s.committed == 2 && s.e.kind == FAIL_UNAVAILABLE &&
              f->asked[WIRE_COMMIT] == commits + 1,
          "its successor does not know what began before");
    store_delivery_abort(&d);
    store_delivery_abort(&e);
    fake_stop(f);
    run_for(l, 20);
    d = store_delivery_begin(st, 0, on_begun, &s);
    fake_start(f, l);
    run_until(l, &s.begun, 3);
    CHECK(s.fd != -1, "begin waits for it");
    store_delivery_abort(&d);
}

static void
check_append(struct fake *f, struct store *st, struct loop *l)
{
    struct store_new n = { .size = 7, .session = "ab12" };
    struct store_delivery *d;
    struct seen s;

    seen_login(&s, st, l);
    d = store_append_begin(s.x, span_of("Drafts"), 7, on_begun, &s);
    run_until(l, &s.begun, 1);
    store_list(s.x, on_mailbox, seen_done, &s);
    store_delivery_commit(d, &n, NULL, 0, on_committed, &s);
    run_until(l, &s.committed, 1);
    CHECK(s.bytes == 9077 && f->commit.session == f->session &&
              f->commit.recipient_count == 0,
          "an append is its session's");
    store_delivery_abort(&d);
    d = store_append_begin(s.x, span_of("Drafts"), 7, on_begun, &s);
    store_delivery_abort(&d);
    store_list(s.x, on_mailbox, seen_done, &s);
    run_until(l, &s.rows, 6);
    CHECK(s.begun == 1, "aborted before it began: the session is free");
    d = store_append_begin(s.x, span_of("Drafts"), 7, on_begun, &s);
    run_until(l, &s.begun, 2);
    store_delivery_commit(d, &n, NULL, 0, on_committed, &s);
    store_logout(&s.x);
    run_for(l, 50);
    CHECK(s.committed == 1, "logout forgets the session's appends");
    store_delivery_abort(&d);
    seen_end(&s);
}

/* --- the command line ----------------------------------------------------- */

static void
on_stats(void *arg, const struct store_stats *stats, const struct error *e)
{
    struct seen *s = arg;

    s->dones++;
    CHECK(e == NULL && stats->accounts == 3, "the numbers");
}

static void
on_report(void *arg, const struct store_report *r)
{
    struct seen *s = arg;

    s->rows++;
    CHECK(span_is(r->file, "cur/1") && span_is(r->text, "not indexed"),
          "a line");
}

static void
check_admin(struct store *st, struct loop *l)
{
    struct seen s = { .fd = -1 };

    store_get_stats(st, on_stats, &s);
    store_index_check(st, span_of(""), 0, on_report, seen_done, &s);
    store_index_rebuild(st, span_of("anna@example.org"), on_report, seen_done,
                        &s);
    run_until(l, &s.dones, 3);
    CHECK(s.dones == 3 && s.rows == 2, "three answers, two lines");
    store_get_stats(st, on_stats, &s);
}

int
main(void)
{
    struct loop *l = loop_new();
    struct store *st;
    struct fake f;

    set_rows(&f);
    fake_start(&f, l);
    st = store_client_new(l, fake_path());
    check_resync(&f, st, l);
    check_quiet_resync(&f, st, l);
    check_waiting(&f, st, l);
    check_refused_again(&f, st, l);
    check_many(&f, st, l);
    check_delivery(&f, st, l);
    check_delivery_lost(&f, st, l);
    check_append(&f, st, l);
    check_admin(st, l);
    store_client_free(&st);
    fake_stop(&f);
    loop_free(&l);
    return check_report();
}
