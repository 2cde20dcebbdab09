/*
 * A batch of deliveries in the pool: durable files, then names in each
 * recipient's directory, then durable directories (S1). No name exists for
 * bytes that are not durable.
 */
#include "mailstore/committer_inside.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/maildir.h"

#include <stdlib.h>
#include <string.h>

static void
unlink_all(struct delivery *d)
{
    struct error e;

    for (size_t i = 0; i < d->count; i++) {
        struct deliver_target *t = &d->targets[i];

        if (!t->linked)
            continue;
        t->linked = false;
        if (fs_unlink(t->folder->dir, t->file, &e))
            fs_sync_dir(t->folder->dir, deliver_part(d), &e);
    }
}

/* A directory that is not there is no user that is not there. */
static bool
is_missing(struct error *e)
{
    if (e->kind == FAIL_NOT_FOUND)
        e->kind = FAIL_UNAVAILABLE;
    return false;
}

/* The first recipient's file may lie on another file system than tmp/. */
static bool
link_one(struct delivery *d, struct deliver_target *t, struct error *e)
{
    if (fs_link_fd(d->fd, t->folder->dir, t->file, e))
        return true;
    if (e->kind != FAIL_IO)
        return is_missing(e);
    return maildir_copy_fd(d->fd, d->date, t->folder->dir, t->file, e);
}

static void
link_all(struct delivery *d)
{
    struct error e;

    for (size_t i = 0; i < d->count && !d->failed; i++) {
        struct deliver_target *t = &d->targets[i];

        t->linked = link_one(d, t, &e);
        if (!t->linked)
            deliver_fail(d, &e);
    }
    if (d->failed)
        unlink_all(d);
}

struct place {
    struct folder *folder;
    const char *part; /* "new" or "cur" */
};

/* Every delivery into the folder is spoilt. */
static void
fail_folder(struct batch *b, const struct folder *f, const struct error *e)
{
    for (struct delivery *d = b->first; d != NULL; d = d->next)
        for (size_t i = 0; i < d->count; i++)
            if (d->targets[i].folder == f && !d->failed) {
                deliver_fail(d, e);
                unlink_all(d);
            }
}

static int
order_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;

    if (x->folder != y->folder)
        return x->folder < y->folder ? -1 : 1;
    return strcmp(x->part, y->part);
}

/* Each directory once (S1). */
static void
sync_dirs(struct batch *b)
{
    struct place *places = mem_take_array(b->links, sizeof *places);
    size_t n = 0;
    struct error e;

    for (struct delivery *d = b->first; d != NULL; d = d->next)
        for (size_t i = 0; i < d->count && !d->failed; i++)
            places[n++] =
                (struct place){ d->targets[i].folder, deliver_part(d) };
    if (n > 0)
        qsort(places, n, sizeof *places, order_places);
    for (size_t i = 0; i < n; i++)
        if ((i == 0 || order_places(&places[i], &places[i - 1]) != 0) &&
            !fs_sync_dir(places[i].folder->dir, places[i].part, &e) &&
            !is_missing(&e))
            fail_folder(b, places[i].folder, &e);
    free(places);
}

/* The disk is given all of them before any is waited for. */
static void
settle_all(struct batch *b)
{
    struct error e;

    for (struct delivery *d = b->first; d != NULL; d = d->next)
        if (!d->settled && d->next != NULL)
            deliver_begin_settling(d);
    for (struct delivery *d = b->first; d != NULL; d = d->next)
        if (!d->settled && !deliver_settle(d, &e))
            deliver_fail(d, &e);
}

void
committer_run_batch(struct pool_job *job)
{
    struct batch *b = (struct batch *)job;

    settle_all(b);
    for (struct delivery *d = b->first; d != NULL; d = d->next)
        link_all(d);
    if (b->core->options->sync != FLUSH_NEVER)
        sync_dirs(b);
}

void
committer_run_unlink(struct pool_job *job)
{
    struct batch *b = (struct batch *)job;

    for (struct delivery *d = b->first; d != NULL; d = d->next)
        unlink_all(d);
}
