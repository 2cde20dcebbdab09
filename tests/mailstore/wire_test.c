#include "mailstore/wire_check.h"
#include "tests/mailstore/wire_bench.h"

static void
put_session(struct buf *b)
{
    wire_put_session(b, &(struct wire_session){ 7 });
}

static bool
get_session(struct span *body)
{
    struct wire_session w;
    bool whole = wire_get_session(body, &w);

    CHECK(!whole || w.session == 7, "session");
    return whole;
}

static void
put_login(struct buf *b)
{
    wire_put_login(b, &(struct wire_login){ 7, span_from("t\0t", 3),
                                            text("ab12"), text("::1") });
}

static bool
get_login(struct span *body)
{
    struct wire_login w;
    bool whole = wire_get_login(body, &w);

    CHECK(!whole || (w.session == 7 && w.ticket.n == 3 &&
                     span_is(w.session_id, "ab12") && span_is(w.peer, "::1")),
          "login");
    return whole;
}

static void
put_name(struct buf *b)
{
    wire_put_name(b, &(struct wire_name){ 7, text("Sent") });
}

static bool
get_name(struct span *body)
{
    struct wire_name w;
    bool whole = wire_get_name(body, &w);

    CHECK(!whole || (w.session == 7 && span_is(w.name, "Sent")), "name");
    return whole;
}

static void
put_create(struct buf *b)
{
    wire_put_create(b, &(struct wire_create){ 7, text("Junk"), STORE_JUNK });
}

static bool
get_create(struct span *body)
{
    struct wire_create w;
    bool whole = wire_get_create(body, &w);

    CHECK(!whole || (w.session == 7 && span_is(w.name, "Junk") &&
                     w.special_use == STORE_JUNK),
          "create");
    return whole;
}

static void
put_rename(struct buf *b)
{
    wire_put_rename(b, &(struct wire_rename){ 7, text("a"), text("b/c") });
}

static bool
get_rename(struct span *body)
{
    struct wire_rename w;
    bool whole = wire_get_rename(body, &w);

    CHECK(!whole ||
              (w.session == 7 && span_is(w.from, "a") && span_is(w.to, "b/c")),
          "rename");
    return whole;
}

static void
put_subscribe(struct buf *b)
{
    wire_put_subscribe(b, &(struct wire_subscribe){ 7, text("a"), true });
}

static bool
get_subscribe(struct span *body)
{
    struct wire_subscribe w;
    bool whole = wire_get_subscribe(body, &w);

    CHECK(!whole || (w.session == 7 && span_is(w.name, "a") && w.on),
          "subscribe");
    return whole;
}

static void
put_mailbox(struct buf *b)
{
    wire_put_mailbox(b, &(struct store_mailbox){ text("INBOX"), 1, 2, 3, 4, 5,
                                                 6, 7, 8, 9, 10 });
}

static bool
get_mailbox(struct span *body)
{
    struct store_mailbox m;
    bool whole = wire_get_mailbox(body, &m);

    CHECK(!whole ||
              (span_is(m.name, "INBOX") && m.flags == 1 &&
               m.uid_validity == 2 && m.uid_next == 3 && m.messages == 4 &&
               m.unseen == 5 && m.recent == 6 && m.deleted == 7 &&
               m.modseq == 8 && m.bytes == 9 && m.deleted_bytes == 10),
          "mailbox");
    return whole;
}

static void
put_open(struct buf *b)
{
    wire_put_open(b, &(struct wire_open){ 7, text("INBOX"),
                                          STORE_EXAMINE | STORE_EXCLUSIVE });
}

static bool
get_open(struct span *body)
{
    struct wire_open w;
    bool whole = wire_get_open(body, &w);

    CHECK(!whole || (w.session == 7 && span_is(w.name, "INBOX") &&
                     w.how == (STORE_EXAMINE | STORE_EXCLUSIVE)),
          "open");
    return whole;
}

static void
put_view(struct buf *b)
{
    const struct store_row changes[] = { { .uid = 8, .size = 80 },
                                         { .uid = 9 } };
    struct wire_view w = { .uid_validity = 1,
                           .uid_next = 2,
                           .modseq = 3,
                           .count = 4,
                           .recent = 5,
                           .first_unseen = 6,
                           .changes.count = 2,
                           .changes.bytes = span_from(changes, sizeof changes),
                           .read_only = true };

    w.keywords.count = 2;
    w.keywords.names[0] = text("$Junk");
    w.keywords.names[1] = text("b");
    w.keywords.is_full = true;
    wire_put_view(b, &w);
}

static bool
get_view(struct span *body)
{
    struct wire_view w;
    bool whole = wire_get_view(body, &w);

    CHECK(!whole ||
              (w.uid_validity == 1 && w.uid_next == 2 && w.modseq == 3 &&
               w.count == 4 && w.recent == 5 && w.first_unseen == 6 &&
               w.changes.count == 2 && wire_row_at(&w.changes, 0).size == 80 &&
               wire_row_at(&w.changes, 1).uid == 9 && w.read_only &&
               w.keywords.count == 2 && span_is(w.keywords.names[0], "$Junk") &&
               span_is(w.keywords.names[1], "b") && w.keywords.is_full),
          "view");
    return whole;
}

static void
put_delivery_begin(struct buf *b)
{
    wire_put_delivery_begin(b, &(struct wire_delivery_begin){ 3, 1000 });
}

static bool
get_delivery_begin(struct span *body)
{
    struct wire_delivery_begin w;
    bool whole = wire_get_delivery_begin(body, &w);

    CHECK(!whole || (w.delivery == 3 && w.size == 1000), "delivery begin");
    return whole;
}

static void
put_append_begin(struct buf *b)
{
    wire_put_append_begin(
        b, &(struct wire_append_begin){ 7, 3, text("Drafts"), 1000 });
}

static bool
get_append_begin(struct span *body)
{
    struct wire_append_begin w;
    bool whole = wire_get_append_begin(body, &w);

    CHECK(!whole || (w.session == 7 && w.delivery == 3 &&
                     span_is(w.mailbox, "Drafts") && w.size == 1000),
          "append begin");
    return whole;
}

static void
put_commit(struct buf *b)
{
    struct store_recipient to[2] = { { text("anna@example.org"), text("") },
                                     { text("bob@example.org"),
                                       text("Lists") } };
    struct wire_commit w = { .session = 0,
                             .delivery = 3,
                             .size = 1000,
                             .date = -5,
                             .flags = { .flags = MAIL_DRAFT },
                             .summary = text("blob"),
                             .session_id = text("ab12"),
                             .peer = text("::1"),
                             .tls = text("TLSv1.3"),
                             .message_id = text("<a@b>"),
                             .recipient_count = 2 };
    struct buf r = { 0 };

    wire_put_recipient(&r, &to[0]);
    wire_put_recipient(&r, &to[1]);
    w.recipients = buf_span(&r);
    wire_put_commit(b, &w);
    buf_free(&r);
}

static bool
get_commit(struct span *body)
{
    struct store_recipient r = { 0 };
    struct wire_commit w;
    bool whole = wire_get_commit(body, &w);

    if (!whole)
        return false;
    CHECK(w.session == 0 && w.delivery == 3 && w.size == 1000 && w.date == -5,
          "commit");
    CHECK(w.flags.flags == MAIL_DRAFT && w.flags.keyword_count == 0, "flags");
    CHECK(span_is(w.summary, "blob") && span_is(w.session_id, "ab12"),
          "summary");
    CHECK(span_is(w.peer, "::1") && span_is(w.tls, "TLSv1.3") &&
              span_is(w.message_id, "<a@b>"),
          "for the journal");
    CHECK(w.recipient_count == 2 && wire_next_recipient(&w.recipients, &r) &&
              wire_next_recipient(&w.recipients, &r) &&
              span_is(r.user, "bob@example.org") &&
              span_is(r.mailbox, "Lists") &&
              !wire_next_recipient(&w.recipients, &r),
          "recipients");
    return true;
}

static void
put_committed(struct buf *b)
{
    wire_put_committed(b, &(struct wire_committed){ 5, 6 });
}

static bool
get_committed(struct span *body)
{
    struct wire_committed w;
    bool whole = wire_get_committed(body, &w);

    CHECK(!whole || (w.uid_validity == 5 && w.uid == 6), "committed");
    return whole;
}

static void
put_abort(struct buf *b)
{
    wire_put_abort(b, &(struct wire_abort){ 7, 3 });
}

static bool
get_abort(struct span *body)
{
    struct wire_abort w;
    bool whole = wire_get_abort(body, &w);

    CHECK(!whole || (w.session == 7 && w.delivery == 3), "abort");
    return whole;
}

static void
put_user(struct buf *b)
{
    wire_put_user(b, &(struct wire_user){ text("anna@example.org") });
}

static bool
get_user(struct span *body)
{
    struct wire_user w;
    bool whole = wire_get_user(body, &w);

    CHECK(!whole || span_is(w.user, "anna@example.org"), "user");
    return whole;
}

static void
put_check(struct buf *b)
{
    wire_put_check(
        b, &(struct wire_check){ text("anna@example.org"), STORE_CHECK_FIX });
}

static bool
get_check(struct span *body)
{
    struct wire_check w;
    bool whole = wire_get_check(body, &w);

    CHECK(!whole ||
              (span_is(w.user, "anna@example.org") && w.how == STORE_CHECK_FIX),
          "check");
    return whole;
}

static void
put_report(struct buf *b)
{
    const struct store_report r = { .kind = STORE_REPORT_FIXED,
                                    .account = text("anna@example.org"),
                                    .mailbox = text("Work"),
                                    .uid = 7,
                                    .file = text("cur/1"),
                                    .text = text("gone"),
                                    .remedy = text("found"),
                                    .done = 1,
                                    .total = UINT64_MAX };

    wire_put_report(b, &r);
}

static bool
get_report(struct span *body)
{
    struct store_report w;
    bool whole = wire_get_report(body, &w);

    CHECK(!whole || (w.kind == STORE_REPORT_FIXED &&
                     span_is(w.account, "anna@example.org") &&
                     span_is(w.mailbox, "Work") && w.uid == 7 &&
                     span_is(w.file, "cur/1") && span_is(w.text, "gone") &&
                     span_is(w.remedy, "found") && w.done == 1 &&
                     w.total == UINT64_MAX),
          "report");
    return whole;
}

static void
put_stats(struct buf *b)
{
    wire_put_stats(b, &(struct store_stats){ 1, 2, 3, 4, 5, 6, 7, 8 });
}

static bool
get_stats(struct span *body)
{
    struct store_stats s;
    bool whole = wire_get_stats(body, &s);

    CHECK(!whole || (s.accounts == 1 && s.mailboxes == 2 && s.messages == 3 &&
                     s.bytes == 4 && s.sessions == 5 && s.views == 6 &&
                     s.delivered == 7 && s.disk_free == 8),
          "stats");
    return whole;
}

/* clang-format off */
static const struct wire_case cases[] = {
    { "session",        put_session,        get_session        },
    { "login",          put_login,          get_login          },
    { "name",           put_name,           get_name           },
    { "create",         put_create,         get_create         },
    { "rename",         put_rename,         get_rename         },
    { "subscribe",      put_subscribe,      get_subscribe      },
    { "mailbox",        put_mailbox,        get_mailbox        },
    { "open",           put_open,           get_open           },
    { "view",           put_view,           get_view           },
    { "delivery_begin", put_delivery_begin, get_delivery_begin },
    { "append_begin",   put_append_begin,   get_append_begin   },
    { "commit",         put_commit,         get_commit         },
    { "committed",      put_committed,      get_committed      },
    { "abort",          put_abort,          get_abort          },
    { "user",           put_user,           get_user           },
    { "check",          put_check,          get_check          },
    { "report",         put_report,         get_report         },
    { "stats",          put_stats,          get_stats          },
};
/* clang-format on */

int
main(void)
{
    check_cases(cases, sizeof cases / sizeof *cases);
    return check_report();
}
