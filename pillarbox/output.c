#include "pillarbox/cli.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void
cli_put_json(struct buf *out, struct span text)
{
    buf_put_ch(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];

        if (ch == '"' || ch == '\\')
            buf_printf(out, "\\%c", ch);
        else if ((unsigned char)ch < ' ' || ch == 0x7f)
            buf_printf(out, "\\u%04x", (unsigned char)ch);
        else
            buf_put_ch(out, ch);
    }
    buf_put_ch(out, '"');
}

static size_t
column_count(const struct cli_table *t)
{
    size_t n = 0;

    while (t->columns[n] != NULL)
        n++;
    return n;
}

void
cli_table_add(struct cli_table *t, struct span cell)
{
    for (size_t i = 0; i < cell.n; i++) {
        char ch = cell.p[i];

        buf_put_ch(&t->cells, (unsigned char)ch < ' ' ? '?' : ch);
    }
    buf_put_ch(&t->cells, '\0');
    t->rows++; /* cells until printing */
}

void
cli_table_add_number(struct cli_table *t, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    cli_table_add(t, span_of(text));
}

void
cli_table_add_time(struct cli_table *t, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm tm;
    char text[32];

    gmtime_r(&when, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    cli_table_add(t, span_of(text));
}

static void
print_json(const struct cli_table *t, size_t columns)
{
    const char *cell = t->cells.p;
    struct buf out = { .max = 0 };

    buf_put_ch(&out, '[');
    for (size_t i = 0; i < t->rows; i++) {
        size_t column = i % columns;

        buf_put_text(&out, column > 0 ? "," : i > 0 ? ",\n {" : "{");
        cli_put_json(&out, span_of(t->columns[column]));
        buf_put_ch(&out, ':');
        cli_put_json(&out, span_of(cell));
        if (column == columns - 1)
            buf_put_ch(&out, '}');
        cell += strlen(cell) + 1;
    }
    buf_put_text(&out, "]\n");
    fwrite(out.p, 1, out.n, stdout);
    buf_free(&out);
}

static void
print_plain(const struct cli_table *t, size_t columns)
{
    const char *cell = t->cells.p;

    for (size_t i = 0; i < t->rows; i++) {
        fputs(cell, stdout);
        putchar(i % columns == columns - 1 ? '\n' : '\t');
        cell += strlen(cell) + 1;
    }
}

static void
print_aligned(const struct cli_table *t, size_t columns)
{
    size_t width[CLI_COLUMNS_MAX] = { 0 };
    const char *cell = t->cells.p;

    for (size_t k = 0; k < columns; k++)
        width[k] = strlen(t->columns[k]);
    for (size_t i = 0; i < t->rows; i++) {
        size_t n = strlen(cell);

        if (n > width[i % columns])
            width[i % columns] = n;
        cell += n + 1;
    }
    for (size_t k = 0; k < columns; k++)
        printf("%-*s%s", (int)width[k], t->columns[k],
               k == columns - 1 ? "\n" : "  ");
    cell = t->cells.p;
    for (size_t i = 0; i < t->rows; i++) {
        size_t k = i % columns;

        printf("%-*s%s", k == columns - 1 ? 0 : (int)width[k], cell,
               k == columns - 1 ? "\n" : "  ");
        cell += strlen(cell) + 1;
    }
}

void
cli_table_print(struct cli_table *t)
{
    size_t columns = column_count(t);

    if (t->json)
        print_json(t, columns);
    else if (isatty(STDOUT_FILENO))
        print_aligned(t, columns);
    else
        print_plain(t, columns);
    buf_free(&t->cells);
}
