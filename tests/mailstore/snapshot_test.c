/*
 * Rows that stay in memory after a mailbox was closed, and the snapshots of
 * them: whatever happens in between, who opens it sees it as it is.
 */
#include "tests/mailstore/store_rig.h"

#define EVA  "eva@example.org"
#define TEXT "Subject: one\r\n\r\nhello\r\n"
#define MOST 4000

struct model {
    struct rig *rig;
    struct store_session *x;
    uint32_t uid[MOST];
    uint16_t flags[MOST];
    size_t count;
    uint32_t recent_from; /* UIDs from here on were seen by nobody */
    unsigned seed;
};

static unsigned
pick(struct model *m, size_t below)
{
    m->seed = m->seed * 1103515245 + 12345;
    return (unsigned)((m->seed >> 8) % below);
}

static void
deliver(struct model *m, unsigned times)
{
    for (unsigned i = 0; i < times && m->count < MOST; i++) {
        m->uid[m->count] = rig_deliver(m->rig, EVA, TEXT);
        m->flags[m->count++] = 0;
    }
}

static void
check_view(struct model *m, const struct store_view *v, bool examine)
{
    uint32_t recent = 0;
    uint32_t unseen = 0;

    CHECK(v->count == m->count, "%zu rows of %zu", v->count, m->count);
    for (size_t i = 0; i < m->count && i < v->count; i++) {
        bool is_recent = m->uid[i] >= m->recent_from;

        CHECK(v->rows[i].uid == m->uid[i] &&
                  v->rows[i].flags ==
                      (m->flags[i] | (is_recent ? MAIL_RECENT : 0)),
              "row %zu: uid %u, flags %x", i, v->rows[i].uid, v->rows[i].flags);
        recent += is_recent;
        if (unseen == 0 && (m->flags[i] & MAIL_SEEN) == 0)
            unseen = (uint32_t)i + 1;
    }
    CHECK(v->recent == recent, "%u recent of %u", v->recent, recent);
    CHECK(v->first_unseen == unseen, "first unseen %u, not %u", v->first_unseen,
          unseen);
    if (!examine)
        m->recent_from =
            m->count == 0 ? m->recent_from : m->uid[m->count - 1] + 1;
}

static void
flag(struct model *m)
{
    static const uint16_t flags[] = { MAIL_SEEN, MAIL_FLAGGED };
    size_t first = pick(m, m->count);
    size_t last = first + pick(m, m->count - first);
    uint16_t bit = flags[pick(m, 2)];
    bool add = pick(m, 3) > 0;

    CHECK(rig_flag(m->rig, m->x, m->uid[first], m->uid[last],
                   add ? STORE_FLAGS_ADD : STORE_FLAGS_REMOVE, bit, NULL),
          "STORE");
    for (size_t i = first; i <= last; i++)
        m->flags[i] = (uint16_t)(add ? m->flags[i] | bit : m->flags[i] & ~bit);
}

static void
expunge(struct model *m)
{
    size_t at = pick(m, m->count);

    CHECK(rig_expunge(m->rig, m->x, m->uid[at], m->uid[at], false), "EXPUNGE");
    m->count--;
    for (size_t i = at; i < m->count; i++) {
        m->uid[i] = m->uid[i + 1];
        m->flags[i] = m->flags[i + 1];
    }
}

/* Opened, looked at, changed, closed. */
static void
visit(struct model *m)
{
    bool examine = pick(m, 4) == 0;
    struct rig_seen s;

    if (rig_open(m->rig, m->x, "INBOX", examine ? STORE_EXAMINE : 0, &s) ==
        NULL) {
        CHECK(false, "it can be opened: %s", s.a.e.text);
        rig_seen_free(&s);
        return;
    }
    check_view(m, s.view, examine);
    if (!examine && m->count > 0 && pick(m, 2) == 0)
        flag(m);
    if (!examine && m->count > 0 && pick(m, 6) == 0)
        expunge(m);
    store_close(m->x);
    rig_seen_free(&s);
}

static void
test_any_order(struct rig *r)
{
    struct model m = { .rig = r, .x = rig_login(r, EVA), .recent_from = 1 };

    for (int i = 0; i < 300; i++) {
        deliver(&m, pick(&m, 4));
        visit(&m);
    }
    /* More than go with one answer, new or changed. */
    deliver(&m, 700);
    visit(&m);
    visit(&m);
    deliver(&m, 700);
    for (int i = 0; i < 20; i++)
        visit(&m);
    store_logout(&m.x);
}

/* What others do to the files is seen at the next opening. */
static void
test_files(struct rig *r)
{
    struct store_session *x = rig_login(r, "files@example.org");
    struct rig_seen s;

    for (int i = 0; i < 3; i++)
        rig_deliver(r, "files@example.org", TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    store_close(x);
    rig_seen_free(&s);
    rig_sleep(r, 300);
    rig_drop(r, "example.org/files/new/1.a", TEXT);
    rig_open(r, x, "INBOX", 0, &s);
    CHECK(s.view->count == 4 && s.view->recent == 1, "one more: %zu",
          s.view->count);
    store_logout(&x);
    rig_seen_free(&s);
}

int
main(void)
{
    struct rig r;

    rig_init(&r);
    test_any_order(&r);
    test_files(&r);
    rig_free(&r);
    return check_report();
}
