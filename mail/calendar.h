/* Days and months of the Gregorian calendar, for date.c and date_imap.c. */
#ifndef MAIL_CALENDAR_H
#define MAIL_CALENDAR_H

#include "base/buf.h"

struct calendar_time {
    int year, month, day; /* month and day count from 1 */
    int hour, minute, second;
    int zone_minutes; /* east of UTC */
};

#define CALENDAR_YEAR_MIN 1
#define CALENDAR_YEAR_MAX 9999

/* Every member within its range, and the day within its month. */
bool calendar_is_valid(const struct calendar_time *t);

/* Seconds since 1970, UTC, of a valid time; of midnight UTC of its day. */
int64_t calendar_seconds(const struct calendar_time *t);
int64_t calendar_midnight(const struct calendar_time *t);

/* In UTC; what lies outside the years 1 to 9999 is moved to their edge. */
struct calendar_time calendar_from_seconds(int64_t seconds);

/* 0 is Sunday. */
int calendar_weekday(const struct calendar_time *t);

/* "Jan" is 1; 0: the first three letters name no month. */
int calendar_month_named(struct span name);
const char *calendar_month_name(int month);
const char *calendar_weekday_name(int weekday);

#endif
