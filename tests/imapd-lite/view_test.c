/*
 * The view against a model that is slow and obvious: an array of what the
 * client has seen, changed only by the responses that the view writes.
 */
#include "base/buf.h"
#include "base/cursor.h"
#include "base/mem.h"
#include "imapd-lite/limits.h"
#include "imapd-lite/view.h"
#include "mail/flags.h"
#include "tests/check.h"

#include <string.h>
#include <time.h>

#define MESSAGES_MAX 4000

/* One message as the store has it. */
struct message {
    uint32_t uid;
    uint16_t flags;
    bool gone;
};

struct model {
    struct message all[MESSAGES_MAX]; /* of the store, ascending */
    size_t count;
    uint32_t client[MESSAGES_MAX]; /* UIDs by sequence number - 1 */
    uint16_t client_flags[MESSAGES_MAX];
    size_t exists;
    uint32_t recent;
    unsigned seed;
};

static unsigned
next_random(struct model *m, unsigned below)
{
    m->seed = m->seed * 1103515245u + 12345u;
    return (m->seed >> 16) % below;
}

static struct store_row
row_of(const struct message *msg)
{
    return (struct store_row){ .uid = msg->uid, .flags = msg->flags };
}

static struct message *
make_message(struct model *m)
{
    struct message *msg = &m->all[m->count];
    uint32_t last = m->count == 0 ? 0 : m->all[m->count - 1].uid;

    *msg = (struct message){
        .uid = last + 1 + next_random(m, 3),
        .flags = next_random(m, 3) == 0 ? MAIL_RECENT : 0,
    };
    m->count++;
    return msg;
}

/* --- reading what the view wrote ------------------------------------------- */

/* The client's side of RFC 3501 section 7: what a response does to it. */
static void
client_expunge(struct model *m, uint32_t seq)
{
    CHECK(seq >= 1 && seq <= m->exists, "EXPUNGE %u of %zu", seq, m->exists);
    if (seq < 1 || seq > m->exists)
        return;
    memmove(&m->client[seq - 1], &m->client[seq],
            (m->exists - seq) * sizeof *m->client);
    memmove(&m->client_flags[seq - 1], &m->client_flags[seq],
            (m->exists - seq) * sizeof *m->client_flags);
    m->exists--;
}

/* The client fetches what is new right away, as clients do. */
static void
client_exists(struct model *m, const struct imap_view *v, uint32_t n)
{
    CHECK(n > m->exists, "EXISTS grows: %zu to %u", m->exists, n);
    for (uint32_t seq = (uint32_t)m->exists + 1; seq <= n; seq++) {
        m->client[seq - 1] = imap_view_row(v, seq)->uid;
        m->client_flags[seq - 1] = imap_view_row(v, seq)->flags;
    }
    m->exists = n;
}

static void
client_fetch(struct model *m, struct cursor *c, uint32_t seq)
{
    uint16_t flags = 0;
    struct span word;

    CHECK(seq >= 1 && seq <= m->exists && take_nocase(c, " (FLAGS ("),
          "FETCH of %u", seq);
    while (!take(c, ')')) {
        const char *from = c->at;

        (void)take(c, ' ');
        while (c->at < c->end && *c->at != ' ' && *c->at != ')')
            c->at++;
        word = span_trim(span_from(from, (size_t)(c->at - from)));
        flags |= mail_flag_named(word);
        if (span_is(word, "\\Recent"))
            flags |= MAIL_RECENT;
    }
    m->client_flags[seq - 1] = flags;
}

static void
read_line(struct model *m, const struct imap_view *v, struct span line)
{
    struct cursor c = cursor_on(line);
    uint32_t n;

    if (!take_nocase(&c, "* ") || !take_number(&c, &n) || !take(&c, ' '))
        return; /* FLAGS, PERMANENTFLAGS */
    if (take_nocase(&c, "EXPUNGE"))
        client_expunge(m, n);
    else if (take_nocase(&c, "EXISTS"))
        client_exists(m, v, n);
    else if (take_nocase(&c, "RECENT"))
        m->recent = n;
    else if (take_nocase(&c, "FETCH"))
        client_fetch(m, &c, n);
    else
        CHECK(false, "a response: %.*s", SPAN(line));
}

static void
report(struct model *m, struct imap_view *v, unsigned how)
{
    struct buf out = { 0 };
    bool done;

    do {
        struct span rest;
        struct span line;

        done = imap_view_report(v, how, &out);
        rest = buf_span(&out);
        while (span_cut(&rest, '\n', &line))
            read_line(m, v, line);
        buf_clear(&out);
    } while (!done);
    CHECK(!imap_view_has_news(v, how), "nothing is left to report");
    buf_free(&out);
}

/* --- events ------------------------------------------------------------------- */

static void
add_some(struct model *m, struct imap_view *v)
{
    struct store_row rows[5];
    size_t n = 1 + next_random(m, 5);

    if (m->count + n > MESSAGES_MAX)
        return;
    for (size_t i = 0; i < n; i++)
        rows[i] = row_of(make_message(m));
    imap_view_added(v, rows, n);
}

static void
expunge_some(struct model *m, struct imap_view *v)
{
    struct numset uids = { 0 };
    size_t n = 1 + next_random(m, 6);

    if (m->count == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        struct message *msg = &m->all[next_random(m, (unsigned)m->count)];

        if (!msg->gone) {
            msg->gone = true;
            numset_add(&uids, msg->uid, msg->uid);
        }
    }
    imap_view_expunged(v, &uids);
    numset_free(&uids);
}

static void
flag_some(struct model *m, struct imap_view *v, struct store_view *sv)
{
    struct store_row rows[4];
    size_t n = 0;

    for (int i = 0; i < 4 && m->count > 0; i++) {
        size_t at = next_random(m, (unsigned)m->count);
        struct message *msg = &m->all[at];

        if (msg->gone)
            continue;
        msg->flags ^= (uint16_t)(1u << next_random(m, 5));
        rows[n] = row_of(msg);
        if (at < sv->count) /* as the client library does */
            sv->rows[at].flags = msg->flags;
        rows[n++].flags &= (uint16_t) ~(unsigned)MAIL_RECENT;
    }
    imap_view_flagged(v, rows, n);
}

/* --- what must hold ------------------------------------------------------------- */

static const struct message *
message_of(const struct model *m, uint32_t uid)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->all[i].uid == uid)
            return &m->all[i];
    return NULL;
}

static void
check_numbers(const struct model *m, const struct imap_view *v)
{
    uint32_t recent = 0;

    CHECK(imap_view_exists(v) == m->exists, "as many as the client knows");
    for (uint32_t seq = 1; seq <= m->exists; seq++) {
        const struct message *msg = message_of(m, m->client[seq - 1]);
        const struct store_row *row = imap_view_row(v, seq);
        uint32_t found = 0;

        CHECK(row->uid == m->client[seq - 1], "number %u", seq);
        CHECK(imap_view_find(v, row->uid, &found) && found == seq,
              "UID %u to its number", row->uid);
        CHECK(imap_view_is_expunged(v, seq) == msg->gone, "UID %u expunged",
              row->uid);
        recent += (row->flags & MAIL_RECENT) != 0;
    }
    CHECK(recent == imap_view_recent(v), "recent");
    CHECK(imap_view_last_uid(v) ==
              (m->exists == 0 ? 0 : m->client[m->exists - 1]),
          "the last UID");
}

/* After a full report the client knows exactly what the store has. */
static void
check_all_told(const struct model *m, const struct imap_view *v)
{
    size_t seq = 0;

    for (size_t i = 0; i < m->count; i++) {
        if (m->all[i].gone)
            continue;
        CHECK(seq < m->exists && m->client[seq] == m->all[i].uid,
              "UID %u is number %zu", m->all[i].uid, seq + 1);
        CHECK(m->client_flags[seq] == m->all[i].flags, "flags of UID %u",
              m->all[i].uid);
        seq++;
    }
    CHECK(seq == m->exists && m->recent == imap_view_recent(v), "all told");
}

static void
check_walk(struct model *m, const struct imap_view *v)
{
    struct numset set = { 0 };
    bool by_uid = next_random(m, 2) == 0;
    struct imap_walk w;
    const struct store_row *row;
    uint32_t seq;
    uint32_t expected = 1;

    for (int i = 0; i < 5; i++) {
        uint32_t from = 1 + next_random(m, 300);

        numset_add(&set, from, from + next_random(m, 30));
    }
    w = imap_walk_on(v, &set, by_uid);
    while (imap_walk_next(&w, &seq, &row)) {
        while (expected < seq &&
               !numset_has(&set, by_uid ? m->client[expected - 1] : expected))
            expected++;
        CHECK(expected == seq && row->uid == m->client[seq - 1],
              "the walk's next is %u, not %u", expected, seq);
        expected++;
    }
    for (; expected <= m->exists; expected++)
        CHECK(!numset_has(&set, by_uid ? m->client[expected - 1] : expected),
              "%u was left out", expected);
    numset_free(&set);
}

static void
check_random(unsigned seed)
{
    struct model *m = mem_take(sizeof *m);
    struct store_row *rows = mem_take_array(300, sizeof *rows);
    struct store_view sv = { .rows = rows };
    struct imap_view *v;

    m->seed = seed;
    sv.count = next_random(m, 200);
    for (size_t i = 0; i < sv.count; i++) {
        rows[i] = row_of(make_message(m));
        sv.recent += (rows[i].flags & MAIL_RECENT) != 0;
    }
    v = imap_view_new(&sv);
    if (sv.count > 0) /* SELECT says EXISTS itself */
        client_exists(m, v, imap_view_exists(v));
    m->recent = imap_view_recent(v);
    for (int step = 0; step < 300; step++) {
        switch (next_random(m, 5)) {
        case 0:
            add_some(m, v);
            break;
        case 1:
            expunge_some(m, v);
            break;
        case 2:
            flag_some(m, v, &sv);
            break;
        case 3:
            report(m, v, next_random(m, 2) == 0 ? 0 : REPORT_EXPUNGE);
            break;
        default:
            check_walk(m, v);
        }
        if (step % 10 == 0)
            check_numbers(m, v);
    }
    report(m, v, REPORT_EXPUNGE);
    check_numbers(m, v);
    check_all_told(m, v);
    imap_view_free(&v);
    free(rows);
    free(m);
}

/* --- single rules ----------------------------------------------------------------- */

static void
check_text(struct imap_view *v, unsigned how, const char *expected,
           const char *why)
{
    struct buf out = { 0 };

    (void)imap_view_report(v, how, &out);
    CHECK(span_is(buf_span(&out), expected), "%s: %s", why, buf_text(&out));
    buf_free(&out);
}

static void
expunge(struct imap_view *v, uint32_t first, uint32_t last)
{
    struct numset uids = { 0 };

    numset_add(&uids, first, last);
    imap_view_expunged(v, &uids);
    numset_free(&uids);
}

static void
check_rules(void)
{
    struct store_row rows[5] = { { .uid = 10 },
                                 { .uid = 20, .flags = MAIL_RECENT },
                                 { .uid = 30, .flags = MAIL_SEEN },
                                 { .uid = 40 },
                                 { .uid = 50, .flags = MAIL_RECENT } };
    const char *keywords[] = { "work", NULL };
    struct store_row new[2] = { { .uid = 60, .flags = MAIL_RECENT },
                                { .uid = 70 } };
    struct store_view sv = { .rows = rows, .count = 5, .recent = 2 };
    struct imap_view *v = imap_view_new(&sv);

    check_text(v, REPORT_EXPUNGE, "", "nothing happened");
    expunge(v, 20, 30);
    check_text(v, 0, "", "no EXPUNGE where it is not allowed");
    CHECK(imap_view_exists(v) == 5, "the numbers stand still");
    check_text(v, REPORT_EXPUNGE,
               "* 2 EXPUNGE\r\n* 2 EXPUNGE\r\n* 1 RECENT\r\n",
               "lower to higher, section 7.4.1");
    imap_view_added(v, new, 2);
    expunge(v, 70, 70);
    check_text(v, 0, "* 4 EXISTS\r\n* 2 RECENT\r\n",
               "what came and went is never told");
    rows[3].flags = MAIL_FLAGGED;
    imap_view_flagged(v, &rows[3], 1);
    check_text(v, REPORT_UID, "* 2 FETCH (UID 40 FLAGS (\\Flagged))\r\n",
               "flags with their UID");
    new[0].flags = MAIL_SEEN;
    new[0].keywords = 1;
    sv.keywords = keywords;
    sv.keyword_count = 1;
    imap_view_flagged(v, new, 1);
    check_text(v, 0,
               "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft "
               "$Forwarded work)\r\n"
               "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen "
               "\\Draft $Forwarded work \\*)] These can be changed\r\n"
               "* 4 FETCH (FLAGS (\\Seen \\Recent work))\r\n",
               "a new keyword is announced first; \\Recent stays");
    imap_view_free(&v);
}

static void
check_silent(void)
{
    struct store_row rows[3] = { { .uid = 1 }, { .uid = 2 }, { .uid = 3 } };
    struct store_view sv = { .rows = rows, .count = 3 };
    struct store_flags f = { .flags = MAIL_SEEN };
    struct imap_view *v = imap_view_new(&sv);
    struct numset all = { 0 };

    numset_add(&all, 1, 3);
    imap_view_silent_begin(v, &all, STORE_FLAGS_ADD, &f);
    rows[0].flags = MAIL_SEEN;
    rows[1].flags = MAIL_SEEN;
    rows[2].flags = MAIL_SEEN;
    imap_view_flagged(v, rows, 3);
    rows[1].flags = MAIL_SEEN | MAIL_FLAGGED; /* by somebody else */
    imap_view_flagged(v, &rows[1], 1);
    imap_view_silent_end(v);
    check_text(v, 0, "* 2 FETCH (FLAGS (\\Flagged \\Seen))\r\n",
               "only what others did");
    imap_view_silent_begin(v, &all, STORE_FLAGS_SET, &f);
    rows[0].flags = MAIL_SEEN | MAIL_DRAFT; /* before ours */
    imap_view_flagged(v, rows, 1);
    imap_view_silent_end(v);
    check_text(v, 0, "* 1 FETCH (FLAGS (\\Seen \\Draft))\r\n",
               "not what the client expects");
    imap_view_report_flags_of(v, &all);
    imap_view_flags_told(v, 2);
    check_text(v, 0,
               "* 1 FETCH (FLAGS (\\Seen \\Draft))\r\n"
               "* 3 FETCH (FLAGS (\\Seen))\r\n",
               "STORE tells all, but what FETCH just told");
    numset_free(&all);
    imap_view_free(&v);
}

/* Ten times the messages may cost ten times the time, not a hundred times. */
static double
seconds_to_expunge(size_t count)
{
    struct store_row *rows = mem_take_array(count, sizeof *rows);
    struct store_view sv = { .rows = rows, .count = count };
    struct buf out = { 0 };
    struct imap_view *v;
    clock_t start;
    double took;

    for (size_t i = 0; i < count; i++)
        rows[i].uid = (uint32_t)(i + 1);
    v = imap_view_new(&sv);
    start = clock();
    for (uint32_t uid = 1; uid <= count; uid += 2)
        expunge(v, uid, uid);
    while (!imap_view_report(v, REPORT_EXPUNGE, &out))
        buf_clear(&out);
    took = (double)(clock() - start) / CLOCKS_PER_SEC;
    CHECK(imap_view_exists(v) == count / 2, "every other one of %zu", count);
    buf_free(&out);
    imap_view_free(&v);
    free(rows);
    return took;
}

int
main(void)
{
    double few;
    double many;

    check_rules();
    check_silent();
    for (unsigned seed = 1; seed <= 30; seed++)
        check_random(seed);
    few = seconds_to_expunge(20000);
    many = seconds_to_expunge(200000);
    CHECK(many < 40 * few + 0.2, "expunging is not quadratic: %f, %f", few,
          many);
    return check_report();
}
