#include "smtpd/reply.h"
#include "tests/check.h"

#include <string.h>

/* The class of a reply is the first digit of its code and of its status. */
static void
check_table(void)
{
    for (int i = 0; i < SAY_COUNT; i++) {
        const struct smtp_reply *r = smtp_say((enum smtp_say)i);
        char class = (char)('0' + r->code / 100);

        CHECK(r->code >= 200 && r->code < 600, "reply %d has a code", i);
        CHECK(r->status[0] == '\0' || r->status[0] == class,
              "reply %d: RFC 2034 section 4: the classes agree", i);
        CHECK(r->code < 400 || r->status[0] != '\0',
              "reply %d: every refusal has a status", i);
        CHECK(r->code != 421 || r->hang_up, "reply %d: 421 closes", i);
    }
}

static void
check_kinds(void)
{
    for (int kind = FAIL_NOT_FOUND; kind < FAIL_KINDS; kind++) {
        struct error e = { .kind = (enum fail)kind };

        CHECK(smtp_reply_for(&e)->code >= 400, "kind %d is refused", kind);
    }
    CHECK(strcmp(smtp_reply_for(&(struct error){ FAIL_QUOTA, "" })->status,
                 "4.2.2") == 0,
          "a full mailbox may be emptied");
    CHECK(smtp_reply_for(&(struct error){ FAIL_OVERSIZE, "" })->code == 552,
          "what never fits is not tried again");
    CHECK(smtp_reply_for(&(struct error){ FAIL_FULL, "" })->code == 452,
          "no room may pass");
    CHECK(smtp_reply_for(&(struct error){ FAIL_UNAVAILABLE, "" })->code == 451,
          "mailstored may come back");
}

static void
check_lines(void)
{
    static const struct smtp_reply reply = { 250, "2.0.0", "one\ntwo\nthree",
                                             false };
    struct arena a = { 0 };
    struct buf out = { 0 };

    smtp_reply_put(&reply, &out);
    CHECK(span_is(buf_span(&out),
                  "250-2.0.0 one\r\n250-2.0.0 two\r\n250 2.0.0 three\r\n"),
          "every line carries code and status");
    buf_clear(&out);
    smtp_reply_put(smtp_say_text(&a, SAY_CHALLENGE, span_of("")), &out);
    CHECK(span_is(buf_span(&out), "334 \r\n"),
          "RFC 4954 section 4: an empty challenge keeps its space");
    arena_clear(&a);
    buf_free(&out);
}

int
main(void)
{
    check_table();
    check_kinds();
    check_lines();
    return check_report();
}
