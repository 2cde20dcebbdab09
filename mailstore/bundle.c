/*
 * One look into the index, one job of a worker, one descriptor: what it costs
 * to ask for a message, be told of it and open it is paid once for up to
 * STORE_BUNDLE_MAX of them. A message that makes trouble is left out; who
 * wants it asks for it alone, and hears of the trouble then (message.c).
 */
#include "mailstore/bundle.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/core.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct wanted {
    uint32_t uid;
    size_t path; /* where it begins in bundling.paths */
    bool bare;   /* line ends have to be converted    */
};

struct bundling {
    struct pool_job job;
    struct folder *folder; /* held */
    struct wanted wanted[STORE_BUNDLE_MAX];
    size_t wanted_count;
    struct buf paths; /* each with its NUL */
    int fd;
    struct store_bundled all[STORE_BUNDLE_MAX];
    size_t count, bytes;
    bool failed;
    struct error e;
    store_bundle_fn *fn;
    void *arg;
};

/* --- the files ------------------------------------------------------------------ */

/* The file of a message, if it is small; -1: left out. */
static int
open_small(const struct bundling *b, const struct wanted *w, size_t *size)
{
    struct stat st;
    struct error e;
    uint64_t converted = 0;
    int fd, file;

    if (!maildir_open_file(b->folder->dir, b->paths.p + w->path, &file, &st,
                           &e))
        return -1;
    *size = (size_t)st.st_size;
    if (st.st_size > (off_t)STORE_BUNDLED_MAX) {
        close(file);
        return -1;
    }
    if (!w->bare)
        return file;
    if (!maildir_converted(file, &fd, &converted, &e))
        fd = -1;
    close(file);
    *size = (size_t)converted;
    return fd;
}

/* False: the bundle cannot be written. room holds STORE_BUNDLED_MAX. */
static bool
add_file(struct bundling *b, const struct wanted *w, char *room,
         struct error *e)
{
    struct error ignored;
    size_t size, got;
    int fd = open_small(b, w, &size);
    bool fine;

    if (fd == -1)
        return true;
    fine = size <= STORE_BUNDLED_MAX && size <= STORE_BUNDLE_BYTES - b->bytes &&
           fs_read_at(fd, 0, room, size, &got, &ignored) && got == size;
    close(fd);
    if (!fine)
        return true;
    b->all[b->count++] = (struct store_bundled){ w->uid, (uint32_t)size };
    b->bytes += size;
    return fs_write(b->fd, span_from(room, size), e);
}

static bool
add_files(struct bundling *b, struct error *e)
{
    char *room = mem_grow(NULL, STORE_BUNDLED_MAX);
    bool done = true;

    for (size_t i = 0; done && i < b->wanted_count; i++)
        done = add_file(b, &b->wanted[i], room, e);
    free(room);
    return done;
}

static void
run_bundling(struct pool_job *job)
{
    struct bundling *b = (struct bundling *)job;

    b->fd = memfd_create("messages", MFD_CLOEXEC);
    b->failed = b->fd == -1 ? !fail_sys(&b->e, "memfd for messages")
                            : !add_files(b, &b->e);
    if (b->fd != -1 && (b->failed || b->count == 0)) {
        close(b->fd);
        b->fd = -1;
    }
}

static void
end(struct bundling *b)
{
    b->fn(b->arg, b->fd, b->all, b->failed ? 0 : b->count,
          b->failed ? &b->e : NULL);
    folder_release(b->folder);
    buf_free(&b->paths);
    free(b);
}

static void
bundling_done(struct pool_job *job)
{
    end((struct bundling *)job);
}

/* --- where they are ------------------------------------------------------------- */

static bool
find(struct bundling *b, struct index_txn *t, uint32_t uid, struct error *e)
{
    struct wanted *w = &b->wanted[b->wanted_count];
    uint32_t id = b->folder->record.id;
    struct buf store = { 0 };
    struct index_message m;
    struct index_cold cold;
    bool found = index_get_message(t, id, uid, &m, e) &&
                 index_get_cold(t, id, uid, &store, &cold, e);

    if (found) {
        *w = (struct wanted){ .uid = uid,
                              .path = b->paths.n,
                              .bare = (m.state & INDEX_BARE_LF) != 0 };
        names_path(&m, cold.base, &b->paths);
        buf_put_ch(&b->paths, '\0');
        b->wanted_count++;
    }
    buf_free(&store);
    return found || e->kind == FAIL_NOT_FOUND;
}

static bool
find_all(struct bundling *b, const struct numset *uids, struct error *e)
{
    struct index_txn *t = core_begin(b->folder->core);
    struct numset_walk at = { 0 };
    bool done = true;
    uint32_t uid;

    for (int i = 0;
         done && i < STORE_BUNDLE_MAX && numset_next(uids, &at, &uid); i++)
        done = find(b, t, uid, e);
    if (!done)
        core_abort(b->folder->core, &t, e);
    index_abort(&t);
    return done;
}

void
bundle_open(struct folder *f, const struct numset *uids, store_bundle_fn *fn,
            void *arg)
{
    struct bundling *b = mem_take(sizeof *b);

    *b = (struct bundling){ .job = { .run = run_bundling,
                                     .done = bundling_done },
                            .folder = f,
                            .fd = -1,
                            .fn = fn,
                            .arg = arg };
    folder_hold(f);
    b->failed = !find_all(b, uids, &b->e);
    if (b->failed)
        end(b);
    else
        pool_add(f->core->pool, &b->job);
}
