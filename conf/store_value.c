#include "conf/settings_private.h"
#include "conf/value.h"

#include <string.h>

#define LIST_MAX 64

static char *
field_of(struct settings_box *box, const struct setting *row)
{
    return (char *)&box->s + row->at;
}

static const char *
explain(struct settings_box *box, struct span text, const char *what)
{
    return arena_printf(&box->memory, "\"%.*s\" is not %s", SPAN(text), what);
}

static bool
is_address(struct span s)
{
    size_t colon = s.n;
    unsigned port;

    while (colon > 0 && s.p[colon - 1] != ':')
        colon--;
    return colon > 1 && value_count(span_after(s, colon), &port) &&
           port <= 65535;
}

static bool
is_domain_like(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];

        if (!ascii_is_alpha(ch) && !ascii_is_digit(ch) && ch != '-' &&
            ch != '.')
            return false;
    }
    return s.n > 0 && s.n <= 253 && s.p[0] != '.' && s.p[s.n - 1] != '.';
}

static bool
item_is_right(const struct setting *row, struct span item)
{
    if (row->type == SETTING_ADDRESSES)
        return is_address(item);
    if (row->type == SETTING_DOMAINS)
        return is_domain_like(item);
    return true;
}

static const char *
list_kind(const struct setting *row)
{
    return row->type == SETTING_ADDRESSES
               ? "address:port (examples: *:25, 127.0.0.1:2525, [::1]:25)"
               : "a domain name (example: example.org)";
}

static char *
copy_item(struct settings_box *box, const struct setting *row, struct span item)
{
    char *text = arena_text(&box->memory, item);

    if (row->type == SETTING_DOMAINS)
        for (char *p = text; *p != '\0'; p++)
            *p = ascii_lower(*p);
    return text;
}

static bool
store_list(struct settings_box *box, const struct setting *row,
           struct span text, const char **why)
{
    const char **items = arena_take(&box->memory, LIST_MAX * sizeof *items);
    struct text_list list = { items, 0 };
    struct span rest = text;
    struct span item;

    while (span_cut(&rest, ',', &item)) {
        item = span_trim(item);
        if (item.n == 0)
            continue;
        if (list.count == LIST_MAX) {
            *why = "too many items; 64 is the limit";
            return false;
        }
        if (!item_is_right(row, item)) {
            *why = explain(box, item, list_kind(row));
            return false;
        }
        items[list.count++] = copy_item(box, row, item);
    }
    memcpy(field_of(box, row), &list, sizeof list);
    return true;
}

static bool
store_word(struct settings_box *box, const struct setting *row,
           struct span text, const char **why)
{
    const char *nearest;

    for (unsigned i = 0; row->words[i] != NULL; i++) {
        if (!span_is_nocase(text, row->words[i]))
            continue;
        memcpy(field_of(box, row), &i, sizeof i);
        return true;
    }
    nearest = value_nearest(text, row->words);
    *why = nearest == NULL
               ? explain(box, text, row->help)
               : arena_printf(&box->memory,
                              "\"%.*s\" is not known - did you mean \"%s\"?",
                              SPAN(text), nearest);
    return false;
}

static bool
is_in_range(struct settings_box *box, const struct setting *row, uint64_t n,
            const char **why)
{
    if ((row->least == 0 && row->most == 0) ||
        (n >= row->least && n <= row->most))
        return true;
    *why = arena_printf(&box->memory, "must be between %llu and %llu",
                        (unsigned long long)row->least,
                        (unsigned long long)row->most);
    return false;
}

static bool
store_small_number(struct settings_box *box, const struct setting *row,
                   struct span text, const char **why)
{
    bool is_time = row->type == SETTING_SECONDS;
    unsigned n;

    if (is_time ? !value_seconds(text, &n) : !value_count(text, &n)) {
        *why =
            explain(box, text,
                    is_time ? "a time (examples: 90s, 30m, 1h)" : "a number");
        return false;
    }
    if (!is_in_range(box, row, n, why))
        return false;
    memcpy(field_of(box, row), &n, sizeof n);
    return true;
}

static bool
store_size(struct settings_box *box, const struct setting *row,
           struct span text, const char **why)
{
    uint64_t n;

    if (!value_size(text, &n)) {
        *why = explain(box, text, "a size (examples: 512K, 50M, 1G)");
        return false;
    }
    if (!is_in_range(box, row, n, why))
        return false;
    memcpy(field_of(box, row), &n, sizeof n);
    return true;
}

static bool
store_yes_no(struct settings_box *box, const struct setting *row,
             struct span text, const char **why)
{
    bool yes;

    if (!value_yes_no(text, &yes)) {
        *why = explain(box, text, "yes or no");
        return false;
    }
    memcpy(field_of(box, row), &yes, sizeof yes);
    return true;
}

static bool
store_text(struct settings_box *box, const struct setting *row,
           struct span text)
{
    bool is_relative = row->type == SETTING_PATH && text.n > 0 &&
                       text.p[0] != '/' && !span_is(text, "auto");
    const char *value = is_relative ? arena_printf(&box->memory, "%s/%.*s",
                                                   box->dir, SPAN(text))
                                    : arena_text(&box->memory, text);

    memcpy(field_of(box, row), &value, sizeof value);
    return true;
}

bool
setting_store(struct settings_box *box, const struct setting *row,
              struct span text, const char **why)
{
    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
        return store_text(box, row, text);
    case SETTING_LIST:
    case SETTING_ADDRESSES:
    case SETTING_DOMAINS:
        return store_list(box, row, text, why);
    case SETTING_COUNT:
    case SETTING_SECONDS:
        return store_small_number(box, row, text, why);
    case SETTING_SIZE:
        return store_size(box, row, text, why);
    case SETTING_YES_NO:
        return store_yes_no(box, row, text, why);
    case SETTING_WORD:
        return store_word(box, row, text, why);
    }
    return false;
}
