/*
 * A write or an fsync has failed. What then stands in memory as written may
 * not be on the disk, and Linux says so only once: the next fsync succeeds
 * without having written it. So nothing that is there is believed; after the
 * next start, before libdb looks, each file is read (from memory, where that
 * is all that has it) and written to a new one.
 *
 *   <dir>/DOUBT        there since the failure
 *   <dir>/...anew        copies under way; rubbish after a crash
 */
#include "kv/kv_anew.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOUBT_MARK "DOUBT"
#define SUFFIX     ".anew"
#define PIECE      ((size_t)65536)

void
kv_anew_ask(int dir)
{
    struct error e;
    int fd;

    /* It need not outlive the power: then memory is lost, too. */
    if (fs_create(dir, DOUBT_MARK, 0600, &fd, &e))
        close(fd);
    else if (e.kind != FAIL_EXISTS)
        log_event(LOG_ERROR, "database-not-marked", log_text("text", e.text));
}

static bool
ends_with(const char *name, const char *end)
{
    size_t n = strlen(name);
    size_t m = strlen(end);

    return n > m && strcmp(name + n - m, end) == 0;
}

static bool
copy(int from, int to, struct error *e)
{
    char piece[PIECE];

    for (uint64_t at = 0;;) {
        size_t got;

        if (!fs_read_at(from, at, piece, sizeof piece, &got, e) ||
            !fs_write(to, span_from(piece, got), e))
            return false;
        at += got;
        if (got < sizeof piece)
            return fs_sync(to, e);
    }
}

static bool
write_anew(int dir, const char *name, struct error *e)
{
    char fresh[300];
    int from = -1;
    int to = -1;
    bool done;

    snprintf(fresh, sizeof fresh, "%s" SUFFIX, name);
    done = fs_open_read(dir, name, &from, e) &&
           fs_create(dir, fresh, 0600, &to, e) && copy(from, to, e);
    if (from != -1)
        close(from);
    if (to != -1)
        close(to);
    return done && fs_rename(dir, fresh, dir, name, e);
}

/* First the names: the directory changes while the files do. */
struct names {
    struct arena memory;
    const char **all;
    size_t count;
};

static bool
take_name(struct names *n, int dir, const char *name, struct error *e)
{
    if (ends_with(name, SUFFIX))
        return fs_unlink(dir, name, e);
    if (!ends_with(name, ".db") && !span_starts(span_of(name), "log."))
        return true;
    n->all = mem_grow(n->all, (n->count + 1) * sizeof *n->all);
    n->all[n->count++] = arena_text(&n->memory, span_of(name));
    return true;
}

static bool
list(struct names *n, int dir, struct error *e)
{
    struct dirent *entry;
    bool done;
    DIR *d;
    int fd;

    if (!fs_open_dir(dir, ".", &fd, e))
        return false;
    d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return fail_sys(e, "list a directory");
    }
    while ((done = fs_next_entry(d, &entry, e)) && entry != NULL)
        if (!take_name(n, dir, entry->d_name, e)) {
            done = false;
            break;
        }
    closedir(d);
    return done;
}

bool
kv_anew_wanted(int dir)
{
    struct stat st;
    struct error e;

    return fs_stat(dir, DOUBT_MARK, &st, &e);
}

bool
kv_anew_write(int dir, struct error *e)
{
    struct names n = { 0 };
    unsigned left = alarm(0); /* that is for recovery, and this may take long */
    bool done = list(&n, dir, e);

    for (size_t i = 0; i < n.count && done; i++)
        done = write_anew(dir, n.all[i], e);
    if (done)
        log_event(LOG_WARNING, "database-written-anew",
                  log_number("files", n.count));
    done = done && fs_sync(dir, e) && fs_unlink(dir, DOUBT_MARK, e) &&
           fs_sync(dir, e);
    free(n.all);
    arena_clear(&n.memory);
    alarm(left);
    return done;
}
