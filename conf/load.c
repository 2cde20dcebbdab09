#include "base/fs.h"
#include "base/mem.h"
#include "conf/settings_private.h"
#include "conf/value.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define INCLUDE_DEPTH  8

struct loading {
    struct settings_box *box;
    struct buf *report;
    unsigned *errors;
    unsigned depth;
};

static void read_file(struct loading *l, const char *file,
                      const struct syntax_place *from);

static void
report_wrong(void *arg, const char *what, const struct syntax_place *at)
{
    struct loading *l = arg;

    syntax_report(l->report, at, what);
    (*l->errors)++;
}

/* The key of this section, or of any, that is most like the unknown one. */
static const char *
suggestion(struct loading *l, struct span section, struct span key)
{
    struct arena *a = &l->box->memory;
    const char **names = arena_take(a, (setting_count + 1) * sizeof *names);
    size_t n = 0;

    for (size_t i = 0; i < setting_count; i++)
        if (span_is(section, setting_table[i].section))
            names[n++] = setting_table[i].name;
    if (value_nearest(key, names) != NULL)
        return value_nearest(key, names);
    for (size_t i = 0; i < setting_count; i++)
        if (span_is(key, setting_table[i].name))
            return arena_printf(a, "%s.%s", setting_table[i].section,
                                setting_table[i].name);
    return NULL;
}

static const char *
unknown_key(struct loading *l, struct span section, struct span key)
{
    struct arena *a = &l->box->memory;
    const char *nearest = suggestion(l, section, key);
    const char *where =
        section.n == 0 ? ""
                       : arena_printf(a, " in section %.*s", SPAN(section));

    if (nearest == NULL)
        return arena_printf(a, "unknown key \"%.*s\"%s", SPAN(key), where);
    return arena_printf(a, "unknown key \"%.*s\"%s - did you mean \"%s\"?",
                        SPAN(key), where, nearest);
}

static void
set_value(void *arg, struct span section, struct span key, struct span value,
          const struct syntax_place *key_at,
          const struct syntax_place *value_at)
{
    struct loading *l = arg;
    struct arena *a = &l->box->memory;
    const struct setting *row = setting_find(section, key);
    const char *why;

    if (row == NULL) {
        report_wrong(l, unknown_key(l, section, key), key_at);
        return;
    }
    if (!setting_store(l->box, row, value, &why)) {
        why = arena_printf(a, "%s: %s", row->name, why);
        report_wrong(l, why, value_at);
        return;
    }
    l->box->state[row - setting_table] = (struct setting_state){
        arena_text(a, value),
        value_at->line == 0
            ? value_at->file
            : arena_printf(a, "%s:%u", value_at->file, value_at->line),
    };
}

static void
include_files(void *arg, struct span pattern, const struct syntax_place *at)
{
    struct loading *l = arg;
    struct arena *a = &l->box->memory;
    const char *path =
        span_starts(pattern, "/")
            ? arena_text(a, pattern)
            : arena_printf(a, "%s/%.*s", l->box->dir, SPAN(pattern));
    glob_t found;

    if (l->depth == INCLUDE_DEPTH) {
        report_wrong(l, "files include each other too deeply", at);
        return;
    }
    l->depth++;
    if (glob(path, GLOB_ERR, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            read_file(l, arena_text(a, span_of(found.gl_pathv[i])), at);
        globfree(&found);
    } else if (!span_has(pattern, '*')) {
        report_wrong(l, "no such file", at);
    }
    l->depth--;
}

static const struct syntax_calls calls = { set_value, include_files,
                                           report_wrong };

static void
read_file(struct loading *l, const char *file, const struct syntax_place *from)
{
    struct buf content = { .max = FILE_BYTES_MAX };
    struct error e;

    if (fs_read_file(AT_FDCWD, file, &content, &e)) {
        syntax_read(file, buf_span(&content), &calls, l);
    } else {
        buf_printf(l->report, "%s: %s\n", from == NULL ? file : from->file,
                   e.text);
        (*l->errors)++;
    }
    buf_free(&content);
}

/* PILLARBOX_LIMITS__MESSAGE_SIZE for limits.message_size. */
static const char *
from_environment(const struct setting *row)
{
    struct buf name = { .max = 256 };
    const char *value;

    buf_put_text(&name, "PILLARBOX_");
    buf_put_text(&name, row->section);
    if (row->section[0] != '\0')
        buf_put_text(&name, "__");
    buf_put_text(&name, row->name);
    for (size_t i = 0; i < name.n; i++)
        if (ascii_is_alpha(name.p[i]))
            name.p[i] = (char)(name.p[i] & ~0x20);
    value = getenv(buf_text(&name));
    buf_free(&name);
    return value;
}

static void
set_from_environment(struct loading *l)
{
    const struct syntax_place at = { .file = "environment" };

    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *row = &setting_table[i];
        const char *value = from_environment(row);

        if (value != NULL)
            set_value(l, span_of(row->section), span_of(row->name),
                      span_of(value), &at, &at);
    }
}

static void
set_override(struct loading *l, const char *text)
{
    const struct syntax_place at = { .file = "-o" };
    struct span key = span_of(text);
    size_t equals = span_find(key, '=');
    struct span value = span_trim(span_after(key, equals + 1));
    struct span section = { "", 0 };
    size_t dot;

    key = span_trim(span_sub(key, 0, equals));
    dot = span_find(key, '.');
    if (dot < key.n) {
        section = span_sub(key, 0, dot);
        key = span_after(key, dot + 1);
    }
    set_value(l, section, key, value, &at, &at);
}

static void
set_defaults(struct loading *l)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *row = &setting_table[i];
        const char *why;

        if (!setting_store(l->box, row, span_of(row->initial), &why))
            bug("default of %s: %s", row->name, why);
        l->box->state[i] = (struct setting_state){ row->initial, "default" };
    }
}

static void
find_place(struct settings_box *box, const char *file)
{
    char *real = realpath(file, NULL);
    char *slash;

    box->s.file = arena_text(&box->memory, span_of(real == NULL ? file : real));
    free(real);
    slash = strrchr(box->s.file, '/');
    box->dir =
        slash == NULL
            ? "."
            : arena_text(&box->memory,
                         span_from(box->s.file, (size_t)(slash - box->s.file)));
}

bool
settings_load(struct settings **s, const char *file,
              const char *const *overrides, size_t override_count,
              struct buf *report, unsigned *errors)
{
    struct settings_box *box = mem_take(sizeof *box);
    struct loading l = { box, report, errors, 0 };

    *errors = 0;
    box->state = arena_take(&box->memory, setting_count * sizeof *box->state);
    find_place(box, file);
    set_defaults(&l);
    read_file(&l, box->s.file, NULL);
    set_from_environment(&l);
    for (size_t i = 0; i < override_count; i++)
        set_override(&l, overrides[i]);
    settings_complete(box, report, errors);
    if (*errors == 0) {
        *s = &box->s;
        return true;
    }
    arena_clear(&box->memory);
    free(box);
    return false;
}

void
settings_free(struct settings **s)
{
    struct settings_box *box = (struct settings_box *)*s;

    if (box == NULL)
        return;
    arena_clear(&box->memory);
    free(box);
    *s = NULL;
}
