/*
 * Looking at a folder's files and comparing them with what the index knows.
 * Runs in the pool, while the folder is locked: nothing of ours changes
 * meanwhile, others may.
 */
#ifndef MAILSTORE_SCAN_H
#define MAILSTORE_SCAN_H

#include "base/arena.h"
#include "mailstore/folder.h"

struct scan_known {
    uint64_t hash; /* of the base name */
    uint32_t uid;
    uint32_t name_keywords;
    uint8_t name_flags;
    uint8_t state;
    bool seen;
};

/* A file whose base name the index does not know. */
struct scan_found {
    const char *file; /* its name */
    bool in_new;
    bool torn; /* S4 */
    struct maildir_name name;
    uint64_t size;      /* of the file               */
    uint64_t wire_size; /* with CR LF line ends      */
    int64_t date;
    int64_t ctime_ns;
    uint32_t uid;     /* given by whoever takes it in */
    const char *base; /* likewise: its name from then on */
    bool keeps;       /* likewise: the name says so already */
    bool missing;     /* likewise: it could not be had */
};

/* A known file whose name says something else than it did. */
struct scan_changed {
    uint32_t uid;
    uint16_t flags;
    uint32_t keywords;
    bool in_new;
};

struct scan {
    struct pool_job job;
    struct folder *folder;
    bool trust; /* after an unclean stop, or for an empty index */
    struct scan_known *known;
    size_t known_count;

    bool failed;
    struct error e;
    struct arena arena;
    struct scan_found *found;
    size_t found_count;
    struct scan_changed *changed;
    size_t changed_count;
    struct numset absent;
    bool stable; /* nobody changed anything meanwhile: absent is believed */
    struct index_stamp new_stamp, cur_stamp;
    bool has_control;
    struct control control;
    const char **skipped; /* no plain files, or not readable */
    size_t skipped_count;
};

/* The job's run(). */
void scan_run(struct pool_job *job);
/* Frees what it holds, not the struct. */
void scan_free(struct scan *s);

bool scan_stamp(int dir, const char *part, struct index_stamp *out,
                struct error *e);
bool scan_same_stamp(const struct index_stamp *a, const struct index_stamp *b);

#endif
