#include "tests/mailstore/client_seen.h"

#include <dirent.h>

static int
open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void
on_mailbox(void *arg, const struct store_mailbox *m)
{
    struct seen *s = arg;

    CHECK(m->messages == (uint32_t)s->rows, "mailboxes come in order");
    s->rows++;
}

static void
check_login(struct fake *f, struct store *st, struct loop *l)
{
    struct seen s = { .fd = -1 };

    s.x = store_login(st, span_of("forged"), "ab12", "::1", seen_done, &s);
    run_until(l, &s.failures, 1);
    CHECK(s.e.kind == FAIL_DENIED, "a ticket that is not taken");
    store_list(s.x, on_mailbox, seen_done, &s);
    CHECK(s.failures == 1, "no answer from inside the call");
    run_until(l, &s.failures, 2);
    CHECK(s.failures == 2 && s.e.kind == FAIL_DENIED &&
              f->asked[WIRE_LIST] == 0,
          "such a session asks nothing");
    seen_end(&s);
    seen_login(&s, st, l);
    seen_end(&s);
    run_until(l, &f->asked[WIRE_LOGOUT], 2);
    CHECK(f->asked[WIRE_LOGOUT] == 2, "mailstored hears of the logout");
}

static void
check_mailboxes(struct fake *f, struct store *st, struct loop *l)
{
    struct seen s;

    seen_login(&s, st, l);
    store_list(s.x, on_mailbox, seen_done, &s);
    run_until(l, &s.dones, 2);
    CHECK(s.rows == 3 && s.dones == 2, "three rows, one end");
    store_status(s.x, span_of("none"), on_mailbox, seen_done, &s);
    run_until(l, &s.failures, 1);
    CHECK(s.e.kind == FAIL_NOT_FOUND, "kinds come through: %s", s.e.text);
    store_create(s.x, span_of("a"), STORE_JUNK, seen_done, &s);
    run_until(l, &s.dones, 3);
    store_rename(s.x, span_of("a"), span_of("b"), seen_done, &s);
    run_until(l, &s.dones, 4);
    store_subscribe(s.x, span_of("b"), true, seen_done, &s);
    run_until(l, &s.dones, 5);
    store_delete(s.x, span_of("b"), seen_done, &s);
    run_until(l, &s.dones, 6);
    CHECK(s.dones == 6 && f->asked[WIRE_CREATE] == 1 &&
              f->asked[WIRE_RENAME] == 1 && f->asked[WIRE_SUBSCRIBE] == 1 &&
              f->asked[WIRE_DELETE] == 1,
          "each op is itself");
    seen_end(&s);
}

static void
set_rows(struct fake *f)
{
    f->uid_validity = 9;
    f->count = 3;
    f->rows[0] = fake_row(2, MAIL_SEEN, 10);
    f->rows[1] = fake_row(5, MAIL_RECENT, 20);
    f->rows[2] = fake_row(8, 0, 30);
    f->keywords = (struct wire_keyword_list){ .count = 1 };
    f->keywords.names[0] = span_of("$Junk");
}

static void
check_events(struct fake *f, struct store *st, struct loop *l)
{
    struct store_row rows[2] = { fake_row(9, MAIL_RECENT, 40),
                                 fake_row(11, 0, 41) };
    struct store_row now[3] = { fake_row(5, MAIL_FLAGGED, 50),
                                fake_row(9, MAIL_SEEN, 51),
                                fake_row(400, MAIL_SEEN, 52) };
    struct seen s;

    seen_login(&s, st, l);
    seen_open(&s, l);
    CHECK(s.view->count == 3 && s.view->uid_validity == 9 &&
              s.view->uid_next == 9 && s.view->modseq == 30 &&
              !s.view->read_only,
          "the view's head");
    CHECK(s.view->rows[1].uid == 5 && s.view->rows[1].size == 50,
          "the view's rows");
    CHECK(s.view->keyword_count == 1 &&
              strcmp(s.view->keywords[0], "$Junk") == 0 &&
              s.view->keywords[1] == NULL,
          "the view's keywords");
    fake_push_rows(f, WIRE_ADDED, rows, 2);
    run_until(l, &s.added, 2);
    CHECK(s.added == 2 && s.row.uid == 11 && s.view->count == 3 &&
              s.view->uid_next == 12 && s.view->modseq == 41,
          "new messages are reported, not added");
    f->keywords.count = 2;
    f->keywords.names[1] = span_of("later");
    f->keywords.is_full = true;
    fake_push_keywords(f);
    now[0].keywords = 2;
    fake_push_rows(f, WIRE_FLAGGED, now, 3);
    run_until(l, &s.flagged, 2);
    CHECK(s.flagged == 2, "unknown messages are not reported");
    CHECK(s.view->rows[1].flags == (MAIL_FLAGGED | MAIL_RECENT) &&
              s.view->rows[1].keywords == 2 && s.view->rows[1].modseq == 50,
          "the row was changed in place, and stays recent");
    CHECK(s.row.uid == 9 && s.row.flags == (MAIL_SEEN | MAIL_RECENT),
          "an added one stays recent too");
    CHECK(s.view->keyword_count == 2 && s.view->keywords_full &&
              strcmp(s.view->keywords[1], "later") == 0,
          "the new keyword was there before");
    fake_push_expunged(f, 5, 8, 60);
    run_until(l, &s.expunged, 4);
    CHECK(s.expunged == 4 && s.view->count == 3 && s.view->modseq == 60,
          "expunged rows stay where they are");
    fake_push_gone(f);
    run_until(l, &s.gone, 1);
    fake_push_rows(f, WIRE_FLAGGED, now, 1);
    store_expunge(s.x, &s.uids, true, seen_done, &s);
    run_until(l, &s.failures, 1);
    CHECK(s.failures == 1 && s.e.kind == FAIL_NOT_FOUND && s.flagged == 2,
          "gone is gone");
    CHECK(f->snapshot == FAKE_SEALED, "sealed");
    seen_end(&s);
}

static void
check_bad_snapshots(struct fake *f, struct store *st, struct loop *l)
{
    int before;
    struct seen s;

    seen_login(&s, st, l);
    before = open_descriptors();
    for (int how = FAKE_UNSEALED; how <= FAKE_NONE; how++) {
        f->snapshot = (enum fake_snapshot)how;
        store_open(s.x, span_of("INBOX"), 0, &seen_calls, seen_opened, &s);
        run_until(l, &s.opened, how);
        CHECK(s.view == NULL && s.e.kind == FAIL_IO,
              "a snapshot that cannot be trusted (%d)", how);
    }
    f->snapshot = FAKE_SEALED;
    store_open(s.x, span_of("none"), 0, &seen_calls, seen_opened, &s);
    run_until(l, &s.opened, 4);
    CHECK(s.view == NULL && s.e.kind == FAIL_NOT_FOUND, "not found");
    store_open(s.x, span_of("INBOX"), STORE_EXAMINE, &seen_calls, seen_opened,
               &s);
    run_until(l, &s.opened, 5);
    CHECK(s.view != NULL && s.view->read_only, "examine");
    store_open(s.x, span_of("INBOX"), 0, &seen_calls, seen_opened, &s);
    store_close(s.x);
    run_until(l, &s.opened, 6);
    CHECK(s.view == NULL && s.e.kind == FAIL_NOT_FOUND,
          "closed before it was open");
    f->count = 0;
    seen_open(&s, l);
    CHECK(s.view->count == 0, "an empty mailbox");
    run_for(l, 20);
    CHECK(open_descriptors() == before, "no snapshot is left open");
    set_rows(f);
    seen_end(&s);
}

/* --- messages ------------------------------------------------------------- */

static void
on_summary(void *arg, uint32_t uid, struct span blob)
{
    struct seen *s = arg;

    CHECK(blob.n == uid * 1000u, "summary of %u: %zu bytes", uid, blob.n);
    s->rows++;
}

static void
on_message(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct seen *s = arg;

    CHECK((fd == -1) == (e != NULL), "a descriptor or an error");
    s->messages++;
    s->fd = fd;
    s->bytes = size;
    seen_note(s, 'm');
}

static void
on_flags(void *arg, const struct numset *modified, const struct error *e)
{
    struct seen *s = arg;

    CHECK((modified == NULL) == (e != NULL), "a set or an error");
    s->bytes = modified == NULL ? 0 : numset_count(modified);
    seen_done(arg, e);
}

static void
on_copied(void *arg, const struct store_copied *c, const struct error *e)
{
    struct seen *s = arg;

    s->bytes = c == NULL ? 0 : numset_count(c->to);
    CHECK(c == NULL || c->uid_validity == 9, "COPYUID");
    seen_done(arg, e);
}

static void
check_messages(struct fake *f, struct store *st, struct loop *l)
{
    struct numset uids = { 0 };
    char text[16] = { 0 };
    struct seen s;

    seen_login(&s, st, l);
    seen_open(&s, l);
    numset_add(&uids, 1, 3);
    numset_add(&uids, 200, 200);
    store_summaries(s.x, &uids, on_summary, seen_done, &s);
    store_put_summaries(s.x, &(struct store_summary){ 5, span_of("blob") }, 1);
    run_until(l, &s.dones, 2);
    CHECK(s.rows == 4, "a summary of 200 kB, too: %d rows", s.rows);
    CHECK(f->asked[WIRE_PUT_SUMMARIES] == 1, "put_summaries asks nothing back");
    store_message(s.x, 5, on_message, &s);
    run_until(l, &s.messages, 1);
    CHECK(s.bytes == 11 && pread(s.fd, text, 15, 0) == 11 &&
              strcmp(text, "From: a\r\n\r\n") == 0,
          "the message's descriptor");
    close(s.fd);
    numset_free(&uids);
    seen_end(&s);
}

/* 40,000 ranges are 320 kB: no frame holds them, and copy must be one step. */
static void
check_large_sets(struct fake *f, struct store *st, struct loop *l)
{
    struct store_flags flags = { .flags = MAIL_SEEN };
    struct span names[WIRE_KEYWORDS_MAX + 1];
    struct numset uids = { 0 };
    struct seen s;

    seen_login(&s, st, l);
    seen_open(&s, l);
    for (uint32_t i = 0; i < 40000; i++)
        numset_add(&uids, 2 + 3 * i, 2 + 3 * i);
    store_set_flags(s.x, &uids, STORE_FLAGS_ADD, &flags, 77, on_flags, &s);
    run_until(l, &s.dones, 2);
    CHECK(f->numbers == 40000 && s.bytes == 40000, "set_flags there and back");
    CHECK(strcmp(s.order, "fd") == 0, "flagged comes before done: %s", s.order);
    store_copy(s.x, &uids, span_of("Sent"), false, on_copied, &s);
    run_until(l, &s.dones, 3);
    CHECK(f->numbers == 40000 && s.bytes == 40000, "copy there and back");
    memset(s.order, 0, sizeof s.order);
    store_expunge(s.x, &uids, true, seen_done, &s);
    run_until(l, &s.dones, 4);
    CHECK(strcmp(s.order, "ed") == 0, "expunged comes before done");
    for (size_t i = 0; i <= WIRE_KEYWORDS_MAX; i++)
        names[i] = span_of("k");
    flags = (struct store_flags){ 0, names, WIRE_KEYWORDS_MAX + 1 };
    store_set_flags(s.x, &uids, STORE_FLAGS_SET, &flags, 0, on_flags, &s);
    run_until(l, &s.failures, 1);
    CHECK(s.e.kind == FAIL_LIMIT, "more keywords than a mailbox can have");
    numset_free(&uids);
    seen_end(&s);
}

/* --- ending inside a call ------------------------------------------------- */

static void
check_logout_inside(struct fake *f, struct store *st, struct loop *l)
{
    struct store_row row = fake_row(20, 0, 99);
    int before;
    struct seen s;

    run_for(l, 20);
    before = open_descriptors();
    seen_login(&s, st, l);
    seen_open(&s, l);
    s.end_now = true;
    fake_push_rows(f, WIRE_ADDED, &row, 1);
    fake_push_expunged(f, 2, 2, 100);
    run_until(l, &s.added, 1);
    run_for(l, 20);
    CHECK(s.x == NULL && s.expunged == 0, "nothing comes after logout");
    seen_end(&s);
    seen_login(&s, st, l);
    s.end_now = true;
    store_open(s.x, span_of("INBOX"), 0, &seen_calls, seen_opened, &s);
    run_until(l, &s.opened, 1);
    CHECK(s.x == NULL, "logout inside opened");
    seen_end(&s);
    seen_login(&s, st, l);
    seen_open(&s, l);
    store_message(s.x, 5, on_message, &s);
    store_logout(&s.x);
    run_for(l, 50);
    CHECK(s.messages == 0, "a forgotten message is not handed out");
    CHECK(open_descriptors() == before, "and its descriptor is closed");
    seen_end(&s);
}

int
main(void)
{
    struct loop *l = loop_new();
    struct fake f = { 0 };
    struct store *st;

    set_rows(&f);
    fake_start(&f, l);
    st = store_client_new(l, fake_path());
    check_login(&f, st, l);
    check_mailboxes(&f, st, l);
    check_events(&f, st, l);
    set_rows(&f);
    check_bad_snapshots(&f, st, l);
    check_messages(&f, st, l);
    check_large_sets(&f, st, l);
    check_logout_inside(&f, st, l);
    store_client_free(&st);
    fake_stop(&f);
    loop_free(&l);
    return check_report();
}
