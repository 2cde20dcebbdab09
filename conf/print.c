#include "conf/settings_private.h"

#include <string.h>

static bool
needs_quotes(const char *text)
{
    struct span s = span_of(text);

    return s.n == 0 || span_has(s, '#') || span_trim(s).n != s.n;
}

static void
put_value(const char *text, struct buf *out)
{
    if (needs_quotes(text))
        buf_printf(out, "\"%s\"", text);
    else
        buf_put_text(out, text);
}

static void
pad_to(struct buf *out, size_t start, size_t column)
{
    while (out->n - start < column)
        buf_put_ch(out, ' ');
}

void
settings_print(const struct settings *s, enum settings_show which,
               struct buf *out)
{
    const struct settings_box *box = (const struct settings_box *)s;

    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_state *state = &box->state[i];
        size_t start = out->n;

        if (which == SETTINGS_CHANGED && strcmp(state->origin, "default") == 0)
            continue;
        setting_put_key(&setting_table[i], out);
        buf_put_text(out, " = ");
        put_value(state->text, out);
        pad_to(out, start, 48);
        buf_printf(out, " # %s\n", state->origin);
    }
}

bool
settings_next_override(const struct settings *s, size_t *at, struct buf *out)
{
    const struct settings_box *box = (const struct settings_box *)s;

    while (*at < setting_count) {
        size_t i = (*at)++;

        if (strcmp(box->state[i].origin, "-o") != 0)
            continue;
        setting_put_key(&setting_table[i], out);
        buf_printf(out, "=%s", box->state[i].text);
        return true;
    }
    return false;
}

static void
put_sample_row(const struct setting *row, const char *indent, struct buf *out)
{
    size_t start = out->n;

    buf_printf(out, "%s#%s = ", indent, row->name);
    put_value(row->initial, out);
    pad_to(out, start, 44);
    buf_printf(out, " # %s\n", row->help);
}

void
settings_print_sample(struct buf *out)
{
    const char *section = "";

    buf_put_text(out,
                 "# pillarbox.conf - only `domain` is required.\n"
                 "# Check: pillarbox config check    "
                 "Show: pillarbox config show\n"
                 "# Everything below is commented out and shows its default.\n"
                 "# Manual: pillarbox.conf(5)\n\n"
                 "domain = home.local\n\n");
    for (size_t i = 1; i < setting_count; i++) {
        const struct setting *row = &setting_table[i];

        if (strcmp(section, row->section) != 0) {
            buf_put_text(out, section[0] == '\0' ? "\n" : "}\n\n");
            buf_printf(out, "%s {\n", row->section);
            section = row->section;
        }
        put_sample_row(row, section[0] == '\0' ? "" : "    ", out);
    }
    buf_put_text(out, "}\n");
}
