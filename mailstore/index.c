/*
 * Opening, moving aside, transactions, and the numbers that go on.
 *
 *   <dir>             flock on the directory itself: moving it aside must not
 *                     happen under another process
 *   <dir>/STAMP       what it is, and how often it was opened in vain (30 for
 *                     each time, 1 where the disk gave an error):
 *                         pillarbox index
 *                         schema 2
 *                         Berkeley DB 5.3
 *                         attempts 0
 *   <dir>/...         the environment (kv/kv.c)
 *   <dir>.bad.N       moved aside; nobody reads it again; the newest two stay
 *
 *              +-- another schema or library, condemned, two attempts in vain
 *   STAMP? ----+
 *              +-- attempts + 1 -- kv_open --+-- CORRUPT
 *                                            +-- fine -- attempts 0 -- serve
 *
 * Both upper ends lead to .bad.N and an empty index.
 */
#include "mailstore/index.h"

#include "base/cursor.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "mailstore/index_inside.h"
#include "mailstore/index_record.h"
#include "mailstore/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SCHEMA           2
#define ATTEMPT          30 /* in the stamp's count; a disk's error is 1 */
#define ATTEMPTS_MAX     (2 * ATTEMPT)
#define ASIDE_MAX        10000
#define RECOVERY_SECONDS 60 /* then SIGALRM ends the process: an attempt */
#define CACHE_DEFAULT    ((uint64_t)64 << 20)
#define STAMP_FILE       "STAMP"
#define COLD_PAGE        16384

/* clang-format off */
static const struct kv_table tables[INDEX_TABLES] = {
    [INDEX_META]          = { "meta",         0         },
    [INDEX_ACCOUNTS]      = { "account",      0         },
    [INDEX_ACCOUNT_NAMES] = { "account_name", 0         },
    [INDEX_FOLDERS]       = { "folder",       0         },
    [INDEX_PATHS]         = { "path",         0         },
    [INDEX_MESSAGES]      = { "message",      0         },
    [INDEX_COLD]          = { "cold",         COLD_PAGE },
    [INDEX_NAMES]         = { "name",         0         },
    [INDEX_TOMBSTONES]    = { "tombstone",    0         },
    [INDEX_GONE]          = { "gone",         0         },
    [INDEX_INTENTS]       = { "intent",       0         },
    [INDEX_EVENTS]        = { "event",        0         },
};
/* clang-format on */

/* --- the directory and its stamp ------------------------------------------------ */

static bool
write_stamp(int dir, uint32_t attempts, struct error *e)
{
    char text[128];

    snprintf(text, sizeof text, "pillarbox index\nschema %d\n%s\nattempts %u\n",
             SCHEMA, kv_engine(), attempts);
    return fs_replace(dir, STAMP_FILE, span_of(text), 0600, e);
}

/* False: not a stamp of this schema and library. */
static bool
parse_stamp(struct span text, uint32_t *attempts)
{
    char head[128];
    struct cursor c;

    snprintf(head, sizeof head, "pillarbox index\nschema %d\n%s\nattempts ",
             SCHEMA, kv_engine());
    if (!span_starts(text, head))
        return false;
    c = cursor_on(span_after(text, strlen(head)));
    return take_number(&c, attempts) && take(&c, '\n') && take_end(&c);
}

static bool
is_empty_index(int dir, bool *empty, struct error *e)
{
    struct stat st;

    *empty = !fs_stat(dir, "meta.db", &st, e);
    return !*empty || e->kind == FAIL_NOT_FOUND;
}

/* *why: what speaks against opening this directory, or NULL. */
static bool
examine(int dir, uint32_t *attempts, const char **why, struct error *e)
{
    struct buf text = { .max = 4096 };
    bool has_stamp = fs_read_file(dir, STAMP_FILE, &text, e);
    bool fits = has_stamp && parse_stamp(buf_span(&text), attempts);
    bool empty;

    buf_free(&text);
    *why = NULL;
    if (has_stamp && !fits)
        *why = "other-version-or-condemned";
    else if (has_stamp && *attempts >= ATTEMPTS_MAX)
        *why = "opening-failed-twice";
    if (has_stamp)
        return true;
    if (e->kind != FAIL_NOT_FOUND || !is_empty_index(dir, &empty, e))
        return false;
    if (!empty)
        *why = "no-stamp";
    return true;
}

/* The directory, made where missing, with our lock on it. */
static bool
open_locked(const char *dir, int *fd, struct error *e)
{
    int got;

    if (!fs_mkdir_all(AT_FDCWD, dir, 0700, e) ||
        !fs_open_dir(AT_FDCWD, dir, &got, e))
        return false;
    if (flock(got, LOCK_EX | LOCK_NB) == 0) {
        *fd = got;
        return true;
    }
    if (errno == EWOULDBLOCK)
        fail(e, FAIL_BUSY, "%s is open in another process", dir);
    else
        fail_sys(e, "lock %s", dir);
    close(got);
    return false;
}

static bool
sync_parent(const char *dir, struct error *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/..", dir) >= (int)sizeof path)
        return fail(e, FAIL_INVALID, "path too long: %s", dir);
    return fs_sync_dir(AT_FDCWD, path, e);
}

static bool
aside_path(const char *dir, int n, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s.bad.%d", dir, n) < PATH_MAX;
}

static bool
is_aside(const char *dir, int n)
{
    char path[PATH_MAX];
    struct stat st;
    struct error e;

    return aside_path(dir, n, path) && fs_stat(AT_FDCWD, path, &st, &e);
}

/* The newest has the highest number. */
static bool
move_aside(const char *dir, const char *why, struct error *e)
{
    char to[PATH_MAX];
    int last = ASIDE_MAX;

    while (last > 0 && !is_aside(dir, last))
        last--;
    if (last == ASIDE_MAX)
        return fail(e, FAIL_LIMIT, "remove %s.bad.%d: there is no number left",
                    dir, last);
    if (!aside_path(dir, last + 1, to))
        return fail(e, FAIL_INVALID, "path too long: %s", dir);
    if (!fs_rename_new(AT_FDCWD, dir, AT_FDCWD, to, e))
        return false;
    log_event(LOG_WARNING, "index-moved-aside", log_text("to", to),
              log_text("why", why));
    return true;
}

/* The newest INDEX_ASIDE_KEPT stay, for people to look into. */
static void
prune_aside(const char *dir)
{
    char path[PATH_MAX];
    struct error e;
    int kept = 0;

    for (int n = ASIDE_MAX; n > 0; n--) {
        if (!is_aside(dir, n) || kept++ < INDEX_ASIDE_KEPT ||
            !aside_path(dir, n, path))
            continue;
        if (maildir_remove(AT_FDCWD, path, &e))
            log_event(LOG_INFO, "index-aside-removed", log_text("dir", path));
        else
            log_event(LOG_WARNING, "index-aside-stays", log_text("dir", path),
                      log_text("why", e.text));
    }
}

/* Moves the locked directory away and takes an empty one. */
static bool
start_over(struct index *ix, const char *why, struct error *e)
{
    if (!move_aside(ix->dir, why, e))
        return false;
    prune_aside(ix->dir);
    close(ix->lock_fd);
    ix->lock_fd = -1;
    return open_locked(ix->dir, &ix->lock_fd, e) && sync_parent(ix->dir, e);
}

/* --- opening ---------------------------------------------------------------------- */

/* A kv_open that crashes or stands still leaves its attempt in the stamp. One
 * that fails in order for the system's sake does not count, but the disk's
 * errors do a little: after a minute of them (the supervisor tries once a
 * second) the place is bad for good. */
static bool
open_kv(struct index *ix, uint64_t cache, uint32_t attempts, bool *was_clean,
        struct error *e)
{
    const struct kv_options o = { .dir = ix->dir,
                                  .tables = tables,
                                  .table_count = INDEX_TABLES,
                                  .cache_bytes =
                                      cache == 0 ? CACHE_DEFAULT : cache };
    struct error ignored;
    unsigned before;
    bool fine;

    if (!write_stamp(ix->lock_fd, attempts + ATTEMPT, e))
        return false;
    before = alarm(RECOVERY_SECONDS);
    fine = kv_open(&ix->kv, &o, was_clean, e);
    alarm(before);
    if (fine)
        return write_stamp(ix->lock_fd, 0, e);
    if (e->kind != FAIL_CORRUPT)
        write_stamp(ix->lock_fd, attempts + (e->kind == FAIL_IO), &ignored);
    return false;
}

static bool
begin_new(struct index_txn *t, struct error *e)
{
    return index_put_number(t, INDEX_EPOCH, 1, e) &&
           index_put_number(t, INDEX_MODSEQ, 0, e) &&
           index_put_number(t, INDEX_NEXT_ACCOUNT, 1, e) &&
           index_put_number(t, INDEX_NEXT_FOLDER, 1, e) &&
           index_put_number(t, INDEX_NEXT_INTENT, 1, e) &&
           index_put_number(t, INDEX_NEXT_EVENT, 1, e);
}

/* After an unclean stop the index may be behind the Maildirs without any
 * error, so that every folder counts as unverified (S5). */
static bool
find_state(struct index_txn *t, bool was_clean, enum index_state *state,
           struct error *e)
{
    uint64_t epoch;

    if (index_get_number(t, INDEX_EPOCH, &epoch, e)) {
        *state = was_clean ? INDEX_CLEAN : INDEX_UNCLEAN;
        return was_clean || index_put_number(t, INDEX_EPOCH, epoch + 1, e);
    }
    if (e->kind != FAIL_NOT_FOUND)
        return false;
    *state = INDEX_NEW;
    return begin_new(t, e);
}

static bool
settle(struct index *ix, bool was_clean, enum index_state *state,
       struct error *e)
{
    struct index_txn *t;

    if (!index_begin(ix, &t, e))
        return false;
    if (!find_state(t, was_clean, state, e)) {
        index_abort(&t);
        return false;
    }
    return index_commit(&t, e) && kv_flush(ix->kv, e);
}

static bool
open_once(struct index *ix, uint64_t cache, uint32_t attempts,
          enum index_state *state, struct error *e)
{
    bool was_clean;

    return open_kv(ix, cache, attempts, &was_clean, e) &&
           settle(ix, was_clean, state, e);
}

static bool
open_or_start_over(struct index *ix, uint64_t cache, enum index_state *state,
                   struct error *e)
{
    uint32_t attempts = 0;
    const char *why;
    char text[ERROR_TEXT_MAX];

    if (!examine(ix->lock_fd, &attempts, &why, e))
        return false;
    if (why == NULL) {
        if (open_once(ix, cache, attempts, state, e))
            return true;
        if (e->kind != FAIL_CORRUPT)
            return false;
        kv_close(&ix->kv);
        snprintf(text, sizeof text, "%s", e->text);
        why = text;
    }
    return start_over(ix, why, e) && open_once(ix, cache, 0, state, e);
}

static struct index *
new_index(const char *dir)
{
    struct index *ix = mem_take(sizeof *ix);
    size_t n = strlen(dir);

    ix->dir = mem_text(dir);
    while (n > 1 && ix->dir[n - 1] == '/')
        ix->dir[--n] = '\0';
    ix->lock_fd = -1;
    ix->txn.ix = ix;
    return ix;
}

bool
index_open(const char *dir, uint64_t cache_bytes, struct index **out,
           enum index_state *state, struct error *e)
{
    struct index *ix = new_index(dir);

    if (open_locked(ix->dir, &ix->lock_fd, e) && sync_parent(ix->dir, e) &&
        open_or_start_over(ix, cache_bytes, state, e)) {
        *out = ix;
        return true;
    }
    index_close(&ix);
    return false;
}

void
index_close(struct index **at)
{
    struct index *ix = *at;

    if (ix == NULL)
        return;
    kv_close(&ix->kv);
    if (ix->lock_fd != -1)
        close(ix->lock_fd);
    buf_free(&ix->row);
    free(ix->dir);
    free(ix);
    *at = NULL;
}

void
index_condemn(struct index *ix)
{
    struct error e;

    if (!fs_replace(ix->lock_fd, STAMP_FILE, span_of("condemned\n"), 0600, &e))
        log_event(LOG_ERROR, "index-condemn-failed", log_text("text", e.text));
}

struct kv *
index_kv(struct index *ix)
{
    return ix->kv;
}

/* --- transactions -------------------------------------------------------------------- */

bool
index_begin(struct index *ix, struct index_txn **t, struct error *e)
{
    if (!kv_begin(ix->kv, &ix->txn.kv, e))
        return false;
    *t = &ix->txn;
    return true;
}

bool
index_commit(struct index_txn **t, struct error *e)
{
    struct index_txn *txn = *t;

    *t = NULL;
    return kv_commit(&txn->kv, e);
}

void
index_abort(struct index_txn **t)
{
    if (*t == NULL)
        return;
    kv_abort(&(*t)->kv);
    *t = NULL;
}

/* --- numbers that go on ---------------------------------------------------------------- */

static struct index_key
number_key(enum index_number which)
{
    static const char *const names[INDEX_NUMBERS] = {
        [INDEX_EPOCH] = "epoch",
        [INDEX_MODSEQ] = "modseq",
        [INDEX_NEXT_ACCOUNT] = "next-account",
        [INDEX_NEXT_FOLDER] = "next-folder",
        [INDEX_NEXT_INTENT] = "next-intent",
        [INDEX_NEXT_EVENT] = "next-event",
        [INDEX_CLOCK] = "clock",
    };

    return index_key_text(span_of(names[which]));
}

bool
index_get_number(struct index_txn *t, enum index_number which, uint64_t *n,
                 struct error *e)
{
    struct index_key k = number_key(which);

    return index_get_u64(t, INDEX_META, &k, n, e);
}

bool
index_put_number(struct index_txn *t, enum index_number which, uint64_t n,
                 struct error *e)
{
    struct index_key k = number_key(which);

    return index_put_u64(t, INDEX_META, &k, n, e);
}

bool
index_take_number(struct index_txn *t, enum index_number which, uint64_t *n,
                  struct error *e)
{
    uint64_t now;

    if (!index_get_number(t, which, &now, e) ||
        !index_put_number(t, which, now + 1, e))
        return false;
    *n = now;
    return true;
}
