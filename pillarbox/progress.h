/*
 * How far a long command is, on standard error: on a terminal one line that is
 * written over, after a second; elsewhere a line a minute.
 *
 *   import  34%  12,400/36,512  2,310/s  ETA 10 s
 */
#ifndef PILLARBOX_PROGRESS_H
#define PILLARBOX_PROGRESS_H

#include "base/buf.h"

#include <stdint.h>

struct progress {
    const char *what;
    bool is_terminal;
    bool is_shown; /* a line stands on the terminal */
    int64_t begun; /* monotonic ms */
    int64_t next;  /* when to say something again */
};

void progress_begin(struct progress *p, const char *what);
/* Call as often as you like. */
void progress_step(struct progress *p, uint64_t done, uint64_t total);
/* Before something else is printed, and at the end. */
void progress_clear(struct progress *p);

/* The line's text, for tests too. */
void progress_print(const struct progress *p, uint64_t done, uint64_t total,
                    int64_t elapsed_ms, struct buf *out);

#endif
