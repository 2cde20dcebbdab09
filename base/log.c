#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192

static struct {
    const char *process;
    enum log_level least;
    enum log_format format;
} sink = { "pillarbox", LOG_INFO, LOG_TEXT };

static const char *const level_names[] = { "debug", "info", "warning",
                                           "error" };

void
log_open(const char *process, enum log_level least, enum log_format how)
{
    sink.process = process;
    sink.least = least;
    sink.format = how;
}

struct log_field
log_span(const char *key, struct span value)
{
    return (struct log_field){ .key = key, .text = value };
}

struct log_field
log_text(const char *key, const char *value)
{
    return log_span(key, span_of(value == NULL ? "" : value));
}

struct log_field
log_number(const char *key, uint64_t value)
{
    return (struct log_field){ .key = key, .number = value, .is_number = true };
}

static bool
is_plain(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];

        if (ch <= ' ' || ch == '"' || ch == '\\' || ch == '=' || ch == 0x7f)
            return false;
    }
    return s.n > 0;
}

static void
put_quoted(struct buf *b, struct span s)
{
    buf_put_ch(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];

        if (ch == '"' || ch == '\\')
            buf_printf(b, "\\%c", ch);
        else if ((unsigned char)ch < ' ' || (unsigned char)ch >= 0x7f)
            buf_printf(b, "\\u%04x", (unsigned char)ch);
        else
            buf_put_ch(b, ch);
    }
    buf_put_ch(b, '"');
}

static void
put_value(struct buf *b, const struct log_field *f, bool always_quote)
{
    if (f->is_number)
        buf_put_number(b, f->number);
    else if (!always_quote && is_plain(f->text))
        buf_put(b, f->text);
    else
        put_quoted(b, f->text);
}

static void
put_time(struct buf *b)
{
    time_t now = (time_t)clock_seconds();
    struct tm tm;
    char text[32];

    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    buf_put_text(b, text);
}

static void
put_as_text(struct buf *b, enum log_level level, const char *event,
            const struct log_field *fields, size_t n)
{
    put_time(b);
    buf_printf(b, " %s %s event=%s", sink.process, level_names[level], event);
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, " %s=", fields[i].key);
        put_value(b, &fields[i], false);
    }
}

static void
put_as_json(struct buf *b, enum log_level level, const char *event,
            const struct log_field *fields, size_t n)
{
    buf_put_text(b, "{\"time\":\"");
    put_time(b);
    buf_printf(b, "\",\"process\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"",
               sink.process, level_names[level], event);
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, ",\"%s\":", fields[i].key);
        put_value(b, &fields[i], true);
    }
    buf_put_ch(b, '}');
}

void
log_write(enum log_level level, const char *event,
          const struct log_field *fields, size_t n)
{
    struct buf b = { .max = LINE_MAX_BYTES };
    int before = errno;
    ssize_t wrote;

    if (level < sink.least)
        return;
    if (sink.format == LOG_JSON)
        put_as_json(&b, level, event, fields, n);
    else
        put_as_text(&b, level, event, fields, n);
    b.max = LINE_MAX_BYTES + 1;
    buf_put_ch(&b, '\n');
    wrote = write(STDERR_FILENO, b.p, b.n);
    (void)wrote; /* there is nowhere left to say so */
    buf_free(&b);
    errno = before;
}
