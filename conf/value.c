#include "conf/value.h"

#include "base/cursor.h"

#include <limits.h>

struct unit {
    char letter;
    uint64_t factor;
};

/* Largest first, so that the first that divides gives the shortest text. */
static const struct unit size_units[] = {
    { 'G', (uint64_t)1 << 30 },
    { 'M', (uint64_t)1 << 20 },
    { 'K', (uint64_t)1 << 10 },
};
static const struct unit time_units[] = {
    { 'd', 86400 },
    { 'h', 3600 },
    { 'm', 60 },
    { 's', 1 },
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define WORD_MAX        64

static bool
read_with_unit(struct span text, const struct unit *units, size_t n,
               uint64_t max, uint64_t *out)
{
    struct cursor c = cursor_on(text);
    uint64_t number;

    if (!take_number64(&c, &number))
        return false;
    for (size_t i = 0; i < n && !cursor_at_end(&c); i++) {
        if (ascii_lower(*c.at) != ascii_lower(units[i].letter))
            continue;
        if (number > max / units[i].factor)
            return false;
        number *= units[i].factor;
        c.at++;
        break;
    }
    if (!cursor_at_end(&c) || number > max)
        return false;
    *out = number;
    return true;
}

bool
value_size(struct span text, uint64_t *bytes)
{
    return read_with_unit(text, size_units, COUNT_OF(size_units), INT64_MAX,
                          bytes);
}

bool
value_seconds(struct span text, unsigned *seconds)
{
    uint64_t n;

    if (!read_with_unit(text, time_units, COUNT_OF(time_units), INT_MAX, &n))
        return false;
    *seconds = (unsigned)n;
    return true;
}

bool
value_count(struct span text, unsigned *count)
{
    uint64_t n;

    if (!read_with_unit(text, NULL, 0, INT_MAX, &n))
        return false;
    *count = (unsigned)n;
    return true;
}

bool
value_yes_no(struct span text, bool *yes)
{
    bool is_yes = span_is_nocase(text, "yes") || span_is_nocase(text, "on") ||
                  span_is_nocase(text, "true");
    bool is_no = span_is_nocase(text, "no") || span_is_nocase(text, "off") ||
                 span_is_nocase(text, "false");

    if (is_yes || is_no)
        *yes = is_yes;
    return is_yes || is_no;
}

static void
put_with_unit(struct buf *out, uint64_t n, const struct unit *units,
              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (n == 0 || n % units[i].factor != 0)
            continue;
        buf_put_number(out, n / units[i].factor);
        buf_put_ch(out, units[i].letter);
        return;
    }
    buf_put_number(out, n);
}

void
value_put_size(struct buf *out, uint64_t bytes)
{
    put_with_unit(out, bytes, size_units, COUNT_OF(size_units));
}

void
value_put_seconds(struct buf *out, unsigned seconds)
{
    put_with_unit(out, seconds, time_units, COUNT_OF(time_units));
}

static size_t
least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* Levenshtein's distance; WORD_MAX for words too long to be compared. */
static size_t
distance(struct span a, struct span b)
{
    size_t row[WORD_MAX + 1];

    if (a.n >= WORD_MAX || b.n >= WORD_MAX)
        return WORD_MAX;
    for (size_t k = 0; k <= b.n; k++)
        row[k] = k;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t k = 1; k <= b.n; k++) {
            size_t above = row[k];
            bool same = ascii_lower(a.p[i - 1]) == ascii_lower(b.p[k - 1]);

            row[k] = least(above + 1, row[k - 1] + 1, diagonal + !same);
            diagonal = above;
        }
    }
    return row[b.n];
}

const char *
value_nearest(struct span text, const char *const *words)
{
    size_t best = text.n / 3 + 2; /* farther than this is another word */
    const char *nearest = NULL;

    for (; *words != NULL; words++) {
        size_t d = distance(text, span_of(*words));

        if (d < best) {
            best = d;
            nearest = *words;
        }
    }
    return nearest;
}
