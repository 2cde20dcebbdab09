/* The index's journals: what is to be told or to be done; emptying a folder. */
#include "tests/mailstore/index_help.h"

#include <string.h>
#include <unistd.h>

/* --- journals ---------------------------------------------------------------------- */

static bool
see_tombstone(void *arg, const struct index_tombstone *b)
{
    buf_printf(arg, "%u@%d:%.*s:", (unsigned)b->modseq, (int)b->time,
               SPAN(b->who));
    numset_print(b->uids, arg);
    buf_put_ch(arg, ' ');
    return true;
}

static bool
tombstones_are(struct index_txn *t, uint64_t after, const char *want)
{
    struct buf got = { 0 };
    struct error e;
    bool same = index_each_tombstone(t, 4, after, see_tombstone, &got, &e) &&
                span_is(buf_span(&got), want);

    if (!same)
        fprintf(stderr, "tombstones: %.*s\n", SPAN(buf_span(&got)));
    buf_free(&got);
    return same;
}

static void
test_tombstones(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct numset uids = { 0 };
    struct index_tombstone b = { .modseq = 10, .time = 5, .uids = &uids };
    char who[300], want[400];
    struct error e;

    memset(who, 'w', sizeof who);
    numset_add(&uids, 1, 3);
    numset_add(&uids, 9, 9);
    b.who = span_of("pop3 7f");
    OK(index_put_tombstone(t, 4, &b, &e));
    OK(index_put_tombstone(t, 5, &b, &e));
    b.modseq = 11;
    b.who = span_of("");
    numset_add(&uids, UINT32_MAX, UINT32_MAX);
    OK(index_put_tombstone(t, 4, &b, &e));
    CHECK(tombstones_are(t, 0, "10@5:pop3 7f:1:3,9 11@5::1:3,9,4294967295 "),
          "of one folder, by modseq");
    CHECK(tombstones_are(t, 10, "11@5::1:3,9,4294967295 "), "after 10");
    CHECK(tombstones_are(t, 11, ""), "after the last");
    CHECK(tombstones_are(t, UINT64_MAX, ""), "after all there can be");
    OK(index_delete_tombstone(t, 4, 11, &e));
    CHECK(tombstones_are(t, 0, "10@5:pop3 7f:1:3,9 "), "deleted");
    b.modseq = 10;
    b.who = span_from(who, sizeof who);
    OK(index_put_tombstone(t, 4, &b, &e));
    who[INDEX_WHO_MAX] = '\0';
    snprintf(want, sizeof want, "10@5:%s:1:3,9,4294967295 ", who);
    CHECK(tombstones_are(t, 0, want), "who is cut, not refused");
    numset_free(&uids);
    commit(&t);
    index_close(&ix);
}

static bool
see_gone(void *arg, const struct index_gone *g)
{
    buf_printf(arg, "%u/%u=%.*s@%d ", g->folder, g->uid, SPAN(g->file),
               (int)g->time);
    return true;
}

static bool
gone_are(struct index_txn *t, uint32_t in, const char *want)
{
    struct buf got = { 0 };
    struct error e;
    bool same = index_each_gone(t, in, see_gone, &got, &e) &&
                span_is(buf_span(&got), want);

    if (!same)
        fprintf(stderr, "gone: %.*s\n", SPAN(buf_span(&got)));
    buf_free(&got);
    return same;
}

static void
test_gone(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct index_gone g = { .folder = 2,
                            .uid = 8,
                            .time = 6,
                            .size = 7,
                            .state = INDEX_IN_NEW,
                            .flags = 9,
                            .keywords = 3,
                            .file = span_of("a:2,S") };
    struct index_gone got;
    struct buf store = { 0 };
    struct error e;

    OK(index_put_gone(t, &g, &e));
    g.folder = 3;
    OK(index_put_gone(t, &g, &e));
    OK(index_get_gone(t, 2, 8, &store, &got, &e));
    CHECK(got.time == 6 && got.size == 7 && got.state == INDEX_IN_NEW &&
              got.flags == 9 && got.keywords == 3 && span_is(got.file, "a:2,S"),
          "everything comes back");
    CHECK(gone_are(t, 0, "2/8=a:2,S@6 3/8=a:2,S@6 "), "of all folders");
    CHECK(gone_are(t, 3, "3/8=a:2,S@6 "), "of one");
    OK(index_delete_gone(t, 3, 8, &e));
    CHECK(gone_are(t, 0, "2/8=a:2,S@6 "), "deleted");
    buf_free(&store);
    commit(&t);
    index_close(&ix);
}

static bool
see_event(void *arg, const struct index_event *ev)
{
    struct buf *out = arg;

    buf_printf(out, "%u:%u@%lld %u/%.*s ", (unsigned)ev->seq, ev->kind,
               (long long)ev->time, ev->folder, SPAN(ev->mailbox));
    numset_print(ev->uids, out);
    buf_printf(out, ">%u/%.*s ", ev->to_folder, SPAN(ev->to_mailbox));
    numset_print(ev->to_uids, out);
    buf_printf(out, " %.*s|%.*s|%.*s\n", SPAN(ev->who), SPAN(ev->detail),
               SPAN(ev->message_id));
    return true;
}

static void
test_events(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct numset uids = { 0 };
    struct numset to = { 0 };
    struct buf got = { 0 };
    struct index_event ev = { .time = 6,
                              .kind = 5,
                              .account = 1,
                              .folder = 2,
                              .to_folder = 3,
                              .mailbox = span_of("INBOX"),
                              .to_mailbox = span_of("Trash"),
                              .uids = &uids,
                              .to_uids = &to,
                              .who = span_of("imap 7f ::1"),
                              .detail = span_of("d"),
                              .message_id = span_of("<a@b>") };
    struct error e;

    numset_add(&uids, 4, 5);
    numset_add(&to, 8, 9);
    OK(index_put_event(t, &ev, &e));
    CHECK(ev.seq == 1, "numbered from 1");
    OK(index_put_event(t, &ev, &e));
    OK(index_each_event(t, 1, see_event, &got, &e));
    CHECK(span_is(buf_span(&got),
                  "2:5@6 2/INBOX 4:5>3/Trash 8:9 imap 7f ::1|d|<a@b>\n"),
          "the later one: %s", buf_text(&got));
    OK(index_delete_event(t, 2, &e));
    buf_clear(&got);
    OK(index_each_event(t, 1, see_event, &got, &e));
    CHECK(got.n == 0, "deleted");
    OK(index_put_event(t, &ev, &e));
    CHECK(ev.seq == 3, "a number is given once");
    numset_free(&uids);
    numset_free(&to);
    buf_free(&got);
    commit(&t);
    index_close(&ix);
}

static bool
see_intent(void *arg, uint64_t seq, struct span redo)
{
    buf_printf(arg, "%u=%.*s ", (unsigned)seq, SPAN(redo));
    return true;
}

static void
test_intents(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    struct buf got = { 0 };
    uint64_t seq;
    struct error e;

    OK(index_put_intent(t, span_of("one"), &seq, &e));
    CHECK(seq == 1, "the first");
    OK(index_put_intent(t, span_of(""), &seq, &e));
    OK(index_put_intent(t, span_of("three"), &seq, &e));
    OK(index_delete_intent(t, 1, &e));
    OK(index_each_intent(t, see_intent, &got, &e));
    CHECK(span_is(buf_span(&got), "2= 3=three "), "%.*s", SPAN(buf_span(&got)));
    buf_free(&got);
    commit(&t);
    index_close(&ix);
}

/* --- emptying ------------------------------------------------------------------------ */

static void
fill_folder(struct index_txn *t, uint32_t in, uint32_t n)
{
    struct numset uids = { 0 };
    struct error e;

    fill_messages(t, in, n);
    numset_add(&uids, 1, 1);
    for (uint32_t uid = 1; uid <= n; uid++) {
        const struct index_cold c = { .uid = uid, .base = span_of("a") };
        const struct index_gone g = { .folder = in, .uid = uid };
        const struct index_tombstone b = { .modseq = uid, .uids = &uids };

        OK(index_put_cold(t, in, &c, &e));
        OK(index_put_name(t, in, uid, uid, &e));
        OK(index_put_gone(t, &g, &e));
        OK(index_put_tombstone(t, in, &b, &e));
    }
    numset_free(&uids);
}

static void
test_clear(void)
{
    struct index *ix = open_fresh();
    struct index_txn *t = begin(ix);
    unsigned slices = 0;
    bool done = false;
    uint32_t uid;
    struct error e;

    fill_folder(t, 4, 30);
    fill_folder(t, 5, 30);
    fill_folder(t, 6, 30);
    while (!done && slices < 100) {
        OK(index_clear_folder(t, 5, 20, &done, &e));
        slices++;
    }
    CHECK(done && slices == 8, "150 rows, 20 at a time, in %u", slices);
    CHECK(scan(t, 5, 1, UINT32_MAX, 0).count == 0, "empty");
    CHECK(!index_get_name(t, 5, 1, &uid, &e), "no name is left");
    CHECK(gone_are(t, 5, ""), "no file is left");
    CHECK(scan(t, 4, 1, UINT32_MAX, 0).count == 30 &&
              scan(t, 6, 1, UINT32_MAX, 0).count == 30,
          "the neighbours are as they were");
    commit(&t);
    index_close(&ix);
}

int
main(void)
{
    alarm(30);
    test_tombstones();
    test_gone();
    test_events();
    test_intents();
    test_clear();
    return check_report();
}
