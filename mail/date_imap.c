/* Dates of IMAP: RFC 3501 section 9. */
#include "mail/calendar.h"
#include "mail/date.h"

static bool
take_two_digits(struct cursor *c, int *out)
{
    if (c->end - c->at < 2 || !ascii_is_digit(c->at[0]) ||
        !ascii_is_digit(c->at[1]))
        return want(c, "two digits");
    *out = (c->at[0] - '0') * 10 + (c->at[1] - '0');
    c->at += 2;
    return true;
}

/* date-day = 1*2DIGIT; date-day-fixed = (SP DIGIT) / 2DIGIT */
static bool
take_day(struct cursor *c, int *day)
{
    if (take_two_digits(c, day))
        return true;
    if (c->at == c->end || !ascii_is_digit(*c->at))
        return want(c, "a day");
    *day = *c->at++ - '0';
    return true;
}

/* "-" date-month "-" date-year */
static bool
take_month_and_year(struct cursor *c, struct calendar_time *t)
{
    struct span name;
    int high, low;

    if (!take(c, '-') || !take_alpha(c, &name))
        return want(c, "a date such as 21-Nov-2026");
    t->month = calendar_month_named(name);
    if (name.n != 3 || t->month == 0)
        return want(c, "a month such as Nov");
    if (!take(c, '-') || !take_two_digits(c, &high) ||
        !take_two_digits(c, &low))
        return want(c, "a year of four digits");
    t->year = high * 100 + low;
    return true;
}

/* time = 2DIGIT ":" 2DIGIT ":" 2DIGIT */
static bool
take_time(struct cursor *c, struct calendar_time *t)
{
    return take_two_digits(c, &t->hour) && take(c, ':') &&
           take_two_digits(c, &t->minute) && take(c, ':') &&
           take_two_digits(c, &t->second);
}

/* zone = ("+" / "-") 4DIGIT */
static bool
take_zone(struct cursor *c, struct calendar_time *t)
{
    int sign = take(c, '-') ? -1 : 1;
    int hours, minutes;

    if (sign == 1 && !take(c, '+'))
        return want(c, "a zone such as +0100");
    if (!take_two_digits(c, &hours) || !take_two_digits(c, &minutes) ||
        minutes > 59)
        return want(c, "a zone such as +0100");
    t->zone_minutes = sign * (hours * 60 + minutes);
    return true;
}

/*
 * date-time = DQUOTE date-day-fixed "-" date-month "-" date-year
 *             SP time SP zone DQUOTE               RFC 3501 section 9
 */
bool
take_imap_date_time(struct cursor *c, int64_t *seconds)
{
    struct cursor at = *c;
    struct calendar_time t = { 0 };

    if (!take(&at, '"') || !take_spaces(&at) || !take_day(&at, &t.day) ||
        !take_month_and_year(&at, &t) || !take(&at, ' ') ||
        !take_time(&at, &t) || !take(&at, ' ') || !take_zone(&at, &t) ||
        !take(&at, '"'))
        return want(c, at.want);
    if (!calendar_is_valid(&t))
        return want(c, "a date that exists");
    *c = at;
    *seconds = calendar_seconds(&t);
    return true;
}

/* date = date-text / DQUOTE date-text DQUOTE */
bool
take_imap_date(struct cursor *c, int64_t *seconds)
{
    struct cursor at = *c;
    struct calendar_time t = { 0 };
    bool quoted = take(&at, '"');

    if (!take_day(&at, &t.day) || !take_month_and_year(&at, &t) ||
        (quoted && !take(&at, '"')))
        return want(c, at.want);
    if (!calendar_is_valid(&t))
        return want(c, "a date that exists");
    *c = at;
    *seconds = calendar_midnight(&t);
    return true;
}

void
date_print_imap(int64_t seconds, struct buf *out)
{
    struct calendar_time t = calendar_from_seconds(seconds);

    buf_printf(out, "%02d-%s-%04d %02d:%02d:%02d +0000", t.day,
               calendar_month_name(t.month), t.year, t.hour, t.minute,
               t.second);
}
