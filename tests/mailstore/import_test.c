/* Messages that come with the UIDs of another server. */
#include "mailstore/import.h"
#include "tests/mailstore/store_rig.h"

#define ANNA "anna@example.org"
#define TEXT "Subject: one\r\n\r\nhello\r\n"

struct marks {
    struct rig_answer a; /* first */
    struct store_import_state state;
    struct buf seen; /* "uid=mark " */
};

static struct store_session *
log_in(struct rig *r)
{
    struct rig_answer a = rig_ask(r);
    struct store_session *x =
        store_login_as(r->admin, span_of(ANNA), "import", rig_done, &a);

    rig_wait(r, &a.done);
    CHECK(!a.failed, "on store-admin no ticket is needed");
    return x;
}

static void
on_mark(void *arg, uint32_t uid, uint64_t mark)
{
    struct marks *m = arg;

    buf_printf(&m->seen, "%u=%llx ", uid, (unsigned long long)mark);
}

static void
on_state(void *arg, const struct store_import_state *st, const struct error *e)
{
    struct marks *m = arg;

    if (st != NULL)
        m->state = *st;
    rig_done(&m->a, e);
}

static bool
begin(struct rig *r, struct store_session *x, uint32_t validity,
      struct marks *m)
{
    buf_free(&m->seen);
    *m = (struct marks){ .a = rig_ask(r) };
    store_import_begin(x, span_of("INBOX"), validity, on_mark, on_state, m);
    rig_wait(r, &m->a.done);
    return !m->a.failed;
}

static void
end(struct rig *r, struct store_session *x, uint32_t uid_next)
{
    struct rig_answer a = rig_ask(r);

    store_import_end(x, span_of("INBOX"), uid_next, rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(!a.failed, "UIDNEXT is raised");
}

/* The UID it got, or 0. */
static uint32_t
put(struct rig *r, struct store_session *x, const struct store_import *i,
    enum fail *why)
{
    const struct store_new n = { .size = strlen(TEXT), .date = 1234567890 };
    struct rig_answer a = rig_ask(r);
    struct error e;

    a.delivery = store_delivery_begin(r->admin, 0, rig_begun, &a);
    rig_wait(r, &a.done);
    fs_write(a.fd, span_of(TEXT), &e);
    a.done = false;
    store_import_commit(a.delivery, x, i, &n, rig_committed, &a);
    rig_wait(r, &a.done);
    store_delivery_abort(&a.delivery);
    *why = a.failed ? a.e.kind : 0;
    return a.failed ? 0 : a.uid;
}

static uint32_t
put_uid(struct rig *r, struct store_session *x, uint32_t uid, uint64_t mark)
{
    const struct store_import i = { span_of("INBOX"), uid, mark, true };
    enum fail why;

    return put(r, x, &i, &why);
}

static void
check_numbers(struct rig *r, struct store_session *x)
{
    const struct store_import taken = { span_of("INBOX"), 5, 0xe, true };
    struct marks m = { 0 };
    enum fail why;

    CHECK(begin(r, x, 4242, &m), "an empty mailbox");
    CHECK(m.state.uid_validity == 4242 && m.state.uid_next == 1,
          "takes the UIDVALIDITY over");
    CHECK(put_uid(r, x, 5, 0xa) == 5 && put_uid(r, x, 5000, 0xb) == 5000,
          "UIDs as they were, far apart");
    CHECK(put(r, x, &taken, &why) == 0 && why == FAIL_EXISTS,
          "one that is taken is not given again");
    CHECK(put_uid(r, x, 0, 0xc) == 5001, "none wanted: the next");
    end(r, x, 9000);
    CHECK(rig_deliver(r, ANNA, TEXT) == 9000, "mail goes on behind");
    CHECK(begin(r, x, 4242, &m), "again");
    CHECK(span_is(buf_span(&m.seen), "5=a 5000=b 5001=c "),
          "what came from where: %s", buf_text(&m.seen));
    end(r, x, m.state.uid_next);
    CHECK(begin(r, x, 777, &m) && m.state.uid_validity == 4242,
          "a mailbox with messages keeps its own");
    buf_free(&m.seen);
}

static void
check_lowering(struct rig *r, struct store_session *x)
{
    struct marks m = { 0 };
    struct rig_seen s;

    end(r, x, 20000);
    CHECK(begin(r, x, 4242, &m) && m.state.uid_next == 20000, "as it was told");
    CHECK(put_uid(r, x, 15000, 0xd) == 15000,
          "UIDs that nothing had may be had by an import");
    end(r, x, m.state.uid_next);
    CHECK(rig_deliver(r, ANNA, TEXT) == 20000, "and by nothing else");
    rig_open(r, x, "INBOX", 0, &s);
    CHECK(begin(r, x, 4242, &m) && put_uid(r, x, 19000, 0xf) == 0,
          "not while somebody looks");
    rig_expunge(r, x, 5, 5, false);
    rig_seen_free(&s);
    store_close(x);
    CHECK(begin(r, x, 4242, &m) &&
              span_search(buf_span(&m.seen), span_of("5=0 "), &(size_t){ 0 }),
          "what was expunged is told: %s", buf_text(&m.seen));
    end(r, x, m.state.uid_next);
    buf_free(&m.seen);
}

static void
check_refusals(struct rig *r, struct store_session *x)
{
    const struct store_import unmarked = { span_of("INBOX"), 0, 0, true };
    const struct store_import high = { span_of("INBOX"), IMPORT_UID_MAX + 1, 7,
                                       true };
    const struct store_import nowhere = { span_of("None"), 0, 7, true };
    struct rig_answer a = rig_ask(r);
    struct store_session *y;
    enum fail why;

    CHECK(put(r, x, &unmarked, &why) == 0 && why == FAIL_INVALID, "no mark");
    CHECK(put(r, x, &high, &why) == 0 && why == FAIL_INVALID,
          "no room for later UIDs");
    CHECK(put(r, x, &nowhere, &why) == 0 && why == FAIL_NOT_FOUND,
          "not into INBOX instead");
    y = store_login_as(r->imap, span_of(ANNA), "import", rig_done, &a);
    rig_wait(r, &a.done);
    CHECK(a.failed, "a front end needs a ticket");
    store_logout(&y);
}

static void
check_marks(void)
{
    CHECK(import_mark_of(span_of("1.M1P1Q1F00000.h,S=1,U=5,"
                                 "I=00000000000000ab")) == 0xab,
          "the mark of a name");
    CHECK(import_mark_of(span_of("1.h,I=00000000000000AB")) == 0 &&
              import_mark_of(span_of("1.h,I=ab")) == 0 &&
              import_mark_of(span_of("1.h,I=00000000000000ab,S=3")) == 0 &&
              import_mark_of(span_of("")) == 0,
          "none");
}

/* A keyword that the mailbox does not know yet must be written down first:
 * those behind it wait. */
static void
check_order(struct rig *r, struct store_session *x)
{
    enum { MANY = 12 };
    struct rig_answer a[MANY];
    struct marks m = { 0 };
    struct error e;

    CHECK(begin(r, x, 4242, &m), "an empty mailbox");
    for (unsigned n = 0; n < MANY; n++) {
        a[n] = rig_ask(r);
        a[n].delivery = store_delivery_begin(r->admin, 0, rig_begun, &a[n]);
        rig_wait(r, &a[n].done);
        fs_write(a[n].fd, span_of(TEXT), &e);
        a[n].done = false;
    }
    for (unsigned n = 0; n < MANY; n++) {
        const struct store_import i = { span_of("INBOX"), n + 1, n + 1, true };
        char word[16];
        const struct span keyword =
            span_from(word, (size_t)snprintf(word, sizeof word, "word%u", n));
        const struct store_new new = {
            .size = strlen(TEXT),
            .date = 1234567890,
            .flags = { 0, &keyword, n % 3 == 0 },
        };

        store_import_commit(a[n].delivery, x, &i, &new, rig_committed, &a[n]);
    }
    for (unsigned n = 0; n < MANY; n++) {
        rig_wait(r, &a[n].done);
        store_delivery_abort(&a[n].delivery);
        CHECK(!a[n].failed && a[n].uid == n + 1, "UID %u: %u %s", n + 1,
              a[n].uid, a[n].failed ? a[n].e.text : "");
    }
    end(r, x, MANY + 1);
    buf_free(&m.seen);
}

int
main(void)
{
    struct rig r;
    struct store_session *x;

    log_open("test", LOG_ERROR + 1, LOG_TEXT);
    check_marks();
    rig_init(&r);
    x = log_in(&r);
    check_numbers(&r, x);
    check_lowering(&r, x);
    check_refusals(&r, x);
    store_logout(&x);
    rig_free(&r);
    rig_init(&r);
    x = log_in(&r);
    check_order(&r, x);
    store_logout(&x);
    rig_free(&r);
    return check_report();
}
