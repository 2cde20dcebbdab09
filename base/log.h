/*
 * One line per event, to standard error:
 *
 *   2026-11-21T10:00:00Z smtpd info event=rcpt-rejected session=7f3a to=<x@y>
 *
 * or one JSON object per line with the same names. Values are escaped: client
 * bytes can never start a line of their own. Secrets and message text are
 * never logged. Words never change once released.
 *
 * info: someone was served or refused. warning: served, but something is wrong
 * here. error: a promise was broken.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/span.h"

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_field {
    const char *key;
    struct span text; /* used when is_number is not set */
    uint64_t number;
    bool is_number;
};

/* Who speaks, from which level on, and how. `process` must stay valid. */
void log_open(const char *process, enum log_level least, enum log_format how);

struct log_field log_span(const char *key, struct span value);
struct log_field log_text(const char *key, const char *value);
struct log_field log_number(const char *key, uint64_t value);

void log_write(enum log_level level, const char *event,
               const struct log_field *fields, size_t n);

/* log_event(LOG_INFO, "start", log_number("port", 25)); at least one field. */
#define log_event(level, event, ...)                                           \
    log_write(level, event, (const struct log_field[]){ __VA_ARGS__ },         \
              sizeof((const struct log_field[]){ __VA_ARGS__ }) /              \
                  sizeof(struct log_field))

#endif
