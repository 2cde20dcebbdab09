/* The index is disposable: lost or rebuilt, everything is as it was. */
#include "mailstore/folder.h"
#include "mailstore/maildir.h"
#include "mailstore/reconcile.h"
#include "tests/mailstore/store_rig.h"

#include <time.h>

#define ANNA "anna@example.org"
#define TEXT "Subject: one\r\n\r\nhello\r\n"

static void
fill(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct rig_answer a = rig_ask(r);
    struct rig_mail m = { .mailbox = "Work/Now",
                          .text = TEXT,
                          .date = 1234567890,
                          .flags = MAIL_FLAGGED,
                          .keyword = "urgent",
                          .append = x };
    struct rig_seen s;
    struct error e;

    store_create(x, span_of("Work/Now"), STORE_ARCHIVE, rig_done, &a);
    rig_wait(r, &a.done);
    a.done = false;
    store_subscribe(x, span_of("Work/Now"), true, rig_done, &a);
    rig_wait(r, &a.done);
    for (int i = 0; i < 6; i++)
        rig_deliver(r, ANNA, TEXT);
    CHECK(rig_put(r, &m, &e) == 1, "appended");
    m.keyword = "later";
    m.date = -5;
    CHECK(rig_put(r, &m, &e) == 2, "appended, from before 1970");
    rig_open(r, x, "INBOX", 0, &s);
    rig_flag(r, x, 2, 3, STORE_FLAGS_SET, MAIL_SEEN | MAIL_PASSED, "a");
    rig_flag(r, x, 3, 3, STORE_FLAGS_ADD, 0, "b");
    rig_expunge(r, x, 4, 6, false);
    rig_seen_free(&s);
    store_logout(&x);
    rig_drop(r, "example.org/anna/new/1700000000.1.host", "Subject: a\n\nb\n");
}

/* All that a client can see. */
static void
describe(struct rig *r, struct buf *out)
{
    struct store_session *x = rig_login(r, ANNA);
    static const char *const boxes[] = { "INBOX", "Work/Now" };
    struct buf list = rig_list(r, x, NULL);

    buf_put(out, buf_span(&list));
    buf_free(&list);
    for (size_t i = 0; i < 2; i++) {
        struct rig_seen s;

        rig_open(r, x, boxes[i], 0, &s);
        buf_printf(out, "%s %u", boxes[i], s.view->uid_validity);
        for (size_t k = 0; k < s.view->keyword_count; k++)
            buf_printf(out, " %s", s.view->keywords[k]);
        for (size_t k = 0; k < s.view->count; k++) {
            const struct store_row *w = &s.view->rows[k];

            buf_printf(out, "\n%u %u %llu %lld %llu", w->uid,
                       w->flags & ~MAIL_RECENT, (unsigned long long)w->keywords,
                       (long long)w->date, (unsigned long long)w->size);
        }
        buf_put_ch(out, '\n');
        rig_seen_free(&s);
    }
    store_logout(&x);
    rig_sleep(r, 700);
}

static void
without_recent(struct buf *b)
{
    const char *from = buf_text(b);
    struct buf out = { 0 };
    const char *at;

    while ((at = strstr(from, " recent=")) != NULL) {
        buf_put(&out, span_from(from, (size_t)(at - from)));
        from = strchr(at, '\n');
    }
    buf_put_text(&out, from);
    buf_free(b);
    *b = out;
}

static void
compare(struct buf *before, struct buf *after, const char *when)
{
    without_recent(before);
    without_recent(after);
    CHECK(span_eq(buf_span(before), buf_span(after)), "%s:\n%s---\n%s", when,
          buf_text(before), buf_text(after));
}

static void
test_rebuild(struct rig *r)
{
    struct buf before = { 0 };
    struct buf after = { 0 };
    struct rig_answer a = rig_ask(r);
    struct store_session *x;
    struct rig_seen s;

    describe(r, &before);
    x = rig_login(r, ANNA);
    rig_open(r, x, "INBOX", 0, &s);
    store_index_rebuild(r->admin, span_of(ANNA), rig_report, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed &&
              strstr(buf_text(&a.text), "mended INBOX: 4 messages") != NULL,
          "rebuilt while in use:\n%s", buf_text(&a.text));
    rig_sleep(r, 50);
    CHECK(s.added == 0 && s.expunged.n == 0 && s.flagged == 0,
          "who looks on sees nothing of it: %u %zu %u", s.added, s.expunged.n,
          s.flagged);
    store_logout(&x);
    rig_seen_free(&s);
    describe(r, &after);
    compare(&before, &after, "after a rebuild");
    CHECK(rig_deliver(r, ANNA, TEXT) > 7, "no UID twice (S2)");
    buf_free(&before);
    buf_free(&after);
    rig_answer_free(&a);
}

struct nap {
    struct pool_job job; /* first: what the pool hands out */
    bool is_over;
};

static void
run_nap(struct pool_job *job)
{
    const struct timespec t = { 0, 300000000 };

    (void)job;
    nanosleep(&t, NULL);
}

static void
woken(struct pool_job *job)
{
    ((struct nap *)job)->is_over = true;
}

/* Nobody looks at a file for a while. */
static void
keep_pool_busy(struct rig *r, struct nap naps[STORE_WORKERS])
{
    for (int i = 0; i < STORE_WORKERS; i++) {
        naps[i] = (struct nap){ .job = { .run = run_nap, .done = woken } };
        pool_add(r->core->pool, &naps[i].job);
    }
}

static void
test_asked_meanwhile(struct rig *r, struct store_session *x, uint32_t uid)
{
    struct nap naps[STORE_WORKERS];
    struct rig_answer rebuilt = rig_ask(r);
    struct rig_answer flagged = rig_ask(r);
    struct rig_answer read = rig_ask(r);
    const struct store_flags seen = { .flags = MAIL_SEEN };
    struct numset one = { 0 };
    struct folder *f;
    struct error e;

    if (!folder_use(map_get(r->core->homes, span_of(ANNA)), span_of("INBOX"),
                    &f, &e))
        die("%s", e.text);
    keep_pool_busy(r, naps);
    reconcile_rebuild(f, rig_done, &rebuilt);
    rig_sleep(r, 100);
    CHECK(f->rebuilding, "the index is empty now");
    numset_add(&one, uid, uid);
    store_set_flags(x, &one, STORE_FLAGS_ADD, &seen, 0, rig_flagged, &flagged);
    rig_sleep(r, 50);
    CHECK(f->rebuilding && !flagged.done, "who asks waits");
    rig_wait(r, &flagged.done);
    store_message(x, uid, rig_message, &read);
    rig_wait(r, &read.done);
    rig_wait(r, &rebuilt.done);
    for (int i = 0; i < STORE_WORKERS; i++)
        while (!naps[i].is_over)
            rig_sleep(r, 10);
    CHECK(!flagged.failed && !read.failed && !rebuilt.failed,
          "and is answered: %s %s", flagged.e.text, read.e.text);
    close(read.fd);
    folder_release(f);
    numset_free(&one);
    rig_answer_free(&rebuilt);
    rig_answer_free(&flagged);
}

static uint16_t
flags_of(const struct rig_seen *s, uint32_t uid)
{
    for (size_t i = 0; i < s->view->count; i++)
        if (s->view->rows[i].uid == uid)
            return s->view->rows[i].flags;
    return UINT16_MAX;
}

static void
test_rebuild_in_use(struct rig *r)
{
    struct store_session *x = rig_login(r, ANNA);
    struct store_session *y = rig_login(r, ANNA);
    struct rig_seen s;
    struct rig_seen other;
    uint32_t first = rig_deliver(r, ANNA, TEXT);

    rig_deliver(r, ANNA, TEXT);
    rig_deliver(r, ANNA, TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    rig_open(r, y, "INBOX", 0, &other);
    rig_flag(r, x, first, first, STORE_FLAGS_ADD, MAIL_ANSWERED, "a");
    rig_expunge(r, x, first + 1, first + 1, false);
    test_asked_meanwhile(r, x, first + 2);
    rig_seen_free(&s);
    rig_open(r, x, "INBOX", 0, &s);
    CHECK((flags_of(&s, first) & MAIL_ANSWERED) != 0,
          "a flag that its name did not say yet");
    CHECK(flags_of(&s, first + 1) == UINT16_MAX,
          "an expunged one whose file waits does not come back");
    CHECK((flags_of(&s, first + 2) & MAIL_SEEN) != 0,
          "a flag that was set meanwhile");
    CHECK(rig_deliver(r, ANNA, TEXT) == first + 3, "UIDNEXT is what it was");
    store_logout(&x);
    store_logout(&y);
    rig_seen_free(&s);
    rig_seen_free(&other);
}

static void
test_index_lost(struct rig *r)
{
    struct buf before = { 0 };
    struct buf after = { 0 };
    struct error e;

    describe(r, &before);
    rig_stop(r);
    if (!maildir_remove(AT_FDCWD, r->index, &e))
        die("%s", e.text);
    rig_start(r);
    describe(r, &after);
    compare(&before, &after, "after the index was lost");
    CHECK(rig_deliver(r, ANNA, TEXT) > 1000, "no UID twice (S2)");
    buf_free(&before);
    buf_free(&after);
}

static void
test_check(struct rig *r)
{
    struct rig_answer a = rig_ask(r);
    char name[300];
    char path[800];

    store_index_check(r->admin, span_of(""), 0, rig_report, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed && a.text.n == 0, "nothing differs: %s", buf_text(&a.text));
    rig_file(r, "example.org/anna/cur", "U=1:", name);
    snprintf(path, sizeof path, "%s/example.org/anna/cur/%s", r->mail, name);
    CHECK(unlink(path) == 0, "one file less");
    a.done = false;
    store_index_check(r->admin, span_of(ANNA), 0, rig_report, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(strstr(buf_text(&a.text), "INBOX 1 ") != NULL, "is reported: %s",
          buf_text(&a.text));
    a.done = false;
    store_index_check(r->admin, span_of("nobody@example.org"), 0, rig_report,
                      rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(a.failed && a.e.kind == FAIL_NOT_FOUND, "no such account");
    rig_answer_free(&a);
}

int
main(void)
{
    struct rig r;

    rig_init(&r);
    fill(&r);
    test_rebuild(&r);
    test_rebuild_in_use(&r);
    test_index_lost(&r);
    test_check(&r);
    rig_free(&r);
    return check_report();
}
