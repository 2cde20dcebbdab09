/*
 * What is durable: the model behind powercut_fs.c. See powercut_model.c.
 *
 * All but model_open() and model_cut() are called between model_enter() and
 * model_leave(). A call that returns int returns 0 or an errno.
 */
#ifndef TESTS_CRASH_POWERCUT_MODEL_H
#define TESTS_CRASH_POWERCUT_MODEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/* What the live content of a file says about the durable one. */
enum durable {
    DURABLE_LIVE,  /* it is the same                              */
    DURABLE_EMPTY, /* nothing was ever flushed: zero length       */
    DURABLE_COPY   /* the copy, with the ranges not yet flushed   */
};

struct range {
    off_t at, end;
};

/* A name of a directory that changed since the directory was flushed. */
struct change {
    struct change *next;
    struct node *was; /* durable; NULL where there was none        */
    bool moved;       /* it is away because of a rename            */
    char name[];
};

/* An inode. Never freed: its descriptor keeps its number from being reused. */
struct node {
    struct node *next;
    ino_t number;
    int fd; /* O_PATH */
    bool is_dir;
    enum durable durable;
    int copy;     /* memfd, or -1 */
    bool touched; /* size or time changed */
    struct range *ranges;
    size_t range_count, range_room;
    struct timespec time;   /* durable modification time */
    struct change *changes; /* of a directory */
    char lost[24];          /* during the cut: its name in lost/ */
    unsigned dropped;       /* during the cut: additions that do not survive */
};

#define MODEL_BUCKETS 65536

struct model {
    pthread_mutex_t lock;
    bool cut;
    int lost; /* directory */
    unsigned lost_count;
    struct node *root;
    struct node *nodes[MODEL_BUCKETS];
};

extern struct model model;

_Noreturn void model_stop(const char *what);

/* state is a directory with live/ in it; everything in there is durable. */
bool model_open(const char *state);
struct node *model_root(void);

/* False after the cut: the caller fails with EIO. */
bool model_enter(void);
void model_leave(void);

/* The inode that has this name now; NULL with errno. */
struct node *model_at(struct node *dir, const char *name);

/* Opens a node's inode: /proc/self/fd is how a descriptor gets other flags. */
int model_reopen(const struct node *n, int flags);

/* To be called before the name is changed; was: who has it now, or NULL. */
void model_name_changes(struct node *dir, const char *name, struct node *was,
                        bool moved);
void model_names_durable(struct node *dir);

/* To be called before the file is written, resized or dated. */
int model_file_changes(struct node *n);
void model_range_changes(struct node *n, off_t at, off_t end);
int model_file_durable(struct node *n);

/* An fsync failed. Linux then takes what was written for clean: a second fsync
 * succeeds, and has not written it. */
void model_file_forsaken(struct node *n);

int model_copy(int from, int to, off_t at, off_t end);

/* Of the changed ranges those that are wanted (NULL: all), into the copy. */
int model_copy_ranges(struct node *n, bool (*wanted)(void));

/*
 * The power fails: from now on every call is refused, and live/ is taken back
 * to what is durable. mix: of what is not, a part that is random (by seed)
 * survives. Returns how many names and files were taken back.
 */
struct cut {
    unsigned names, files, kept;
};
struct cut model_cut(bool mix, uint64_t seed);

#endif
