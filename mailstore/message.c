#include "mailstore/message.h"

#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/maildir.h"
#include "mailstore/names.h"
#include "mailstore/reconcile.h"
#include "mailstore/wire.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reading {
    struct pool_job job;
    struct folder *folder; /* held */
    struct buf path, base;
    bool bare; /* line ends have to be converted */
    int fd;
    uint64_t size;
    bool failed;
    struct error e;
    message_fn *fn;
    void *arg;
};

/* --- the file ------------------------------------------------------------------- */

static bool
open_file(struct reading *r, struct error *e)
{
    int dir = r->folder->dir;
    struct stat st;

    if (!maildir_open_file(dir, buf_text(&r->path), &r->fd, &st, e)) {
        if (e->kind != FAIL_NOT_FOUND)
            return false;
        buf_clear(&r->path);
        if (!maildir_find(dir, buf_span(&r->base), &r->path, e) ||
            !maildir_open_file(dir, buf_text(&r->path), &r->fd, &st, e))
            return false;
    }
    r->size = (uint64_t)st.st_size;
    return true;
}

static bool
convert(struct reading *r, struct error *e)
{
    int file = r->fd;
    bool done;

    r->fd = -1;
    done = maildir_converted(file, &r->fd, &r->size, e);
    close(file);
    return done;
}

static void
run_reading(struct pool_job *job)
{
    struct reading *r = (struct reading *)job;

    r->failed = !open_file(r, &r->e) || (r->bare && !convert(r, &r->e));
}

static void
end(struct reading *r)
{
    r->fn(r->arg, r->failed ? -1 : r->fd, r->size, r->failed ? &r->e : NULL);
    folder_release(r->folder);
    buf_free(&r->path);
    buf_free(&r->base);
    free(r);
}

static void
reading_done(struct pool_job *job)
{
    struct reading *r = (struct reading *)job;

    if (r->failed) {
        event_file_failed(r->folder, &r->e);
        reconcile_doubt(r->folder);
    }
    end(r);
}

static bool
find_kept(struct reading *r, struct index_txn *t, uint32_t uid, struct error *e)
{
    struct index_message m;
    struct index_cold cold;
    struct buf store = { 0 };
    uint32_t id = r->folder->record.id;
    bool found = index_get_message(t, id, uid, &m, e) &&
                 index_get_cold(t, id, uid, &store, &cold, e);

    if (found) {
        names_path(&m, cold.base, &r->path);
        buf_put(&r->base, cold.base);
        r->bare = (m.state & INDEX_BARE_LF) != 0;
    }
    buf_free(&store);
    return found;
}

/* RFC 2180 section 4.1.1: expunged, but this session may not know yet. */
static bool
find_gone(struct reading *r, struct index_txn *t, uint32_t uid, struct error *e)
{
    struct buf store = { 0 };
    struct maildir_name n;
    struct index_gone g;
    bool found = index_get_gone(t, r->folder->record.id, uid, &store, &g, e);

    if (found && !maildir_name_parse(g.file, &n))
        found = fail(e, FAIL_NOT_FOUND, "no file of UID %u", uid);
    if (found) {
        buf_printf(&r->path, "%s/%.*s",
                   (g.state & INDEX_IN_NEW) != 0 ? "new" : "cur", SPAN(g.file));
        buf_put(&r->base, n.base);
        r->bare = (g.state & INDEX_BARE_LF) != 0;
    }
    buf_free(&store);
    return found;
}

void
message_open(struct folder *f, uint32_t uid, message_fn *fn, void *arg)
{
    struct reading *r = mem_take(sizeof *r);
    struct index_txn *t = core_begin(f->core);

    *r = (struct reading){ .job = { .run = run_reading, .done = reading_done },
                           .folder = f,
                           .fd = -1,
                           .fn = fn,
                           .arg = arg };
    folder_hold(f);
    r->failed = !find_kept(r, t, uid, &r->e) &&
                !(r->e.kind == FAIL_NOT_FOUND && find_gone(r, t, uid, &r->e));
    if (r->failed)
        core_abort(f->core, &t, &r->e);
    index_abort(&t);
    if (r->failed)
        end(r);
    else
        pool_add(f->core->pool, &r->job);
}

/* --- summaries --------------------------------------------------------------------- */

struct summary_walk {
    message_summary_fn *fn;
    void *arg;
    unsigned left;
    struct buf row;
};

static bool
give_summary(void *arg, const struct index_cold *c)
{
    struct summary_walk *w = arg;

    if (w->left == 0)
        return false;
    w->left--;
    w->fn(w->arg, c->uid, c->summary);
    return true;
}

static bool
give_range(struct folder *f, struct index_txn *t, struct numrange r,
           struct summary_walk *w, struct error *e)
{
    struct index_cold cold;

    if (r.first != r.last)
        return index_each_cold(t, f->record.id, r.first, r.last, give_summary,
                               w, e);
    if (!index_get_cold(t, f->record.id, r.first, &w->row, &cold, e))
        return e->kind == FAIL_NOT_FOUND;
    return give_summary(w, &cold);
}

bool
message_summaries(struct folder *f, const struct numset *uids,
                  message_summary_fn *fn, void *arg, struct error *e)
{
    struct summary_walk w = { .fn = fn,
                              .arg = arg,
                              .left = STORE_SUMMARIES_MAX };
    struct index_txn *t = core_begin(f->core);
    bool done = true;

    for (size_t i = 0; done && i < uids->n && w.left > 0; i++)
        done = give_range(f, t, uids->r[i], &w, e);
    if (!done)
        core_abort(f->core, &t, e);
    index_abort(&t);
    buf_free(&w.row);
    return done;
}

static bool
put_summary(struct folder *f, struct index_txn *t,
            const struct store_summary *x, struct buf *store, struct error *e)
{
    struct index_cold cold;

    if (x->blob.n > STORE_SUMMARY_MAX)
        return fail(e, FAIL_LIMIT, "summary of %zu octets", x->blob.n);
    if (!index_get_cold(t, f->record.id, x->uid, store, &cold, e))
        return e->kind == FAIL_NOT_FOUND;
    cold.summary = x->blob;
    return index_put_cold(t, f->record.id, &cold, e);
}

bool
message_put_summaries(struct folder *f, const struct wire_summaries *all,
                      struct error *e)
{
    struct index_txn *t = core_begin(f->core);
    struct span rest = all->entries;
    struct buf store = { 0 };
    struct store_summary x;
    bool done = true;

    while (done && wire_next_summary(&rest, &x))
        done = put_summary(f, t, &x, &store, e);
    buf_free(&store);
    if (done)
        return core_commit(f->core, &t, e);
    core_abort(f->core, &t, e);
    return false;
}
