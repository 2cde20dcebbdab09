/* Inside of a loaded struct settings: what the other programs do not see. */
#ifndef CONF_SETTINGS_PRIVATE_H
#define CONF_SETTINGS_PRIVATE_H

#include "base/arena.h"
#include "conf/settings.h"
#include "conf/syntax.h"
#include "conf/table.h"

/* Where a row's value came from. */
struct setting_state {
    const char *text;   /* as it was written */
    const char *origin; /* "default", "file:line", "environment", "-o" */
};

struct settings_box {
    struct settings s; /* first: the box is the settings */
    struct arena memory;
    const char *dir;             /* of the file */
    struct setting_state *state; /* setting_count of them */
};

/*
 * Put the text into the row's field. False, and *why says what is wrong with
 * it and what would be right, when it is not of the row's type.
 */
bool setting_store(struct settings_box *box, const struct setting *row,
                   struct span text, const char **why);

/* What is only known when all is read: auto, absolute paths. Adds to *report
 * and counts in *errors what is still missing. */
void settings_complete(struct settings_box *box, struct buf *report,
                       unsigned *errors);

#endif
