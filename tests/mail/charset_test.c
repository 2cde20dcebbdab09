#include "mail/charset.h"

#include "tests/check.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define U_FFFD "\xef\xbf\xbd"

static const struct {
    const char *charset, *text, *utf8;
    bool known;
} conversions[] = {
    { "utf-8", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", true },
    { "UTF-8",
      "a\xff"
      "b\xc3",
      "a" U_FFFD "b" U_FFFD, true },
    { "us-ascii", "a\xc3\xbc", "a\xc3\xbc", true },
    { "", "abc", "abc", true },
    { "ISO-8859-1", "\xfc", "\xc3\xbc", true },
    { "iso-8859-15", "\xa4", "\xe2\x82\xac", true },
    { "windows-1252", "\x80", "\xe2\x82\xac", true },
    { "koi8-r", "\xf0\xd2\xc9", "\xd0\x9f\xd1\x80\xd0\xb8", true },
    { "iso-2022-jp", "\x1b$B$\"\x1b(B", "\xe3\x81\x82", true },
    { "gb2312", "\xc4\xe3", "\xe4\xbd\xa0", true },
    { "ks_c_5601-1987", "\xb0\xa1", "\xea\xb0\x80", true },
    { "x-nowhere", "\xfc", "\xc3\xbc", false },
    { "x-nowhere", "\xc3\xbc", "\xc3\xbc", false },
    { "UTF-8//TRANSLIT", "a", "a", false },
    { "../../x", "a", "a", false },
};

static const struct {
    const char *value, *text;
    const char *why;
} words[] = {
    { " plain\r\n text", "plain text", "unfolded" },
    { "=?utf-8?Q?gr=C3=BC=C3=9Fe_an?=",
      "gr\xc3\xbc\xc3\x9f"
      "e an",
      "Q" },
    { "=?ISO-8859-1?b?/A==?= x", "\xc3\xbc x", "B" },
    { "a =?utf-8?Q?b?= =?utf-8?Q?c?= d", "a bc d", "space between words" },
    { "=?utf-8?Q?=C3?=\r\n =?UTF-8?B?vA==?=", "\xc3\xbc", "a cut character" },
    { "=?utf-8?Q?a?=b", "ab", "no space behind: lenient" },
    { "=?utf-8?Q?a b?=", "a b", "a raw space: lenient" },
    { "=?utf-8*en?Q?a?=", "a", "a language: RFC 2231 section 5" },
    { "=?utf-8?Q?=41?=", "A", "= at the front of the text" },
    { "=?utf-8?Q?a=4?=", "a=4", "half an escape" },
    { "=?utf-8?X?a?=", "=?utf-8?X?a?=", "no such encoding" },
    { "=?utf-8?Q?open", "=?utf-8?Q?open", "no end" },
    { "=?x-none?Q?=FC?=", "\xc3\xbc", "an unknown charset" },
    { "a = b =? c", "a = b =? c", "no words" },
    { "gr\xfc\xdf", "gr\xc3\xbc\xc3\x9f", "raw Latin-1" },
    { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "raw UTF-8" },
    { "=?utf-8?Q?"
      "?= x",
      " x", "an empty word" },
};

static const struct {
    const char *text, *folded;
} folds[] = {
    { "ABC xyz", "abc xyz" },
    { "\xc3\x84\xc3\x96\xc3\x9c\xc3\x9f", "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f" },
    { "\xce\xa3\xce\x91", "\xcf\x83\xce\xb1" },
    { "\xd0\x96\xd0\x81", "\xd0\xb6\xd1\x91" },
    { "\xd4\xb1", "\xd5\xa1" },
    { "\xc4\x80\xc4\x81", "\xc4\x81\xc4\x81" },
    { "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8" },
    { "a\xffZ", "a\xffz" },
};

static const struct {
    const char *text, *decoded;
} quoted[] = {
    { "a=3Db=3d", "a=b=" },
    { "soft=\r\nbreak", "softbreak" },
    { "a  \r\nb", "a\r\nb" },
    { "a= \t\r\nb", "ab" },
    { "a=\nb", "ab" },
    { "a=ZZ", "a=ZZ" },
    { "a=", "a" },
    { "a=20 \r\n", "a \r\n" },
    { "a\rb", "a\rb" },
    { "=C3=BC", "\xc3\xbc" },
};

/* In a process that cannot open files, what was loaded before still works. */
static void
check_shelf(void)
{
    static const char *const loaded[] = { "koi8-r", "iso-2022-jp",
                                          "gb2312", "windows-1252",
                                          "Big5",   "euc-kr" };
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct charset_shelf *shelf = charset_load();
        int missing = 0;

        setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 0, 0 });
        for (size_t i = 0; i < sizeof loaded / sizeof *loaded; i++)
            missing += !charset_is_known(span_of(loaded[i]));
        missing += charset_is_known(span_of("ebcdic-us")) ? 100 : 0;
        charset_unload(&shelf);
        _exit(missing);
    }
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "%d loaded charsets missing", WEXITSTATUS(status));
}

int
main(void)
{
    struct buf out = { 0 };

    check_shelf();

    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++) {
        struct span charset = span_of(conversions[i].charset);

        buf_clear(&out);
        CHECK(charset_to_utf8(span_of(conversions[i].text), charset, &out) ==
                  conversions[i].known,
              "%s", conversions[i].charset);
        CHECK(span_is(buf_span(&out), conversions[i].utf8), "%s: %s",
              conversions[i].charset, buf_text(&out));
        CHECK(charset_is_known(charset) == conversions[i].known, "%s",
              conversions[i].charset);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        buf_clear(&out);
        charset_decode_words(span_of(words[i].value), &out);
        CHECK(span_is(buf_span(&out), words[i].text), "%s: %s", words[i].why,
              buf_text(&out));
    }
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        buf_clear(&out);
        charset_fold(span_of(folds[i].text), &out);
        CHECK(span_is(buf_span(&out), folds[i].folded), "%s: %s", folds[i].text,
              buf_text(&out));
    }
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        buf_clear(&out);
        charset_decode_qp(span_of(quoted[i].text), &out);
        CHECK(span_is(buf_span(&out), quoted[i].decoded), "%s: %s",
              quoted[i].text, buf_text(&out));
    }
    CHECK(utf8_is_valid(span_of("\xf4\x8f\xbf\xbf")), "the last character");
    CHECK(!utf8_is_valid(span_of("\xf4\x90\x80\x80")), "beyond it");
    CHECK(!utf8_is_valid(span_of("\xc0\x80")), "not the shortest form");
    buf_free(&out);
    return check_report();
}
