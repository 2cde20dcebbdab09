/* What import and export share. */
#ifndef PILLARBOX_MOVING_H
#define PILLARBOX_MOVING_H

#include "pillarbox/cli.h"

#include <limits.h>

#define MOVING_INTERRUPTED 130 /* exit code: 128 + SIGINT */

/* Is there an account of this name? NOT_FOUND, UNAVAILABLE. */
bool moving_check_user(struct cli *c, const char *user, struct error *e);

/* As cli_wait(), and the wait may be used again. */
bool moving_wait(struct cli_wait *w, struct error *e);

/* For store_open(): changes that others make are of no interest. */
extern const struct store_view_calls moving_quiet;

/* UIDs as typed: "4,7:9". False: that is none. */
bool moving_uids(const char *text, struct numset *uids);

/* Directories of folders in a Maildir++ tree: ".", then ".Sent" and so on. */
struct moving_folders {
    char (*names)[NAME_MAX + 1];
    size_t count;
};
bool moving_list_folders(int dir, struct moving_folders *f, struct error *e);
void moving_free_folders(struct moving_folders *f);

/* From now on Ctrl-C is only noted: moving_is_interrupted(). */
void moving_hold_interrupts(void);
bool moving_is_interrupted(void);

#endif
