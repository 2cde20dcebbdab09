/*
 * What the parts of check*.c share.
 *
 *   lock -> scan, files on their way out (pool) -> unlock      check.c
 *     -> message by message, PIECE at a time (pool)            check_walk.c
 *     -> mended: reconciled, rebuilt, counted, written         check_mend.c
 *     -> told                                                  check_tell.c
 *
 * The folder is locked for the scan only: what the walk finds is believed if
 * the message's row is the same before and after.
 */
#ifndef MAILSTORE_CHECK_INSIDE_H
#define MAILSTORE_CHECK_INSIDE_H

#include "mailstore/check.h"
#include "mailstore/scan.h"

enum check_what {
    CHECK_FILE_MISSING,
    CHECK_FILE_UNKNOWN, /* no row for it                                  */
    CHECK_ROW_LOST,     /* the same, but the index once knew it           */
    CHECK_FLAGS,        /* row and name differ                            */
    CHECK_NOT_MAIL,     /* no readable plain file                         */
    CHECK_COUNT,
    CHECK_CONTROL,
    CHECK_ROW,       /* the row contradicts itself or the file's name  */
    CHECK_FILE_SIZE, /* the file contradicts its name                  */
    CHECK_DATE,
    CHECK_CONTENT,
    CHECK_GONE,         /* expunged, and not there to be brought back     */
    CHECK_ACCOUNT_FILE, /* of the account from here on                    */
    CHECK_USAGE,
    CHECK_LEFTOVER,
    CHECK_UNHASHED, /* a note */
    CHECK_KINDS
};

struct check_finding {
    enum check_what what;
    uint32_t uid;
    const char *file; /* from the folder's directory, or NULL */
    const char *text;
    bool mended;
};

/* A file on its way out. */
struct check_gone {
    uint32_t uid;
    bool is_kept; /* so says its row */
    struct span base;
    const char *path, *kept;
    bool lost;
};

struct check {
    struct scan scan; /* first: it is the job */
    struct tour *tour;
    struct folder *folder;
    struct arena arena;
    struct index_folder sums; /* what the messages add up to */
    size_t known_room;
    char kept_id[33];
    struct check_gone *gone;
    size_t gone_count;
    struct check_finding *findings;
    size_t count, room;
    uint32_t next;    /* UIDs below are walked */
    size_t unhashed;  /* messages without a content hash */
    unsigned mending; /* steps that are done */
    struct quota_off off;
    core_done_fn *fn;
    void *arg;
};

static inline bool
check_fixes(const struct check *c)
{
    return (c->tour->how & STORE_CHECK_FIX) != 0;
}

/* text is the arena's; file too, or NULL. */
void check_find(struct check *c, enum check_what what, uint32_t uid,
                const char *file, const char *text);
bool check_has(const struct check *c, enum check_what what);

void check_walk(struct check *c);
void check_mend(struct check *c);
/* Tells all, and ends the check. */
void check_tell(struct check *c);
/* One finding, of this mailbox (empty: the account itself). */
void check_tell_one(struct tour *t, struct home *h, struct span mailbox,
                    const struct check_finding *found);

#endif
