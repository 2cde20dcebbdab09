/*
 * The configuration file's syntax, without knowing any key:
 *
 *   # comment                     at the start of a line or behind a blank
 *   key = value                   quotes where it begins or ends with blanks
 *   section {                     or holds a "#": key = " # "
 *     key = value                 is section.key
 *   }
 *   include conf.d/<star>.conf    relative to this file; in sorted order
 */
#ifndef CONF_SYNTAX_H
#define CONF_SYNTAX_H

#include "base/buf.h"

/* Where something stands: for messages. */
struct syntax_place {
    const char *file;
    unsigned line, column; /* from 1 */
    struct span text;      /* the whole line */
    size_t width;          /* of what is meant, for the caret; at least 1 */
};

struct syntax_calls {
    /* Spans are valid during the call; value_at stands on the value. */
    void (*set)(void *arg, struct span section, struct span key,
                struct span value, const struct syntax_place *key_at,
                const struct syntax_place *value_at);
    void (*include)(void *arg, struct span pattern,
                    const struct syntax_place *at);
    /* A syntax error; reading goes on behind it. */
    void (*wrong)(void *arg, const char *what, const struct syntax_place *at);
};

void syntax_read(const char *file, struct span content,
                 const struct syntax_calls *calls, void *arg);

/* "file:line:col: what" and the line with a caret below. */
void syntax_report(struct buf *report, const struct syntax_place *at,
                   const char *what);

#endif
