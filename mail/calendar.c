#include "mail/calendar.h"

#define DAY_SECONDS 86400

static const char *const months[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};
static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed",
                                        "Thu", "Fri", "Sat" };

static bool
is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
month_days(int year, int month)
{
    static const int days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* A second of 60 is a leap second: RFC 5322 section 3.3. */
bool
calendar_is_valid(const struct calendar_time *t)
{
    return t->year >= CALENDAR_YEAR_MIN && t->year <= CALENDAR_YEAR_MAX &&
           t->month >= 1 && t->month <= 12 && t->day >= 1 &&
           t->day <= month_days(t->year, t->month) && t->hour >= 0 &&
           t->hour <= 23 && t->minute >= 0 && t->minute <= 59 &&
           t->second >= 0 && t->second <= 60;
}

/* Years count from March here, so that the leap day is the last. */
static int64_t
days_since_1970(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

int64_t
calendar_midnight(const struct calendar_time *t)
{
    return days_since_1970(t->year, t->month, t->day) * DAY_SECONDS;
}

int64_t
calendar_seconds(const struct calendar_time *t)
{
    return calendar_midnight(t) + t->hour * 3600 + t->minute * 60 + t->second -
           (int64_t)t->zone_minutes * 60;
}

struct calendar_time
calendar_from_seconds(int64_t seconds)
{
    const int64_t first = days_since_1970(1, 1, 1) * DAY_SECONDS;
    const int64_t beyond = days_since_1970(10000, 1, 1) * DAY_SECONDS;
    struct calendar_time t = { 0 };
    int64_t days, of_era, of_year;

    if (seconds < first)
        seconds = first;
    if (seconds >= beyond)
        seconds = beyond - 1;
    seconds -= first - 306 * (int64_t)DAY_SECONDS; /* from 1 March of year 0 */
    days = seconds / DAY_SECONDS;
    seconds %= DAY_SECONDS;
    of_era = days % 146097;
    of_year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    t.year = (int)(of_year + days / 146097 * 400);
    days = of_era - (365 * of_year + of_year / 4 - of_year / 100);
    t.month = (int)((5 * days + 2) / 153);
    t.day = (int)(days - (153 * t.month + 2) / 5 + 1);
    t.month += t.month < 10 ? 3 : -9;
    t.year += t.month <= 2;
    t.hour = (int)(seconds / 3600);
    t.minute = (int)(seconds / 60 % 60);
    t.second = (int)(seconds % 60);
    return t;
}

int
calendar_weekday(const struct calendar_time *t)
{
    int64_t days = days_since_1970(t->year, t->month, t->day);

    return (int)(((days + 4) % 7 + 7) % 7); /* 1970 began on a Thursday */
}

int
calendar_month_named(struct span name)
{
    for (int i = 0; i < 12; i++)
        if (span_is_nocase(span_sub(name, 0, 3), months[i]))
            return i + 1;
    return 0;
}

const char *
calendar_month_name(int month)
{
    return months[month - 1];
}

const char *
calendar_weekday_name(int weekday)
{
    return weekdays[weekday];
}
