/*
 * Dates of header fields. The grammar (RFC 5322 section 3.3):
 *
 *   date-time = [ day-of-week "," ] day month year time-of-day zone [CFWS]
 *
 * and beside its obsolete forms (section 4.3) what is sent nevertheless:
 *
 *   Sat Nov 21 10:00:00 2026      asctime, with or without a zone
 *   21-Nov-2026 10:00             hyphens, no seconds, no zone
 *   2026-11-21T10:00:00+01:00     ISO 8601
 */
#include "mail/date.h"

#include "mail/calendar.h"

#define YEAR_MIN 1900 /* RFC 5322 section 3.3 */

static bool
at_digit(const struct cursor *c)
{
    return c->at < c->end && ascii_is_digit(*c->at);
}

/* Nested comments: counted, not recursed into. */
static void
skip_comment(struct cursor *c)
{
    size_t depth = 0;

    do {
        if (*c->at == '(')
            depth++;
        else if (*c->at == ')')
            depth--;
        else if (*c->at == '\\' && c->at + 1 < c->end)
            c->at++;
        c->at++;
    } while (depth > 0 && c->at < c->end);
}

/* White space, line ends, comments, and one of `also` wherever it stands. */
static void
skip_space(struct cursor *c, const char *also)
{
    while (c->at < c->end) {
        if (*c->at == '(')
            skip_comment(c);
        else if (*c->at == ' ' || *c->at == '\t' || *c->at == '\r' ||
                 *c->at == '\n' || span_has(span_of(also), *c->at))
            c->at++;
        else
            return;
    }
}

/* A number of `least` to `most` digits; *digits is how many there were. */
static bool
take_figure(struct cursor *c, int *out, int *digits)
{
    int n = 0;
    int value = 0;

    for (; at_digit(c) && n < 9; n++)
        value = value * 10 + (*c->at++ - '0');
    if (n == 0 || at_digit(c))
        return want(c, "a number");
    *out = value;
    *digits = n;
    return true;
}

/* obs-year: RFC 5322 section 4.3 */
static int
full_year(int year, int digits)
{
    if (digits == 2)
        return year + (year < 50 ? 2000 : 1900);
    return digits == 3 ? year + 1900 : year;
}

static bool
take_year(struct cursor *c, int *year)
{
    int digits;

    if (!take_figure(c, year, &digits) || digits < 2)
        return want(c, "a year");
    *year = full_year(*year, digits);
    return true;
}

static bool
take_month(struct cursor *c, int *month)
{
    struct span name;

    if (!take_alpha(c, &name))
        return false;
    *month = calendar_month_named(name);
    return *month > 0 || want(c, "a month");
}

/* time-of-day = hour ":" minute [ ":" second ] */
static bool
take_time(struct cursor *c, struct calendar_time *t)
{
    int digits;

    if (!take_figure(c, &t->hour, &digits) || digits > 2)
        return want(c, "an hour");
    skip_space(c, "");
    if (!take(c, ':') && !take(c, '.'))
        return false;
    skip_space(c, "");
    if (!take_figure(c, &t->minute, &digits) || digits > 2)
        return want(c, "minutes");
    skip_space(c, "");
    if (!take(c, ':') && !take(c, '.'))
        return true;
    skip_space(c, "");
    if (!take_figure(c, &t->second, &digits) || digits > 2)
        return want(c, "seconds");
    if (take(c, '.')) /* ISO 8601's fraction */
        take_figure(c, &digits, &digits);
    return true;
}

/* obs-zone; military letters and unknown names count as UTC (section 4.3). */
static int
zone_named(struct span name)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = { { "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },
                  { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 } };

    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (span_is_nocase(name, zones[i].name))
            return zones[i].hours * 60;
    return 0;
}

/* zone = ( "+" / "-" ) 4DIGIT; "GMT+01:00" is taken as well. */
static void
take_zone(struct cursor *c, struct calendar_time *t)
{
    struct span name;
    int sign, hours, minutes, digits;

    skip_space(c, "");
    if (take_alpha(c, &name))
        t->zone_minutes = zone_named(name);
    if (c->at == c->end || (*c->at != '+' && *c->at != '-'))
        return;
    sign = *c->at++ == '-' ? -1 : 1;
    if (!take_figure(c, &hours, &digits) || digits > 4)
        return;
    minutes = hours % 100;
    hours /= 100;
    if (digits <= 2) {
        hours = minutes;
        minutes = 0;
        if (take(c, ':') && !take_figure(c, &minutes, &digits))
            return;
    }
    if (hours <= 99 && minutes <= 59)
        t->zone_minutes = sign * (hours * 60 + minutes);
}

static void
take_time_and_zone(struct cursor *c, struct calendar_time *t)
{
    struct cursor at = *c;

    skip_space(c, "Tt,");
    at = *c;
    if (take_time(c, t)) {
        take_zone(c, t);
        return;
    }
    *c = at; /* a date alone: midnight */
    t->hour = t->minute = t->second = 0;
}

/* 21 Nov 2026 ..., 21-Nov-26 ..., 2026-11-21T... */
static bool
take_day_first(struct cursor *c, struct calendar_time *t)
{
    int digits;

    if (!take_figure(c, &t->day, &digits))
        return false;
    skip_space(c, "-/.,");
    if (digits == 4 && at_digit(c)) {
        t->year = t->day;
        if (!take_figure(c, &t->month, &digits))
            return false;
        skip_space(c, "-");
        if (!take_figure(c, &t->day, &digits))
            return false;
    } else {
        if (digits > 2 || !take_month(c, &t->month))
            return want(c, "a day and a month");
        skip_space(c, "-/.,");
        if (!take_year(c, &t->year))
            return false;
    }
    take_time_and_zone(c, t);
    return true;
}

/* Nov 21 10:00:00 [zone] 2026, Nov 21, 2026 10:00 */
static bool
take_month_first(struct cursor *c, struct calendar_time *t)
{
    struct cursor before;
    struct span name;
    int digits;

    if (!take_month(c, &t->month))
        return false;
    skip_space(c, ".,-");
    if (!take_figure(c, &t->day, &digits) || digits > 2)
        return want(c, "a day");
    skip_space(c, ",-");
    before = *c;
    if (take_figure(c, &t->year, &digits) && digits == 4) {
        take_time_and_zone(c, t);
        return true;
    }
    *c = before;
    if (!take_time(c, t))
        return false;
    skip_space(c, "");
    if (take_alpha(c, &name))
        t->zone_minutes = zone_named(name);
    skip_space(c, "");
    if (!take_year(c, &t->year))
        return false;
    take_zone(c, t);
    return true;
}

static bool
parse(struct span text, struct calendar_time *t)
{
    struct cursor c = cursor_on(text);
    struct cursor before;
    struct span name;
    bool found;

    *t = (struct calendar_time){ 0 };
    skip_space(&c, "\",");
    before = c;
    if (take_alpha(&c, &name) && calendar_month_named(name) > 0) {
        c = before;
        found = take_month_first(&c, t);
    } else {
        skip_space(&c, ".,");
        found = at_digit(&c) ? take_day_first(&c, t) : take_month_first(&c, t);
    }
    return found && t->year >= YEAR_MIN && calendar_is_valid(t);
}

bool
date_parse_822(struct span text, int64_t *seconds)
{
    struct calendar_time t;

    if (!parse(text, &t))
        return false;
    *seconds = calendar_seconds(&t);
    return true;
}

bool
date_day_822(struct span text, int64_t *midnight)
{
    struct calendar_time t;

    if (!parse(text, &t))
        return false;
    *midnight = calendar_midnight(&t);
    return true;
}

void
date_print_822(int64_t seconds, struct buf *out)
{
    struct calendar_time t = calendar_from_seconds(seconds);

    buf_printf(out, "%s, %02d %s %04d %02d:%02d:%02d +0000",
               calendar_weekday_name(calendar_weekday(&t)), t.day,
               calendar_month_name(t.month), t.year, t.hour, t.minute,
               t.second);
}
