#include "mailstore/snapshot.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mail/flags.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- a memfd of rows -------------------------------------------------------- */

static bool
seal(int fd, struct error *e)
{
    if (fcntl(fd, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == -1)
        return fail_sys(e, "seal a snapshot");
    return true;
}

static bool
pack(const struct store_row *rows, size_t count, int *fd, struct error *e)
{
    int got = memfd_create("mailbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (got == -1)
        return fail_sys(e, "memfd");
    if (!fs_write(got, span_from(rows, count * sizeof *rows), e) ||
        !seal(got, e)) {
        close(got);
        return false;
    }
    *fd = got;
    return true;
}

/* --- the shared one ----------------------------------------------------------- */

void
snapshot_changed(struct folder *f, size_t at)
{
    struct snapshot *s = f->shared_snapshot;

    if (s == NULL || at >= s->count)
        return;
    numset_add(&s->changed, f->rows[at].uid, f->rows[at].uid);
    if (s->changed.n > WIRE_CHANGES_MAX)
        snapshot_drop(f);
}

void
snapshot_drop(struct folder *f)
{
    struct snapshot *s = f->shared_snapshot;

    if (s == NULL)
        return;
    close(s->fd);
    numset_free(&s->changed);
    free(s);
    f->shared_snapshot = NULL;
}

static bool
renew(struct folder *f, struct error *e)
{
    struct snapshot *s;
    int fd;

    snapshot_drop(f);
    if (!pack(f->rows, f->count, &fd, e))
        return false;
    s = mem_take(sizeof *s);
    *s = (struct snapshot){ .fd = fd, .count = f->count };
    f->shared_snapshot = s;
    folder_share_rows(f, fd);
    return true;
}

/* --- one opening ---------------------------------------------------------------- */

/* Rows from here on are told one by one: those that the snapshot has not, and
 * those that are \Recent. */
static size_t
first_told(const struct folder *f, size_t recent)
{
    return recent < f->shared_snapshot->count ? recent
                                              : f->shared_snapshot->count;
}

static bool
is_close(const struct folder *f, size_t recent)
{
    const struct snapshot *s = f->shared_snapshot;

    return s != NULL &&
           numset_count(&s->changed) + f->count - first_told(f, recent) <=
               WIRE_CHANGES_MAX;
}

static void
list_changes(const struct folder *f, size_t recent, struct snapshot_taken *out)
{
    const struct snapshot *s = f->shared_snapshot;
    size_t from = first_told(f, recent);
    struct numset_walk at = { 0 };
    uint32_t uid;
    size_t n = 0;

    out->changes = mem_take_array(WIRE_CHANGES_MAX, sizeof *out->changes);
    while (numset_next(&s->changed, &at, &uid)) {
        size_t i = folder_find_index(f, uid);

        if (i < from)
            out->changes[n++] = f->rows[i];
    }
    for (size_t i = from; i < f->count; i++) {
        out->changes[n] = f->rows[i];
        if (i >= recent)
            out->changes[n].flags |= MAIL_RECENT;
        n++;
    }
    out->change_count = n;
}

static bool
take_shared(const struct folder *f, size_t recent, struct snapshot_taken *out,
            struct error *e)
{
    int fd = fcntl(f->shared_snapshot->fd, F_DUPFD_CLOEXEC, 0);

    if (fd == -1)
        return fail_sys(e, "dup");
    *out =
        (struct snapshot_taken){ .fd = fd, .count = f->shared_snapshot->count };
    list_changes(f, recent, out);
    return true;
}

/* So many are \Recent that the session gets rows of its own. */
static bool
take_own(const struct folder *f, size_t recent, struct snapshot_taken *out,
         struct error *e)
{
    struct store_row *rows = mem_take_array(f->count, sizeof *rows);
    int fd;
    bool done;

    memcpy(rows, f->rows, f->count * sizeof *rows);
    for (size_t i = recent; i < f->count; i++)
        rows[i].flags |= MAIL_RECENT;
    done = pack(rows, f->count, &fd, e);
    free(rows);
    if (done)
        *out = (struct snapshot_taken){ .fd = fd, .count = f->count };
    return done;
}

bool
snapshot_take(struct folder *f, uint32_t first_recent,
              struct snapshot_taken *out, struct error *e)
{
    size_t recent = folder_find_index(f, first_recent);

    if (f->count - recent > WIRE_CHANGES_MAX)
        return take_own(f, recent, out, e);
    if (!is_close(f, recent) && !renew(f, e))
        return false;
    return take_shared(f, recent, out, e);
}

void
snapshot_free(struct snapshot_taken *t)
{
    close(t->fd);
    free(t->changes);
}
