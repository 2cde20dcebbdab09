/* Lines of a file, one after the other, read in large pieces. A line longer
 * than MBOX_LINE_MAX comes in several pieces. */
#ifndef PILLARBOX_MBOX_LINE_H
#define PILLARBOX_MBOX_LINE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

#define MBOX_LINE_MAX ((size_t)64 << 10)

struct mbox_lines {
    int fd;
    uint64_t at;  /* of the next line                       */
    uint64_t end; /* stop here; UINT64_MAX: at the file's   */
    struct buf window;
    size_t used; /* of the window */
    bool middle; /* the next piece goes on with the same line */
    bool ended;
};

struct mbox_line {
    uint64_t at;
    struct span text; /* without the LF, and the CR before it */
    struct span raw;  /* with them */
    bool starts;      /* not the rest of a long line */
};

void mbox_lines_begin(struct mbox_lines *l, int fd, uint64_t from,
                      uint64_t end);
/* False: the end (failed is false), or the file cannot be read. */
bool mbox_lines_next(struct mbox_lines *l, struct mbox_line *line, bool *failed,
                     struct error *e);
void mbox_lines_free(struct mbox_lines *l);

#endif
