/* What is made of a message for SEARCH to look through. */
#include "imapd-lite/search_text.h"
#include "mail/limits.h"
#include "tests/check.h"

#include <sys/mman.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* clang-format off */
static const struct {
    const char *why, *header, *lines;
} headers[] = {
    { "lower case",            "Subject: ABC\r\n\r\n",              "subject: abc\n" },
    { "folded lines",          "Subject: a\r\n b\r\n\tc\r\n\r\n",   "subject: a b\tc\n" },
    { "encoded words",         "To: =?utf-8?q?=C3=84b?= =?iso-8859-1?B?xA==?=\r\n\r\n",
                               "to: \xc3\xa4" "b\xc3\xa4\n" },
    { "a word cut in two",     "To: =?utf-8?b?TsO?=\r\n =?utf-8?b?pEg=?=\r\n\r\n",
                               "to: n\xc3\xa4h\n" },
    { "folded beside a word",  "To: A\r\n =?utf-8?q?B?=\r\n C\r\n\r\n", "to: a b c\n" },
    { "folded with LF",        "To: A\n B\n\tC\n\n",             "to: a b\tc\n" },
    { "an odd CR",             "To: A\r\r\n B\r\r\n",             "to: a\r b\n" },
    { "no word at all",        "To: A =? B ?= =?C\r\n",            "to: a =? b ?= =?c\n" },
    { "8 bit, UTF-8",          "To: \xc3\x84\r\n\r\n",              "to: \xc3\xa4\n" },
    { "8 bit, something else", "To: \xc4\r\n\r\n",                  "to: \xc3\xa4\n" },
    { "nothing behind",        "A: b\r\n\r\nC: d\r\n",              "a: b\n" },
    { "an empty value",        "A:\r\nB: \r\n\r\n",                 "a: \nb: \n" },
    { "no field",              "From me Sat Nov 21\r\nA: b\r\n",    ": from me sat nov 21\na: b\n" },
    { "a continuation first",  " Subject: x\r\nA: b\r\n",           ": subject: x\na: b\n" },
    { "a line hidden in a word", "X: =?utf-8?q?=0D=0ASubject:_faked?=\r\n\r\n",
                               "x: \r subject: faked\n" },
    { "nothing",               "",                                  "" },
};
/* clang-format on */

static void
check_headers(void)
{
    for (size_t i = 0; i < COUNT(headers); i++) {
        struct buf lines = { 0 };

        imap_search_fold_header(span_of(headers[i].header), NULL, &lines);
        CHECK(span_is(buf_span(&lines), headers[i].lines), "%s: %s",
              headers[i].why, buf_text(&lines));
        buf_free(&lines);
    }
}

static void
check_needed(void)
{
    struct span fields[] = { span_of("subject"), span_of("X-B") };
    struct search_needs needs = { .fields = fields, .field_count = 2 };
    struct buf lines = { 0 };

    imap_search_fold_header(span_of("From me\r\nSUBJECT: A\r\n b\r\nX: c\r\n"
                                    "Subject2: d\r\nx-b : E\r\n\r\nX-B: f"),
                            &needs, &lines);
    CHECK(span_is(buf_span(&lines), "subject: a b\nx-b: e\n"), "%s",
          buf_text(&lines));
    buf_free(&lines);
}

static void
check_lines(void)
{
    struct span rest = span_of("a: 1\n: a: 2\nab: 3\nA: 4: 5\na: \n");
    struct span all = rest;
    struct span value;

    CHECK(imap_search_line(&rest, span_of("A"), &value) && span_is(value, "1"),
          "the first");
    CHECK(imap_search_line(&rest, span_of("a"), &value) &&
              span_is(value, "4: 5"),
          "the second is behind a line without name and a longer name");
    CHECK(imap_search_line(&rest, span_of("a"), &value) && value.n == 0,
          "the third is empty");
    CHECK(!imap_search_line(&rest, span_of("a"), &value), "no more");
    CHECK(!imap_search_line(&all, span_of(""), &value), "no name, no line");
    rest = span_of("a");
    CHECK(!imap_search_line(&rest, span_of("b"), &value), "a line cut short");
    rest = span_of("a:");
    CHECK(imap_search_line(&rest, span_of("a"), &value) && value.n == 0,
          "a line cut behind its name");
}

/* --- whole messages --------------------------------------------------------------- */

#define MIXED "Content-Type: multipart/mixed; boundary=B\r\n\r\n"

/* clang-format off */
static const struct {
    const char *why, *message, *holds, *lacks; /* the body; or NULL */
} messages[] = {
    { "plain text",          "Subject: Top\r\n\r\nHello WORLD\r\n", "hello world\r\n", "top" },
    { "quoted-printable",    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                             "=C3=84pf=\r\nel\r\n", "\xc3\xa4pfel", "=" },
    { "base 64",             "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                             "xHBm\r\nZWw=\r\n", "\xc3\xa4pfel", "xhbm" },
    { "one word on two lines", "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                             "straw  \t\r\nNEE= \t\r\nDLE=2E=3D=\r\n", "straw\r\nneedle.=\n", NULL },
    { "a cut character",     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                             "S=C3=\r\n=9CSS", "s\xc3\xbcss", NULL },
    { "base 64, odd lines",  "Content-Transfer-Encoding: base64\r\n\r\n"
                             "TkV\r\nFREx\r\nFI\r\nGluIHRoZSB\r\noYXk=\r\n", "needle in the hay", NULL },
    { "base 64, long lines", "Content-Transfer-Encoding: base64\r\n\r\n"
                             "VEhFIFFVSUNLIEJST1dOIEZPWCBKVU1QUyBPVkVSIFRIRSBMQVpZIERP\r\nRy4gTkVFRExF\r\n",
                             "the quick brown fox jumps over the lazy dog. needle", NULL },
    { "base 64, UTF-16",     "Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                             "TgBFAEUARABMAEUA\r\n", "needle", NULL },
    { "8 bit that is not what it says", "Content-Type: text/plain; charset=utf-8\r\n\r\n"
                             "Caf\xe9 \xc3\x84PFEL", "caf\xef\xbf\xbd \xc3\xa4pfel", NULL },
    { "ASCII in a shifted charset", "Content-Type: text/plain; charset=utf-7\r\n\r\n"
                             "+AMQ-pfel", "\xc3\xa4pfel", "+amq" },
    { "a letter that folds to ASCII", "Content-Type: text/plain; charset=utf-8\r\n\r\n"
                             "300 \xe2\x84\xaa" "ELVIN", "kelvin", NULL },
    { "A to Z, and beside",  "Subject: x\r\n\r\n@AMZ[`amz{@AMZ[\r\n", "@amz[`amz{@amz[", "A" },
    { "an unknown charset",  "Content-Type: text/plain; charset=x-none\r\n\r\nplain\r\n", "plain", NULL },
    { "text is text/plain",  "\r\nno header\r\n", "no header", NULL },
    { "HTML",                "Content-Type: text/html\r\n\r\n<b>Bold</b>", "bold", NULL },
    { "parts and their headers", MIXED "--B\r\n\r\nOne\r\n--B\r\nContent-Type: image/png; name=\"Cat.png\"\r\n\r\nPIXELS\r\n--B--\r\n",
                             "name=\"cat.png\"", "pixels" },
    { "the text beside",     MIXED "--B\r\n\r\nOne\r\n--B\r\nContent-Type: image/png\r\n\r\nPIXELS\r\n--B--\r\n",
                             "one", "pixels" },
    { "text around the parts is not shown", MIXED "before\r\n--B\r\n\r\nOne\r\n--B--\r\nbehind", "one", "before" },
    { "a message inside",    MIXED "--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?Inn=65r?=\r\n\r\nDeep\r\n--B--\r\n",
                             "subject: inner", NULL },
    { "and its text",        MIXED "--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\nDeep\r\n--B--\r\n",
                             "deep", "multipart" },
    { "it is all a message", "Content-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\nDeep\r\n", "subject: inner", "message/rfc822" },
    { "no body",             "Subject: x\r\n", NULL, "x" },
    { "no bytes",            "", NULL, "x" },
};
/* clang-format on */

static int
file_with(struct span bytes)
{
    int fd = memfd_create("message", MFD_CLOEXEC);

    if (fd == -1 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
        abort();
    return fd;
}

static void
summarize(struct span message, struct buf *blob, struct summary *sum)
{
    struct summary_maker *m = summary_begin();

    summary_feed(m, message);
    summary_finish(&m, blob);
    CHECK(summary_open(buf_span(blob), sum), "summary");
}

static bool
read_from(struct search_text *t, int fd, const struct summary *sum,
          struct error *e)
{
    static const struct search_needs all = { .header = true, .body = true };
    struct search_source from = { .fd = fd };

    return imap_search_read(t, &from, sum, &all, e);
}

static bool
has(const struct buf *text, const char *what)
{
    size_t at;

    return span_search(buf_span(text), span_of(what), &at);
}

static void
check_message(size_t i, struct search_text *t)
{
    struct span message = span_of(messages[i].message);
    int fd = file_with(message);
    struct buf blob = { 0 };
    struct summary sum;
    struct error e = { 0 };

    summarize(message, &blob, &sum);
    CHECK(read_from(t, fd, &sum, &e), "%s: %s", messages[i].why, e.text);
    CHECK(messages[i].holds == NULL || has(&t->body, messages[i].holds),
          "%s: %s", messages[i].why, buf_text(&t->body));
    CHECK(messages[i].lacks == NULL || !has(&t->body, messages[i].lacks),
          "%s: has %s", messages[i].why, messages[i].lacks);
    buf_free(&blob);
    close(fd);
}

static void
check_errors(struct search_text *t)
{
    struct span message = span_of("Subject: x\r\n\r\nbody\r\n");
    struct buf blob = { 0 };
    struct summary sum;
    struct error e = { 0 };
    int fd = file_with(span_of("Sub"));

    summarize(message, &blob, &sum);
    CHECK(read_from(t, fd, &sum, &e), "a file that has shrunk");
    CHECK(t->body.n == 1, "holds no more than it does: %zu", t->body.n);
    close(fd);
    CHECK(!read_from(t, fd, &sum, &e), "a file that cannot be read");
    buf_free(&blob);
}

/* A part larger than is looked at, and a header likewise. */
static void
check_large(struct search_text *t)
{
    struct buf message = { 0 }, blob = { 0 };
    struct summary sum;
    struct error e = { 0 };
    int fd;

    buf_put_text(&message, "Subject: ");
    for (size_t i = 0; i < HEADER_BYTES_MAX / 8; i++)
        buf_put_text(&message, "header\r\n ");
    buf_put_text(&message, "\r\nX-Last: y\r\n\r\nBEGIN ");
    for (size_t i = 0; i < SEARCH_PART_MAX / 8; i++)
        buf_put_text(&message, "text...\n");
    buf_put_text(&message, "END\r\n");
    fd = file_with(buf_span(&message));
    summarize(buf_span(&message), &blob, &sum);
    CHECK(read_from(t, fd, &sum, &e), "large");
    CHECK(has(&t->body, "begin") && !has(&t->body, "end"), "only so much");
    CHECK(!has(&t->header, "x-last"), "only so much of the header");
    imap_search_text_trim(t);
    CHECK(t->body.cap == 0, "much memory is given back");
    close(fd);
    buf_free(&message);
    buf_free(&blob);
}

int
main(void)
{
    struct search_text t = { 0 };

    check_headers();
    check_needed();
    check_lines();
    for (size_t i = 0; i < COUNT(messages); i++)
        check_message(i, &t);
    check_errors(&t);
    check_large(&t);
    imap_search_text_free(&t);
    return check_report();
}
