#include "mail/date.h"

#include "tests/check.h"

#define NONE INT64_MIN

static const struct {
    const char *text;
    int64_t seconds;
    const char *why;
} header_dates[] = {
    { "Sat, 21 Nov 2026 10:00:00 +0000", 1795255200, "RFC 5322" },
    { "Sat, 21 Nov 2026 11:00:00 +0100", 1795255200, "a zone" },
    { "21 Nov 2026 10:00 GMT", 1795255200, "no day, no seconds" },
    { " Sat (x (y)) , 21\r\n Nov 2026 10 : 00 : 00 (z) -0000 (UTC)", 1795255200,
      "comments and folding: section 4.3" },
    { "Sat, 21 Nov 26 05:00:00 EST", 1795255200, "two digits, a name" },
    { "21 Nov 99 00:00:00 +0000", 943142400, "1999" },
    { "Mon, 01 Jan 101 00:00:00 Z", 978307200, "three digits" },
    { "Sat Nov 21 10:00:00 2026", 1795255200, "asctime" },
    { "Sat Nov 21 10:00:00 UTC 2026", 1795255200, "date(1)" },
    { "Sat Nov 21 11:00:00 2026 +0100", 1795255200, "asctime with a zone" },
    { "21-Nov-2026 10:00:00", 1795255200, "hyphens, no zone" },
    { "2026-11-21T10:00:00Z", 1795255200, "ISO 8601" },
    { "2026-11-21 11:00:00.123+01:00", 1795255200, "ISO 8601" },
    { "November 21, 2026 10:00", 1795255200, "words" },
    { "Saturday, 21 November 2026 10:00:00 GMT+0100", 1795251600, "RFC 850" },
    { "Sat, 21 Nov 2026 10.00.00 +0000", 1795255200, "dots" },
    { "21 Nov 2026", 1795219200, "no time" },
    { "Sat, 21 Nov 2026 10:00:00 A", 1795255200, "military: section 4.3" },
    { "Thu, 29 Feb 2024 23:59:60 +0000", 1709251200, "leap day and second" },
    { "Thu, 29 Feb 2023 00:00:00 +0000", NONE, "no such day" },
    { "31 Apr 2026 00:00:00 +0000", NONE, "no such day" },
    { "21 Nov 2026 24:00:00 +0000", NONE, "no such hour" },
    { "21 Nov 2026 10:60:00 +0000", NONE, "no such minute" },
    { "21 Foo 2026 10:00:00 +0000", NONE, "no such month" },
    { "21 Nov 20260 10:00:00 +0000", NONE, "a year too far" },
    { "21 Nov 1800 10:00:00 +0000", NONE, "before there was mail" },
    { "999999999999 Nov 2026 10:00:00", NONE, "a number too far" },
    { "", NONE, "nothing" },
    { "yesterday", NONE, "a word" },
    { "(((((", NONE, "an open comment" },
    { "(\\", NONE, "an open escape" },
};

static const struct {
    const char *text;
    int64_t seconds;
    size_t rest; /* octets left on the line */
} imap_times[] = {
    { "\"21-Nov-2026 10:00:00 +0000\"", 1795255200, 0 },
    { "\" 1-Jan-1970 00:00:00 +0000\" x", 0, 2 },
    { "\"1-jan-1970 01:00:00 +0100\"", 0, 0 },
    { "\"21-Nov-2026 10:00:00\"", NONE, 0 },
    { "\"31-Feb-2026 10:00:00 +0000\"", NONE, 0 },
    { "\"21-November-2026 10:00:00 +0000\"", NONE, 0 },
    { "21-Nov-2026 10:00:00 +0000", NONE, 0 },
    { "\"21-Nov-2026 10:00:00 +0000", NONE, 0 },
};

static const struct {
    const char *text;
    int64_t seconds;
    size_t rest;
} imap_dates[] = {
    { "1-Nov-2026", 1793491200, 0 },   { "\"01-Nov-2026\" ", 1793491200, 1 },
    { "1-Nov-26", NONE, 0 },           { "\"1-Nov-2026", NONE, 0 },
    { "0-Nov-2026", NONE, 0 },         { "1-Nov-2026)", 1793491200, 1 },
    { "1-Jan-0001", -62135596800, 0 }, { "Nov-1-2026", NONE, 0 },
};

static void
check_taken(bool taken, int64_t got, int64_t wanted, const char *text)
{
    CHECK(taken == (wanted != NONE), "%s", text);
    if (taken)
        CHECK(got == wanted, "%s: %lld", text, (long long)got);
}

static void
check_print(int64_t seconds, const char *header, const char *imap)
{
    struct buf out = { 0 };
    int64_t again;

    date_print_822(seconds, &out);
    CHECK(span_is(buf_span(&out), header), "%s", buf_text(&out));
    if (seconds >= -2208988800 && seconds <= 253402300799)
        CHECK(date_parse_822(buf_span(&out), &again) && again == seconds,
              "there and back: %s", header);
    buf_clear(&out);
    date_print_imap(seconds, &out);
    CHECK(span_is(buf_span(&out), imap), "%s", buf_text(&out));
    buf_free(&out);
}

int
main(void)
{
    int64_t got = 0;

    for (size_t i = 0; i < sizeof header_dates / sizeof *header_dates; i++) {
        bool taken = date_parse_822(span_of(header_dates[i].text), &got);

        check_taken(taken, got, header_dates[i].seconds, header_dates[i].text);
    }
    for (size_t i = 0; i < sizeof imap_times / sizeof *imap_times; i++) {
        struct cursor c = cursor_on(span_of(imap_times[i].text));
        bool taken = take_imap_date_time(&c, &got);

        check_taken(taken, got, imap_times[i].seconds, imap_times[i].text);
        if (imap_times[i].seconds != NONE)
            CHECK(cursor_rest(&c).n == imap_times[i].rest, "%s",
                  imap_times[i].text);
    }
    for (size_t i = 0; i < sizeof imap_dates / sizeof *imap_dates; i++) {
        struct cursor c = cursor_on(span_of(imap_dates[i].text));
        bool taken = take_imap_date(&c, &got);

        check_taken(taken, got, imap_dates[i].seconds, imap_dates[i].text);
        if (imap_dates[i].seconds != NONE)
            CHECK(cursor_rest(&c).n == imap_dates[i].rest, "%s",
                  imap_dates[i].text);
    }
    CHECK(date_day_822(span_of("Sat, 21 Nov 2026 00:30:00 +0200"), &got) &&
              got == 1795219200,
          "the day as written: %lld", (long long)got);
    check_print(1795255200, "Sat, 21 Nov 2026 10:00:00 +0000",
                "21-Nov-2026 10:00:00 +0000");
    check_print(-1, "Wed, 31 Dec 1969 23:59:59 +0000",
                "31-Dec-1969 23:59:59 +0000");
    check_print(951782400, "Tue, 29 Feb 2000 00:00:00 +0000",
                "29-Feb-2000 00:00:00 +0000");
    check_print(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000",
                "31-Dec-9999 23:59:59 +0000");
    check_print(INT64_MIN, "Mon, 01 Jan 0001 00:00:00 +0000",
                "01-Jan-0001 00:00:00 +0000");
    return check_report();
}
