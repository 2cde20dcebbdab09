/* What is read of an mbox: where messages begin, what of them is the mbox's. */
#include "base/fs.h"
#include "mail/flags.h"
#include "pillarbox/mbox.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FROM "From bob@example.com Sun Sep 13 12:26:42 2020\n"

static int
file_of(struct span text)
{
    int fd = memfd_create("mbox", MFD_CLOEXEC);
    struct error e;

    if (fd == -1 || !fs_write(fd, text, &e))
        abort();
    return fd;
}

static bool
gather(void *arg, struct span bytes, struct error *e)
{
    (void)e;
    buf_put(arg, bytes);
    return true;
}

/* All messages' texts, "|" behind each. */
static bool
read_all(struct span text, struct mbox *m, struct buf *got)
{
    int fd = file_of(text);
    struct error e;
    bool good = mbox_scan(fd, m, &e);

    for (size_t i = 0; good && i < m->count; i++) {
        mbox_copy(m, &m->messages[i], gather, got, &e);
        buf_put_ch(got, '|');
    }
    close(fd);
    return good;
}

/* clang-format off */
static const struct {
    const char *text, *messages, *why; /* messages NULL: refused */
} cases[] = {
    { "", "", "an empty file has none" },
    { FROM "A: 1\n\nx\n\n" FROM "A: 2\n\ny\n", "A: 1\n\nx\n|A: 2\n\ny\n|", "two" },
    { FROM "A: 1\n\nx\n\n" FROM "A: 2\n\ny\n\n", "A: 1\n\nx\n|A: 2\n\ny\n|",
      "an empty line at the end is not the message's" },
    { FROM "A: 1\n\nx\n" FROM "y\n", "A: 1\n\nx\n" FROM "y\n|",
      "without an empty line before it starts nothing" },
    { FROM "A: 1\n\nx\n\nFrom here to eternity\n",
      "A: 1\n\nx\n\nFrom here to eternity\n|", "nor without a date" },
    { FROM "A: 1\n\n>From a\n>>From b\n>Fromage\n> From c\n",
      "A: 1\n\nFrom a\n>From b\n>Fromage\n> From c\n|", "mboxrd's quotes go" },
    { FROM "A: 1\n>From x: y\n\nz\n", "A: 1\n>From x: y\n\nz\n|",
      "not in the header" },
    { FROM "Status: RO\nA: 1\nX-Status: A\n more\nX-UID: 7\nX-Keywords: w\n"
      "Content-Length: 999\nX-IMAPbase: 5 9\nB: 2\n\nx\n",
      "A: 1\nB: 2\n\nx\n|", "the mbox's fields go, with what is folded" },
    { FROM "A: 1\nContent-Length: 38\n\n" "x\n\n"
      "From a Sun Sep 13 12:26:42 2020\n>From \n" FROM "\ny\n",
      NULL, "what follows a length that is wrong by a little is searched" },
    { FROM "A: 1\nContent-Length: 35\n\nx\n\nFrom a Sun Sep 13 12:26:42 2020\n"
      "\n" FROM "\ny\n",
      "A: 1\n\nx\n\nFrom a Sun Sep 13 12:26:42 2020\n|\ny\n|",
      "a length that leads to the next one is believed" },
    { FROM "A: 1\n\n" FROM "B: 2\n\n", "A: 1\n\n|B: 2\n\n|", "no bodies" },
    { FROM "A: 1", "A: 1|", "a header that ends with the file" },
    { FROM, "|", "nothing behind the first line" },
    { "\n\n" FROM "A: 1\n\nx\n", "A: 1\n\nx\n|", "empty lines in front" },
    { "From bob Sun Sep 13 12:26:42 2020\r\nA: 1\r\n\r\nx\r\n\r\n"
      "From bob Sun Sep 13 12:26:42 2020\r\nA: 2\r\n\r\ny\r\n",
      "A: 1\r\n\r\nx\r\n|A: 2\r\n\r\ny\r\n|", "CR LF" },
    { "Subject: a mail\n\nx\n", NULL, "a mail is no mbox" },
    { "From bob\nA: 1\n\nx\n", NULL, "no date" },
};
/* clang-format on */

static void
check_case(size_t i)
{
    struct mbox m;
    struct buf got = { 0 };
    bool good = read_all(span_of(cases[i].text), &m, &got);

    if (cases[i].messages == NULL)
        CHECK(!good || m.count > 1, "%s", cases[i].why);
    else
        CHECK(good && span_is(buf_span(&got), cases[i].messages), "%s: %s",
              cases[i].why, buf_text(&got));
    mbox_free(&m);
    buf_free(&got);
}

static void
check_facts(void)
{
    const char *text =
        FROM "X-IMAP: 5 9 w\nSubject: internal\n\nx\n\n" FROM
             "X-IMAPbase: 77 0000000012 w v\nX-UID: 9\nStatus: RO\n"
             "X-Status: AFTD\nX-Keywords: w v\n\nx\n\n" FROM
             "Status: O\n\nx\n\n" FROM "\nx\n";
    struct mbox m;
    struct buf got = { 0 };
    const struct mbox_message *one;

    CHECK(read_all(span_of(text), &m, &got) && m.count == 4, "four");
    CHECK(m.uid_validity == 77 && m.uid_last == 12, "X-IMAPbase");
    CHECK(m.messages[0].is_internal && !m.messages[1].is_internal,
          "c-client's own message");
    one = &m.messages[1];
    CHECK(one->uid == 9 && one->is_old && one->date == 1600000002,
          "UID, seen before, date");
    CHECK(one->flags == (MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED | MAIL_DRAFT |
                         MAIL_DELETED),
          "flags: %x", one->flags);
    CHECK(span_is(span_sub(buf_span(&m.keywords), one->keywords,
                           one->keywords_size),
                  "w v"),
          "keywords");
    CHECK(m.messages[2].is_old && m.messages[2].flags == 0, "old, not seen");
    CHECK(!m.messages[3].is_old, "new");
    CHECK(m.messages[2].mark != m.messages[3].mark,
          "the same text twice: two marks");
    mbox_free(&m);
    buf_free(&got);
}

/* Longer than what is read at once, and than a line may be. */
static void
check_large(void)
{
    struct buf text = { 0 };
    struct buf got = { 0 };
    struct mbox m;

    buf_put_text(&text, FROM "A: 1\n\n");
    for (int i = 0; i < 200000; i++)
        buf_put_text(&text, "From ");
    buf_put_text(&text, "\n\n" FROM "A: 2\n\n>From x\n");
    CHECK(read_all(buf_span(&text), &m, &got) && m.count == 2, "two: %zu",
          m.count);
    CHECK(got.n == 1000000 + 6 + 1 + 1 + 13 + 1, "%zu octets", got.n);
    CHECK(span_ends(buf_span(&got), "|A: 2\n\nFrom x\n|"), "the second");
    mbox_free(&m);
    buf_free(&text);
    buf_free(&got);
}

static void
check_from(void)
{
    struct buf line = { 0 };
    int64_t date = 0;

    mbox_put_from(span_of("a b@x\r"), 1600000002, &line);
    CHECK(span_is(buf_span(&line), "From a-b@x- Sun Sep 13 12:26:42 2020\n"),
          "%s", buf_text(&line));
    CHECK(mbox_is_from(span_sub(buf_span(&line), 0, line.n - 1), &date) &&
              date == 1600000002,
          "and back");
    buf_free(&line);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(i);
    check_facts();
    check_large();
    check_from();
    return check_report();
}
