/* What is said about what was: there and back, and whatever is cut short. */
#include "mailstore/history_kind.h"
#include "mailstore/wire.h"
#include "mailstore/wire_history.h"
#include "tests/check.h"

static void
test_kept(void)
{
    const struct store_kept k = { .mailbox = span_of("Work"),
                                  .uid = 7,
                                  .time = 1795255200,
                                  .date = -5,
                                  .size = 300,
                                  .flags = 9,
                                  .head = span_of("Subject: x\r\n") };
    struct store_kept got;
    struct buf b = { 0 };
    struct span body;

    wire_put_kept(&b, &k);
    body = buf_span(&b);
    CHECK(wire_get_kept(&body, &got) && span_is(got.mailbox, "Work") &&
              got.uid == 7 && got.time == 1795255200 && got.date == -5 &&
              got.size == 300 && got.flags == 9 && !got.is_mailbox &&
              span_is(got.head, "Subject: x\r\n"),
          "kept");
    for (size_t n = 0; n < b.n; n++) {
        body = span_sub(buf_span(&b), 0, n);
        CHECK(!wire_get_kept(&body, &got), "cut to %zu", n);
    }
    buf_free(&b);
}

static void
test_undelete(void)
{
    struct wire_undelete w = { .user = span_of("anna@example.org"),
                               .mailbox = span_of(""),
                               .since = 12 };
    struct wire_undelete got = { 0 };
    struct store_undeleted u = { span_of("INBOX"), 4, 9, true };
    struct buf b = { 0 };
    struct span body;

    numset_add(&w.uids, 3, 5);
    wire_put_undelete(&b, &w);
    body = buf_span(&b);
    CHECK(wire_get_undelete(&body, &got) && got.since == 12 &&
              span_is(got.user, "anna@example.org") && got.mailbox.n == 0 &&
              numset_count(&got.uids) == 3,
          "undelete");
    buf_put_ch(&b, 'x');
    body = buf_span(&b);
    CHECK(!wire_get_undelete(&body, &got), "more than it is");
    buf_clear(&b);
    wire_put_undeleted(&b, &u);
    u = (struct store_undeleted){ 0 };
    body = buf_span(&b);
    CHECK(wire_get_undeleted(&body, &u) && u.from_uid == 4 && u.uid == 9 &&
              u.is_mailbox,
          "undeleted");
    numset_free(&w.uids);
    numset_free(&got.uids);
    buf_free(&b);
}

static void
test_event(void)
{
    struct wire_event w = { .seq = 5,
                            .time = 6,
                            .kind = HISTORY_MOVED,
                            .user = span_of("anna@example.org"),
                            .folder = 2,
                            .to_folder = 3,
                            .mailbox = span_of("INBOX"),
                            .to_mailbox = span_of("Trash"),
                            .who = span_of("imap 7f 127.0.0.1"),
                            .message_id = span_of("<a@b>") };
    struct wire_event got = { 0 };
    struct buf b = { 0 };
    struct span body;

    numset_add(&w.uids, 1, 2);
    numset_add(&w.to_uids, 8, 9);
    wire_put_event(&b, &w);
    body = buf_span(&b);
    CHECK(wire_get_event(&body, &got) && got.seq == 5 && got.time == 6 &&
              got.kind == HISTORY_MOVED && got.folder == 2 &&
              got.to_folder == 3 && span_is(got.to_mailbox, "Trash") &&
              span_is(got.who, "imap 7f 127.0.0.1") &&
              span_is(got.message_id, "<a@b>") && numset_has(&got.to_uids, 9),
          "an event");
    buf_clear(&b);
    w.kind = HISTORY_KINDS;
    wire_put_event(&b, &w);
    body = buf_span(&b);
    CHECK(!wire_get_event(&body, &got), "of no kind that there is");
    for (unsigned kind = 1; kind < HISTORY_KINDS; kind++)
        CHECK(history_kind_name(kind) != NULL, "kind %u has a name", kind);
    numset_free(&w.uids);
    numset_free(&w.to_uids);
    numset_free(&got.uids);
    numset_free(&got.to_uids);
    buf_free(&b);
}

int
main(void)
{
    test_kept();
    test_undelete();
    test_event();
    return check_report();
}
