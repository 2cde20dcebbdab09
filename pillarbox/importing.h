/*
 * Moving mailboxes in: from a source to mailstored, which gives UIDs, flags and
 * unique-ids as the source had them. Each message carries a mark of where it
 * came from, so that an import that was interrupted goes on, and one that is
 * done twice adds what is new.
 */
#ifndef PILLARBOX_IMPORTING_H
#define PILLARBOX_IMPORTING_H

#include "pillarbox/cli.h"
#include "pillarbox/progress.h"
#include "pillarbox/source.h"

#define IMPORTING_WINDOW 32 /* messages under way at once */

struct importing {
    struct cli *cli;
    struct store_session *session;
    struct progress progress;
    uint64_t total;    /* messages of all sources, as far as known */
    uint64_t passed;   /* of them */
    uint64_t imported; /* now */
    uint64_t there;    /* were there already, or had been and were expunged */
    uint64_t renumbered, failed;
    bool interrupted;
};

/* Logs in as the user. */
bool importing_begin(struct importing *im, struct cli *c, const char *user,
                     const char *what, struct error *e);
void importing_end(struct importing *im);

/*
 * One mailbox. Messages that cannot be read are told on standard error and
 * counted. False: mailstored cannot go on, or (interrupted is set) somebody
 * pressed Ctrl-C.
 */
bool importing_run(struct importing *im, const struct source *s,
                   struct error *e);

#endif
